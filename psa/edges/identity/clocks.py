"""The real clock: links and sessions are never played another date."""

from datetime import UTC, datetime


def real_now() -> datetime:
    """Now, in UTC, whatever business date is played."""
    return datetime.now(tz=UTC)
