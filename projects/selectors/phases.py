"""The phases of a project: its topmost tasks with what they add up to."""

from datetime import date
from decimal import Decimal

from moneyed import Money

from psa.core.money.rounding import round_to_minor

from ..rules.earned_value import over_budget_percent
from ..rules.health import estimate_health
from .figure_facts import TaskRow
from .figures import ProjectFigures
from .page_rows import Phase
from .projects import Sight


def phases_of(figures: ProjectFigures, seen: Sight, as_of: date) -> list[Phase]:
    """The topmost tasks; amounts for who may see them."""
    currency = str(figures.cost.currency)
    found = []
    for row in figures.plan:
        line = row.line
        if line.depth != 1:
            continue
        eac = round_to_minor(line.cost + line.left_cost, currency)
        has_budget = figures.budget is not None and seen.cost
        over = over_budget_percent(eac, line.budget) if has_budget else None
        found.append(
            Phase(
                id=row.id,
                outline=row.outline,
                name=row.name,
                health=_phase_health(row, as_of),
                is_done=line.is_completed or line.complete == 1,
                complete_percent=line.complete * 100,
                actual_minutes=line.actual_minutes,
                effort_minutes=line.effort_minutes,
                remaining_minutes=line.remaining_minutes,
                budget=Money(line.budget, currency) if has_budget else None,
                eac=Money(eac, currency) if seen.cost else None,
                over_percent=over,
                over_band=estimate_health(over, figures.bands),
                finishes_on=line.finishes_on,
            )
        )
    return found


def _phase_health(row: TaskRow, as_of: date) -> str:
    """By schedule alone: earned against planned effort, late when its finish has passed."""
    line = row.line
    if line.is_completed or line.complete == 1:
        return "ok"
    if line.actual_minutes <= 0 and line.planned == 0:
        return "none"
    if line.finishes_on and line.finishes_on < as_of:
        return "bad"
    if line.planned == 0 or line.earned >= line.planned:
        return "ok"
    return "warn" if line.earned >= line.planned * Decimal("0.9") else "bad"
