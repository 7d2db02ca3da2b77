"""What days that somebody types mean to the schedule. Source: docs/rules/projects.md, P-7."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from psa.core.errors import DomainError
from psa.core.org.rules.working_time import CalendarSpec, capacity_between

from .scheduling.types import Constraint

# A day's work for a task that says nothing of its length.
USUAL_DURATION: Final = 480
MAX_DURATION: Final = 6_000_000
FIRST_DAY: Final = date(1980, 1, 1)
LAST_DAY: Final = date(2150, 12, 31)
# Constraints whose day counts to its end.
OF_FINISH: Final = frozenset({"mfo", "fnet", "fnlt"})


@dataclass(frozen=True, slots=True)
class Dated:
    """The constraint that typed days ask for, and the working time between the two of them."""

    constraint: Constraint
    constrained_to: datetime | None
    duration_minutes: int | None


def meaning_of(
    starts_on: date | None,
    finishes_on: date | None,
    *,
    calendar: CalendarSpec,
    plan_starts_on: date,
) -> Dated:
    """Constraint and duration of a task with these days; both days are worked on.

    A start means no earlier than that day, or exactly then when it lies before the plan's start;
    a finish alone means the same of the finish. Two days with working time between them give the
    duration, else it stays unknown (None).
    Source  docs/rules/projects.md, P-7.
    """
    if starts_on is None and finishes_on is None:
        return Dated(Constraint.AS_SOON_AS_POSSIBLE, None, None)
    if starts_on is None:
        assert finishes_on is not None  # the condition above
        kind = (
            Constraint.MUST_FINISH_ON
            if finishes_on < plan_starts_on
            else Constraint.FINISH_NO_EARLIER_THAN
        )
        return Dated(kind, end_of(finishes_on), None)
    duration = None
    if finishes_on is not None:
        worked = capacity_between(calendar, starts_on, finishes_on + timedelta(days=1))
        duration = min(worked, MAX_DURATION) or None
    kind = (
        Constraint.MUST_START_ON if starts_on < plan_starts_on else Constraint.START_NO_EARLIER_THAN
    )
    return Dated(kind, start_of(starts_on), duration)


def start_of(on: date) -> datetime:
    """The first minute of a day; the schedule begins with the first that is worked."""
    return datetime.combine(on, time.min)


def end_of(on: date) -> datetime:
    """The end of a day; the schedule ends with the last minute that is worked."""
    return datetime.combine(on + timedelta(days=1), time.min)


def first_day(at: datetime) -> date:
    """The day on which something begins."""
    return at.date()


def last_day(start: datetime, finish: datetime) -> date:
    """The day on which it ends: what ends at midnight ended the day before, unless it is a moment."""
    if finish > start and finish.time() == time.min:
        return (finish - timedelta(minutes=1)).date()
    return finish.date()


def check_day(on: date | None, field: str) -> None:
    """Refuse a day that no plan has. Raises  DomainError."""
    if on is not None and not FIRST_DAY <= on <= LAST_DAY:
        raise DomainError("The days of a plan lie between 1980 and 2150.", field=field)
