"""The operator's commands: a tenant and its first user."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from psycopg.conninfo import make_conninfo

from psa.core.access.models import Membership, User
from psa.core.ledger.models import FiscalPeriod, LedgerAccount
from psa.core.org.models import JobRole, LegalEntity, TransactionCategory
from psa.core.org.time_zones import time_zone_of
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope
from psa.edges.setup import default_chart
from psa.embedded.session import has_tables
from sales.models import OpportunityStage
from tests.database import database_url

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


def test_takes_time_zone_and_language_from_the_country_unless_told() -> None:
    said = create(country="DE", currency="EUR")
    assert "time zone Europe/Berlin, language and numbers de-de" in said
    tenant = Tenant.objects.get(slug="acme")
    add_user()
    with tenant_scope(tenant.pk):
        entity = LegalEntity.objects.get()
        assert (tenant.locale, entity.time_zone, entity.language) == (
            "de-de", "Europe/Berlin", "de",
        )  # fmt: skip
        assert Membership.objects.get().time_zone == "Europe/Berlin"
        assert JobRole.objects.get(code="developer").name == "Entwickler"
        assert TransactionCategory.objects.get(code="travel_time").name == "Reisezeit"
        assert OpportunityStage.objects.get(code="won").name == "Gewonnen"
        named = dict(LedgerAccount.objects.values_list("code", "name"))
        assert named["1500"] == "Vorsteuer"
        assert not set(named.values()) & {one.name for one in default_chart.ACCOUNTS} - {"Bank"}
    create(slug="told", country="CA", time_zone="America/Vancouver", locale="fr-ch")
    told = Tenant.objects.get(slug="told")
    with tenant_scope(told.pk):
        assert (told.locale, LegalEntity.objects.get().time_zone) == ("fr-ch", "America/Vancouver")


@pytest.mark.parametrize(
    ("country", "zone"),
    [("GB", "Europe/London"), ("in", "Asia/Kolkata"), ("AU", "Australia/Sydney"),
     ("US", "America/New_York"), ("RU", "Europe/Moscow"), ("ZZ", "UTC")],
)  # fmt: skip
def test_a_country_has_the_zone_most_of_its_people_live_in(country: str, zone: str) -> None:
    assert time_zone_of(country) == zone


@pytest.mark.parametrize(
    "bad",
    [{"currency": "XXQ"}, {"country": "ZZ"}, {"slug": "A B"}, {"time_zone": "Mars/Base"}],
)
def test_refuses_with_a_sentence_and_leaves_nothing(bad: dict[str, str]) -> None:
    before = Tenant.objects.count()
    with pytest.raises(CommandError):
        create(**bad)
    assert Tenant.objects.count() == before


def test_a_database_without_tables_is_told_from_one_that_has_them() -> None:
    ours = database_url("owner")
    assert has_tables(ours)
    assert not has_tables(make_conninfo(ours, dbname="postgres"))


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
