"""When a week is due, told of and locked: instants, from times of day where the person is."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from .week import FRIDAY, Week, business_days_after, deadline_of, locked_from


@dataclass(frozen=True, slots=True)
class Deadlines:
    """What the firm says of handing in: a weekday, times of day in minutes, business days after.

    `reminder_minute` is on the day of the deadline; escalation and cut-off are so many business
    days later, at the deadline's time of day.
    """

    weekday: int = FRIDAY
    due_minute: int = 17 * 60
    reminder_minute: int = 15 * 60
    escalation_business_days: int = 1
    cutoff_business_days: int = 1
    lock_business_days: int = 5


def instant(on: date, minute: int, zone: ZoneInfo) -> datetime:
    """The instant of a time of day somewhere, in UTC.

    A time that the clock skips that day is told with the offset from before the change, so it
    comes as much later as the clock was set forward; one that comes twice is the first of the two.
    Source  docs/rules/timeexpense.md, T-11.
    """
    clock = datetime(on.year, on.month, on.day, minute // 60, minute % 60, tzinfo=zone)
    return clock.astimezone(UTC)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The date at an instant somewhere."""
    return at.astimezone(zone).date()


def reminder_at(week: Week, terms: Deadlines, zone: ZoneInfo) -> datetime:
    """When people are reminded of a week that is not complete."""
    return instant(deadline_of(week, weekday=terms.weekday), terms.reminder_minute, zone)


def due_at(week: Week, terms: Deadlines, zone: ZoneInfo) -> datetime:
    """When a week has to be handed in."""
    return instant(deadline_of(week, weekday=terms.weekday), terms.due_minute, zone)


def escalation_at(week: Week, terms: Deadlines, zone: ZoneInfo) -> datetime:
    """When the manager hears that a week is still missing."""
    day = deadline_of(week, weekday=terms.weekday)
    return instant(business_days_after(day, terms.escalation_business_days), terms.due_minute, zone)


def cutoff_at(week: Week, terms: Deadlines, zone: ZoneInfo) -> datetime:
    """When a week's entries have to be decided on, where the approver is."""
    day = deadline_of(week, weekday=terms.weekday)
    return instant(business_days_after(day, terms.cutoff_business_days), terms.due_minute, zone)


def locked_at(week: Week, terms: Deadlines, zone: ZoneInfo) -> datetime:
    """From when a week can no longer be changed: the first midnight after the lock's last day."""
    day = locked_from(week, business_days=terms.lock_business_days, weekday=terms.weekday)
    return instant(day, 0, zone)
