"""When a not-to-exceed limit will be reached if work goes on as it did."""

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
