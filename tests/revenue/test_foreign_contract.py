"""A fixed price in EUR in the books of a GBP entity: both currencies reach 0 together."""

from datetime import date
from decimal import Decimal

import pytest

from psa.core.ledger.models import JournalLine
from psa.core.ledger.selectors import contract_positions
from revenue.models import Obligation, RevenueEstimate
from revenue.services.estimate_posting import post_estimates
from revenue.services.estimates import adjust_estimate, approve_estimates, draft_estimates
from revenue.services.proofs import run_proofs
from tests.billing.scenario import AT, Case, confirm, make_case, post_days, propose
from tests.revenue.test_revaluation import set_rate

pytestmark = pytest.mark.django_db


def earn(case: Case, period: str, percent: str) -> RevenueEstimate:
    """Post the month's estimate of the fixed price of EUR 1,000.00 at that progress."""
    pk = case.firm.entities["UK"].periods.get(name=period).pk
    draft_estimates(period_id=pk, run_key=period, actor=case.fay, at=AT)
    row = RevenueEstimate.objects.get(period_id=pk, state="draft")
    adjust_estimate(
        estimate_id=row.pk, lock_version=row.lock_version, progress_percent=Decimal(percent),
        reason="as measured", actor=case.fay, at=AT,
    )  # fmt: skip
    approve_estimates(period_id=pk, actor=case.fay, at=AT)
    post_estimates(period_id=pk, actor=case.fay, at=AT)
    row.refresh_from_db()
    return row


@pytest.fixture
def case() -> Case:
    case = make_case()
    with case.scope():
        Obligation.objects.exclude(contract_line=case.work.fixed_line).delete()
        Obligation.objects.update(price_amount=Decimal(1000))
    return case


def proven(case: Case, as_of: date) -> list[str]:
    found = run_proofs(
        legal_entity_id=case.firm.entities["UK"].pk, as_of=as_of, actor=case.fay, at=AT
    )
    return [proof.name for proof in found if not proof.holds]


def position(case: Case):
    contract = case.work.contract
    return contract_positions(
        currencies={contract.pk: "EUR"}, legal_entity_id=contract.legal_entity_id
    )[contract.pk]


def test_revenue_set_against_an_advance_keeps_the_advances_rate(case: Case) -> None:
    with case.scope():
        post_days(case, 1, line=case.work.fixed_line)
        [draft] = propose(case)
        confirm(case, draft)  # EUR 1,000.00 at 0.85
        set_rate("0.90", date(2026, 7, 31))
        half = earn(case, "2026-07", "50")
        assert (half.period_revenue, half.entity_period_revenue) == (500, 425)
        assert position(case).liability_booked == 425
        set_rate("0.95", date(2026, 8, 31))
        rest = earn(case, "2026-08", "100")
        assert (rest.period_revenue, rest.entity_period_revenue) == (500, 425)
        assert position(case).net == 0
        assert position(case).liability_booked == 0
        assert proven(case, date(2026, 7, 31)) == proven(case, date(2026, 8, 31)) == []


def test_invoicing_what_was_earned_books_the_exchange_difference(case: Case) -> None:
    with case.scope():
        earned = earn(case, "2026-06", "60")  # EUR 600.00 at 0.85 = 510.00
        assert earned.entity_period_revenue == 510
        post_days(case, 1, line=case.work.fixed_line)
        set_rate("0.90", date(2026, 7, 1))
        [draft] = propose(case)
        confirm(case, draft, on=date(2026, 7, 1))
        # 600.00 at 0.90 is 540.00: the asset of 510.00 and a gain of 30.00; 400.00 are an advance.
        gain = JournalLine.objects.get(account__code="7000")
        assert (gain.credit, gain.memo) == (30, "contract_exchange")
        assert (position(case).asset, position(case).asset_booked) == (0, 0)
        assert position(case).liability_booked == 360
        assert proven(case, date(2026, 7, 31)) == []
