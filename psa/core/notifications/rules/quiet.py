"""Quiet hours: what would be mailed then waits for their end, where its reader is."""

from datetime import datetime, time, timedelta


def until(local_at: datetime, *, from_minute: int, until_minute: int) -> datetime | None:
    """The end of the quiet hours that `local_at` lies in; None if it lies in none.

    Minutes count from midnight; hours that begin after they end go over midnight. Equal ones are
    none. `local_at` carries the reader's time zone.
    """
    minute = local_at.hour * 60 + local_at.minute
    if from_minute <= until_minute:
        is_quiet = from_minute <= minute < until_minute
    else:
        is_quiet = minute >= from_minute or minute < until_minute
    if not is_quiet:
        return None
    end = time(until_minute // 60, until_minute % 60)
    day = local_at.date() if minute < until_minute else local_at.date() + timedelta(days=1)
    return datetime.combine(day, end, local_at.tzinfo)
