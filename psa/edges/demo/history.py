"""What the demo firm did month by month: hours, approvals, invoices. Through services alone."""

import calendar
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from django.db.models import Sum

from billing.models import ContractMilestone, InvoiceBalance
from billing.services import invoices, payments, proposals, readiness, retainers
from projects.models import Project, Task, TeamMember
from projects.services import baselines, health, projects, tasks
from psa.core.access import actors
from psa.core.actor import Actor
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual, FiscalPeriod
from psa.core.ledger.rules.types import ActualType, PeriodState
from psa.core.ledger.services import periods, posting_run
from psa.core.org import selectors as org
from psa.core.org.models import Resource
from psa.core.org.rules import working_time
from revenue.services import (
    accruals,
    cost_charges,
    estimate_posting,
    estimates,
    intercompany_invoices,
    proofs,
    revaluation,
)
from sales.models import Contract
from timeexpense.models import EntryState, ExpenseEntry, TimeEntry
from timeexpense.services import approvals, time_entries, weeks
from timeexpense.services.time_entries import TimeDraft

from . import collecting, episodes, paying
from .engagements import COURSES, PHRASES, STEADY, Course
from .firm import cast_actor, instant
from .staffing import elapsed_share

ENTRIES_PER_CALL = 5000
INTERNAL_SHARE = 0.12
FRIDAY = 4
# Trends show half a year.
DAYS_OF_WEEKLY_HEALTH = 27 * 7


@dataclass(frozen=True, slots=True)
class _Work:
    """A leaf task: how much work it is, and when."""

    task_id: int
    effort: int
    starts_on: date
    finishes_on: date

    @property
    def days(self) -> int:
        return (self.finishes_on - self.starts_on).days + 1


@dataclass(frozen=True, slots=True)
class _Place:
    """Somewhere a person may book: a project with its leaf tasks, between two days."""

    project_id: int
    tasks: tuple[_Work, ...]
    starts_on: date
    ends_on: date
    is_internal: bool
    course: Course


def month_end(month_on: date) -> date:
    return month_on.replace(day=calendar.monthrange(month_on.year, month_on.month)[1])


def work_month(*, tenant_id: int, month_on: date, until_on: date, seed: int) -> int:
    """Enter and submit everybody's hours from ``month_on`` up to ``until_on``; how many entries."""
    rng = Random(f"{seed}-{month_on.isoformat()}")
    operator = actors.for_operator(tenant_id)
    count = 0
    for drafts in _batches(_hours(month_on, until_on, rng)):
        at = instant(max(draft.work_on for draft in drafts), 17)
        outcomes = time_entries.enter_time(entries=drafts, actor=operator, at=at)
        ids = [one.entry_id for one in outcomes if one.entry_id is not None]
        weeks.submit_entries(entry_ids=ids, actor=operator, at=at)
        count += len(ids)
    return count


def approve_month(*, until_on: date, at: datetime) -> int:
    """Each project's manager approves what was submitted; nobody their own. How many approved."""
    waiting: dict[str, list[tuple[str, int]]] = defaultdict(list)
    of_time = TimeEntry.objects.filter(state=EntryState.SUBMITTED, work_on__lte=until_on)
    of_expenses = ExpenseEntry.objects.filter(state=EntryState.SUBMITTED, spent_on__lte=until_on)
    for kind, rows in (("time", of_time), ("expense", of_expenses)):
        for entry_id, resource_id, manager_id, manager_name in rows.order_by("id").values_list(
            "id", "resource_id", "project__manager_id", "project__manager__name"
        ):
            approver = "Mei Tanaka" if resource_id == manager_id else manager_name
            if resource_id != manager_id or manager_name != "Mei Tanaka":
                waiting[approver].append((kind, entry_id))
    approved = 0
    for name, entries in sorted(waiting.items()):
        actor = cast_actor(name)
        for start in range(0, len(entries), ENTRIES_PER_CALL):
            done = approvals.approve_entries(
                entries=entries[start : start + ENTRIES_PER_CALL], actor=actor, at=at
            )
            approved += done.approved_count
    return approved


def bill_month(*, tenant_id: int, month_on: date, leave_in_review: int = 0) -> int:
    """Milestones and retainer periods due, drafts, and invoices dated the month's last day.

    ``leave_in_review`` drafts stay for the billing manager to work on. How many invoices.
    """
    bill, operator = cast_actor("Bill Mercer"), actors.for_operator(tenant_id)
    last_on = month_end(month_on)
    at = instant(last_on + timedelta(days=2), 9)
    for milestone in ContractMilestone.objects.filter(
        due_on__gte=month_on, due_on__lte=last_on, state=ContractMilestone.State.NOT_STARTED
    ).order_by("id"):
        readiness.mark_milestone_ready(
            milestone_id=milestone.pk, ready_on=last_on, actor=operator, at=at
        )
    for contract_id in readiness.contracts_with_due_periods(due_on=last_on):
        readiness.post_due_retainer_periods(
            contract_id=contract_id, due_on=last_on, actor=operator, at=at
        )
    # Once the month is worked: its overage is billed with it.
    retainers.reconcile_due(
        until_on=last_on + timedelta(days=1), legal_entity_id=None, actor=operator, at=at
    )
    key = f"demo {month_on:%Y-%m}"
    drafts = []
    for contract_id in _contracts_with_unbilled(last_on):
        drafts += proposals.propose_invoices(
            contract_id=contract_id, cutoff_on=last_on, run_key=key, actor=bill, at=at
        )
    episodes.review_drafts(drafts=drafts, on=last_on + timedelta(days=1))
    confirmed = drafts[: len(drafts) - leave_in_review] if leave_in_review else drafts
    for draft in confirmed:
        invoices.post_invoice(proposal_id=draft.pk, invoiced_on=last_on, at=at, actor=bill)
    return len(confirmed)


def forecast_month(*, tenant_id: int, until_on: date, today_on: date) -> int:
    """Each manager's monthly forecast: the work left, as far as the project's course has come.

    Projects past their end are completed. Health is kept week by week as far back as trends show
    it, and month by month before. How many forecasts.
    """
    operator = actors.for_operator(tenant_id)
    at = instant(until_on, 16)
    worked: dict[int | None, int] = dict(
        Actual.objects.filter(actual_type=ActualType.COST, work_on__lte=until_on)
        .values_list("task_id")
        .annotate(total=Sum("minutes"))
        .values_list("task_id", "total")
    )
    count = 0
    _approve_baselines(operator, at)
    for project, course in _courses():
        if project.status != Project.Status.IN_DELIVERY or project.starts_on > until_on:
            continue
        last_on = project.ends_on or until_on
        is_done = last_on <= until_on
        remaining = {
            task.pk: 0 if is_done else _left(task, worked.get(task.pk) or 0, course, until_on)
            for task in Task.objects.filter(project=project, is_summary=False)
        }
        tasks.set_remaining(project_id=project.pk, minutes_by_task=remaining, actor=operator, at=at)
        if is_done:
            projects.change_status(
                project_id=project.pk, status=Project.Status.COMPLETED, actor=operator, at=at
            )
        count += 1
    for day in range(1, until_on.day + 1):
        on = until_on.replace(day=day)
        is_shown = on.weekday() == FRIDAY and (today_on - on).days <= DAYS_OF_WEEKLY_HEALTH
        if is_shown or on == until_on:
            health.record_health(on=on, at=instant(on, 23))
    return count


def _approve_baselines(operator: Actor, at: datetime) -> None:
    """The plan as it was when delivery began, for projects that have no baseline yet."""
    for pk, starts_on in Project.objects.filter(
        status=Project.Status.IN_DELIVERY, is_internal=False, baselines__isnull=True,
        starts_on__lte=at.date(),
    ).values_list("id", "starts_on"):  # fmt: skip
        common = {"project_id": pk, "actor": operator, "at": instant(starts_on, 10)}
        baselines.set_baseline(number=0, name="Contract signed", **common)
        baselines.approve_baseline(number=0, **common)


def _courses() -> list[tuple[Project, Course]]:
    """Client projects in the order in which they were won, each with its course."""
    rows = Project.objects.filter(is_internal=False).order_by("id")
    return [(project, COURSES[n % len(COURSES)]) for n, project in enumerate(rows)]


def _left(task: Task, worked: int, course: Course, on: date) -> int:
    """The work left of a task, so that its share complete is its time elapsed at the course's pace."""
    starts_on, finishes_on = task.starts_on or on, task.finishes_on or on
    if on < starts_on:
        return int(task.effort_minutes)
    done = min(0.97, elapsed_share(starts_on, finishes_on, on) * course.pace)
    if finishes_on <= on - timedelta(days=40):
        return 0
    if not worked:
        return round(task.effort_minutes * (1 - done))
    return max(0, round(worked * (1 - done) / max(done, 0.02)))


def receive_payments(*, month_on: date, today_on: date, seed: int) -> int:
    """Customers pay what is due; a few are late, one of them lately. How many payments.

    Of the month's first payment a bank on the way keeps its charges, which are written off.
    """
    fay = cast_actor("Fay Ashworth")
    end_on = month_end(month_on)
    rng = Random(f"{seed}-payments-{month_on.isoformat()}")
    due = (
        InvoiceBalance.objects.filter(open_amount__gt=0, invoice__due_on__lte=end_on)
        .order_by("invoice_id")
        .values_list(
            "invoice_id", "open_amount", "invoice__number", "invoice__account_id",
            "invoice__legal_entity_id", "invoice__currency",
        )
    )  # fmt: skip
    count, written_off = 0, False
    has_to_be_asked = collecting.is_lately(end_on, today_on=today_on)
    for place, (invoice_id, amount, number, account_id, entity_id, currency) in enumerate(
        list(due)
    ):
        if rng.random() < 0.15 or (has_to_be_asked and place == 0):
            continue
        received_on = month_on + timedelta(days=rng.randrange(11, 27))
        if rng.random() < 0.06:
            # Half now, the rest when they are asked again.
            amount = round(amount / 2, 2)
        kept = Decimal(0) if written_off else collecting.charges_kept(amount, currency)
        amount -= kept
        payments.record_payment(
            request_key=f"demo-{invoice_id}-{month_on}", account_id=account_id, legal_entity_id=entity_id,
            received_on=received_on, amount=amount, currency=currency, reference=number,
            chosen=[payments.Chosen(invoice_id, amount)], actor=fay,
            at=instant(received_on, 11),
        )  # fmt: skip
        if kept:
            collecting.write_off_charges(invoice_id=invoice_id, amount=kept, on=received_on)
            written_off = True
        count += 1
    return count


def close_month(*, tenant_id: int, month_on: date, today_on: date) -> int:
    """The close as finance does it; months before the last one are closed. How many batches."""
    fay = cast_actor("Fay Ashworth")
    last_on = month_end(month_on)
    at = instant(last_on + timedelta(days=3), 9)
    waiting = posting_run.waiting_batches()
    posting_run.journal_batches(batch_ids=waiting, actor=actors.for_operator(tenant_id), at=at)
    is_last = (today_on - last_on).days < 31
    if not is_last:
        paying.pay_sisters(month_on=month_on)
        # Before any of the entities closes the month; the last month's is finance's to issue.
        with suppress(intercompany_invoices.NothingToInvoice):
            intercompany_invoices.issue_invoices(
                worked_until_on=last_on, issued_on=last_on, actor=fay, at=at
            )
    for period in (
        FiscalPeriod.objects.select_related("legal_entity")
        .filter(starts_on=month_on)
        .order_by("id")
    ):
        run = estimates.draft_estimates(
            period_id=period.pk, run_key=f"demo {period.name}", actor=fay, at=at
        )
        if is_last:
            # The finance manager finds the last month's estimates to review.
            continue
        accruals.post_accruals(period_id=period.pk, actor=fay, at=at)
        collecting.capitalise_commissions(period, actor=fay, at=at)
        if run.drafted:
            estimates.approve_estimates(period_id=period.pk, actor=fay, at=at)
            estimate_posting.post_estimates(period_id=period.pk, actor=fay, at=at)
        cost_charges.charge_contract_costs(period_id=period.pk, actor=fay, at=at)
        revaluation.revalue(period_id=period.pk, actor=fay, at=at)
        proofs.run_proofs(legal_entity_id=period.legal_entity_id, as_of=last_on, actor=fay, at=at)
        periods.change_state(
            period_id=period.pk, state=PeriodState.SOFT_CLOSED, reason="", actor=fay, at=at
        )
        periods.close_period(period_id=period.pk, actor=fay, at=at)
    return len(waiting)


def _contracts_with_unbilled(until_on: date) -> list[int]:
    ids = list(Contract.objects.order_by("id").values_list("id", flat=True))
    found = set(
        ledger.unbilled(contract_ids=ids, until_on=until_on)
        .values_list("contract_id", flat=True)
        .distinct()
    )
    return [contract_id for contract_id in ids if contract_id in found]


def _hours(month_on: date, until_on: date, rng: Random) -> Iterator[TimeDraft]:
    """One or two entries a working day for everybody who works here, in a fixed order."""
    staff = list(
        Resource.objects.exclude(job_role__code="office").order_by("code").values_list("id", "kind")
    )
    specs = org.working_spec(
        [resource_id for resource_id, _ in staff], month_on, until_on + timedelta(days=1)
    )
    places = _places()
    for offset in range((until_on - month_on).days + 1):
        day = month_on + timedelta(days=offset)
        for resource_id, _kind in staff:
            capacity = working_time.capacity_minutes(specs[resource_id], day)
            if capacity:
                yield from _day(resource_id, day, capacity, places[resource_id], rng)


def _day(
    resource_id: int, day: date, capacity: int, places: Sequence[_Place], rng: Random
) -> Iterator[TimeDraft]:
    able = [p for p in places if p.starts_on <= day <= p.ends_on and not p.is_internal]
    home = [p for p in places if p.is_internal]
    # A person stays on one engagement for a week, as people do.
    week = day.isocalendar().week
    if rng.random() < 0.03 or not (able or home):
        return
    if able and rng.random() > INTERNAL_SHARE:
        place = able[(week + resource_id) % len(able)]
    elif home:
        place = home[(week + resource_id) % len(home)]
    else:
        place = able[0]
    worked = capacity - rng.choice((0, 0, 0, 0, 30, 60, 90))
    task_id = _task(place, day, rng)
    yield TimeDraft(
        resource_id=resource_id, project_id=place.project_id, work_on=day, minutes=worked,
        task_id=task_id, description="" if place.is_internal else rng.choice(PHRASES),
    )  # fmt: skip


def _task(place: _Place, day: date, rng: Random) -> int | None:
    """What the project's pace has come to by the day; of tasks side by side, by their daily effort."""
    if not place.tasks:
        return None
    reached = place.starts_on + (day - place.starts_on) * place.course.pace
    open_ones = [work for work in place.tasks if work.starts_on <= reached <= work.finishes_on]
    if not open_ones:
        open_ones = [max(place.tasks, key=lambda work: (work.starts_on <= reached, work.starts_on))]
    # A retainer runs as long as the project, a phase a fraction of it: effort alone would give the
    # retainer half of every day.
    weights = [max(1, work.effort * 100 // work.days) for work in open_ones]
    return rng.choices(open_ones, weights)[0].task_id


def _places() -> dict[int, list[_Place]]:
    """Per person: where they may book, internal projects last. Three queries."""
    tasks_of: dict[int, list[_Work]] = defaultdict(list)
    for project_id, task_id, effort, starts_on, finishes_on in (
        Task.objects.filter(is_summary=False, is_milestone=False)
        .order_by("project_id", "position")
        .values_list("project_id", "id", "effort_minutes", "starts_on", "finishes_on")
    ):
        tasks_of[project_id].append(
            _Work(task_id, effort, starts_on or date.min, finishes_on or date.max)
        )
    known = {project.pk: project for project in Project.objects.all()}
    course_of = {project.pk: course for project, course in _courses()}
    found: dict[int, list[_Place]] = defaultdict(list)
    rows = TeamMember.objects.order_by("project_id", "resource_id").values_list(
        "resource_id", "project_id", "valid_from"
    )
    for resource_id, project_id, valid_from in rows:
        project = known[project_id]
        found[resource_id].append(
            _Place(
                project_id, tuple(tasks_of[project_id]), max(valid_from, project.starts_on),
                project.ends_on or date.max, project.is_internal,
                course_of.get(project_id, STEADY),
            )
        )  # fmt: skip
    return found


def _batches(drafts: Iterator[TimeDraft]) -> Iterator[list[TimeDraft]]:
    batch: list[TimeDraft] = []
    for draft in drafts:
        batch.append(draft)
        if len(batch) == ENTRIES_PER_CALL:
            yield batch
            batch = []
    if batch:
        yield batch
