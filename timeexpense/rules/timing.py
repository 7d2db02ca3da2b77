"""From a timer to cells: what ran, by the days it ran on."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from .spans import MINUTES_PER_DAY, Span

# A timer that runs longer was forgotten; its person says when it should have stopped.
LONGEST: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Part:
    """What of a timer falls on one day: whole minutes, and its start and stop if they say it."""

    on: date
    minutes: int
    span: Span | None


def parts_of(started_at: datetime, stopped_at: datetime, zone: ZoneInfo) -> list[Part]:
    """Divide a run at midnights where the person is; each part rounded half up to the minute.

    Minutes are those that passed: an hour that the clock repeats counts, one that it skips does
    not. Parts of less than half a minute are left out. A part has no span when the clock was
    changed in it, as start and stop would not say its length.
    Source  docs/rules/timeexpense.md, T-14.
    """
    parts = []
    start = started_at.astimezone(UTC)
    end = stopped_at.astimezone(UTC)
    while start < end:
        on = start.astimezone(zone).date()
        midnight = datetime.combine(on + timedelta(days=1), datetime.min.time(), zone)
        until = min(end, midnight.astimezone(UTC))
        seconds = int((until - start).total_seconds())
        minutes = (seconds + 30) // 60
        if minutes:
            parts.append(Part(on, minutes, _span(start, until, minutes, on, zone)))
        start = until
    return parts


def _span(start: datetime, until: datetime, minutes: int, on: date, zone: ZoneInfo) -> Span | None:
    first = start.astimezone(zone)
    last = until.astimezone(zone)
    from_minute = first.hour * 60 + first.minute
    until_minute = last.hour * 60 + last.minute if last.date() == on else MINUTES_PER_DAY
    # Clocks show whole minutes; a minute more or less is rounding, more is a change of the clock.
    if from_minute < until_minute and abs(until_minute - from_minute - minutes) <= 1:
        return from_minute, until_minute
    return None
