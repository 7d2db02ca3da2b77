"""By how much a finish moves, in words. Source: docs/rules/projects.md, P-10."""

from datetime import datetime

from .typed_dates import last_day


def move_of(was: datetime, now: datetime) -> str:
    """“by 3 days to 12 March 2026”, or “3 days earlier, to …”; in hours within a day; "" if it stays.

    Days are those of the calendar between the two last days worked.
    """
    if was == now:
        return ""
    last, before = last_day(now, now), last_day(was, was)
    days = (last - before).days
    if days:
        count = f"{abs(days)} day" + ("s" if abs(days) > 1 else "")
        ends = f"{last:%-d %B %Y}"
        return f"by {count} to {ends}" if days > 0 else f"{count} earlier, to {ends}"
    minutes = abs(int((now - was).total_seconds())) // 60
    count = f"{minutes // 60}:{minutes % 60:02d} hours"
    return f"by {count}" if now > was else f"{count} earlier"
