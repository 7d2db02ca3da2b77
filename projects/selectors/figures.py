"""A project's figures at a status date: from its plan and the ledger, for many projects at once.

Cost is in the firm's own currency (`Tenant.currency`), which every actual carries; contract values
and unbilled work are in the contract's. The number of queries does not depend on how many projects
or tasks there are.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from moneyed import Money

from psa.core.money.rounding import EXACT, round_to_minor
from psa.core.org import selectors as org

from ..models import Project
from ..rules import earned_value, health, roll_up, work_left
from ..rules.earned_value import EtcMethod, ProgressMethod
from ..rules.health import Bands
from ..rules.phasing import WorkingTime, planned_share
from .figure_facts import (
    Left,
    Posted,
    TaskRow,
    facts_of,
    with_line,
    work_left_of,
    working_times_of,
)
from .figure_surroundings import Around, Measure

ZERO = Decimal(0)
HUNDRED = Decimal(100)


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
    measure: Measure | None
    etc_method: EtcMethod
    progress_method: ProgressMethod
    time: WorkingTime
    stale_since: date | None


@dataclass(frozen=True, slots=True)
class _Facts:
    """All that one project's figures are made of."""

    tasks: list[TaskRow]
    posted: Posted
    time: WorkingTime
    around: Around
    left: dict[int, Left]
    unbilled: tuple[Money, ...]
    bands: Bands
    as_of: date
    currency: str

    @property
    def left_of_tasks(self) -> list[Left]:
        return [self.left[row.id] for row in self.tasks if row.id in self.left]


def figures_of(
    projects: Collection[Project], *, as_of: date, currency: str, is_past: bool = False
) -> dict[int, ProjectFigures]:
    """The figures of each project at `as_of`; cost in `currency`, the firm's own.

    Three queries, and seven more where prices are asked for. Of a day that
    `is_past` the progress is what was known then; else the plan of now is taken for that day's.
    """
    ids = [project.pk for project in projects]
    tasks, posted, around = facts_of(ids, as_of=as_of, is_past=is_past)
    times = working_times_of(projects, tasks, around)
    every = [row for rows in tasks.values() for row in rows]
    left = work_left_of(every, as_of=as_of, currency=currency)
    bands = _bands() if projects else health.USUAL_BANDS
    return {
        project.pk: _figures(
            project,
            _Facts(
                tasks=tasks.get(project.pk, []),
                posted=posted.get(project.pk, Posted()),
                time=times.get(project.calendar_id) or WorkingTime.of(as_of, []),
                around=around[project.pk],
                left=left,
                unbilled=_unbilled(posted.get(project.pk, Posted())),
                bands=bands,
                as_of=as_of,
                currency=currency,
            ),
        )
        for project in projects
    }


def _bands() -> health.Bands:
    parameters = org.parameters()
    return health.Bands(parameters.eac_amber_percent, parameters.eac_red_percent)


def _unbilled(posted: Posted) -> tuple[Money, ...]:
    """Per currency; zero balances are left out."""
    return tuple(
        Money(balance, currency) for currency, balance in posted.unbilled.items() if balance
    )


def _figures(project: Project, facts: _Facts) -> ProjectFigures:
    currency, posted, measure = facts.currency, facts.posted, facts.around.measure
    budget = _budget(project, currency)
    method = ProgressMethod(project.progress_method)
    bac = sum((one.cost for one in measure.tasks), ZERO) if measure else None
    if bac is None and budget is not None:
        bac = budget.amount
    effort = sum(row.line.effort_minutes for row in facts.tasks if not row.line.is_summary)
    per_minute = work_left.cost_per_minute(posted.hours, budget=bac or ZERO, effort_minutes=effort)
    plan = _phased(facts, _budgets(facts, budget), method, per_minute)
    total = roll_up.total_of([row.line for row in plan])
    ac = round_to_minor(sum(posted.cost.values(), ZERO), currency)
    minutes = sum(posted.minutes.values())
    remaining = work_left.remaining_cost(
        listed=sum((one.listed for one in facts.left_of_tasks), ZERO),
        unlisted_minutes=sum(one.unlisted_minutes for one in facts.left_of_tasks),
        per_minute=per_minute,
        expenses=sum((one.expenses for one in facts.left_of_tasks), ZERO),
    )
    etc = None if remaining is None else round_to_minor(remaining, currency)
    eac = None if etc is None else Money(ac + etc, currency)
    value, spi, over = None, _by_effort(total), None
    if bac is not None:
        pv, ev = _planned_and_earned(facts, plan)
        value = earned_value.measures(
            bac=bac, pv=pv, ev=ev, ac=ac, remaining_cost=etc, method=EtcMethod(project.etc_method)
        )
        eac = None
        if value.eac is not None:
            eac = Money(round_to_minor(value.eac, currency), currency)
        spi = value.spi if measure else spi
        over = earned_value.over_budget_percent(value.eac, budget.amount if budget else bac)
    planned_percent = _percent(total.planned, total.effort_minutes)
    if measure and value:
        planned_percent = EXACT.divide(value.pv * HUNDRED, bac) if bac else ZERO
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
            planned_percent=planned_percent,
            bands=facts.bands,
            effort=facts.around.effort_health,
        ),
        budget=budget,
        cost=Money(ac, currency),
        eac=eac,
        unbilled=facts.unbilled,
        contract=facts.around.contract,
        actual_minutes=minutes,
        complete_percent=total.complete * HUNDRED,
        planned_percent=planned_percent,
        bands=facts.bands,
        measure=measure,
        etc_method=EtcMethod(project.etc_method),
        progress_method=method,
        time=facts.time,
        stale_since=facts.around.stale_since,
    )


def _budget(project: Project, currency: str) -> Money | None:
    amount = project.budget_cost_amount
    return None if amount is None else Money(round_to_minor(amount, currency), currency)


def _percent(part: Decimal, whole: int) -> Decimal:
    return EXACT.divide(part * HUNDRED, Decimal(whole)) if whole else ZERO


def _by_effort(total: roll_up.PlanLine) -> Decimal | None:
    return None if total.planned == 0 else EXACT.divide(total.earned, total.planned)


def _budgets(facts: _Facts, budget: Money | None) -> dict[int, Decimal]:
    """What each task may cost: by the baseline, else its share of the budget by effort."""
    if facts.around.measure is not None:
        return {
            one.task_id: one.cost for one in facts.around.measure.tasks if one.task_id is not None
        }
    if budget is None:
        return {}
    leaves = [row for row in facts.tasks if not row.line.is_summary]
    parts = earned_value.spread_budget(
        budget.amount, [row.line.effort_minutes for row in leaves], facts.currency
    )
    return {row.id: part for row, part in zip(leaves, parts, strict=True)}


def _planned_and_earned(facts: _Facts, plan: list[TaskRow]) -> tuple[Decimal, Decimal]:
    """PV and EV: by the baseline's own days and costs where there is one, else by the plan's.

    A task of the baseline that is gone from the plan was planned and earns nothing.
    """
    pv = ev = ZERO
    if facts.around.measure is None:
        for row in plan:
            if not row.line.is_summary:
                pv += EXACT.multiply(row.line.budget, row.line.planned_share)
                ev += EXACT.multiply(row.line.budget, row.line.complete)
        return pv, ev
    lines = {row.id: row.line for row in plan}
    for one in facts.around.measure.tasks:
        share = planned_share(
            facts.time, starts_on=one.starts_on, finishes_on=one.finishes_on, as_of=facts.as_of,
            split=one.split,
        )  # fmt: skip
        pv += EXACT.multiply(one.cost, share)
        line = lines.get(one.task_id or 0)
        if line is not None:
            ev += EXACT.multiply(one.cost, line.complete)
    return pv, ev


def _phased(
    facts: _Facts,
    budgets: dict[int, Decimal],
    method: ProgressMethod,
    per_minute: Decimal | None,
) -> list[TaskRow]:
    """The plan with budgets, planned shares and postings on its rows, rolled up."""
    days = {one.task_id: one for one in facts.around.measure.tasks} if facts.around.measure else {}
    posted = facts.posted
    lines = []
    for row in facts.tasks:
        line, left = row.line, facts.left.get(row.id)
        cost = posted.cost.get(row.id, ZERO)
        left_cost = ZERO
        if left is not None:
            unlisted = EXACT.multiply(per_minute or ZERO, Decimal(left.unlisted_minutes))
            left_cost = left.listed + left.expenses + unlisted
        planned = days.get(row.id)
        lines.append(
            replace(
                line,
                actual_minutes=posted.minutes.get(row.id, 0),
                cost=cost,
                budget=budgets.get(row.id, ZERO),
                left_cost=left_cost,
                said_complete=earned_value.said_complete(
                    method, actual_cost=cost, left_cost=left_cost,
                    percent_complete=row.percent_complete,
                ),
                planned_share=planned_share(
                    facts.time,
                    starts_on=planned.starts_on if planned else line.starts_on,
                    finishes_on=planned.finishes_on if planned else line.finishes_on,
                    as_of=facts.as_of,
                    split=planned.split if planned else line.split,
                ),
            )
        )  # fmt: skip
    rolled = roll_up.rolled_up(lines)
    return [with_line(row, line) for row, line in zip(facts.tasks, rolled, strict=True)]
