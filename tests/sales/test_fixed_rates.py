"""A contract that fixed its exchange rates is charged at them, whatever the rate of the day."""

from datetime import date
from decimal import Decimal

import pytest

from projects.selectors.estimates import estimate_of
from psa.core.ledger.models import Actual
from psa.core.money.models import FxRate
from psa.core.org.models import TenantParameters
from sales.models import Contract, ContractFxRate
from sales.services import estimates
from sales.services.estimates import DetailInput
from tests.edges.api.callers import caller
from tests.factories import AT, make_firm
from tests.revenue.test_lending import price
from tests.timeexpense.conftest import NOW, Scene, make_scene
from timeexpense.services import approvals

from .scenario import make_deal


@pytest.fixture
def scene(db: None):
    made = make_scene(currency="EUR")
    with made.firm.scope():
        # Charged by a list in pounds; 1 EUR = 0.85 GBP on the day of the work.
        price(made, "sales", "GBP", "100", "contract", made.work.contract.pk)
        yield made


# docs/rules/pricing.md, P-19
@pytest.mark.parametrize(("policy", "amount"), [("fixed", "125.00"), ("spot", "117.65")])
def test_decide_what_an_hour_costs_the_customer(scene: Scene, policy: str, amount: str) -> None:
    contract = scene.work.contract
    Contract.objects.filter(pk=contract.pk).update(fx_policy=policy)
    ContractFxRate.objects.create(
        tenant=scene.firm.tenant, contract=contract, from_currency="GBP", to_currency="EUR",
        rate=Decimal("1.25"), agreed_on=date(2026, 1, 2),
    )  # fmt: skip
    (entry_id,) = scene.submitted(scene.draft(minutes=60))
    approvals.approve_entries(entries=[("time", entry_id)], actor=scene.actor("priya"), at=NOW)
    sold = Actual.objects.get(actual_type="unbilled_sales")
    assert (sold.amount, sold.currency) == (Decimal(amount), "EUR")
    # The books carry it at the day's rate: the firm's risk is not the customer's.
    assert sold.entity_rate == FxRate.objects.filter(to_currency="GBP").latest("on").rate


def test_price_the_estimate_of_a_plan_as_its_work_will_be_charged(scene: Scene) -> None:
    contract = scene.work.contract
    ContractFxRate.objects.create(
        tenant=scene.firm.tenant, contract=contract, from_currency="GBP", to_currency="EUR",
        rate=Decimal("1.25"), agreed_on=date(2026, 1, 2),
    )  # fmt: skip

    def price_in_euro() -> Decimal:
        found = estimate_of(scene.work.project, as_of=NOW.date(), currency="EUR")
        return sum(
            (one.price or Decimal(0) for one in found.lines if one.task_id == scene.work.build.pk),
            Decimal(0),
        )

    spot = price_in_euro()
    Contract.objects.filter(pk=contract.pk).update(fx_policy="fixed")
    scene.work.contract.refresh_from_db()
    # 1,000 hours in thirds at GBP 100, 125 and 125: at 1 EUR = 0.85 GBP, and at the 1.25 agreed.
    assert (round(spot), round(price_in_euro())) == (137255, 145833)


def test_a_firm_that_fixes_rates_quotes_every_row_at_the_days_of_pricing(db: None) -> None:
    firm = make_firm()
    with firm.scope():
        FxRate.objects.filter(to_currency="GBP", on__lt=date(2026, 6, 15)).update(
            rate=Decimal("0.8")
        )
        line = make_deal(firm).build
        june = DetailInput(starts_on=date(2026, 6, 1), role_id=firm.roles["SC"].pk, minutes=60)

        def rate() -> Decimal | None:
            row = estimates.add_detail(
                line_id=line.pk, detail=june, actor=firm.actors["amara"], at=AT
            )
            return row.bill_rate

        assert rate() == Decimal("156.25")
        TenantParameters.objects.update(fx_policy="fixed")
        assert rate() == Decimal("147.058824")


def test_are_in_the_answer_of_the_api(db: None, settings) -> None:
    settings.PSA_NOW = NOW
    made = make_scene(currency="EUR")
    with made.firm.scope():
        contract = made.work.contract
        Contract.objects.filter(pk=contract.pk).update(fx_policy="fixed")
        ContractFxRate.objects.create(
            tenant=made.firm.tenant, contract=contract, from_currency="GBP", to_currency="EUR",
            rate=Decimal("1.25"), agreed_on=date(2026, 1, 2),
        )  # fmt: skip
    found = caller(made.firm, "amara").get(f"/contracts/{contract.pk}")
    assert found["fx_policy"] == "fixed"
    [rate] = found["fixed_rates"]
    assert (rate["from_currency"], rate["to_currency"]) == ("GBP", "EUR")
    assert (Decimal(rate["rate"]), rate["agreed_on"]) == (Decimal("1.25"), "2026-01-02")
