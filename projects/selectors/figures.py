"""A project's figures at a status date: from its plan and the ledger, for many projects at once.

Cost is in the firm's own currency (`Tenant.currency`), which every actual carries; contract values
and unbilled work are in the contract's. The number of queries does not depend on how many projects
or tasks there are.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import F, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from moneyed import Money

from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType
from psa.core.money.rounding import EXACT, round_to_minor
from psa.core.org import selectors as org

from ..models import ContractLineLink, Project, Task
from ..rules import earned_value, health, roll_up
from ..rules.health import Bands
from ..rules.phasing import WorkingTime, planned_share
from .calendars import working_time_of

ZERO = Decimal(0)
HUNDRED = Decimal(100)


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


@dataclass(frozen=True, slots=True)
class ProjectFigures:
    """All figures of one project; callers drop what the reader may not see."""

    plan: tuple[TaskRow, ...]
    total: roll_up.PlanLine
    value: earned_value.EarnedValue | None
    spi: Decimal | None
    over_percent: Decimal | None
    health: health.Health
    budget: Money | None
    cost: Money
    eac: Money | None
    unbilled: tuple[Money, ...]
    contract: Money | None
    actual_minutes: int
    complete_percent: Decimal
    planned_percent: Decimal
    bands: Bands


@dataclass(slots=True)
class _Posted:
    """What the ledger holds of one project, by task id (None for work without a task)."""

    cost: dict[int | None, Decimal] = field(default_factory=dict)
    minutes: dict[int | None, int] = field(default_factory=dict)


def figures_of(
    projects: Collection[Project], *, as_of: date, currency: str
) -> dict[int, ProjectFigures]:
    """The figures of each project at `as_of`; cost in `currency`, the firm's own. Eight queries."""
    ids = [project.pk for project in projects]
    tasks = _tasks(ids)
    posted = _posted(ids, as_of)
    unbilled = unbilled_of(ids, as_of=as_of)
    contracts = contract_values(ids)
    times = _working_times(projects, tasks)
    bands = _bands() if projects else health.USUAL_BANDS
    return {
        project.pk: _figures(
            project,
            tasks.get(project.pk, []),
            posted.get(project.pk, _Posted()),
            times.get(project.calendar_id),
            as_of,
            currency,
            unbilled.get(project.pk, ()),
            contracts.get(project.pk),
            bands,
        )
        for project in projects
    }


def used_up_budgets(project_ids: Collection[int]) -> dict[int, str]:
    """The code of each project whose cost has reached its budget; those without one never do.

    One query; cost and budget are in the firm's own currency.
    """
    cost = (
        Actual.objects.filter(actual_type=ActualType.COST, project_id=OuterRef("pk"))
        .order_by()
        .values("project_id")
        .annotate(total=Sum("tenant_amount"))
        .values("total")
    )
    rows = (
        Project.objects.filter(pk__in=project_ids, budget_cost_amount__isnull=False)
        .annotate(spent=Coalesce(Subquery(cost), Value(ZERO)))
        .filter(spent__gte=F("budget_cost_amount"))
    )
    return dict(rows.values_list("id", "code"))


def _bands() -> health.Bands:
    parameters = org.parameters()
    return health.Bands(parameters.eac_amber_percent, parameters.eac_red_percent)


def unbilled_of(project_ids: Collection[int], *, as_of: date) -> dict[int, tuple[Money, ...]]:
    """Unbilled work per project and currency; zero balances are left out. One query."""
    found: dict[int, tuple[Money, ...]] = {}
    rows = (
        Actual.objects.filter(
            project_id__in=project_ids,
            actual_type=ActualType.UNBILLED_SALES,
            work_on__lte=as_of,
        )
        .order_by("project_id", "currency")
        .values_list("project_id", "currency")
        .annotate(balance=Sum("amount"))
    )
    for project_id, currency, balance in rows:
        if balance:
            found[project_id] = (*found.get(project_id, ()), Money(balance, currency))
    return found


def contract_values(project_ids: Collection[int]) -> dict[int, Money]:
    """The value of the contract lines that pay for each project, in the contract's currency.

    One query. A line that pays for two projects counts in both.
    """
    values: dict[int, tuple[Decimal, str]] = {}
    rows = (
        ContractLineLink.objects.filter(project_id__in=project_ids)
        .order_by()
        .values_list(
            "project_id",
            "contract_line_id",
            "contract_line__value_amount",
            "contract_line__contract__currency",
        )
        .distinct()
    )
    for project_id, _, amount, currency in rows:
        before, _ = values.get(project_id, (ZERO, currency))
        values[project_id] = (before + amount, currency)
    return {project_id: Money(*value) for project_id, value in values.items()}


def _tasks(project_ids: Collection[int]) -> dict[int, list[TaskRow]]:
    found: dict[int, list[TaskRow]] = {}
    rows = (
        Task.objects.filter(project_id__in=project_ids)
        .order_by("project_id", "position")
        .values_list(
            "id", "project_id", "parent_id", "outline", "name", "depth", "is_summary",
            "is_milestone", "is_completed", "effort_minutes", "remaining_minutes", "starts_on",
            "finishes_on", "role__name", "billing_type", "lock_version",
        )
    )  # fmt: skip
    for (
        task_id, project_id, parent_id, outline, name, depth, is_summary, is_milestone,
        is_completed, effort, remaining, starts_on, finishes_on, role_name, billing_type, version,
    ) in rows:  # fmt: skip
        line = roll_up.PlanLine(
            task_id, depth, is_summary, is_milestone, is_completed, effort, remaining, 0,
            starts_on, finishes_on,
        )  # fmt: skip
        found.setdefault(project_id, []).append(
            TaskRow(
                task_id, project_id, parent_id, outline, name, line, role_name or "",
                billing_type, version,
            )
        )  # fmt: skip
    return found


def _posted(project_ids: Collection[int], as_of: date) -> dict[int, _Posted]:
    found: dict[int, _Posted] = {}
    rows = (
        Actual.objects.filter(
            project_id__in=project_ids, actual_type=ActualType.COST, work_on__lte=as_of
        )
        .order_by()
        .values_list("project_id", "task_id")
        .annotate(cost=Sum("tenant_amount"), time=Sum("minutes"))
    )
    for project_id, task_id, cost, minutes in rows:
        posted = found.setdefault(project_id, _Posted())
        posted.cost[task_id] = cost
        posted.minutes[task_id] = minutes or 0
    return found


def _working_times(
    projects: Iterable[Project], tasks: dict[int, list[TaskRow]]
) -> dict[int, WorkingTime]:
    spans: dict[int, tuple[date, date]] = {}
    for project in projects:
        days = [
            day
            for row in tasks.get(project.pk, ())
            for day in (row.line.starts_on, row.line.finishes_on)
            if day
        ]
        if not days:
            continue
        known = spans.get(project.calendar_id)
        both = days if known is None else [*days, *known]
        spans[project.calendar_id] = (min(both), max(both))
    return working_time_of(spans)


def _figures(
    project: Project,
    rows: list[TaskRow],
    posted: _Posted,
    time: WorkingTime | None,
    as_of: date,
    currency: str,
    unbilled: tuple[Money, ...],
    contract: Money | None,
    bands: health.Bands,
) -> ProjectFigures:
    plan = _phased(rows, posted, time, as_of, _budget(project, currency), currency)
    total = roll_up.total_of([row.line for row in plan])
    ac = round_to_minor(sum(posted.cost.values(), ZERO), currency)
    minutes = sum(posted.minutes.values())
    spi = None if total.planned == 0 else EXACT.divide(total.earned, total.planned)
    budget = _budget(project, currency)
    remaining = earned_value.remaining_cost(
        remaining_minutes=total.remaining_minutes,
        actual_minutes=minutes,
        actual_cost=ac,
        budget=budget.amount if budget else ZERO,
        effort_minutes=total.effort_minutes,
    )
    value = None
    over = None
    eac = None if remaining is None else Money(round_to_minor(ac + remaining, currency), currency)
    if budget is not None:
        leaves = [row.line for row in plan if not row.line.is_summary]
        value = earned_value.measures(
            bac=budget.amount,
            pv=_weighted(leaves, "planned"),
            ev=_weighted(leaves, "earned"),
            ac=ac,
            remaining_cost=None if remaining is None else round_to_minor(remaining, currency),
        )
        over = earned_value.over_budget_percent(value.eac, budget.amount)
    return ProjectFigures(
        plan=tuple(plan),
        total=total,
        value=value,
        spi=spi,
        over_percent=over,
        health=health.health_of(
            spi=spi,
            cpi=value.cpi if value else None,
            over_percent=over,
            has_started=minutes > 0 or ac > 0,
            planned_percent=_percent(total.planned, total.effort_minutes),
            bands=bands,
        ),
        budget=budget,
        cost=Money(ac, currency),
        eac=eac,
        unbilled=unbilled,
        contract=contract,
        actual_minutes=minutes,
        complete_percent=total.complete * HUNDRED,
        planned_percent=_percent(total.planned, total.effort_minutes),
        bands=bands,
    )


def _budget(project: Project, currency: str) -> Money | None:
    amount = project.budget_cost_amount
    return None if amount is None else Money(round_to_minor(amount, currency), currency)


def _percent(part: Decimal, whole: int) -> Decimal:
    return EXACT.divide(part * HUNDRED, Decimal(whole)) if whole else ZERO


def _weighted(leaves: list[roll_up.PlanLine], what: str) -> Decimal:
    """PV or EV: each leaf's budget times its planned or earned share of effort."""
    total = ZERO
    for leaf in leaves:
        share = leaf.planned_share if what == "planned" else leaf.complete
        total += EXACT.multiply(leaf.budget, share)
    return total


def _phased(
    rows: list[TaskRow],
    posted: _Posted,
    time: WorkingTime | None,
    as_of: date,
    budget: Money | None,
    currency: str,
) -> list[TaskRow]:
    """The plan with budgets, planned shares and postings on its rows, rolled up."""
    leaves = [row for row in rows if not row.line.is_summary]
    budgets: dict[int, Decimal] = {}
    if budget is not None:
        parts = earned_value.spread_budget(
            budget.amount, [row.line.effort_minutes for row in leaves], currency
        )
        budgets = {row.id: part for row, part in zip(leaves, parts, strict=True)}
    empty = time or WorkingTime.of(as_of, [])
    lines = [
        roll_up.PlanLine(
            key=row.id,
            depth=row.line.depth,
            is_summary=row.line.is_summary,
            is_milestone=row.line.is_milestone,
            is_completed=row.line.is_completed,
            effort_minutes=row.line.effort_minutes,
            remaining_minutes=row.line.remaining_minutes,
            actual_minutes=posted.minutes.get(row.id, 0),
            starts_on=row.line.starts_on,
            finishes_on=row.line.finishes_on,
            cost=posted.cost.get(row.id, ZERO),
            budget=budgets.get(row.id, ZERO),
            planned_share=planned_share(
                empty,
                starts_on=row.line.starts_on,
                finishes_on=row.line.finishes_on,
                as_of=as_of,
            ),
        )
        for row in rows
    ]
    return [
        TaskRow(
            row.id, row.project_id, row.parent_id, row.outline, row.name, line, row.role_name,
            row.billing_type, row.lock_version,
        )
        for row, line in zip(rows, roll_up.rolled_up(lines), strict=True)
    ]  # fmt: skip
