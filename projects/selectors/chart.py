"""The burn-up chart as coordinates, so that the template only writes them down."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import QuerySet, Sum
from moneyed import Money

from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType
from psa.core.money.rounding import round_to_minor
from psa.core.tenancy import compiled

from ..models import Project, TaskProgress
from ..rules.burn_up import BurnUpPoint, Change, PlannedCost, burn_up, points_between
from .figures import ProjectFigures

LEFT, RIGHT, TOP, BOTTOM = 52, 690, 30, 208
LINE_HEIGHT = 15
THOUSAND = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Tick:
    at: str
    label: str


@dataclass(frozen=True, slots=True)
class ChartRow:
    """A line of the table behind the chart."""

    on: date
    planned: Money
    earned: Money | None
    actual: Money | None


@dataclass(frozen=True, slots=True)
class BurnUpChart:
    """SVG paths and labels in a box of 800 × 236; `rows` are the same numbers as a table."""

    currency: str
    planned_path: str
    earned_path: str
    actual_path: str
    forecast_path: str
    amounts: tuple[Tick, ...]
    months: tuple[Tick, ...]
    today_x: str
    today_label: str
    budget_y: str
    budget_label: str
    labels: tuple[tuple[str, str, str], ...]
    rows: tuple[ChartRow, ...]
    summary: str


def burn_up_chart(project: Project, figures: ProjectFigures, *, as_of: date) -> BurnUpChart | None:
    """The chart of a project with a budget and dates; None when there is nothing to draw."""
    leaves = [row.line for row in figures.plan if not row.line.is_summary]
    planned = None
    days = [figures.total.starts_on, figures.total.finishes_on]
    if figures.measure is not None:
        planned = [
            PlannedCost(one.cost, one.starts_on, one.finishes_on, one.split)
            for one in figures.measure.tasks
        ]
        days += [on for one in planned for on in (one.starts_on, one.finishes_on)]
    known = [on for on in days if on is not None]
    if figures.value is None or not leaves or not known:
        return None
    first, last = min(known), max(known)
    posted, changed = compiled.answers(
        [
            compiled.question("projects.chart.posted", _posted_of, project.pk, as_of),
            compiled.question("projects.chart.changes", _changes_of, project.pk, as_of),
        ]
    )
    if posted:
        first = min(first, posted[0][1])
    last = max(last, min(as_of, last + timedelta(days=366)))
    minutes: dict[int, list[tuple[date, int]]] = {}
    for task_id, on, _, time in posted:
        if task_id is not None and time:
            minutes.setdefault(task_id, []).append((on, time))
    points = burn_up(
        leaves,
        time=figures.time,
        days=points_between(first, last, as_of),
        as_of=as_of,
        minutes_by_day=minutes,
        cost_by_day=[(on, cost) for _, on, cost, _ in posted],
        planned=planned,
        changes=_changes(changed),
    )
    return _drawn(points, figures, first, last, as_of)


def _posted_of(project_id: int, as_of: date) -> "QuerySet[Actual, tuple[Any, ...]]":
    """Cost and minutes by task and day."""
    return (
        Actual.objects.filter(
            project_id=project_id, actual_type=ActualType.COST, work_on__lte=as_of
        )
        .order_by("work_on")
        .values_list("task_id", "work_on")
        .annotate(cost=Sum("tenant_amount"), time=Sum("minutes"))
    )


def _changes_of(project_id: int, as_of: date) -> "QuerySet[TaskProgress, tuple[Any, ...]]":
    changes = TaskProgress.objects.filter(project_id=project_id, on__lte=as_of)
    return changes.order_by("on", "id").values_list(
        "task_id", "on", "was_remaining_minutes", "was_percent_complete", "was_completed"
    )


def _changes(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[Change]]:
    """How the progress of each task changed."""
    found: dict[int, list[Change]] = {}
    for task_id, *change in rows:
        found.setdefault(task_id, []).append(Change(*change))
    return found


def _drawn(
    points: Sequence[BurnUpPoint],
    figures: ProjectFigures,
    first: date,
    last: date,
    as_of: date,
) -> BurnUpChart:
    assert figures.value is not None
    currency = str(figures.cost.currency)
    line = figures.budget.amount if figures.budget else figures.value.bac
    word = "Budget" if figures.budget else "Baseline"
    eac = figures.eac.amount if figures.eac else None
    highest = max(
        line,
        eac or Decimal(0),
        *(p.actual or Decimal(0) for p in points),
        *(p.planned for p in points),
        Decimal(1),
    )
    step = _nice(highest / 4)
    top = step * (int(highest / step) + 1)
    days = max((last - first).days, 1)

    def x(on: date) -> str:
        return f"{LEFT + (RIGHT - LEFT) * (on - first).days / days:.1f}"

    def y(amount: Decimal) -> str:
        return f"{BOTTOM - amount / top * (BOTTOM - TOP):.1f}"

    past = [p for p in points if p.on <= as_of]
    now = past[-1] if past else None
    forecast = ""
    if now and now.actual is not None and eac is not None and now.on < last:
        forecast = f"M{x(now.on)} {y(now.actual)} L{x(last)} {y(eac)}"
    labels: list[tuple[str, str, str]] = []
    if now and now.actual is not None and now.earned is not None:
        highest_y, lowest_y = sorted((Decimal(y(now.actual)), Decimal(y(now.earned))))
        # Beside their points; above both where the axis leaves no room below.
        above = lowest_y + LINE_HEIGHT > BOTTOM
        upper = highest_y - LINE_HEIGHT - 5 if above else highest_y - 2
        lower = upper + LINE_HEIGHT if above else max(lowest_y + LINE_HEIGHT, upper + LINE_HEIGHT)
        labels.append(("t-ac", f"{upper:.1f}", f"Actual {_short(now.actual)}"))
        labels.append(("t-ev", f"{lower:.1f}", f"Earned {_short(now.earned)}"))
    return BurnUpChart(
        currency=currency,
        planned_path=_path([(x(p.on), y(p.planned)) for p in points]),
        earned_path=_path([(x(p.on), y(p.earned)) for p in past if p.earned is not None]),
        actual_path=_path([(x(p.on), y(p.actual)) for p in past if p.actual is not None]),
        forecast_path=forecast,
        amounts=tuple(Tick(y(step * n), _short(step * n)) for n in range(int(top / step) + 1)),
        months=tuple(Tick(x(on), f"{on:%b}") for on in _months(first, last)),
        today_x=x(now.on) if now else "",
        today_label=f"{as_of.day} {as_of:%b}",
        budget_y=y(line),
        budget_label=f"{word} {_short(line)}",
        labels=tuple(labels),
        rows=tuple(_row(p, currency) for p in points),
        summary=_summary(now, f"{word} {_short(line)}.", eac),
    )


def _row(point: BurnUpPoint, currency: str) -> ChartRow:
    def money(amount: Decimal | None) -> Money | None:
        return None if amount is None else Money(round_to_minor(amount, currency), currency)

    planned = Money(round_to_minor(point.planned, currency), currency)
    return ChartRow(point.on, planned, money(point.earned), money(point.actual))


def _summary(now: BurnUpPoint | None, budget: str, eac: Decimal | None) -> str:
    parts = []
    if now and now.earned is not None and now.actual is not None:
        parts.append(
            f"Planned {_short(now.planned)}, earned {_short(now.earned)} and actual cost "
            f"{_short(now.actual)} on {now.on.day} {now.on:%B}."
        )
    parts.append(budget)
    if eac is not None:
        parts.append(f"Cost at completion {_short(eac)}.")
    return " ".join(parts)


def _path(points: Sequence[tuple[str, str]]) -> str:
    return "" if not points else "M" + " L".join(f"{px} {py}" for px, py in points)


def _short(amount: Decimal) -> str:
    """352.8k, 0, 840: amounts of a chart, to a tenth of a thousand."""
    if abs(amount) < THOUSAND:
        return f"{amount.quantize(Decimal(1), rounding=ROUND_HALF_UP)}"
    text = f"{(amount / THOUSAND).quantize(Decimal('0.1'), rounding=ROUND_HALF_UP)}"
    return f"{text.removesuffix('.0')}k"


def _nice(step: Decimal) -> Decimal:
    """The next of 1, 2, 2.5 or 5 times a power of ten."""
    power = Decimal(1).scaleb(step.adjusted())
    return next(
        (power * n for n in map(Decimal, ("1", "2", "2.5", "5")) if power * n >= step), power * 10
    )


def _months(first: date, last: date) -> list[date]:
    """First days of months between, thinned to at most twelve."""
    found = []
    on = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    while on <= last:
        found.append(on)
        on = date(on.year + on.month // 12, on.month % 12 + 1, 1)
    return found[:: max(1, -(-len(found) // 12))]
