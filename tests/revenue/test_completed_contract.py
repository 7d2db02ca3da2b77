"""Cost held in WIP until an obligation is complete, then cost and the full price at once."""

from datetime import date
from decimal import Decimal

import pytest

from psa.core.errors import DomainError
from psa.core.ledger.models import JournalLine
from psa.core.ledger.services import posting_run
from revenue.models import Obligation, RevenueEstimate
from revenue.services.completion import complete_obligation
from revenue.services.estimate_posting import reverse_estimate
from revenue.services.estimates import adjust_estimate, draft_estimates
from revenue.services.proofs import run_proofs
from tests.factories import AT, Firm
from tests.revenue.test_estimates import finish, period_of, start, work_and_draft


def started(firm: Firm) -> Obligation:
    obligation = start(firm)
    Obligation.objects.update(method="completed")
    return Obligation.objects.select_related("contract_line").get(pk=obligation.pk)


def balances(*codes: str) -> list[Decimal]:
    return [
        sum(
            (line.debit - line.credit for line in JournalLine.objects.filter(account__code=code)),
            Decimal(0),
        )
        for code in codes
    ]


def journal_costs(firm: Firm) -> None:
    posting_run.journal_batches(
        batch_ids=posting_run.waiting_batches(), actor=firm.actors["fay"], at=AT
    )


def test_cost_waits_in_wip_and_comes_back_with_the_full_price(acme: Firm) -> None:
    fay = acme.actors["fay"]
    with acme.scope():
        obligation = started(acme)
        first = work_and_draft(acme, obligation, ("2026-01", "240000", "900000"))
        journal_costs(acme)
        finish(acme, first)
        # WIP, project cost, revenue.
        assert balances("1300", "5000", "4000") == [240000, 0, 0]
        second = work_and_draft(acme, obligation, ("2026-02", "360000", "900000"))
        journal_costs(acme)
        finish(acme, second)
        assert balances("1300", "5000", "4000") == [600000, 0, 0]
        third = work_and_draft(acme, obligation, ("2026-03", "320000", "920000"))
        journal_costs(acme)
        draft = RevenueEstimate.objects.get(state="draft")
        complete_obligation(estimate_id=draft.pk, completed_on=date(2026, 3, 20), actor=fay, at=AT)
        finish(acme, third)
        assert balances("1300", "5000", "4000") == [0, 920000, -1200000]
        found = run_proofs(
            legal_entity_id=acme.entities["UK"].pk, as_of=date(2026, 3, 31), actor=fay, at=AT
        )
        assert {proof.name: proof.breaking for proof in found if not proof.holds} == {}


def test_a_reversal_takes_the_held_cost_back_and_the_next_one_holds_it_again(acme: Firm) -> None:
    fay = acme.actors["fay"]
    with acme.scope():
        obligation = started(acme)
        period_id = work_and_draft(acme, obligation, ("2026-01", "240000", "900000"))
        journal_costs(acme)
        finish(acme, period_id)
        row = RevenueEstimate.objects.get()
        assert (row.held_cost_amount, row.held_cost_change_amount) == (240000, 240000)
        reverse_estimate(estimate_id=row.pk, reason="Wrong cost", actor=fay, at=AT)
        assert balances("1300", "5000") == [0, 240000]
        draft_estimates(period_id=period_id, run_key="again", actor=fay, at=AT)
        finish(acme, period_id)
        assert balances("1300", "5000") == [240000, 0]


def test_completion_is_a_day_within_the_period_and_progress_is_not_typed(acme: Firm) -> None:
    fay = acme.actors["fay"]
    with acme.scope():
        obligation = started(acme)
        work_and_draft(acme, obligation, ("2026-01", "240000", "900000"))
        row = RevenueEstimate.objects.get()
        with pytest.raises(DomainError, match="31 Jan 2026, the end of the period"):
            complete_obligation(estimate_id=row.pk, completed_on=date(2026, 2, 1), actor=fay, at=AT)
        with pytest.raises(DomainError, match="day of completion"):
            adjust_estimate(
                estimate_id=row.pk, lock_version=1, progress_percent=Decimal(50), reason="x",
                actor=fay, at=AT,
            )  # fmt: skip
        assert period_of(acme, "2026-01") == row.period_id
