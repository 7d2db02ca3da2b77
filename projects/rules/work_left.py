"""What the work left will cost: the one answer to the estimate to complete, bottom-up.

Hours that a price list knows cost what it says now; others what an hour of the same work has cost
lately, before the first hour what the budget foresees. Source: docs/rules/projects.md, P-4.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from psa.core.money.rounding import EXACT

# An hour costs what it cost lately: the last quarter's work, else all of it.
RECENT_DAYS: Final = 91
ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class HoursSoFar:
    """Hours posted and what they cost, all of them and the last quarter's."""

    cost: Decimal = ZERO
    minutes: int = 0
    late_cost: Decimal = ZERO
    late_minutes: int = 0


def cost_per_minute(
    so_far: HoursSoFar, *, budget: Decimal = ZERO, effort_minutes: int = 0
) -> Decimal | None:
    """What a minute of this work costs where no list prices it; None while nobody can know."""
    if so_far.late_minutes > 0:
        return EXACT.divide(so_far.late_cost, Decimal(so_far.late_minutes))
    if so_far.minutes > 0:
        return EXACT.divide(so_far.cost, Decimal(so_far.minutes))
    if budget > 0 and effort_minutes > 0:
        return EXACT.divide(budget, Decimal(effort_minutes))
    return None


def remaining_cost(
    *, listed: Decimal, unlisted_minutes: int, per_minute: Decimal | None, expenses: Decimal = ZERO
) -> Decimal | None:
    """ETC: hours left at list cost, the rest at `per_minute`, and expenses still planned.

    None when there are hours whose cost nobody can know.
    """
    if not unlisted_minutes:
        return listed + expenses
    if per_minute is None:
        return None
    return listed + expenses + EXACT.multiply(per_minute, Decimal(unlisted_minutes))
