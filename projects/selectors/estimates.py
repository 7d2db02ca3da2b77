"""The estimate of a plan: cost, price and margin per task and month, from who does it and prices.

Everything is in the firm's own currency; exchange rates are those of the day asked for where the
work is still to come. Source: docs/rules/projects.md, P-30.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from psa.core.ledger.rules.types import BillingType, TransactionClass
from psa.core.pricing.rules.types import AgreedRate, PriceContext
from psa.core.tenancy import compiled
from sales.models import ContractLine, RateOverride
from sales.selectors import contract_rates

from ..models import Assignment, PlannedExpense, Project, Task, TeamMember
from ..rules.estimate import Share, by_month, shared
from ..rules.phasing import Split, WorkingTime
from .calendars import working_time_of
from .pauses import leading_gaps, split_of
from .rates import Rates, SoldUnder
from .work import contract_line_for

ZERO = Decimal(0)
_BILLED = ("", BillingType.CHARGEABLE.value)


@dataclass(frozen=True, slots=True)
class EstimateLine:
    """A part of a task in a month; `cost` and `price` are None where no list says."""

    task_id: int
    month_on: date
    transaction_class: str
    role_id: int | None
    category_id: int | None
    minutes: int
    cost: Decimal | None
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """All lines of a plan, in the order of its tasks."""

    lines: tuple[EstimateLine, ...]
    currency: str

    @property
    def unpriced_tasks(self) -> frozenset[int]:
        """Tasks with work whose cost no list knows, or that nobody is named for."""
        return frozenset(line.task_id for line in self.lines if line.cost is None)


def estimate_of(project: Project, *, as_of: date, currency: str) -> Estimate:
    """The estimate of a project's plan. Nine queries, whatever the size of the plan, and
    one more where its contract agreed exchange rates.

    Work is done by those assigned, in proportion; without any by the task's role; without that by
    the team as it is planned. A month is priced by the lists of its first day on the task.
    """
    tasks, bought = compiled.answers(
        [
            compiled.question("projects.estimate.tasks", _leaves_of, project.pk),
            compiled.question("projects.estimate.expenses", _expenses_of, project.pk),
        ]
    )
    shares = shares_of([project.pk], tasks)
    sold = _sold_under(project, tasks)
    dates = [on for task in tasks for on in (task.starts_on, task.finishes_on) if on]
    expenses = _by_task(bought)
    days = [*dates, *(row.planned_on for rows in expenses.values() for row in rows)]
    rates = Rates(
        days, as_of=as_of, currency=currency, contexts=(PriceContext.COST, PriceContext.SALES)
    )
    spans = {project.calendar_id: (min(dates), max(dates))} if dates else {}
    time = working_time_of(spans).get(project.calendar_id, WorkingTime.of(as_of, []))
    lines: list[EstimateLine] = []
    for task in tasks:
        lines += _work(task, shares.get(task.pk, []), sold.get(task.pk), rates, time, as_of)
        lines += [_bought(row, rates) for row in expenses.get(task.pk, ())]
    return Estimate(tuple(lines), currency)


def _leaves_of(project_id: int) -> "QuerySet[Task]":
    rows: QuerySet[Task] = Task.objects.filter(
        project_id=project_id, is_summary=False, is_active=True
    )
    return rows.annotate(pauses=leading_gaps()).order_by("position")


def _expenses_of(project_id: int) -> "QuerySet[PlannedExpense]":
    rows: QuerySet[PlannedExpense] = PlannedExpense.objects.filter(project_id=project_id)
    return rows.select_related("category").order_by("planned_on", "id")


def shares_of(project_ids: Sequence[int], tasks: Iterable[Task]) -> dict[int, list[Share]]:
    """Who does each task: those assigned, else its role, else the team. One message."""
    if not project_ids:
        return {task.pk: _doing(task, (), {}) for task in tasks}
    assignments, members = compiled.answers(
        [
            compiled.question("projects.estimate.assigned", _assigned_in, *project_ids),
            compiled.question("projects.estimate.team", _team_in, *project_ids),
        ]
    )
    assigned: dict[int, list[Share]] = defaultdict(list)
    for task_id, weight, role_id, unit_id, seniority, location, resource_id, *kept in assignments:
        split = split_of(weight, *kept)
        assigned[task_id].append(
            Share(role_id, unit_id, seniority, location, resource_id, weight, split)
        )
    teams: dict[int, list[Share]] = defaultdict(list)
    for project_id, weight, role_id, unit_id, seniority, location, resource_id in members:
        teams[project_id].append(Share(role_id, unit_id, seniority, location, resource_id, weight))
    return {task.pk: _doing(task, assigned.get(task.pk, []), teams) for task in tasks}


def _assigned_in(*project_ids: int) -> "QuerySet[Assignment, tuple[Any, ...]]":
    rows = Assignment.objects.filter(task__project_id__in=project_ids, resource__isnull=False)
    return rows.order_by("id").values_list(
        "task_id", "minutes", "resource__job_role_id", "resource__org_unit_id",
        "resource__seniority", "resource__work_location", "resource_id", "gaps", "units",
    )  # fmt: skip


def _team_in(*project_ids: int) -> "QuerySet[TeamMember, tuple[Any, ...]]":
    rows = TeamMember.objects.filter(project_id__in=project_ids)
    return rows.order_by("id").values_list(
        "project_id", "planned_minutes", "role_id", "resource__org_unit_id",
        "resource__seniority", "resource__work_location", "resource_id",
    )  # fmt: skip


def _doing(
    task: Task, assigned: Sequence[Share], teams: Mapping[int, Sequence[Share]]
) -> list[Share]:
    if assigned:
        # The role that the task asks for is what its people are paid as, where it names one.
        return [replace(one, role_id=task.role_id or one.role_id) for one in assigned]
    team = list(teams.get(task.project_id, ()))
    if task.role_id is not None:
        in_role = [one for one in team if one.role_id == task.role_id]
        team = in_role or [Share(task.role_id, None)]
    split = _own_split(task)
    return [replace(one, split=split) for one in team] if split else team


def _own_split(task: Any) -> Split | None:
    return split_of(task.duration_minutes, task.pauses)


def _work(
    task: Task,
    shares: Sequence[Share],
    sold: SoldUnder | None,
    rates: Rates,
    time: WorkingTime,
    as_of: date,
) -> list[EstimateLine]:
    if not task.effort_minutes:
        return []
    found = []
    nobody = Share(None, None, split=_own_split(task))
    parts = shared(task.effort_minutes, shares) or [(nobody, task.effort_minutes)]
    starts_on = task.starts_on or task.finishes_on or as_of
    for share, minutes in parts:
        months = by_month(
            minutes,
            time=time,
            starts_on=task.starts_on,
            finishes_on=task.finishes_on,
            split=share.split,
        ) or [(as_of.replace(day=1), minutes)]
        for month_on, part in months:
            on = max(month_on, starts_on)
            price = ZERO if sold is None else rates.price(share, part, on, sold)
            found.append(
                EstimateLine(
                    task.pk, month_on, TransactionClass.TIME.value, share.role_id, None, part,
                    rates.cost(share, part, on), price,
                )
            )  # fmt: skip
    return found


def _bought(row: PlannedExpense, rates: Rates) -> EstimateLine:
    return EstimateLine(
        row.task_id, row.planned_on.replace(day=1), row.category.transaction_class, None,
        row.category_id, 0,
        rates.converted(row.cost_amount, row.currency, row.planned_on),
        rates.converted(row.price_amount, row.currency, row.planned_on),
    )  # fmt: skip


def _by_task(bought: Iterable[PlannedExpense]) -> dict[int, list[PlannedExpense]]:
    found: dict[int, list[PlannedExpense]] = defaultdict(list)
    for row in bought:
        found[row.task_id].append(row)
    return found


def _sold_under(project: Project, tasks: Sequence[Task]) -> dict[int, SoldUnder]:
    """What each task's hours are sold under; tasks that no line pays for, or free ones, are out."""
    time = TransactionClass.TIME.value
    lines = contract_line_for(
        ((project.pk, task.pk, time) for task in tasks),
        outlines={task.pk: task.outline for task in tasks},
    )
    line_ids = {line_id for line_id in lines.values() if line_id is not None}
    if not line_ids:
        return {}
    overrides: dict[int, list[tuple[int, AgreedRate]]] = defaultdict(list)
    lines_paying, agreed_rates = compiled.answers(
        [
            compiled.question("projects.estimate.lines", _lines_in, *sorted(line_ids)),
            compiled.question("projects.estimate.overrides", _overrides_in, *sorted(line_ids)),
        ]
    )
    terms = {row.pk: row for row in lines_paying}
    for row in agreed_rates:
        currency = terms[row.line_id].contract.currency
        agreed = AgreedRate("contract_line", row.pk, row.price, currency, row.unit)
        overrides[row.line_id].append((row.role_id, agreed))
    fixed = contract_rates.fixed_rates_of(
        {row.contract_id for row in terms.values() if row.contract.fx_policy == "fixed"}
    )
    under = {
        pk: SoldUnder(
            row.contract_id, row.contract.account_id, row.contract.contracting_unit_id,
            row.contract.currency, tuple(overrides.get(pk, ())), fixed.get(row.contract_id, ()),
        )
        for pk, row in terms.items()
    }  # fmt: skip
    found = {}
    for task in tasks:
        line_id = lines[(project.pk, task.pk, time)]
        if line_id is not None and task.billing_type in _BILLED:
            found[task.pk] = under[line_id]
    return found


def _lines_in(*line_ids: int) -> "QuerySet[ContractLine]":
    rows: QuerySet[ContractLine] = ContractLine.objects.filter(pk__in=line_ids)
    return rows.select_related("contract")


def _overrides_in(*line_ids: int) -> "QuerySet[RateOverride]":
    rows: QuerySet[RateOverride] = RateOverride.objects.filter(line_id__in=line_ids)
    return rows.order_by("id")
