"""The week of a timesheet: its days, its totals against capacity, its deadline and its lock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

DAYS: Final = 7
FRIDAY: Final = 4
SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from `starts_on`; `ends_on` is exclusive."""

    starts_on: date

    @property
    def ends_on(self) -> date:
        return self.starts_on + timedelta(days=DAYS)

    @property
    def last_on(self) -> date:
        return self.starts_on + timedelta(days=DAYS - 1)

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.starts_on + timedelta(days=n) for n in range(DAYS))

    @property
    def number(self) -> int:
        """The ISO week that most of its days are in."""
        return (self.starts_on + timedelta(days=3)).isocalendar().week

    @property
    def previous(self) -> "Week":
        return Week(self.starts_on - timedelta(days=DAYS))

    @property
    def next(self) -> "Week":
        return Week(self.ends_on)


def week_of(on: date, *, starts_weekday: int = 0) -> Week:
    """The week that a day falls into, when weeks start on `starts_weekday` (0 is Monday).

    Source  docs/rules/timeexpense.md, T-1.
    """
    return Week(on - timedelta(days=(on.weekday() - starts_weekday) % DAYS))


@dataclass(frozen=True, slots=True)
class DayTotal:
    """Minutes of one day: entered, to be worked by the calendar, and what differs."""

    on: date
    minutes: int
    capacity_minutes: int

    @property
    def difference_minutes(self) -> int:
        return self.minutes - self.capacity_minutes


@dataclass(frozen=True, slots=True)
class WeekTotal:
    """A week's days and their sums, in minutes."""

    days: tuple[DayTotal, ...]

    @property
    def minutes(self) -> int:
        return sum(day.minutes for day in self.days)

    @property
    def capacity_minutes(self) -> int:
        return sum(day.capacity_minutes for day in self.days)

    @property
    def difference_minutes(self) -> int:
        return self.minutes - self.capacity_minutes

    @property
    def missing_minutes(self) -> int:
        """What is still to be entered; 0 when the week is full."""
        return max(0, -self.difference_minutes)


def totals(
    week: Week, *, entered: Sequence[tuple[date, int]], capacity: Mapping[date, int]
) -> WeekTotal:
    """Sum what was entered by day and set it against the capacity of that day.

    Entries of other days are left out. Source  docs/rules/timeexpense.md, T-2.
    """
    minutes = dict.fromkeys(week.days, 0)
    for on, worked in entered:
        if on in minutes:
            minutes[on] += worked
    return WeekTotal(
        tuple(DayTotal(on, worked, capacity.get(on, 0)) for on, worked in minutes.items())
    )


def deadline_of(week: Week, *, weekday: int = FRIDAY) -> date:
    """The day on which a week is due: its Friday, unless the firm chose another weekday."""
    return week.starts_on + timedelta(days=(weekday - week.starts_on.weekday()) % DAYS)


def business_days_after(on: date, count: int) -> date:
    """The day so many Mondays to Fridays after a day; 0 is the day itself."""
    # Whole weeks at once, so that a large parameter costs no loop of days.
    weeks, rest = divmod(count, FRIDAY + 1)
    day = on + timedelta(days=min(weeks, 5000) * DAYS)
    while rest:
        day += timedelta(days=1)
        rest -= day.weekday() < SATURDAY
    return day


def locked_from(week: Week, *, business_days: int, weekday: int = FRIDAY) -> date:
    """The first day on which a week can no longer be changed without an unlock.

    Business days are Monday to Friday, counted from the deadline on `weekday`.
    Source  docs/rules/timeexpense.md, T-3.
    """
    day = business_days_after(deadline_of(week, weekday=weekday), business_days)
    return day + timedelta(days=1)


def is_locked(week: Week, *, today: date, business_days: int, weekday: int = FRIDAY) -> bool:
    """Whether changes to the week come too late by `today`."""
    return today >= locked_from(week, business_days=business_days, weekday=weekday)
