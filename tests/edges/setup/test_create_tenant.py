"""A tenant that was just made can price, post and tax."""

from datetime import UTC, date, datetime

import pytest

from billing.models import TaxCode
from psa.core.errors import Conflict, DomainError
from psa.core.ledger.models import FiscalPeriod, LedgerAccount, PostingProfile
from psa.core.ledger.rules.posting_profiles import Slot
from psa.core.org import selectors as org
from psa.core.org.models import CalendarException, OrgUnit, TransactionCategory, WorkCalendar
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope
from psa.edges.setup.services import NewEntity, create_tenant

pytestmark = pytest.mark.django_db

AT = datetime(2026, 7, 9, 8, tzinfo=UTC)
UK = NewEntity("UK", "Acme UK Ltd", "GBP", "GB", "ENG", "Europe/London")
DE = NewEntity("DE", "Acme DE GmbH", "EUR", "DE", "BY", "Europe/Berlin")
IN = NewEntity("IN", "Acme India Pvt Ltd", "INR", "IN", "KA", "Asia/Kolkata")


def make(slug: str = "acme", entities: tuple[NewEntity, ...] = (UK, DE, IN)) -> Tenant:
    return create_tenant(
        slug=slug, name="Acme", currency="GBP", entities=entities, years=[2026], at=AT
    )


def test_gives_every_posting_slot_an_account_of_the_chart() -> None:
    with tenant_scope(make().pk):
        rows = dict(PostingProfile.objects.filter(event="").values_list("slot", "account__code"))
        assert set(rows) == set(Slot)
        assert set(rows.values()) <= set(LedgerAccount.objects.values_list("code", flat=True))


def test_maps_every_category_to_accounts_that_exist() -> None:
    with tenant_scope(make().pk):
        codes = set(LedgerAccount.objects.values_list("code", flat=True))
        for revenue, cost in TransactionCategory.objects.values_list(
            "revenue_account_code", "cost_account_code"
        ):
            assert {revenue, cost} <= codes


def test_opens_twelve_months_for_each_entity() -> None:
    with tenant_scope(make().pk):
        assert FiscalPeriod.objects.count() == 36
        assert FiscalPeriod.objects.filter(legal_entity__code="DE", name="2026-12").exists()


def test_gives_each_country_its_default_tax() -> None:
    with tenant_scope(make().pk):
        found = {
            (code.legal_entity.code, code.rates.get().tax_percent, code.treatment)
            for code in TaxCode.objects.filter(is_default=True).select_related("legal_entity")
        }
    assert found == {("UK", 20, "standard"), ("DE", 19, "standard"), ("IN", 18, "gst_split")}


def test_knows_the_public_holidays_of_country_and_region() -> None:
    with tenant_scope(make().pk):
        bavaria = WorkCalendar.objects.get(country="DE")
        names = dict(CalendarException.objects.filter(calendar=bavaria).values_list("on", "name"))
        assert date(2026, 1, 6) in names  # Epiphany: not everywhere in Germany
        assert date(2026, 10, 3) in names


def test_roots_one_unit_in_each_entity() -> None:
    with tenant_scope(make().pk):
        assert OrgUnit.objects.filter(parent=None).count() == 3
        assert [node.depth for node in org.unit_tree()] == [0, 0, 0]


def test_refuses_a_short_name_that_is_taken() -> None:
    make()
    with pytest.raises(Conflict, match="acme"):
        make()


@pytest.mark.parametrize("slug", ["Acme", "a", "9lives", "a b", "acme/../x"])
def test_refuses_a_short_name_that_is_no_address(slug: str) -> None:
    with pytest.raises(DomainError):
        make(slug)


def test_refuses_a_region_that_has_no_holidays_of_its_own_and_leaves_nothing() -> None:
    with pytest.raises(DomainError, match="XX"):
        make(entities=(UK, NewEntity("DE", "Acme DE", "EUR", "DE", "XX")))


def test_keeps_two_tenants_apart() -> None:
    one, other = make(), make("globex", (UK,))
    with tenant_scope(one.pk):
        assert WorkCalendar.objects.count() == 3
    with tenant_scope(other.pk):
        assert WorkCalendar.objects.count() == 1
