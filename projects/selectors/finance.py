"""The pages of a project's money and forecast: estimate, baselines, work left."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, IntegerField, QuerySet, Sum
from django.db.models.functions import Cast
from moneyed import Money

from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.money import fx
from psa.core.tenancy import compiled

from .. import policies
from ..models import Baseline, BaselineTask, Project
from ..rules.estimate import margin_percent
from ..rules.typed_dates import first_day, last_day
from .estimates import EstimateLine, estimate_of
from .figure_facts import TaskRow
from .figures import ProjectFigures, figures_of
from .page_rows import ProjectHead
from .pages import loaded_project
from .performance import check_sees_cost, contract_rate
from .progress import Stood, stood_on
from .projects import currency_of

ZERO = Decimal(0)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class EstimateRow:
    """Hours, cost, price and margin of a task or a month; price is None where hidden.

    A summary holds what is below it. Where the contract has a currency of its own, `_beside` are the
    amounts in it, at today's rate.
    """

    key: str
    name: str
    is_summary: bool
    minutes: int
    cost: Money
    price: Money | None
    cost_beside: Money | None
    price_beside: Money | None
    margin_percent: Decimal | None
    is_unpriced: bool
    month_on: date | None = None
    task_id: int | None = None


@dataclass(frozen=True, slots=True)
class EstimatePage:
    """`months` are those of `shown`: of one task with all below it, or of the whole project."""

    head: ProjectHead
    tasks: tuple[EstimateRow, ...]
    months: tuple[EstimateRow, ...]
    shown: EstimateRow
    total: EstimateRow
    unpriced_count: int


def estimate_page(
    *, actor: Actor, project_id: int, as_of: date, task_id: int | None = None
) -> EstimatePage:
    """The estimate by task and by month; of `task_id` alone, its months.

    Raises  NotFound, PermissionDenied.
    """
    project, figures, head = loaded_project(actor, project_id, as_of)
    check_sees_cost(head)
    estimate = estimate_of(project, as_of=as_of, currency=currency_of(actor))
    lines = estimate.lines
    summed = _Summing(
        head.sight.bill, estimate.currency, contract_rate(project, estimate.currency, as_of)
    )
    of_task = _with_what_is_below(figures.plan, lines)
    tasks = {
        row.id: replace(
            summed.row(row.outline, row.name, of_task[row.id], row.line.is_summary), task_id=row.id
        )
        for row in figures.plan
        if row.id in of_task
    }
    total = summed.row("", "Project", lines)
    if task_id is not None and task_id not in tasks:
        raise NotFound(f"The estimate of {head.code} has no such task.")
    by_month: dict[date, list[EstimateLine]] = defaultdict(list)
    for line in lines if task_id is None else of_task[task_id]:
        by_month[line.month_on].append(line)
    return EstimatePage(
        head,
        tuple(tasks.values()),
        tuple(
            replace(summed.row(f"{on:%Y-%m}", f"{on:%B %Y}", own), month_on=on)
            for on, own in sorted(by_month.items())
        ),
        total if task_id is None else tasks[task_id],
        total,
        len(estimate.unpriced_tasks),
    )


def _with_what_is_below(
    plan: Iterable[TaskRow], lines: Iterable[EstimateLine]
) -> dict[int, list[EstimateLine]]:
    """Per task with anything in the estimate its lines, and those of all tasks below it."""
    parents = {row.id: row.parent_id for row in plan}
    found: dict[int, list[EstimateLine]] = defaultdict(list)
    for line in lines:
        at: int | None = line.task_id
        while at is not None:
            found[at].append(line)
            at = parents.get(at)
    return found


@dataclass(frozen=True, slots=True)
class _Summing:
    """How rows of an estimate are told: who reads them, and in which currencies."""

    bill: bool
    currency: str
    rate: fx.FxQuote | None

    def row(
        self, key: str, name: str, lines: Sequence[EstimateLine], is_summary: bool = False
    ) -> EstimateRow:
        cost = sum((line.cost or ZERO for line in lines), ZERO)
        price = sum((line.price or ZERO for line in lines), ZERO)
        costs, prices = Money(cost, self.currency), Money(price, self.currency)
        return EstimateRow(
            key, name, is_summary, sum(line.minutes for line in lines), costs,
            prices if self.bill else None,
            fx.convert(costs, self.rate) if self.rate else None,
            fx.convert(prices, self.rate) if self.rate and self.bill else None,
            margin_percent(cost, price) if self.bill else None,
            any(line.cost is None for line in lines),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class BaselineRow:
    number: int
    name: str
    set_at: datetime
    approved_at: datetime | None
    is_measuring: bool
    task_count: int
    cost: Money | None


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A task in the plan and in the baseline; None where it is in one of them alone."""

    outline: str
    name: str
    state: str
    starts_on: date | None
    was_starts_on: date | None
    start_days: int | None
    finishes_on: date | None
    was_finishes_on: date | None
    finish_days: int | None
    effort_minutes: int
    effort_change: int
    cost: Money
    cost_change: Money


@dataclass(frozen=True, slots=True)
class BaselinesPage:
    head: ProjectHead
    baselines: tuple[BaselineRow, ...]
    next_number: int | None
    compared: BaselineRow | None
    rows: tuple[ComparedRow, ...]


def baselines_page(
    *, actor: Actor, project_id: int, as_of: date, number: int | None
) -> BaselinesPage:
    """A project's baselines, and the plan beside one of them. Raises  NotFound, PermissionDenied."""
    project, figures, head = loaded_project(actor, project_id, as_of)
    check_sees_cost(head)
    rows, of_chosen = _baselines(project, figures, number)
    free = [n for n in range(11) if n not in {row.number for row in rows}]
    chosen = next((row for row in rows if row.number == number), None)
    if number is None:
        chosen = next((row for row in rows if row.is_measuring), rows[0] if rows else None)
    compared = _compared(project, figures, of_chosen, actor, as_of) if chosen else ()
    return BaselinesPage(head, rows, free[0] if free else None, chosen, tuple(compared))


def _baselines(
    project: Project, figures: ProjectFigures, number: int | None
) -> tuple[tuple[BaselineRow, ...], list[BaselineTask]]:
    """All baselines, and the tasks of the one asked for, else of the one that measures, else of the
    first. One message."""
    measuring = figures.measure.number if figures.measure else None
    wanted = measuring if number is None else number
    tasks = (
        compiled.question("projects.baselines.first", _tasks_of_first, project.pk)
        if wanted is None
        else compiled.question("projects.baselines.tasks", _tasks_of, project.pk, wanted)
    )
    rows, of_chosen = compiled.answers(
        [compiled.question("projects.baselines", _baselines_of, project.pk), tasks]
    )
    return tuple(
        BaselineRow(
            row.number, str(row), row.set_at, row.approved_at, row.number == measuring, count,
            Money(cost, row.currency) if row.currency else None,
        )
        for row, count, cost in (
            (Baseline(**dict(zip(_OF_BASELINE, values, strict=True))), count, cost)
            for *values, count, cost in rows
        )
    ), of_chosen  # fmt: skip


_OF_BASELINE: Final = ("number", "name", "set_at", "approved_at", "currency")


def _baselines_of(project_id: int) -> "QuerySet[Baseline, tuple[Any, ...]]":
    rows = Baseline.objects.filter(project_id=project_id).annotate(
        task_count=Count("tasks"), cost=Sum("tasks__cost_amount", default=ZERO)
    )
    return rows.order_by("number").values_list(*_OF_BASELINE, "task_count", "cost")


def _tasks_of(project_id: int, number: int) -> "QuerySet[BaselineTask]":
    # A whole number, so that the one that stands in for it when this is compiled is not out of range.
    rows: QuerySet[Any] = BaselineTask.objects.alias(
        asked=Cast("baseline__number", IntegerField())
    ).filter(baseline__project_id=project_id, asked=number)
    return rows.order_by("id")


def _tasks_of_first(project_id: int) -> "QuerySet[BaselineTask]":
    first = Baseline.objects.filter(project_id=project_id).order_by("number").values("id")[:1]
    rows: QuerySet[BaselineTask] = BaselineTask.objects.filter(baseline_id__in=first)
    return rows.order_by("id")


def _compared(
    project: Project,
    figures: ProjectFigures,
    of_chosen: Sequence[BaselineTask],
    actor: Actor,
    as_of: date,
) -> list[ComparedRow]:
    currency = currency_of(actor)
    now: dict[int, Decimal] = {}
    for part in estimate_of(project, as_of=as_of, currency=currency).lines:
        now[part.task_id] = now.get(part.task_id, ZERO) + (part.cost or ZERO)
    then = {row.task_id: row for row in of_chosen if row.task_id is not None}
    found = []
    for row in figures.plan:
        line, was = row.line, then.get(row.id)
        if line.is_summary:
            continue
        starts = first_day(was.start_at) if was and was.start_at else None
        ends = None
        if was and was.finish_at:
            ends = last_day(was.start_at or was.finish_at, was.finish_at)
        cost, old = now.get(row.id, ZERO), (was.cost_amount or ZERO) if was else ZERO
        found.append(
            ComparedRow(
                row.outline, row.name, "" if was else "new", line.starts_on, starts,
                _days(starts, line.starts_on), line.finishes_on, ends,
                _days(ends, line.finishes_on), line.effort_minutes,
                line.effort_minutes - ((was.effort_minutes or 0) if was else 0),
                Money(cost, currency), Money(cost - old, currency),
            )
        )  # fmt: skip
    for gone in of_chosen:
        if gone.task_id is not None or gone.cost_amount is None:
            continue
        ends = last_day(gone.start_at or gone.finish_at, gone.finish_at) if gone.finish_at else None
        found.append(
            ComparedRow(
                gone.outline, gone.name, "gone", None,
                first_day(gone.start_at) if gone.start_at else None, None, None, ends, None, 0,
                -(gone.effort_minutes or 0), Money(ZERO, currency),
                Money(-gone.cost_amount, currency),
            )
        )  # fmt: skip
    return found


def _days(was: date | None, now: date | None) -> int | None:
    return None if was is None or now is None else (now - was).days


@dataclass(frozen=True, slots=True)
class ForecastRow:
    """A task with what is left of it, and what was left a week ago."""

    id: int
    outline: str
    name: str
    effort_minutes: int
    actual_minutes: int
    left_minutes: int
    left_before: int
    finishes_on: date | None

    @property
    def change(self) -> int:
        return self.left_minutes - self.left_before

    @property
    def at_end(self) -> int:
        """The hours that the task will have taken."""
        return self.actual_minutes + self.left_minutes


@dataclass(frozen=True, slots=True)
class ForecastProject:
    id: int
    code: str
    name: str
    stale_since: date | None
    rows: tuple[ForecastRow, ...]


@dataclass(frozen=True, slots=True)
class ForecastPage:
    """Work left, task by task: of one project (`head`), or of all that the reader manages."""

    head: ProjectHead | None
    projects: tuple[ForecastProject, ...]
    week_ago: date
    can_edit: bool


def forecast_page(*, actor: Actor, project_id: int, as_of: date) -> ForecastPage:
    """What is left of a project's open tasks, with last week's beside it. Raises  NotFound."""
    project, figures, head = loaded_project(actor, project_id, as_of)
    before = stood_on([project_id], as_of - WEEK)
    row = _forecast(project, figures, before)
    return ForecastPage(head, (row,), as_of - WEEK, head.can_manage)


def my_forecast_page(*, actor: Actor, as_of: date) -> ForecastPage:
    """What is left of all projects in delivery that the reader manages. Eleven queries."""
    projects = list(
        Project.objects.filter(
            manager__membership_id=actor.membership_id, status=Project.Status.IN_DELIVERY
        )
        .select_related("manager")
        .order_by("code")
    )
    ids = [project.pk for project in projects]
    found = figures_of(projects, as_of=as_of, currency=currency_of(actor))
    before = stood_on(ids, as_of - WEEK)
    rows = [_forecast(p, found[p.pk], before) for p in projects]
    can_edit = any(policies.may_manage(project, actor) for project in projects)
    return ForecastPage(None, tuple(row for row in rows if row.rows), as_of - WEEK, can_edit)


def _forecast(
    project: Project, figures: ProjectFigures, before: dict[int, Stood]
) -> ForecastProject:
    rows = []
    for row in figures.plan:
        line = row.line
        if line.is_summary or line.is_milestone or line.is_completed:
            continue
        was = before.get(row.id)
        rows.append(
            ForecastRow(
                row.id, row.outline, row.name, line.effort_minutes, line.actual_minutes,
                line.remaining_minutes,
                was.remaining_minutes if was else line.remaining_minutes, line.finishes_on,
            )
        )  # fmt: skip
    return ForecastProject(project.pk, project.code, project.name, figures.stale_since, tuple(rows))
