"""What the rules need to know, gathered for a whole batch in a constant number of queries."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Sum

from projects import policies as project_policies
from projects import selectors as projects
from projects.models import Assignment, Project, Task
from psa.core.ledger import selectors as ledger
from psa.core.ledger.rules.types import BillingMethod, PeriodState
from psa.core.org import selectors as org
from psa.core.org.rules.working_time import CalendarSpec
from sales.models import Contract, ContractLine
from timeexpense.models import TimeEntry
from timeexpense.rules.spans import Span
from timeexpense.rules.validation import (
    CHARGEABLE,
    ON_HOLIDAY,
    ON_LEAVE,
    Duplicate,
    Facts,
    ProjectFact,
    TaskFact,
    TimeFact,
    is_plausible,
)

LATE_WORK_REFUSED = "refuse"


def gather(entries: Sequence[TimeFact], *, leaving_out: Collection[int] = ()) -> Facts:
    """The facts beside these entries; the stored entries `leaving_out` count nowhere.

    At most 18 queries, whatever the number of entries.
    """
    rows = [entry for entry in entries if is_plausible(entry.work_on)]
    if not rows:
        return Facts(projects={})
    project_ids = {entry.project_id for entry in rows}
    resource_ids = {entry.resource_id for entry in rows}
    task_ids = {entry.task_id for entry in rows if entry.task_id is not None}
    found = projects_of(project_ids)
    methods, chargeable = _contract_lines(rows)
    tasks = tasks_of(task_ids, methods)
    standing = _standing(rows, leaving_out)
    assigned = _assigned(task_ids, resource_ids)
    closed = closed_days(
        {
            (found[entry.project_id].legal_entity_id, entry.work_on)
            for entry in rows
            if entry.project_id in found
        }
    )
    return Facts(
        projects=found,
        tasks=tasks,
        team={
            key: [(role.valid_from, role.valid_until) for role in roles]
            for key, roles in projects.team_roles(project_ids, resource_ids).items()
        },
        minutes_by_day=standing.minutes,
        days_off=_days_off(rows),
        closed_days=closed,
        assigned_minutes=assigned,
        used_minutes=_used(assigned, leaving_out),
        task_minutes=_task_minutes(
            [i for i, task in tasks.items() if task.is_fixed_price and task.effort_minutes],
            leaving_out,
        ),
        known=frozenset(standing.known),
        spans_by_day=standing.spans,
        # Asked only where it matters, which is seldom.
        refuses_late_work=bool(closed) and refuses_late_work(),
        chargeable_work=_without_overrides(chargeable, task_ids),
    )


def refuses_late_work() -> bool:
    """Whether the firm posts nothing for a day in a closed period."""
    return org.parameters().late_work_policy == LATE_WORK_REFUSED


def projects_of(project_ids: Iterable[int]) -> dict[int, ProjectFact]:
    """What the rules know of projects, by id. One query."""
    return {
        project_id: ProjectFact(
            code,
            status in project_policies.BOOKABLE,
            starts_on,
            ends_on,
            contract_status == Contract.Status.ON_HOLD,
            entity_id,
        )
        for project_id, code, status, starts_on, ends_on, contract_status, entity_id in (
            Project.objects.filter(id__in=set(project_ids)).values_list(
                "id", "code", "status", "starts_on", "ends_on", "contract__status",
                "contracting_unit__legal_entity_id",
            )
        )
    }  # fmt: skip


Work = tuple[int, int | None]


def _contract_lines(rows: Sequence[TimeFact]) -> tuple[dict[Work, str], set[Work]]:
    """The billing method of each (project, task), and those of them that are invoiced by time."""
    pairs = {(entry.project_id, entry.task_id, "time") for entry in rows}
    lines = projects.contract_line_for(pairs)
    by_line = dict(
        ContractLine.objects.filter(id__in={i for i in lines.values() if i}).values_list(
            "id", "billing_method"
        )
    )
    methods = {
        (project_id, task_id): by_line[line_id]
        for (project_id, task_id, _), line_id in lines.items()
        if line_id in by_line
    }
    by_time = {w for w, method in methods.items() if method != BillingMethod.FIXED_PRICE}
    return methods, by_time


def tasks_of(task_ids: Collection[int], methods: Mapping[Work, str]) -> dict[int, TaskFact]:
    """What the rules know of tasks, by id; `methods` are billing methods by work. One query."""
    return {
        task_id: TaskFact(
            project_id,
            name,
            is_completed,
            is_summary,
            effort,
            methods.get((project_id, task_id)) == BillingMethod.FIXED_PRICE,
        )
        for task_id, project_id, name, is_completed, is_summary, effort in Task.objects.filter(
            id__in=task_ids
        ).values_list("id", "project_id", "name", "is_completed", "is_summary", "effort_minutes")
    }


def _without_overrides(chargeable: set[Work], task_ids: Collection[int]) -> frozenset[Work]:
    other = set(
        Task.objects.filter(id__in=task_ids)
        .exclude(billing_type__in=("", CHARGEABLE))
        .values_list("id", flat=True)
    )
    return frozenset(work for work in chargeable if work[1] not in other)


class _Standing:
    """What stands on days already, by person and day."""

    __slots__ = ("known", "minutes", "spans")

    def __init__(self) -> None:
        self.minutes: dict[tuple[int, date], int] = defaultdict(int)
        self.spans: dict[tuple[int, date], list[Span]] = defaultdict(list)
        self.known: set[Duplicate] = set()


def _standing(rows: Sequence[TimeFact], leaving_out: Collection[int]) -> _Standing:
    """What stands on the same days of the same people."""
    keys = list({(entry.resource_id, entry.work_on) for entry in rows})
    found = _Standing()
    left_out = set(leaving_out)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id, e.spans, e.resource_id, e.project_id, e.task_id, e.work_on, e.minutes, "
            "e.description FROM unnest(%s::bigint[], %s::date[]) AS k(resource_id, work_on) "
            "JOIN timeexpense_timeentry e USING (resource_id, work_on)",
            # As PostgreSQL writes arrays: a driver's look at each value costs more than the answer.
            [f"{{{','.join(str(key[at]) for key in keys)}}}" for at in (0, 1)],
        )
        for entry_id, spans, *duplicate in cursor.fetchall():
            if entry_id in left_out:
                continue
            day = (duplicate[0], duplicate[3])
            found.minutes[day] += duplicate[4]
            found.known.add(tuple(duplicate))
            if spans not in ("[]", []):
                found.spans[day] += spans_from(spans)
    return found


def spans_from(stored: Any) -> tuple[Span, ...]:
    """Spans as the database holds them; a plain cursor gives their text."""
    rows = json.loads(stored) if isinstance(stored, str) else stored
    return tuple((start, end) for start, end in rows)


def _days_off(rows: Sequence[TimeFact]) -> dict[tuple[int, date], str]:
    days = [entry.work_on for entry in rows]
    specs = org.working_spec(
        {entry.resource_id for entry in rows}, min(days), max(days) + timedelta(days=1)
    )
    found = {}
    for key in {(entry.resource_id, entry.work_on) for entry in rows}:
        spec = specs.get(key[0])
        reason = day_off(spec, key[1]) if spec is not None else None
        if reason is not None:
            found[key] = reason
    return found


def day_off(spec: CalendarSpec, on: date) -> str | None:
    """Leave or a public holiday on the day, in words; None for a usual day or a weekend."""
    for exception in spec.exceptions.get(on, ()):
        if not exception.working and exception.minutes is None and exception.spans is None:
            return ON_LEAVE
    return ON_HOLIDAY if on in spec.holidays else None


def closed_days(days: Collection[tuple[int, date]]) -> frozenset[tuple[int, date]]:
    """Those (legal entity, day) whose fiscal period is not open. One query."""
    calendars = ledger.periods_by_entity({entity_id for entity_id, _ in days})
    closed: set[tuple[int, date]] = set()
    for entity_id, on in days:
        for period in calendars.get(entity_id, ()):
            if period.starts_on <= on < period.until_on:
                if period.state is not PeriodState.OPEN:
                    closed.add((entity_id, on))
                break
    return frozenset(closed)


def _assigned(
    task_ids: Collection[int], resource_ids: Collection[int]
) -> dict[tuple[int, int], int]:
    return {
        (task_id, resource_id): minutes
        for task_id, resource_id, minutes in Assignment.objects.filter(
            task_id__in=task_ids, resource_id__in=resource_ids
        ).values_list("task_id", "resource_id", "minutes")
    }


def _used(
    assigned: Mapping[tuple[int, int], int], leaving_out: Collection[int]
) -> dict[tuple[int, int], int]:
    if not assigned:
        return {}
    sums: Any = (
        _entries_of({task_id for task_id, _ in assigned}, leaving_out)
        .filter(resource_id__in={resource_id for _, resource_id in assigned})
        .values_list("task_id", "resource_id")
        .annotate(total=Sum("minutes"))
    )
    return {(task_id, resource_id): total for task_id, resource_id, total in sums}


def _task_minutes(task_ids: Collection[int], leaving_out: Collection[int]) -> dict[int, int]:
    if not task_ids:
        return {}
    sums = _entries_of(task_ids, leaving_out).values_list("task_id").annotate(total=Sum("minutes"))
    return dict(sums)


def _entries_of(task_ids: Collection[int], leaving_out: Collection[int]) -> Any:
    # By project first: that is what the index begins with.
    of_projects = Task.objects.filter(id__in=task_ids).values("project_id")
    return TimeEntry.objects.filter(project_id__in=of_projects, task_id__in=task_ids).exclude(
        id__in=list(leaving_out)
    )
