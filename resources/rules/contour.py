"""How a booking is laid over days: its method, and the room that each day has.

Worked figures: docs/rules/resources.md, R-1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from psa.core.errors import DomainError

FULL_CAPACITY: Final = "full"
REMAINING: Final = "remaining"
PERCENT: Final = "percent"
HOURS_PER_DAY: Final = "per_day"
EVENLY: Final = "evenly"
FRONT_LOADED: Final = "front"
METHODS: Final = (FULL_CAPACITY, REMAINING, PERCENT, HOURS_PER_DAY, EVENLY, FRONT_LOADED)
MINUTES_PER_DAY: Final = 1440


@dataclass(frozen=True, slots=True)
class DayRoom:
    """What a person works on a day, and what of it is booked already."""

    on: date
    capacity_minutes: int
    booked_minutes: int = 0

    @property
    def free_minutes(self) -> int:
        return max(0, self.capacity_minutes - self.booked_minutes)


@dataclass(frozen=True, slots=True)
class Contour:
    """Minutes by day (days without any are left out), what found no room, and by how many minutes
    which days are over their capacity with what was booked before."""

    minutes: dict[date, int]
    unplaced_minutes: int
    over_minutes: dict[date, int]

    @property
    def total_minutes(self) -> int:
        return sum(self.minutes.values())


def contour(
    days: Sequence[DayRoom],
    *,
    method: str,
    percent: Decimal | None = None,
    asked_minutes: int | None = None,
) -> Contour:
    """Lay a booking over days, in their order; only days with working time take any.

    `percent` is of each day's capacity, rounded half up to the minute; `asked_minutes` is a day's
    or the whole, as the method says. Evenly gives each working day the same, the first ones a
    minute more, so that the days sum to what was asked.
    Raises  DomainError naming the field: no method of these, or without what it needs; a day of
            more than 24 hours; no working day at all.
    Source  docs/rules/resources.md, R-1.
    """
    _check(method, percent, asked_minutes)
    working = [day for day in days if day.capacity_minutes > 0]
    if not working:
        raise DomainError("There is no working day in this time.", field="valid_from")
    wanted = _wanted(working, method, percent or Decimal(0), asked_minutes or 0)
    most = max(wanted)
    if most > MINUTES_PER_DAY:
        raise DomainError(
            f"That would be {most / 60:.0f} hours a day. Choose more days or fewer hours.",
            field="asked_minutes",
        )
    placed = {day.on: n for day, n in zip(working, wanted, strict=True) if n}
    over = {
        day.on: day.booked_minutes + placed[day.on] - day.capacity_minutes
        for day in working
        if day.on in placed and day.booked_minutes + placed[day.on] > day.capacity_minutes
    }
    unplaced = (asked_minutes or 0) - sum(wanted) if method == FRONT_LOADED else 0
    return Contour(placed, unplaced, over)


def _wanted(
    working: Sequence[DayRoom], method: str, percent: Decimal, asked_minutes: int
) -> list[int]:
    """The minutes of each working day."""
    if method == FULL_CAPACITY:
        return [day.capacity_minutes for day in working]
    if method == REMAINING:
        return [day.free_minutes for day in working]
    if method == PERCENT:
        return [
            int((day.capacity_minutes * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))
            for day in working
        ]
    if method == HOURS_PER_DAY:
        return [asked_minutes for _ in working]
    if method == EVENLY:
        each, rest = divmod(asked_minutes, len(working))
        return [each + (number < rest) for number in range(len(working))]
    left = asked_minutes
    found = []
    for day in working:
        taken = min(left, day.free_minutes)
        found.append(taken)
        left -= taken
    return found


def _check(method: str, percent: Decimal | None, asked_minutes: int | None) -> None:
    if method not in METHODS:
        raise DomainError("Choose how the person is booked.", field="method")
    if method == PERCENT and (percent is None or not 0 < percent <= 200):
        raise DomainError("Say which percent of capacity, up to 200.", field="percent")
    if method in (HOURS_PER_DAY, EVENLY, FRONT_LOADED) and not asked_minutes:
        raise DomainError("Say how many hours.", field="asked_minutes")


def words(method: str, percent: Decimal | None, asked_minutes: int | None) -> str:
    """A booking's method as people say it."""
    hours = f"{Decimal(asked_minutes or 0) / 60:.2f}".rstrip("0").rstrip(".")
    share = f"{percent or 0:.2f}".rstrip("0").rstrip(".")
    return {
        FULL_CAPACITY: "full capacity",
        REMAINING: "what is left of each day",
        PERCENT: f"{share} % of capacity",
        HOURS_PER_DAY: f"{hours} h a day",
        EVENLY: f"{hours} h evenly",
        FRONT_LOADED: f"{hours} h, front-loaded",
    }[method]
