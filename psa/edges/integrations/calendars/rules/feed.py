"""A calendar as RFC 5545 writes it: whole days, the same bytes as long as nothing changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final

from icalendar import Calendar, Event

ONE_DAY: Final = timedelta(days=1)
READ_AGAIN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """What shows on days from `starts_on` until before `ends_on`; `key` names it for good."""

    key: str
    title: str
    text: str
    starts_on: date
    ends_on: date
    stamped_at: datetime
    revision: int = 0
    is_tentative: bool = False
    is_away: bool = False


def runs_of(days: Iterable[date]) -> list[tuple[date, date]]:
    """Days that follow each other, as first day and the day after the last."""
    ordered = sorted(set(days))
    if not ordered:
        return []
    breaks = [(a, b) for a, b in pairwise(ordered) if b - a > ONE_DAY]
    firsts = [ordered[0], *(b for _, b in breaks)]
    lasts = [*(a for a, _ in breaks), ordered[-1]]
    return [(first, last + ONE_DAY) for first, last in zip(firsts, lasts, strict=True)]


def as_ical(name: str, entries: Sequence[Entry]) -> bytes:
    """The calendar as programs subscribe to it, named after the firm."""
    calendar = Calendar()
    calendar.add("prodid", "-//psa//bookings and leave//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", READ_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for entry in entries:
        calendar.add_component(_event(entry))
    return bytes(calendar.to_ical())


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("uid", f"{entry.key}@psa.invalid")
    event.add("dtstamp", entry.stamped_at)
    event.add("dtstart", entry.starts_on)
    event.add("dtend", entry.ends_on)
    event.add("summary", entry.title)
    if entry.text:
        event.add("description", entry.text)
    event.add("sequence", entry.revision)
    event.add("status", "TENTATIVE" if entry.is_tentative else "CONFIRMED")
    # A booking leaves the day open for meetings; leave does not.
    event.add("transp", "OPAQUE" if entry.is_away else "TRANSPARENT")
    event.add("class", "PRIVATE")
    if entry.is_away:
        event.add("x-microsoft-cdo-busystatus", "OOF")
    return event
