"""How busy a role has to be before its billing covers its cost."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from moneyed import Money

from psa.core.errors import PermissionDenied
from psa.core.org.models import JobRole, OrgUnit
from psa.core.pricing import break_even_selectors as selectors
from psa.core.pricing import owners
from psa.core.pricing.models import PriceLine
from psa.core.pricing.rules.break_even import break_even_percent
from tests.edges.api.callers import caller
from tests.factories import TODAY, Firm, make_firm


def test_worked_figures_and_a_cost_that_is_never_covered() -> None:
    assert break_even_percent(Decimal(80_000), Decimal(150_000)) == Decimal("53.3")
    assert break_even_percent(Decimal(120), Decimal(100)) == 120
    assert break_even_percent(Decimal(10), Decimal(0)) is None


@pytest.fixture
def acme(db: None) -> Firm:
    return make_firm()


def rows(firm: Firm) -> list[selectors.BreakEvenRow]:
    return selectors.break_even_rows(actor=firm.actors["fay"], on=TODAY)


def key(firm: Firm, role: str, unit: str) -> int:
    return owners.pair_id(firm.roles[role].pk, firm.units[unit].pk)


def test_says_which_role_is_covered_at_its_target(acme: Firm) -> None:
    with acme.scope():
        lines = PriceLine.objects.filter(role=acme.roles["SC"])
        lines.filter(price_list__context="cost").update(value=80_000)
        lines.filter(price_list__context="sales").update(value=150_000)
        JobRole.objects.filter(pk=acme.roles["CO"].pk).update(target_utilisation_percent=40)
        PriceLine.objects.filter(role=acme.roles["PM"], price_list__context="sales").delete()
        with CaptureQueriesContext(connection) as few:
            found = {row.id: row for row in rows(acme)}
        senior = found[key(acme, "SC", "UK")]
        assert (senior.break_even, senior.state) == (Decimal("53.3"), "covered")
        assert (senior.cost, senior.bill) == (Money(10_000, "GBP"), Money(18_750, "GBP"))
        # In euros the same: both rates are converted.
        assert found[key(acme, "SC", "DE")].break_even == Decimal("53.3")
        short = found[key(acme, "CO", "UK")]
        assert (short.break_even, short.state) == (50, "short")
        assert found[key(acme, "PM", "UK")].state == "unpriced"
        OrgUnit.objects.create(
            tenant=acme.tenant, legal_entity=acme.entities["UK"], parent=acme.units["UK"],
            code="UK-SW", name="Software practice",
        )  # fmt: skip
        with CaptureQueriesContext(connection) as many:
            rows(acme)
        assert len(many) == len(few)
        with pytest.raises(PermissionDenied):
            selectors.break_even_rows(actor=acme.actors["ben"], on=TODAY)
    url = acme.url("pricing/break-even/")
    assert "53.3" in acme.client("fay").get(url).content.decode()
    assert acme.client("ben").get(url).status_code == 404
    items = caller(acme, "fay").get("/break-even-utilisation")["items"]
    assert {"covered", "short"} <= {row["state"] for row in items}
