"""What the demo firm did month by month: hours, approvals, invoices. Through services alone."""

import calendar
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from billing.models import ContractMilestone
from billing.services import invoices, proposals, readiness
from projects.models import Project, Task, TeamMember
from psa.core.access import actors
from psa.core.ledger import selectors as ledger
from psa.core.ledger.services import posting_run
from psa.core.org import selectors as org
from psa.core.org.models import Resource
from psa.core.org.rules import working_time
from sales.models import Contract
from timeexpense.models import EntryState, TimeEntry
from timeexpense.services import approvals, time_entries, weeks
from timeexpense.services.time_entries import TimeDraft

from .engagements import PHRASES
from .firm import cast_actor, instant

ENTRIES_PER_CALL = 5000
INTERNAL_SHARE = 0.12


@dataclass(frozen=True, slots=True)
class _Place:
    """Somewhere a person may book: a project with its leaf tasks, between two days."""

    project_id: int
    task_ids: tuple[int, ...]
    starts_on: date
    ends_on: date
    is_internal: bool


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
    rows = (
        TimeEntry.objects.filter(state=EntryState.SUBMITTED, work_on__lte=until_on)
        .order_by("work_on", "id")
        .values_list("id", "resource_id", "project__manager_id", "project__manager__name")
    )
    for entry_id, resource_id, manager_id, manager_name in rows:
        approver = "Mei Tanaka" if resource_id == manager_id else manager_name
        waiting[approver].append(("time", entry_id))
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
    key = f"demo {month_on:%Y-%m}"
    drafts = []
    for contract_id in _contracts_with_unbilled(last_on):
        drafts += proposals.propose_invoices(
            contract_id=contract_id, cutoff_on=last_on, run_key=key, actor=bill, at=at
        )
    confirmed = drafts[: len(drafts) - leave_in_review] if leave_in_review else drafts
    for draft in confirmed:
        invoices.post_invoice(proposal_id=draft.pk, invoiced_on=last_on, at=at, actor=bill)
    return len(confirmed)


def close_month(*, tenant_id: int, month_on: date, today_on: date) -> int:
    """The posting run over everything that waits. How many batches went into the books."""
    at = instant(month_end(month_on) + timedelta(days=3), 9)
    waiting = posting_run.waiting_batches()
    posting_run.journal_batches(batch_ids=waiting, actor=actors.for_operator(tenant_id), at=at)
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
    task_id = place.task_ids[(week // 3) % len(place.task_ids)] if place.task_ids else None
    yield TimeDraft(
        resource_id=resource_id, project_id=place.project_id, work_on=day, minutes=worked,
        task_id=task_id, description="" if place.is_internal else rng.choice(PHRASES),
    )  # fmt: skip


def _places() -> dict[int, list[_Place]]:
    """Per person: where they may book, internal projects last. Three queries."""
    tasks: dict[int, list[int]] = defaultdict(list)
    for project_id, task_id in (
        Task.objects.filter(is_summary=False, is_milestone=False)
        .order_by("project_id", "position")
        .values_list("project_id", "id")
    ):
        tasks[project_id].append(task_id)
    projects = {project.pk: project for project in Project.objects.all()}
    found: dict[int, list[_Place]] = defaultdict(list)
    rows = TeamMember.objects.order_by("project_id", "resource_id").values_list(
        "resource_id", "project_id", "valid_from"
    )
    for resource_id, project_id, valid_from in rows:
        project = projects[project_id]
        found[resource_id].append(
            _Place(
                project_id, tuple(tasks[project_id]), max(valid_from, project.starts_on),
                project.ends_on or date.max, project.is_internal,
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
