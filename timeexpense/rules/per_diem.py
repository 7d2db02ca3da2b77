"""What days away from home are paid, less the meals that were provided."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.money.rounding import round_to_minor

FULL: Final = "full"
PARTIAL: Final = "partial"
MEALS: Final = ("breakfast", "lunch", "dinner")
LONGEST_DAYS: Final = 31
ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class DayRates:
    """One place's amounts, in one currency; each meal is what is deducted for it."""

    full: Decimal
    partial: Decimal
    breakfast: Decimal = ZERO
    lunch: Decimal = ZERO
    dinner: Decimal = ZERO

    def deduction(self, meal: str) -> Decimal:
        amount: Decimal = getattr(self, meal)
        return amount


@dataclass(frozen=True, slots=True)
class DayAway:
    """A day of the journey, full or partial, with the meals that somebody else paid."""

    on: date
    part: str
    meals: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Allowance:
    amount: Money
    full_days: int
    partial_days: int
    deducted: Money


def days_away(
    *,
    starts_on: date,
    ends_on: date,
    first_part: str = PARTIAL,
    last_part: str = PARTIAL,
    meals: Collection[tuple[date, str]] = (),
) -> list[DayAway]:
    """The days of a journey: those between the first and the last are full.

    Raises  DomainError on "ends_on" or "meals" for what is no journey, or longer than 31 days.
    """
    count = (ends_on - starts_on).days + 1
    if count < 1:
        raise DomainError("The last day is the first or a later one.", "ends_on")
    if count > LONGEST_DAYS:
        raise DomainError(
            f"A per diem covers at most {LONGEST_DAYS} days; this has {count}. Split it.", "ends_on"
        )
    if first_part not in (FULL, PARTIAL) or last_part not in (FULL, PARTIAL):
        raise DomainError("A day is full or partial.", "first_day_part")
    days = [starts_on + timedelta(days=n) for n in range(count)]
    wrong = [on for on, meal in meals if on not in days or meal not in MEALS]
    if wrong:
        raise DomainError(f"{wrong[0]:%-d %b %Y} is not a day of this journey.", "meals")
    parts = [first_part, *[FULL] * (count - 2), *([last_part] if count > 1 else [])]
    return [
        DayAway(on, part, frozenset(meal for day, meal in meals if day == on))
        for on, part in zip(days, parts, strict=True)
    ]


def allowance(days: Sequence[DayAway], rates: DayRates, *, currency: str) -> Allowance:
    """The sum over the days, each less its meals but never below 0; rounded once, half up.

    Source  docs/rules/timeexpense.md, T-21.
    """
    total = deducted = ZERO
    for day in days:
        gross = rates.full if day.part == FULL else rates.partial
        less = min(sum((rates.deduction(meal) for meal in day.meals), ZERO), gross)
        total += gross - less
        deducted += less
    return Allowance(
        round_to_minor(Money(total, currency)),
        sum(day.part == FULL for day in days),
        sum(day.part == PARTIAL for day in days),
        round_to_minor(Money(deducted, currency)),
    )
