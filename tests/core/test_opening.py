"""How a request finds its firm and member, what the shell asks, and that nothing of it is kept."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from psa.core.access.models import Membership, MembershipRole
from psa.core.org.models import TenantParameters
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.opening import scope_of_firm
from psa.core.tenancy.scope import WrongTenantScope, current_tenant_id
from psa.core.web.models import PersonalSettings
from psa.edges.api.services import tokens
from tests.factories import Firm

_TRANSACTION_WORDS = ("SAVEPOINT", "RELEASE SAVEPOINT")


def asked(client: Client, path: str, **extra: Any) -> list[str]:
    """The statements of a page that was opened before; without those of the transaction."""
    assert client.get(path, **extra).status_code == 200
    with CaptureQueriesContext(connection) as seen:
        client.get(path, **extra)
    return [q["sql"] for q in seen if not q["sql"].startswith(_TRANSACTION_WORDS)]


def test_the_shell_asks_seven_statements(acme: Firm) -> None:
    # Two are the list's own, and one gives the tenant back to the transaction of the test.
    assert len(asked(acme.client("priya"), acme.url("notifications/"))) == 7 + 2 + 1


def test_a_list_of_the_api_asks_five_statements(acme: Firm) -> None:
    with acme.scope():
        made = tokens.create_personal_token(
            name="Program", scopes=["read"], days=1, actor=acme.actors["fay"],
            at=datetime.now(tz=UTC),
        )  # fmt: skip
    found = asked(Client(), "/api/v1/invoices", headers={"Authorization": f"Bearer {made.text}"})
    # Firm, token, limits; setting and list. Each transaction gives its tenant back to the test's.
    assert len(found) == 5 + 2


def test_opens_the_firm_of_the_address_alone(acme: Firm, globex: Firm) -> None:
    with scope_of_firm("acme") as found:
        assert found == acme.tenant
        assert set(Membership.objects.values_list("tenant_id", flat=True)) == {acme.tenant.pk}
        with pytest.raises(WrongTenantScope), scope_of_firm("globex"):
            pass
        with scope_of_firm("acme") as again:
            assert again == acme.tenant
    assert current_tenant_id() is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('psa.tenant_id', true)")
        assert cursor.fetchone()[0] == ""


def test_a_firm_that_does_not_exist_has_nobody(acme: Firm) -> None:
    with scope_of_firm("nobody") as found:
        assert found is None
        assert not Membership.objects.exists()
        assert not Membership.all_tenants.filter(tenant=acme.tenant).exists()


def test_what_was_taken_or_changed_counts_with_the_next_request(acme: Firm) -> None:
    client, path = acme.client("fay"), acme.url("billing/invoices/")
    assert client.get(path).status_code == 200
    with acme.scope():
        PersonalSettings.objects.create(
            tenant=acme.tenant, membership_id=acme.actors["fay"].membership_id, theme="dark"
        )
        TenantParameters.objects.update(self_approval_allowed=True)
    request: Any = client.get(path).wsgi_request
    assert request.personal.theme == "dark"
    assert request.beside[("org.parameters",)][0].self_approval_allowed
    with acme.scope():
        MembershipRole.objects.filter(membership_id=acme.actors["fay"].membership_id).delete()
    assert client.get(path).status_code == 404
    Tenant.objects.filter(pk=acme.tenant.pk).update(status=Tenant.Status.SUSPENDED)
    assert b"suspended" in client.get(path).content
    with acme.scope():
        Membership.objects.filter(pk=acme.actors["fay"].membership_id).update(is_active=False)
    assert client.get(path).status_code == 404
