"""How far a performance obligation is, as an exact fraction between 0 and 1."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.money.rounding import EXACT, round_half_up

NOT_STARTED = Fraction(0)
COMPLETE = Fraction(1)


class RecognitionMethod(StrEnum):
    AS_INVOICED = "as_invoiced"
    COST_TO_COST = "cost_to_cost"
    EFFORT = "effort"
    PERCENT_COMPLETE = "percent_complete"
    MILESTONE = "milestone"
    STRAIGHT_LINE = "straight_line"
    USAGE = "usage"
    COMPLETED_CONTRACT = "completed_contract"


class ProgressUnknown(DomainError):
    """The inputs do not say how far the obligation is."""


@dataclass(frozen=True, slots=True)
class ReachableMilestone:
    weight: Decimal
    is_reached: bool


def cost_to_cost(
    *,
    cost_to_date: Money,
    cost_to_complete: Money,
    uninstalled_to_date: Money | None = None,
    uninstalled_total: Money | None = None,
    original_total_cost: Money | None = None,
) -> Fraction:
    """Cost to date ÷ (cost to date + ETC), both without cost that shows no progress.

    `uninstalled_*` is the part of both figures that shows none, such as equipment delivered and
    not installed. With `original_total_cost` the first estimate stays the denominator: an
    overrun is then a loss, not revenue, and progress stops at 1.
    Raises  ProgressUnknown if there is no cost at all, or a figure is negative.
    Source  docs/rules/revenue.md, examples R-1, R-4 and R-5.
    """
    zero = Money(0, cost_to_date.currency)
    done = cost_to_date - (uninstalled_to_date or zero)
    total = cost_to_date + cost_to_complete
    if original_total_cost is not None:
        total = original_total_cost
    total -= uninstalled_total if uninstalled_total is not None else uninstalled_to_date or zero
    if done < zero or cost_to_complete < zero:
        raise ProgressUnknown(
            "Cost to date without uninstalled materials, and cost to complete, cannot be "
            "negative. Correct the estimate.",
            field="cost_to_complete",
        )
    if total <= zero:
        raise ProgressUnknown(
            "There is no cost to measure progress by. Enter an estimate to complete.",
            field="cost_to_complete",
        )
    return _bounded(Fraction(done.amount) / Fraction(total.amount))


def effort(*, minutes_worked: int, minutes_remaining: int) -> Fraction:
    """Hours worked ÷ (hours worked + hours remaining). Raises ProgressUnknown if both are 0."""
    if minutes_worked < 0 or minutes_remaining < 0 or minutes_worked + minutes_remaining == 0:
        raise ProgressUnknown(
            "There are no hours to measure progress by. Enter the hours remaining.",
            field="minutes_remaining",
        )
    return Fraction(minutes_worked, minutes_worked + minutes_remaining)


def percent_complete(percent: Decimal) -> Fraction:
    """The percentage approved for the period. Raises ProgressUnknown outside 0 to 100."""
    if not percent.is_finite() or not 0 <= percent <= 100:
        raise ProgressUnknown("Percent complete is between 0 and 100.", field="percent")
    return Fraction(percent) / 100


def milestone(milestones: Sequence[ReachableMilestone]) -> Fraction:
    """Weights of milestones reached ÷ all weights. Raises ProgressUnknown without weights."""
    total = sum((Fraction(m.weight) for m in milestones), Fraction(0))
    if total <= 0 or any(m.weight < 0 for m in milestones):
        raise ProgressUnknown("The milestones have no weights. Enter them.", field="weight")
    return sum((Fraction(m.weight) for m in milestones if m.is_reached), Fraction(0)) / total


def straight_line(*, starts_on: date, until_on: date, as_of: date) -> Fraction:
    """Days elapsed ÷ days of the term, `until_on` exclusive; the day `as_of` has elapsed.

    Raises  ProgressUnknown if the term has no day.
    """
    days = (until_on - starts_on).days
    if days <= 0:
        raise ProgressUnknown("The term ends before it starts.", field="until_on")
    return _bounded(Fraction((as_of - starts_on).days + 1, days))


def usage(*, consumed: Decimal, allowance: Decimal) -> Fraction:
    """Consumed ÷ allowance of a retainer. Raises ProgressUnknown without an allowance."""
    if allowance <= 0:
        raise ProgressUnknown("The retainer has no allowance.", field="allowance")
    return _bounded(Fraction(consumed) / Fraction(allowance))


def completed_contract(*, is_complete: bool) -> Fraction:
    """0 until completion, then all of it."""
    return COMPLETE if is_complete else NOT_STARTED


def in_percent(numerator: Decimal, denominator: Decimal) -> Decimal:
    """Progress in percent with two places, for display alone."""
    return round_half_up(EXACT.divide(numerator, denominator) * 100, 2)


def _bounded(progress: Fraction) -> Fraction:
    return min(max(progress, NOT_STARTED), COMPLETE)
