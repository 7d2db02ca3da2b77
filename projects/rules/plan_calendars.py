"""The calendars of a plan as its own table keeps them, and calendars without an end."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from psa.core.org.rules.working_time import (
    MINUTES_PER_DAY,
    CalendarException,
    CalendarSpec,
    Span,
    Spans,
    WorkingWeek,
    calendar_of,
    working_spans,
)

Run = tuple[date, date, Spans]


def week_of(spec: CalendarSpec) -> list[list[list[int]]]:
    """The weekly pattern in force last: seven lists of [start, end] minutes, Monday first."""
    days: Sequence[Spans] = spec.weeks[-1].weekdays if spec.weeks else ((),) * 7
    return [[list(span) for span in spans] for spans in days]


def runs_of(spec: CalendarSpec) -> list[Run]:
    """Days that differ from the weekly pattern, neighbours with the same hours as one run."""
    pattern = spec.weeks[-1].weekdays if spec.weeks else ((),) * 7
    days = sorted({*spec.exceptions, *spec.holidays})
    differing = [
        (day, working_spans(spec, day))
        for day in days
        if working_spans(spec, day) != pattern[day.weekday()]
    ]
    runs: list[Run] = []
    for day, spans in differing:
        if runs and runs[-1][2] == spans and day - runs[-1][1] == timedelta(days=1):
            runs[-1] = (runs[-1][0], day, spans)
        else:
            runs.append((day, day, spans))
    return runs


def days_of(spec: CalendarSpec) -> list[list[Any]]:
    """The same runs as plain lists for the table."""
    return [
        [first.isoformat(), last.isoformat(), [list(span) for span in spans]]
        for first, last, spans in runs_of(spec)
    ]


def spec_of(week: Sequence[Sequence[Sequence[int]]], days: Iterable[Sequence[Any]]) -> CalendarSpec:
    """The calendar that such lists describe."""
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = (_spans(day) for day in week)
    pattern = WorkingWeek((monday, tuesday, wednesday, thursday, friday, saturday, sunday))
    exceptions: list[CalendarException] = []
    for first, last, spans in days:
        exceptions += replacing(date.fromisoformat(first), date.fromisoformat(last), _spans(spans))
    return calendar_of([pattern], exceptions=exceptions)


def replacing(first: date, last: date, spans: Spans) -> Iterator[CalendarException]:
    """Exceptions after which exactly `spans` of each of these days are worked."""
    until = last + timedelta(days=1)
    if not spans:
        yield CalendarException(first, until)
        return
    yield CalendarException(first, until, working=True, spans=spans)
    edges = ((0, 0), *spans, (MINUTES_PER_DAY, MINUTES_PER_DAY))
    idle: list[Span] = [(a[1], b[0]) for a, b in pairwise(edges) if b[0] > a[1]]
    if idle:
        yield CalendarException(first, until, spans=tuple(idle))


def without_end(spec: CalendarSpec) -> CalendarSpec | None:
    """The same hours before the first pattern and after the last; None where there is no pattern.

    A plan may reach beyond somebody's employment: its dates stay sensible until it is re-staffed.
    """
    if not spec.weeks:
        return None
    first = replace(spec.weeks[0], valid_from=None)
    if len(spec.weeks) == 1:
        return replace(spec, weeks=(replace(first, valid_until=None),), _known={})
    last = replace(spec.weeks[-1], valid_until=None)
    return replace(spec, weeks=(first, *spec.weeks[1:-1], last), _known={})


def _spans(spans: Iterable[Sequence[int]]) -> Spans:
    return tuple((start, end) for start, end in spans)
