"""When a digest goes out: at seven in the morning where its reader is, daily or on Mondays."""

from datetime import datetime, time, timedelta

AT = time(7, 0)
MONDAY = 0


def last_moment(rhythm: str, local_now: datetime) -> datetime:
    """The latest moment, not after `local_now`, at which a digest of this rhythm was due.

    `rhythm` is "daily" or "weekly"; `local_now` carries the reader's time zone.
    """
    moment = datetime.combine(local_now.date(), AT, local_now.tzinfo)
    if moment > local_now:
        moment = datetime.combine(local_now.date() - timedelta(days=1), AT, local_now.tzinfo)
    if rhythm == "weekly":
        back = (moment.weekday() - MONDAY) % 7
        moment = datetime.combine(moment.date() - timedelta(days=back), AT, local_now.tzinfo)
    return moment


def is_due(rhythm: str, *, created_at: datetime, local_now: datetime) -> bool:
    """Whether what was written at `created_at` belongs into the digest that was due last."""
    return created_at < last_moment(rhythm, local_now)
