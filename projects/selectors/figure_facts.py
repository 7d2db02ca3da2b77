"""What figures are made of, for many projects at once: plans, postings, baselines, work left."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Cast, JSONObject

from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType, TransactionClass
from psa.core.tenancy import compiled
from psa.core.tenancy.compiled import Question

from ..models import (
    Assignment,
    PlannedExpense,
    Project,
    Task,
)
from ..rules import roll_up, work_left
from ..rules.estimate import Share, shared
from ..rules.phasing import WorkingTime
from ..rules.work_left import HoursSoFar
from .calendars import working_time_of
from .figure_surroundings import Around, around_asked, around_from
from .pauses import SCHEDULED, split_of
from .progress import Stood, stood_on
from .rates import Rates

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as the plan and the figures read it."""

    id: int
    project_id: int
    parent_id: int | None
    outline: str
    name: str
    line: roll_up.PlanLine
    role_name: str
    billing_type: str
    lock_version: int
    percent_complete: int = 0
    shares: tuple[Share, ...] = ()
    expenses: tuple[tuple[Decimal, str], ...] = ()


@dataclass(slots=True)
class Posted:
    """What the ledger holds of one project, by task id (None for work without a task)."""

    cost: dict[int | None, Decimal] = field(default_factory=dict)
    minutes: dict[int | None, int] = field(default_factory=dict)
    hours: HoursSoFar = field(default_factory=HoursSoFar)
    unbilled: dict[str, Decimal] = field(default_factory=dict)


def tasks_of(
    project_ids: Collection[int], *, as_of: date, is_past: bool
) -> dict[int, list[TaskRow]]:
    """The plans' tasks in order; of a day in the past with the progress that they had then."""
    if not project_ids:
        return {}
    stood = stood_on(project_ids, as_of) if is_past else {}
    return _tasks(compiled.answer(_tasks_asked(project_ids)), stood)


def _tasks_asked(project_ids: Collection[int]) -> Question:
    return compiled.question("projects.figures.tasks", _tasks_in, *project_ids)


def _tasks_in(*project_ids: int) -> "QuerySet[Task, tuple[Any, ...]]":
    return (
        Task.objects.filter(project_id__in=project_ids)
        .annotate(doing=_doing(), buying=_buying())
        .order_by("project_id", "position")
        .values_list(
            "id", "project_id", "parent_id", "outline", "name", "depth", "is_summary",
            "is_milestone", "is_completed", "effort_minutes", "remaining_minutes", "starts_on",
            "finishes_on", "role__name", "billing_type", "lock_version", "percent_complete",
            "role_id", "doing", "buying", "duration_minutes", "gaps",
        )
    )  # fmt: skip


def _tasks(rows: Iterable[tuple[Any, ...]], stood: Mapping[int, Stood]) -> dict[int, list[TaskRow]]:
    found: dict[int, list[TaskRow]] = {}
    for (
        task_id, project_id, parent_id, outline, name, depth, is_summary, is_milestone,
        is_completed, effort, remaining, starts_on, finishes_on, role_name, billing_type, version,
        percent, role_id, doing, buying, duration, gaps,
    ) in rows:  # fmt: skip
        then = stood.get(task_id)
        if then is not None:
            remaining, percent = then.remaining_minutes, then.percent_complete
            is_completed = then.is_completed
        line = roll_up.PlanLine(
            task_id, depth, is_summary, is_milestone, is_completed, effort, remaining, 0,
            starts_on, finishes_on, split=split_of(duration, _gaps(doing, gaps)),
        )  # fmt: skip
        found.setdefault(project_id, []).append(
            TaskRow(
                task_id, project_id, parent_id, outline, name, line, role_name or "",
                billing_type, version, percent, _shares(role_id, doing),
                tuple((Decimal(row["cost"]), row["currency"]) for row in buying),
            )
        )  # fmt: skip
    return found


def _doing() -> ArraySubquery:
    return ArraySubquery(
        Assignment.objects.filter(SCHEDULED, task=OuterRef("pk"))
        .order_by("id")
        .values(
            json=JSONObject(
                who="resource_id",
                role="resource__job_role_id",
                unit="resource__org_unit_id",
                seniority="resource__seniority",
                location="resource__work_location",
                minutes="minutes",
                gaps="gaps",
            )
        )
    )


def _buying() -> ArraySubquery:
    # As text: a number of JSON is no exact amount.
    cost = Cast("cost_amount", CharField())
    return ArraySubquery(
        PlannedExpense.objects.filter(task=OuterRef("pk"), is_spent=False)
        .order_by("id")
        .values(json=JSONObject(cost=cost, currency="currency"))
    )


def _shares(role_id: int | None, doing: Sequence[Mapping[str, Any]]) -> tuple[Share, ...]:
    """Who is named for a task: those assigned, else its role; the team does not count here."""
    known = [one for one in doing if one["who"] is not None]
    if not known:
        return () if role_id is None else (Share(role_id, None),)
    return tuple(
        Share(
            role_id or one["role"], one["unit"], one["seniority"], one["location"],
            weight=one["minutes"],
        )
        for one in known
    )  # fmt: skip


def _gaps(doing: Sequence[Mapping[str, Any]], own: Sequence[Sequence[int]]) -> Any:
    """The pauses of who does most of a task, else its own: as `pauses.leading_gaps` answers."""
    return max(doing, key=lambda one: one["minutes"])["gaps"] if doing else own


def _posted_asked(project_ids: Collection[int], as_of: date) -> Question:
    recent_from = as_of - timedelta(days=work_left.RECENT_DAYS)
    return compiled.question(
        "projects.figures.posted", _posted_in, as_of, recent_from, *project_ids
    )


def _posted_in(
    as_of: date, recent_from: date, *project_ids: int
) -> "QuerySet[Actual, tuple[Any, ...]]":
    """Cost of all classes, hours, and work that is not billed yet, up to a day."""
    late = Q(work_on__gt=recent_from)
    is_time = Q(transaction_class=TransactionClass.TIME)
    return (
        Actual.objects.filter(
            project_id__in=project_ids,
            actual_type__in=(ActualType.COST, ActualType.UNBILLED_SALES),
            work_on__lte=as_of,
        )
        .order_by("currency")
        .values_list("project_id", "task_id", "actual_type", "currency")
        .annotate(
            amount=Sum("amount"),
            cost=Sum("tenant_amount"),
            time=Sum("minutes"),
            time_cost=Sum("tenant_amount", filter=is_time, default=ZERO),
            time_minutes=Sum("minutes", filter=is_time, default=0),
            late_cost=Sum("tenant_amount", filter=is_time & late, default=ZERO),
            late_minutes=Sum("minutes", filter=is_time & late, default=0),
        )
    )


def _posted(rows: Iterable[tuple[Any, ...]]) -> dict[int, Posted]:
    found: dict[int, Posted] = {}
    for project_id, task_id, kind, currency, amount, cost, minutes, *hours in rows:
        posted = found.setdefault(project_id, Posted())
        if kind == ActualType.UNBILLED_SALES:
            posted.unbilled[currency] = posted.unbilled.get(currency, ZERO) + amount
            continue
        posted.cost[task_id] = posted.cost.get(task_id, ZERO) + cost
        posted.minutes[task_id] = posted.minutes.get(task_id, 0) + (minutes or 0)
        before = posted.hours
        posted.hours = HoursSoFar(
            before.cost + hours[0], before.minutes + hours[1],
            before.late_cost + hours[2], before.late_minutes + hours[3],
        )  # fmt: skip
    return found


def facts_of(
    project_ids: Collection[int], *, as_of: date, is_past: bool
) -> tuple[dict[int, list[TaskRow]], dict[int, Posted], dict[int, Around]]:
    """Plans, postings and what stands around them, as the three functions here tell them apart.

    One message to the database; of a day in the past one query more.
    """
    if not project_ids:
        return {}, {}, {}
    stood = stood_on(project_ids, as_of) if is_past else {}
    tasks, posted, around = compiled.answers(
        [
            _tasks_asked(project_ids),
            _posted_asked(project_ids, as_of),
            around_asked(project_ids, as_of),
        ]
    )
    return _tasks(tasks, stood), _posted(posted), around_from(around)


def working_times_of(
    projects: Iterable[Project],
    tasks: Mapping[int, Sequence[TaskRow]],
    around: Mapping[int, Around],
) -> dict[int, WorkingTime]:
    """Working time per calendar over all days that plans and baselines name."""
    spans: dict[int, tuple[date, date]] = {}
    for project in projects:
        days = [
            day
            for row in tasks.get(project.pk, ())
            for day in (row.line.starts_on, row.line.finishes_on)
            if day
        ]
        beside = around.get(project.pk)
        measure = beside.measure if beside else None
        for planned in measure.tasks if measure else ():
            days += [day for day in (planned.starts_on, planned.finishes_on) if day]
        if not days:
            continue
        known = spans.get(project.calendar_id)
        both = days if known is None else [*days, *known]
        spans[project.calendar_id] = (min(both), max(both))
    return working_time_of(spans)


@dataclass(frozen=True, slots=True)
class Left:
    """What the work left of a task costs by the lists, and the minutes that no list knows."""

    listed: Decimal
    unlisted_minutes: int
    expenses: Decimal


def work_left_of(rows: Iterable[TaskRow], *, as_of: date, currency: str) -> dict[int, Left]:
    """Per open leaf, the hours left at today's cost rates and what is still to be bought.

    Prices are read only when some task names who does it: seven queries then, else none.
    """
    leaves = [row for row in rows if not row.line.is_summary and not row.line.is_completed]
    asks = [row for row in leaves if row.expenses or (row.shares and row.line.remaining_minutes)]
    rates = Rates((), as_of=as_of, currency=currency) if asks else None
    found = {}
    for row in leaves:
        listed, unlisted, expenses = ZERO, 0, ZERO
        parts = shared(row.line.remaining_minutes, row.shares)
        for share, minutes in parts:
            cost = rates.cost(share, minutes, as_of) if rates else None
            listed, unlisted = (
                (listed, unlisted + minutes) if cost is None else (listed + cost, unlisted)
            )
        if not parts:
            unlisted = row.line.remaining_minutes
        for amount, of_currency in row.expenses:
            converted = rates.converted(amount, of_currency, as_of) if rates else None
            expenses += amount if converted is None else converted
        found[row.id] = Left(listed, unlisted, expenses)
    return found


def with_line(row: TaskRow, line: roll_up.PlanLine) -> TaskRow:
    return replace(row, line=line)
