"""When a schedule is due next."""

from datetime import datetime, timedelta


def next_due(
    *, after: datetime, every_minutes: int | None, daily_at_minute: int | None
) -> datetime:
    """The first instant later than ``after`` at which the schedule is due.

    ``every_minutes`` counts from midnight UTC, so that restarts do not shift it;
    ``daily_at_minute`` is the minute of the day in UTC. What was missed is not made up for: only
    one time follows.
    Raises  ValueError unless exactly one of the two is given and in range (a programming error).
    """
    midnight = after.replace(hour=0, minute=0, second=0, microsecond=0)
    if (every_minutes is None) == (daily_at_minute is None):
        raise ValueError("exactly one of every_minutes and daily_at_minute")
    if every_minutes is not None:
        if every_minutes < 1:
            raise ValueError("every_minutes must be positive")
        passed = (after - midnight) // timedelta(minutes=every_minutes)
        due = midnight + timedelta(minutes=every_minutes) * (passed + 1)
        return min(due, midnight + timedelta(days=1)) if every_minutes < 1440 else due
    if daily_at_minute is None or not 0 <= daily_at_minute < 1440:
        raise ValueError("daily_at_minute must be within a day")
    today = midnight + timedelta(minutes=daily_at_minute)
    return today if today > after else today + timedelta(days=1)
