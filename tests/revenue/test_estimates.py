"""Revenue estimates through the services: a fixed price of 1,200,000 over three periods."""

from datetime import date
from decimal import Decimal

import pytest

from projects.models import Task
from psa.core.errors import Conflict, PermissionDenied
from psa.core.ledger.models import JournalEntry, JournalLine
from psa.core.ledger.rules.types import ActualDraft, ActualType, BillingType, TransactionClass
from psa.core.ledger.services import posting
from revenue.models import Obligation, RevenueEstimate
from revenue.services.estimate_posting import post_estimates, reverse_estimate
from revenue.services.estimates import approve_estimates, draft_estimates
from tests.factories import AT, Firm, make_engagement

# (period, cost of the period, planned cost known then): cost to date 240, 600, 920 thousand.
YEARS = (
    ("2026-01", "240000", "800000"),
    ("2026-02", "360000", "900000"),
    ("2026-03", "320000", "920000"),
)


def start(firm: Firm) -> Obligation:
    work = make_engagement(firm, currency="GBP")
    Obligation.objects.exclude(contract_line=work.fixed_line).delete()
    Obligation.objects.update(price_amount=Decimal(1200000))
    Task.objects.update(effort_minutes=0, remaining_minutes=0)  # no forecast beside the plan
    return Obligation.objects.select_related("contract_line").get()


def period_of(firm: Firm, name: str) -> int:
    return firm.entities["UK"].periods.get(name=name).pk


def work_and_draft(firm: Firm, obligation: Obligation, year: tuple[str, str, str]) -> int:
    name, cost, planned = year
    line = obligation.contract_line
    posting.post(
        drafts=[
            ActualDraft(
                type=ActualType.COST,
                work_on=date(2026, int(name[-2:]), 15),
                legal_entity_id=firm.entities["UK"].pk,
                transaction_class=TransactionClass.TIME,
                currency="GBP",
                amount=Decimal(cost),
                source_kind="time_entry",
                source_id=int(name[-2:]),
                billing_type=BillingType.CHARGEABLE,
                contract_id=line.contract_id,
                contract_line_id=line.pk,
                minutes=60,
                unit="hour",
                price=Decimal(cost),
                posting_event="time_cost",
            )
        ],
        actor=firm.actors["fay"],
        at=AT,
        kind="test",
    )
    Obligation.objects.filter(pk=obligation.pk).update(planned_cost_amount=Decimal(planned))
    period_id = period_of(firm, name)
    draft_estimates(period_id=period_id, run_key=name, actor=firm.actors["fay"], at=AT)
    return period_id


def finish(firm: Firm, period_id: int) -> int:
    approve_estimates(period_id=period_id, actor=firm.actors["fay"], at=AT)
    return post_estimates(period_id=period_id, actor=firm.actors["fay"], at=AT)


def test_recognise_the_worked_figures_of_three_periods(acme: Firm) -> None:
    with acme.scope():
        obligation = start(acme)
        for year in YEARS:
            finish(acme, work_and_draft(acme, obligation, year))
        rows = list(RevenueEstimate.objects.order_by("period__starts_on"))
        revenue = sum(
            line.credit - line.debit
            for line in JournalLine.objects.filter(
                account__code="4000", contract_id=obligation.contract_line.contract_id
            )
        )
    assert [row.entity_period_revenue for row in rows] == [360000, 440000, 400000]
    assert [row.revenue_to_date for row in rows] == [360000, 800000, 1200000]
    assert [row.estimate_to_complete for row in rows] == [560000, 300000, 0]
    assert revenue == 1200000


def test_a_second_run_replaces_the_drafts(acme: Firm) -> None:
    with acme.scope():
        obligation = start(acme)
        period_id = work_and_draft(acme, obligation, YEARS[0])
        first = RevenueEstimate.objects.get()
        Obligation.objects.update(planned_cost_amount=Decimal(960000))
        run = draft_estimates(period_id=period_id, run_key="again", actor=acme.actors["fay"], at=AT)
        second = RevenueEstimate.objects.get()
    assert (run.drafted, run.kept) == (1, 0)
    assert second.pk != first.pk
    assert second.period_revenue == 300000


def test_posting_twice_and_running_after_posting_change_nothing(acme: Firm) -> None:
    with acme.scope():
        obligation = start(acme)
        period_id = work_and_draft(acme, obligation, YEARS[0])
        assert finish(acme, period_id) == 1
        entries = JournalEntry.objects.count()
        assert post_estimates(period_id=period_id, actor=acme.actors["fay"], at=AT) == 0
        run = draft_estimates(period_id=period_id, run_key="again", actor=acme.actors["fay"], at=AT)
        assert (run.drafted, run.kept) == (0, 1)
        assert JournalEntry.objects.count() == entries


def test_are_reversed_latest_first_and_can_be_made_again(acme: Firm) -> None:
    fay = acme.actors["fay"]
    with acme.scope():
        obligation = start(acme)
        for year in YEARS[:2]:
            finish(acme, work_and_draft(acme, obligation, year))
        first, second = RevenueEstimate.objects.order_by("period__starts_on")
        with pytest.raises(Conflict):
            reverse_estimate(estimate_id=first.pk, reason="Wrong cost", actor=fay, at=AT)
        reverse_estimate(estimate_id=second.pk, reason="Wrong cost", actor=fay, at=AT)
        draft_estimates(period_id=second.period_id, run_key="again", actor=fay, at=AT)
        finish(acme, second.period_id)
        revenue = sum(
            line.credit - line.debit for line in JournalLine.objects.filter(account__code="4000")
        )
    assert revenue == 800000


def test_a_reversal_takes_the_onerous_provision_back_too(acme: Firm) -> None:
    with acme.scope():
        obligation = start(acme)
        finish(acme, work_and_draft(acme, obligation, ("2026-01", "390000", "1300000")))
        row = RevenueEstimate.objects.get()
        assert (row.period_revenue, row.provision_amount) == (360000, 70000)
        reverse_estimate(estimate_id=row.pk, reason="Wrong", actor=acme.actors["fay"], at=AT)
        lines = JournalLine.objects.filter(account__code="2400")
        assert sum(line.credit - line.debit for line in lines) == 0
        assert lines.count() == 2


def test_are_not_for_the_project_manager_to_run(acme: Firm) -> None:
    with acme.scope(), pytest.raises(PermissionDenied):
        draft_estimates(
            period_id=period_of(acme, "2026-01"), run_key="x", actor=acme.actors["priya"], at=AT
        )
