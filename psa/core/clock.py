"""The clock: read only in views, tasks and commands; everything below takes dates as arguments.

``PSA_NOW`` (outside production) plays another business date. Sessions, tokens, one-time codes and
job leases keep the real clock and therefore never ask here.
"""

from datetime import UTC, date, datetime

from django.conf import settings


def now() -> datetime:
    """The current business instant in UTC."""
    played: datetime | None = settings.PSA_NOW
    if played is None:
        return datetime.now(tz=UTC)
    return played if played.tzinfo else played.replace(tzinfo=UTC)


def today() -> date:
    """The current business date in UTC; convert ``now()`` where a person's zone matters."""
    return now().date()
