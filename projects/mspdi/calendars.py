"""Calendars of Microsoft Project's XML: week days, exceptions, work weeks, base calendars.

A file's exception *replaces* its days; the calendar engine's exceptions add and take away, so one
that works becomes its hours added and every other hour taken away.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final
from xml.etree.ElementTree import Element

from projects.mspdi.values import MalformedPlan, flag, moment, text, whole
from psa.core.org.rules.working_time import (
    MINUTES_PER_DAY,
    CalendarException,
    CalendarSpec,
    Span,
    Spans,
    WorkingWeek,
    calendar_of,
)

_NAMESPACE: Final = "{http://schemas.microsoft.com/project}"
_MORNING_AND_AFTERNOON: Final[Spans] = ((480, 720), (780, 1020))
_MAX_OCCURRENCES: Final = 1000
_MAX_DAYS: Final = 100_000

# What the seven days are where a calendar says nothing.
_DEFAULT_WEEK: Final[dict[int, Spans]] = {
    **dict.fromkeys(range(5), _MORNING_AND_AFTERNOON),
    5: (),
    6: (),
}


@dataclass(slots=True)
class _Read:
    uid: int
    base: int
    week: dict[int, Spans] = field(default_factory=dict)
    work_weeks: list[tuple[date, date, dict[int, Spans]]] = field(default_factory=list)
    exceptions: list[tuple[date, date, Spans]] = field(default_factory=list)


def read_calendars(root: Element) -> tuple[dict[str, CalendarSpec], dict[int, str]]:
    """Calendars by their number, and the calendar of each person who has one."""
    read = {
        calendar.uid: calendar
        for calendar in map(_read, root.iterfind(f"{_NAMESPACE}Calendars/{_NAMESPACE}Calendar"))
    }
    specs = {str(uid): _spec(_lineage(read, uid)) for uid in read}
    people: dict[int, str] = {}
    for node in root.iterfind(f"{_NAMESPACE}Resources/{_NAMESPACE}Resource"):
        calendar = str(whole(node, "CalendarUID", -1))
        # Type 1 is a person or machine; materials and costs have no working time.
        if calendar in specs and whole(node, "Type", 1) == 1 and text(node, "Name"):
            people[whole(node, "UID")] = calendar
    return specs, people


def _lineage(read: dict[int, _Read], uid: int) -> list[_Read]:
    """The calendar and those it is based on, itself first."""
    line: list[_Read] = []
    while uid in read and len(line) < 20:
        line.append(read[uid])
        uid = read[uid].base
    if len(line) == 20:
        raise MalformedPlan(f"Calendar {uid} is based on itself.")
    return line


def _read(node: Element) -> _Read:
    calendar = _Read(whole(node, "UID"), whole(node, "BaseCalendarUID", -1))
    for day in node.iterfind(f"{_NAMESPACE}WeekDays/{_NAMESPACE}WeekDay"):
        kind = whole(day, "DayType", 0)
        if kind == 0:
            calendar.exceptions.extend(_periods(day))
        elif 1 <= kind <= 7:
            calendar.week[_weekday(kind)] = _worked(day)
    for week in node.iterfind(f"{_NAMESPACE}WorkWeeks/{_NAMESPACE}WorkWeek"):
        days = {
            _weekday(whole(day, "DayType")): _worked(day)
            for day in week.iterfind(f"{_NAMESPACE}WeekDays/{_NAMESPACE}WeekDay")
            if 1 <= whole(day, "DayType", 0) <= 7
        }
        for first, last in _time_period(week):
            calendar.work_weeks.append((first, last, days))
    for exception in node.iterfind(f"{_NAMESPACE}Exceptions/{_NAMESPACE}Exception"):
        calendar.exceptions.extend(_occurrences(exception))
        _check_size(calendar)
    _check_size(calendar)
    return calendar


def _check_size(calendar: _Read) -> None:
    """A calendar of thousands of years would take hours to work out."""
    days = sum((last - first).days + 1 for first, last, _ in calendar.exceptions)
    days += sum((last - first).days + 1 for first, last, _ in calendar.work_weeks)
    if days > _MAX_DAYS:
        raise MalformedPlan(
            f"The exceptions of calendar {calendar.uid} name more than {_MAX_DAYS:,} days."
        )


def _weekday(day_type: int) -> int:
    """1 is Sunday there; 0 is Monday here."""
    return (day_type + 5) % 7


def _worked(node: Element) -> Spans:
    if not flag(node, "DayWorking"):
        return ()
    spans = []
    for time in node.iterfind(f"{_NAMESPACE}WorkingTimes/{_NAMESPACE}WorkingTime"):
        start, end = _minute(time, "FromTime"), _minute(time, "ToTime")
        spans.append((start, end or MINUTES_PER_DAY))
    return tuple(sorted(spans))


def _minute(node: Element, name: str) -> int:
    found = text(node, name, "") or ""
    parts = found.split(":")
    if len(parts) < 2 or not all(part.isdigit() for part in parts[:2]):
        raise MalformedPlan(f"“{found[:20]}” is not a time of day.")
    minute = int(parts[0]) * 60 + int(parts[1])
    if minute > MINUTES_PER_DAY:
        raise MalformedPlan(f"“{found[:20]}” is not a time of day.")
    return minute


def _periods(node: Element) -> Iterator[tuple[date, date, Spans]]:
    for first, last in _time_period(node):
        yield first, last, _worked(node)


def _time_period(node: Element) -> Iterator[tuple[date, date]]:
    """First and last day of the node's period; nothing when it has none."""
    period = node.find(f"{_NAMESPACE}TimePeriod")
    if period is None:
        return
    first, last = moment(period, "FromDate"), moment(period, "ToDate")
    if first is None or last is None:
        return
    last_day = last.date()
    # Midnight at the end belongs to the day before, unless it is the same day.
    if last.hour == last.minute == 0 and last_day > first.date():
        last_day -= timedelta(days=1)
    if last_day < first.date():
        raise MalformedPlan("A calendar exception ends before it begins.")
    yield first.date(), last_day


def _occurrences(node: Element) -> Iterator[tuple[date, date, Spans]]:
    """Each day, or run of days, that an exception names; recurrences are counted out."""
    kind = whole(node, "Type", 1)
    spans = _worked(node)
    for first, last in _time_period(node):
        if kind in (1, 7):
            step = whole(node, "Period", 1) if kind == 7 else 1
            if kind == 1 or step <= 1:
                yield first, last, spans
            else:
                for day in _days(first, last, step):
                    yield day, day, spans
        elif kind == 6:
            yield from _weekly(node, first, last, spans)
        elif kind in (2, 3):
            yield from _yearly(node, first, last, spans)
        elif kind in (4, 5):
            yield from _monthly(node, first, last, spans)
        else:
            yield first, last, spans


def _days(first: date, last: date, step: int) -> Iterator[date]:
    for number in range(first.toordinal(), last.toordinal() + 1, step):
        yield date.fromordinal(number)


def _weekly(
    node: Element, first: date, last: date, spans: Spans
) -> Iterator[tuple[date, date, Spans]]:
    mask, step = whole(node, "DaysOfWeek", 0), max(whole(node, "Period", 1), 1)
    sunday = first - timedelta(days=(first.weekday() + 1) % 7)
    for day in _days(first, last, 1):
        in_step = ((day - sunday).days // 7) % step == 0
        if in_step and mask & (1 << ((day.weekday() + 1) % 7)):
            yield day, day, spans


def _yearly(
    node: Element, first: date, last: date, spans: Spans
) -> Iterator[tuple[date, date, Spans]]:
    month = whole(node, "Month", first.month - 1) + 1
    for year in range(first.year, last.year + 1):
        day = _day_of_month(node, year, month, first.day)
        if day is not None and first <= day <= last:
            yield day, day, spans


def _monthly(
    node: Element, first: date, last: date, spans: Spans
) -> Iterator[tuple[date, date, Spans]]:
    step = max(whole(node, "Period", 1), 1)
    for count in range(0, _MAX_OCCURRENCES, step):
        year, month = divmod(first.year * 12 + first.month - 1 + count, 12)
        if date(year, month + 1, 1) > last:
            return
        day = _day_of_month(node, year, month + 1, first.day)
        if day is not None and first <= day <= last:
            yield day, day, spans


def _day_of_month(node: Element, year: int, month: int, fallback: int) -> date | None:
    """The numbered day, or such as “the last Friday”: positions count from 0, 4 is the last."""
    if text(node, "MonthPosition") is None:
        try:
            return date(year, month, whole(node, "MonthDay", fallback))
        except ValueError:
            return None
    position, item = whole(node, "MonthPosition"), whole(node, "MonthItem", 0)
    first = date(year, month, 1)
    following = date(year + month // 12, month % 12 + 1, 1)
    days = [first + timedelta(days=n) for n in range((following - first).days)]
    if item == 1:
        days = [day for day in days if day.weekday() < 5]
    elif item == 2:
        days = [day for day in days if day.weekday() >= 5]
    elif item >= 3:
        days = [day for day in days if day.weekday() == (item - 3 + 6) % 7]
    if position >= 4:
        return days[-1]
    return days[position] if position < len(days) else None


def _spec(line: list[_Read]) -> CalendarSpec:
    own = line[0]
    week = dict(_DEFAULT_WEEK)
    for calendar in reversed(line):
        week.update(calendar.week)
    exceptions: dict[date, Spans] = {}
    for calendar in reversed(line):
        for first, last, days in calendar.work_weeks:
            for day in _days(first, last, 1):
                exceptions[day] = days.get(day.weekday(), week[day.weekday()])
        if calendar is not own and not calendar.exceptions:
            continue
        for first, last, spans in calendar.exceptions:
            for day in _days(first, last, 1):
                exceptions[day] = spans
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = (week[d] for d in range(7))
    pattern = WorkingWeek((monday, tuesday, wednesday, thursday, friday, saturday, sunday))
    return calendar_of(
        [pattern],
        exceptions=[
            replaced for day, spans in exceptions.items() for replaced in _replacing(day, spans)
        ],
    )


def _replacing(day: date, spans: Spans) -> Iterator[CalendarException]:
    """Exceptions after which exactly `spans` of the day are worked."""
    until = day + timedelta(days=1)
    if not spans:
        yield CalendarException(day, until)
        return
    yield CalendarException(day, until, working=True, spans=spans)
    idle: list[Span] = []
    free_from = 0
    for start, end in spans:
        if start > free_from:
            idle.append((free_from, start))
        free_from = max(free_from, end)
    if free_from < MINUTES_PER_DAY:
        idle.append((free_from, MINUTES_PER_DAY))
    if idle:
        yield CalendarException(day, until, spans=tuple(idle))
