"""The performance of a project at a day: earned value, its chart, where cost and hours went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum
from moneyed import Money

from psa.core.actor import Actor
from psa.core.errors import NotFound, PermissionDenied
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType
from psa.core.money import fx
from psa.core.money import selectors as money
from psa.core.money.rounding import EXACT, round_to_minor
from psa.core.org.models import Resource, TransactionCategory

from ..models import Project
from ..rules.earned_by_task import Valued, valued
from ..rules.explanation import FIGURES, explain
from ..rules.sparkline import Sparkline, sparkline
from .chart import BurnUpChart, ChartRow, burn_up_chart
from .figures import ProjectFigures
from .page_rows import ProjectHead
from .pages import loaded_project
from .projects import sight
from .trends import WeekHealth, weeks_of


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: an amount (in the contract's currency beside) or an index; None is unknown."""

    key: str
    label: str
    amount: Money | None
    beside: Money | None
    index: Decimal | None
    is_index: bool


@dataclass(frozen=True, slots=True)
class ContractValue:
    """The amounts of a task's earned value in the contract's currency, at the day's rate."""

    bac: Money
    pv: Money
    ev: Money
    ac: Money


@dataclass(frozen=True, slots=True)
class TaskValue:
    """Earned value of a task, summaries holding what is below them; an index is None without a
    divisor. What is in no task of the plan stands last, without a number. `beside` is in the
    contract's currency, None when that is the firm's or has no rate."""

    outline: str
    name: str
    is_summary: bool
    complete_percent: Decimal | None
    bac: Money
    pv: Money
    ev: Money
    ac: Money
    spi: Decimal | None
    cpi: Decimal | None
    beside: ContractValue | None


@dataclass(frozen=True, slots=True)
class CategoryCost:
    """What one category has cost (in the contract's currency beside), and its part of all cost, 0 to
    100."""

    transaction_class: str
    name: str
    cost: Money
    beside: Money | None
    share_percent: Decimal


@dataclass(frozen=True, slots=True)
class PersonHours:
    """Hours of one person, their part of all hours, 0 to 100, and what they have cost (in the
    contract's currency beside)."""

    name: str
    minutes: int
    cost: Money
    beside: Money | None
    share_percent: Decimal


@dataclass(frozen=True, slots=True)
class PerformancePage:
    """Earned value at a day; `is_past` when it is told from history."""

    head: ProjectHead
    as_of: date
    is_past: bool
    measured_by: str
    etc_words: str
    progress_words: str
    figures: tuple[Figure, ...]
    health_rows: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]
    comment: str
    complete_percent: Decimal
    planned_percent: Decimal
    chart: BurnUpChart | None
    tasks: tuple[TaskValue, ...]
    categories: tuple[CategoryCost, ...]
    people: tuple[PersonHours, ...]
    weeks: tuple[WeekHealth, ...]
    spi_line: Sparkline | None
    cpi_line: Sparkline | None
    eac_line: Sparkline | None

    @property
    def burn_up(self) -> tuple[ChartRow, ...]:
        """The points of the chart: planned to the end, earned and spent to the day."""
        return self.chart.rows if self.chart else ()


@dataclass(frozen=True, slots=True)
class Why:
    """How a figure comes about, in sentences."""

    title: str
    sentences: tuple[str, ...]


def performance_page(*, actor: Actor, project_id: int, as_of: date, today: date) -> PerformancePage:
    """Earned value of a project at a day that is not to come.

    Raises  NotFound; PermissionDenied for who may not see what the project costs.
    """
    as_of = min(as_of, today)
    is_past = as_of < today
    project, figures, head = loaded_project(actor, project_id, as_of, is_past=is_past)
    check_sees_cost(head)
    currency = str(figures.cost.currency)
    rate = contract_rate(project, currency, as_of)
    weeks = tuple(weeks_of(project_id, as_of=as_of))
    spent = _spent(project_id, as_of)
    health = figures.health
    return PerformancePage(
        head=head,
        as_of=as_of,
        is_past=is_past,
        measured_by=_measured_by(figures),
        etc_words=str(Project.EtcMethod(figures.etc_method).label),
        progress_words=str(Project.ProgressMethod(figures.progress_method).label),
        figures=_figures(figures, rate),
        health_rows=(
            ("Schedule", health.schedule),
            ("Cost", health.cost),
            ("Estimate at completion", health.estimate),
            ("Effort", health.effort),
        ),
        reasons=health.reasons,
        comment=project.health_comment,
        complete_percent=figures.complete_percent,
        planned_percent=figures.planned_percent,
        chart=burn_up_chart(project, figures, as_of=as_of),
        tasks=_by_task(figures, rate),
        categories=_by_category(spent, currency, rate),
        people=_by_person(spent, currency, rate),
        weeks=weeks,
        spi_line=sparkline([week.spi for week in weeks], "SPI"),
        cpi_line=sparkline([week.cpi for week in weeks], "CPI"),
        eac_line=sparkline(
            [week.eac.amount if week.eac else None for week in weeks], "Cost at completion"
        ),
    )


def figure_why(*, actor: Actor, project_id: int, figure: str, as_of: date, today: date) -> Why:
    """How one figure of the performance page comes about. Raises  NotFound, PermissionDenied."""
    if figure not in FIGURES:
        raise NotFound("There is no such figure.")
    as_of = min(as_of, today)
    _, figures, head = loaded_project(actor, project_id, as_of, is_past=as_of < today)
    check_sees_cost(head)
    if figures.value is None:
        return Why(FIGURES[figure], ("The project has neither a baseline nor a budget yet.",))
    return Why(
        FIGURES[figure],
        explain(
            figure,
            figures.value,
            currency=str(figures.cost.currency),
            measured_by=_measured_by(figures),
            etc_words=str(Project.EtcMethod(figures.etc_method).label).lower(),
            progress_words=str(Project.ProgressMethod(figures.progress_method).label).lower(),
            method=figures.etc_method,
        ),
    )


def check_sees_cost(head: ProjectHead) -> None:
    """Refuse somebody who may not see what the project costs. Raises  PermissionDenied."""
    if not head.sight.cost:
        raise PermissionDenied(f"What {head.code} costs is not yours to see.")


def check_may_see_cost(actor: Actor, project: Project) -> None:
    """As `check_sees_cost`, of a project without its head. Raises  PermissionDenied."""
    if not sight(actor, project).cost:
        raise PermissionDenied(f"What {project.code} costs is not yours to see.")


def _measured_by(figures: ProjectFigures) -> str:
    measure = figures.measure
    if measure is not None:
        name = measure.name or f"Baseline {measure.number}"
        return f"{name}, approved on {measure.approved_on:%-d %B %Y}"
    if figures.budget is not None:
        return "the cost budget, spread over the plan by effort: no baseline is approved yet"
    return "nothing: there is neither an approved baseline nor a budget"


def contract_rate(project: Project, currency: str, as_of: date) -> fx.FxQuote | None:
    """From the firm's currency into the contract's; None when it is the same, or unknown."""
    contract = project.contract
    if contract is None or contract.currency == currency:
        return None
    terms = money.fx_terms()
    table = money.fx_table(
        currencies=[currency, contract.currency], from_on=as_of, until_on=as_of, terms=terms
    )
    try:
        return table.rate(
            currency, contract.currency, as_of, terms.base_currency, terms.max_age_days
        )
    except fx.RateMissing:
        return None


def _figures(figures: ProjectFigures, rate: fx.FxQuote | None) -> tuple[Figure, ...]:
    value = figures.value
    currency = str(figures.cost.currency)
    found = []
    for key, label in FIGURES.items():
        number: Decimal | None = getattr(value, key) if value else None
        if value is None and key == "ac":
            number = figures.cost.amount
        if value is None and key == "eac" and figures.eac:
            number = figures.eac.amount
        if key in ("spi", "cpi", "tcpi"):
            found.append(Figure(key, label, None, None, number, True))
            continue
        amount = None if number is None else Money(round_to_minor(number, currency), currency)
        beside = None if amount is None else _beside(amount, rate)
        found.append(Figure(key, label, amount, beside, None, False))
    return tuple(found)


def _beside(amount: Money, rate: fx.FxQuote | None) -> Money | None:
    """The amount in the contract's currency."""
    return None if rate is None else fx.convert(amount, rate)


def _by_task(figures: ProjectFigures, rate: fx.FxQuote | None) -> tuple[TaskValue, ...]:
    """Per task what was planned, earned and spent; the rest is that of the whole project."""
    value, currency = figures.value, str(figures.cost.currency)
    if value is None:
        return ()
    values = valued([row.line for row in figures.plan])
    top = [one for one, row in zip(values, figures.plan, strict=True) if row.line.depth == 1]
    rest = Valued(value.bac, value.pv, value.ev, value.ac).without(top)
    rows: list[tuple[str, str, bool, Decimal | None, Valued]] = [
        (row.outline, row.name, row.line.is_summary, row.line.complete * 100, one)
        for one, row in zip(values, figures.plan, strict=True)
    ]
    if any(round_to_minor(amount, currency) for amount in rest.amounts):
        rows.append(("", "In no task of the plan", False, None, rest))

    def shown(amount: Decimal) -> Money:
        return Money(round_to_minor(amount, currency), currency)

    found = []
    for outline, name, is_summary, percent, one in rows:
        bac, pv, ev, ac = (shown(amount) for amount in one.amounts)
        beside = None
        if rate is not None:
            beside = ContractValue(*(fx.convert(amount, rate) for amount in (bac, pv, ev, ac)))
        found.append(
            TaskValue(outline, name, is_summary, percent, bac, pv, ev, ac, one.spi, one.cpi, beside)
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Spent:
    """Posted cost of one category and person, in the firm's currency."""

    transaction_class: str
    category_id: int | None
    resource_id: int | None
    minutes: int | None
    cost: Decimal


def _spent(project_id: int, as_of: date) -> list[_Spent]:
    """The project's cost up to a day, by category and person. One query."""
    rows = Actual.objects.filter(
        project_id=project_id, actual_type=ActualType.COST, work_on__lte=as_of
    )
    sums = (
        rows.order_by()
        .values_list("transaction_class", "category_id", "resource_id")
        .annotate(time=Sum("minutes"), cost=Sum("tenant_amount"))
    )
    return [_Spent(*row) for row in sums]


def _part(of: Decimal, whole: Decimal) -> Decimal:
    """In percent, 0 to 100; what was taken back is no part."""
    if of <= 0 or whole <= 0:
        return Decimal(0)
    return min(EXACT.divide(of * 100, whole), Decimal(100))


def _by_category(
    spent: Sequence[_Spent], currency: str, rate: fx.FxQuote | None
) -> tuple[CategoryCost, ...]:
    sums: dict[tuple[str, int | None], Decimal] = {}
    for row in spent:
        key = (row.transaction_class, row.category_id)
        sums[key] = sums.get(key, Decimal(0)) + row.cost
    names = dict(
        TransactionCategory.objects.filter(pk__in={pk for _, pk in sums if pk}).values_list(
            "id", "name"
        )
    )
    whole = sum(sums.values(), Decimal(0))
    found = []
    for (kind, category_id), cost in sums.items():
        name = names.get(category_id or 0, "Work" if kind == "time" else "Other")
        amount = Money(round_to_minor(cost, currency), currency)
        found.append(CategoryCost(kind, name, amount, _beside(amount, rate), _part(cost, whole)))
    return tuple(sorted(found, key=lambda row: (-row.cost.amount, row.name)))


def _by_person(
    spent: Sequence[_Spent], currency: str, rate: fx.FxQuote | None
) -> tuple[PersonHours, ...]:
    sums: dict[int | None, tuple[int, Decimal]] = {}
    for row in spent:
        if row.minutes is not None:
            minutes, cost = sums.get(row.resource_id, (0, Decimal(0)))
            sums[row.resource_id] = (minutes + row.minutes, cost + row.cost)
    names = dict(
        Resource.objects.filter(pk__in={pk for pk in sums if pk}).values_list("id", "name")
    )
    whole = Decimal(sum(minutes for minutes, _ in sums.values()))
    found = []
    for resource_id, (minutes, cost) in sums.items():
        name = names.get(resource_id or 0, "–")
        amount = Money(round_to_minor(cost, currency), currency)
        share = _part(Decimal(minutes), whole)
        found.append(PersonHours(name, minutes, amount, _beside(amount, rate), share))
    return tuple(sorted(found, key=lambda row: (-row.minutes, row.name)))
