"""What is left to complete comes from the project; time and material counts in the loss test."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from projects.models import Task
from projects.services import tasks
from psa.core.ledger.models import FiscalPeriod
from psa.core.ledger.rules.types import ActualDraft, ActualType, BillingType, TransactionClass
from psa.core.ledger.services import posting
from revenue.forecast import forecasts, rights_to_invoice
from revenue.models import Obligation, RevenueEstimate
from revenue.selectors import why
from revenue.services.estimates import draft_estimates
from sales.models import ContractLine
from tests.factories import AT, Engagement, Firm, make_engagement

pytestmark = pytest.mark.django_db


def june(firm: Firm) -> FiscalPeriod:
    return firm.entities["UK"].periods.get(name="2026-06")


def travel(firm: Firm, line: ContractLine, sales: int) -> None:
    """Expenses sold beside the hours: they say nothing of what an hour is worth."""
    posting.post(
        drafts=[
            ActualDraft(
                type=ActualType.UNBILLED_SALES, work_on=date(2026, 6, 10), currency="GBP",
                legal_entity_id=firm.entities["UK"].pk, amount=Decimal(sales),
                transaction_class=TransactionClass.EXPENSE, source_kind="expense_entry",
                source_id=line.pk, billing_type=BillingType.CHARGEABLE, quantity=Decimal(1),
                contract_id=line.contract_id, contract_line_id=line.pk, unit="each",
                price=Decimal(sales),
            )
        ],
        actor=firm.actors["fay"], at=AT, kind="test",
    )  # fmt: skip


def record(firm: Firm, line: ContractLine, *, hours: int, cost: int, sales: int = 0) -> None:
    drafts = [
        ActualDraft(
            type=kind, work_on=date(2026, 6, 10), legal_entity_id=firm.entities["UK"].pk,
            transaction_class=TransactionClass.TIME, currency="GBP", amount=Decimal(amount),
            source_kind="time_entry", source_id=line.pk, billing_type=BillingType.CHARGEABLE,
            contract_id=line.contract_id, contract_line_id=line.pk, minutes=hours * 60,
            unit="hour", price=Decimal(amount) / hours,
            posting_event="time_cost" if kind is ActualType.COST else "",
        )
        for kind, amount in ((ActualType.COST, cost), (ActualType.UNBILLED_SALES, sales))
        if amount
    ]  # fmt: skip
    posting.post(drafts=drafts, actor=firm.actors["fay"], at=AT, kind="test")


def plan(work: Engagement, **hours: int) -> None:
    for name, left in hours.items():
        Task.objects.filter(project=work.project, name=name).update(remaining_minutes=left * 60)


def drafted(firm: Firm, work: Engagement) -> RevenueEstimate:
    draft_estimates(period_id=june(firm).pk, run_key="r", actor=firm.actors["fay"], at=AT)
    return RevenueEstimate.objects.get(obligation__contract_line=work.fixed_line)


def test_hours_left_at_what_an_hour_cost_lately(acme: Firm) -> None:
    with acme.scope():
        work = make_engagement(acme, currency="GBP")
        plan(work, Blueprint=30)
        record(acme, work.fixed_line, hours=100, cost=6000)
        found = forecasts([work.fixed_line.pk], june(acme))[work.fixed_line.pk]
        assert (found.minutes, found.to_complete) == (1800, 1800)
        row = drafted(acme, work)
        assert (row.cost_to_date, row.estimate_to_complete) == (6000, 1800)
        assert row.inputs["etc_from"] == "project"
        assert row.revenue_to_date == Decimal("15384.62")  # 20,000 × 6,000 ÷ 7,800


def test_effort_is_measured_by_the_same_hours(acme: Firm) -> None:
    with acme.scope():
        work = make_engagement(acme, currency="GBP")
        Obligation.objects.filter(contract_line=work.fixed_line).update(method="effort")
        plan(work, Blueprint=300)
        record(acme, work.fixed_line, hours=100, cost=6000)
        assert drafted(acme, work).revenue_to_date == 5000


def test_effort_without_a_plan_stays_where_it_was(acme: Firm) -> None:
    with acme.scope():
        work = make_engagement(acme, currency="GBP")
        Obligation.objects.filter(contract_line=work.fixed_line).update(method="effort")
        Task.objects.filter(project=work.project).update(effort_minutes=0, remaining_minutes=0)
        record(acme, work.fixed_line, hours=1, cost=60)
        row = drafted(acme, work)
        assert (row.revenue_to_date, row.flags) == (0, ["no_forecast"])


def test_a_plan_of_hours_is_not_all_that_is_left_of_a_line_with_expenses(acme: Firm) -> None:
    with acme.scope():
        work = make_engagement(acme, currency="GBP")
        ContractLine.objects.filter(pk=work.fixed_line.pk).update(
            transaction_classes=["time", "expense"]
        )
        Obligation.objects.filter(contract_line=work.fixed_line).update(planned_cost_amount=100_000)
        plan(work, Blueprint=30)
        record(acme, work.fixed_line, hours=100, cost=20_000)
        assert drafted(acme, work).estimate_to_complete == 80_000


def test_a_completed_task_has_nothing_left(acme: Firm) -> None:
    with acme.scope():
        work = make_engagement(acme, currency="GBP")
        Task.objects.filter(name="Blueprint").update(is_completed=True)
        record(acme, work.fixed_line, hours=100, cost=6000)
        assert drafted(acme, work).estimate_to_complete == 0


def test_before_an_hour_was_worked_the_planned_cost_stands(acme: Firm) -> None:
    with acme.scope():
        work = make_engagement(acme, currency="GBP")
        Obligation.objects.filter(contract_line=work.fixed_line).update(planned_cost_amount=9000)
        row = drafted(acme, work)
        assert (row.estimate_to_complete, row.inputs["etc_from"]) == (9000, "plan")


def losing(acme: Firm, *, sales: int, hours_left: int) -> RevenueEstimate:
    """A fixed price of 20,000 that costs 30,000, half done, beside time and material."""
    work = make_engagement(acme, currency="GBP")
    Obligation.objects.exclude(contract_line=work.fixed_line).delete()
    plan(work, Blueprint=150, Build=hours_left, Support=0)
    record(acme, work.fixed_line, hours=150, cost=15000)
    record(acme, work.time_line, hours=100, cost=6000, sales=sales)
    return drafted(acme, work)


def test_time_and_material_makes_a_loss_good(acme: Firm) -> None:
    with acme.scope():
        # 16,000 for 6,000 of cost, nothing left: the contract earns 0, and needs nothing.
        assert losing(acme, sales=16000, hours_left=0).provision_amount == 0


def test_time_and_material_counts_with_the_hours_left(acme: Firm) -> None:
    with acme.scope():
        # Earns 4,000 on 100 h so far; 50 h more earn 2,000: the contract loses 4,000.
        # Progress (20,000 × 1/2 + 15,000 × 2/3) ÷ 35,000 = 4/7, so 3/7 of it is required.
        row = losing(acme, sales=10000, hours_left=50)
        assert row.provision_amount == Decimal("1714.29")
        [kept] = row.inputs["beside"]
        assert kept == ["15000.00", "9000.00", "2/3"]


def test_reads_what_may_be_invoiced(acme: Firm) -> None:
    with acme.scope():
        work = make_engagement(acme, currency="GBP")
        plan(work, Build=50)
        record(acme, work.time_line, hours=100, cost=6000, sales=10000)
        [row] = rights_to_invoice([work.contract.pk], june(acme))
        assert (row.expected_sales, row.expected_cost) == (15000, 9000)


def test_an_hour_is_worth_what_hours_were_sold_for(acme: Firm) -> None:
    with acme.scope():
        work = make_engagement(acme, currency="GBP")
        plan(work, Build=100)
        record(acme, work.time_line, hours=100, cost=6000, sales=10000)
        travel(acme, work.time_line, 10000)
        [row] = rights_to_invoice([work.contract.pk], june(acme))
        assert row.expected_sales == 30000  # 20,000 to date and 100 h at 100


def book(firm: Firm, work: Engagement, task: Task, *, on: date, hours: int = 24) -> None:
    draft = ActualDraft(
        type=ActualType.COST, work_on=on, legal_entity_id=firm.entities["UK"].pk,
        transaction_class=TransactionClass.TIME, currency="GBP", amount=Decimal(hours * 60),
        source_kind="time_entry", source_id=task.pk * 1000 + on.day,
        billing_type=BillingType.CHARGEABLE, project_id=work.project.pk, task_id=task.pk,
        contract_id=work.contract.pk, contract_line_id=work.fixed_line.pk, minutes=hours * 60,
        unit="hour", price=Decimal(60), posting_event="time_cost",
    )  # fmt: skip
    posting.post(drafts=[draft], actor=firm.actors["fay"], at=AT, kind="test")


def test_flags_hours_left_that_did_not_move_while_hours_were_booked(acme: Firm) -> None:
    with acme.scope():
        work = make_engagement(acme, currency="GBP")
        plan(work, Blueprint=30)
        task = Task.objects.get(project=work.project, name="Blueprint")
        book(acme, work, task, on=date(2026, 6, 16))
        assert "stale" not in drafted(acme, work).flags  # before the last 14 days
        book(acme, work, task, on=date(2026, 6, 17))
        row = drafted(acme, work)
        assert "stale" in row.flags
        assert row.inputs["stale"] == [1, 24 * 60]
        assert any("24.0 hours were booked" in sentence for sentence in why(row))
        listed = acme.client("fay").get(acme.url("revenue/?entity=UK&period=2026-06"))
        assert b"hours left stale" in listed.content
        tasks.set_remaining(
            project_id=work.project.pk, minutes_by_task={task.pk: 360}, actor=acme.actors["priya"],
            at=datetime(2026, 7, 1, 9, tzinfo=UTC),
        )  # fmt: skip
        assert "stale" not in drafted(acme, work).flags
