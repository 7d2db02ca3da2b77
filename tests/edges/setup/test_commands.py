"""The operator's commands: a tenant and its first user."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from psa.core.access.models import Membership, User
from psa.core.ledger.models import FiscalPeriod
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope

pytestmark = pytest.mark.django_db


def create(**more: str) -> str:
    out = StringIO()
    given = {"slug": "acme", "name": "Acme", "currency": "GBP", "country": "GB", **more}
    call_command("create_tenant", **given, stdout=out)
    return out.getvalue()


def add_user(*more: str) -> str:
    out = StringIO()
    call_command(
        "create_user", "--tenant", "acme", "--email", "Ada@acme.example", "--name", "Ada",
        "--role", "administrator", *more, stdout=out,
    )  # fmt: skip
    return out.getvalue()


def test_makes_a_tenant_with_open_periods() -> None:
    assert "Created Acme at /acme/" in create()
    with tenant_scope(Tenant.objects.get(slug="acme").pk):
        assert FiscalPeriod.objects.count() == 24


@pytest.mark.parametrize("bad", [{"currency": "XXQ"}, {"country": "ZZ"}, {"slug": "A B"}])
def test_refuses_with_a_sentence_and_leaves_nothing(bad: dict[str, str]) -> None:
    before = Tenant.objects.count()
    with pytest.raises(CommandError):
        create(**bad)
    assert Tenant.objects.count() == before


def test_makes_a_user_whose_printed_password_works() -> None:
    create()
    password = add_user().partition("Password: ")[2].strip()
    assert User.objects.get(email="ada@acme.example").check_password(password)
    with tenant_scope(Tenant.objects.get(slug="acme").pk):
        links = Membership.objects.get().role_links.values_list("role__code", flat=True)
        assert list(links) == ["administrator"]


def test_refuses_a_second_one_and_an_unknown_role() -> None:
    create()
    add_user()
    with pytest.raises(CommandError, match="member of Acme already"):
        add_user()
    with pytest.raises(CommandError, match="no role “king”"):
        add_user("--role", "king")
