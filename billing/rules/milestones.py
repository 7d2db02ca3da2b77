"""Fixed-price invoice schedules: milestones, dated series, progress."""

import calendar
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.money.rounding import EXACT, allocate, minor_units, round_to_minor, total_of


class ScheduleDiffers(DomainError):
    """An invoice schedule does not sum to its contract line's value."""


def remainder(value: Money, amounts: Sequence[Money]) -> Money:
    """What the schedule leaves of the line's value; negative when it schedules too much."""
    return value - total_of(amounts, value.currency)


def check_sums_to_value(value: Money, amounts: Sequence[Money]) -> None:
    """Raises  ScheduleDiffers with the amount missing or too much."""
    left = remainder(value, amounts)
    if left.amount > 0:
        raise ScheduleDiffers(
            f"The invoice schedule lacks {left} of the line's value {value}. Add a milestone or "
            "raise one.",
            field="amount",
        )
    if left.amount < 0:
        raise ScheduleDiffers(
            f"The invoice schedule exceeds the line's value {value} by {-left}. Lower a milestone.",
            field="amount",
        )


def amounts_for_percents(value: Money, percents: Sequence[Decimal]) -> list[Money]:
    """Milestones given in percent of the value, as amounts that sum to it (largest remainder).

    Raises  ScheduleDiffers if the percentages do not sum to 100.
    """
    total = sum(percents, Decimal(0))
    if total != 100:
        raise ScheduleDiffers(
            f"The milestones sum to {total} %, not 100 %. Correct a percentage.", field="percent"
        )
    return allocate(value, percents)


def equal_parts(value: Money, count: int) -> list[Money]:
    """`count` equal parts rounded half up, what rounding leaves in the last part.

    Where rounding up would make the last part negative (0.05 in 9 parts) parts round down.
    Raises  DomainError if count is less than 1.
    Source  docs/rules/billing.md, example B-8.
    """
    if count < 1:
        raise DomainError("A schedule has at least one date.", field="count")
    part = round_to_minor(Money(value.amount / count, value.currency))
    if (value - part * (count - 1)).amount * value.amount < 0:
        minor = Decimal(1).scaleb(-minor_units(value.currency))
        part = Money(value.amount / count // minor * minor, value.currency)
    return [part] * (count - 1) + [value - part * (count - 1)]


def monthly_dates(first_on: date, count: int) -> list[date]:
    """`count` dates, a month apart, on the first one's day or the month's last if shorter."""
    dates = []
    for offset in range(count):
        year, month0 = divmod(first_on.month - 1 + offset, 12)
        year += first_on.year
        last = calendar.monthrange(year, month0 + 1)[1]
        dates.append(date(year, month0 + 1, min(first_on.day, last)))
    return dates


def progress_due(
    value: Money,
    *,
    progress: Fraction,
    billed: Money,
    steps: Sequence[Fraction] = (),
) -> Money:
    """What may be billed now on progress: value × progress, less what was billed; 0 at least.

    With `steps` (1/4, 1/2, 3/4, 1) progress counts as the highest step reached. Progress above
    1 bills the value and no more; progress that fell bills nothing, a credit is for the user.
    Rounded half up once. Source  docs/rules/billing.md, example B-9.
    """
    reached = min(max(progress, Fraction(0)), Fraction(1))
    if steps:
        reached = max((step for step in steps if step <= reached), default=Fraction(0))
    exact = EXACT.divide(
        EXACT.multiply(value.amount, Decimal(reached.numerator)), Decimal(reached.denominator)
    )
    to_date = round_to_minor(Money(exact, value.currency))
    return max(to_date - billed, Money(0, value.currency))
