"""When a not-to-exceed limit will be reached: as work is planned, or if it goes on as it did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

# Beyond this a forecast says nothing.
FAR_DAYS = 3 * 365
RUN_RATE_DAYS = 28


@dataclass(frozen=True, slots=True)
class CapForecast:
    """`reached_on` is the day the room is used up; None when it isn't within three years."""

    is_reached: bool
    reached_on: date | None


def cap_reached(*, room: Decimal, worked: Decimal, today: date) -> CapForecast:
    """The day on which `room` is used up at the pace of the last four weeks.

    `worked` is the value of what was worked in the 28 days up to and including today; every day of
    the calendar counts alike. The day named is the first on which the room is gone.
    Source  docs/rules/sales.md, S-24.
    """
    if room <= 0:
        return CapForecast(True, today)
    if worked <= 0:
        return CapForecast(False, None)
    days = Fraction(room) * RUN_RATE_DAYS / Fraction(worked)
    whole = -(-days.numerator // days.denominator)
    if whole > FAR_DAYS:
        return CapForecast(False, None)
    return CapForecast(False, today + timedelta(days=whole))


def cap_reached_by_plan(
    *, room: Decimal, planned: Mapping[date, Decimal], beside: Decimal, today: date
) -> CapForecast:
    """The first day on which what is planned, and what is spent beside it, uses up `room`.

    `planned` is the value of the work planned by day, from today on; `beside` the value of what no
    plan knows (expenses, materials) of the last 28 days, which goes on until the last planned day.
    None when the plan ends before the room does.
    Source  docs/rules/sales.md, S-24.
    """
    if room <= 0:
        return CapForecast(True, today)
    used = Fraction(0)
    spent = Fraction(max(beside, Decimal(0))) / RUN_RATE_DAYS
    last_on = max(planned, default=today)
    on = today
    while on <= last_on:
        used += Fraction(planned.get(on, Decimal(0)))
        if used + spent * (on - today).days >= room:
            return CapForecast(False, on)
        on += timedelta(days=1)
    return CapForecast(False, None)


def worth_of(minutes: int, *, amount: Decimal, of_minutes: int) -> Decimal | None:
    """What minutes will earn at what the line's minutes earned so far; None before the first."""
    if of_minutes <= 0:
        return None
    return amount * minutes / of_minutes
