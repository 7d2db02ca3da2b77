"""The calendar engine: when somebody works. All availability arithmetic goes through here.

Days are dates and times are minutes after midnight, both as the wall clock of the person's zone
shows them; ranges of days are half-open. Worked figures: docs/rules/working_time.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from psa.core.errors import DomainError

MINUTES_PER_DAY: Final = 1440
MAX_EXCEPTION_DAYS: Final = 3660
MAX_SEARCH_DAYS: Final = 3660

# (start, end) in minutes after midnight, end exclusive.
Span = tuple[int, int]
Spans = tuple[Span, ...]


class NoWorkingTime(DomainError):
    """A calendar in which no working time is found for ten years."""


class WorkingInterval(NamedTuple):
    """Uninterrupted working time within one day."""

    on: date
    start_minute: int
    end_minute: int

    @property
    def minutes(self) -> int:
        return self.end_minute - self.start_minute


@dataclass(frozen=True, slots=True)
class WorkingWeek:
    """A weekly pattern, Monday first, effective for a range of days (None is open)."""

    weekdays: tuple[Spans, Spans, Spans, Spans, Spans, Spans, Spans]
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class CalendarException:
    """Days that differ from the pattern, `from_on` up to but not including `until_on`.

    Off: `spans` says which part of the day, `minutes` how much from its end; neither means the
    whole day. Working (`working=True`): `spans` is worked besides, holiday or not. Time off
    takes away from extra work too.
    """

    from_on: date
    until_on: date
    working: bool = False
    spans: Spans | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class CalendarSpec:
    """One person's or one project's calendar. Build with `calendar_of`."""

    weeks: tuple[WorkingWeek, ...]
    holidays: frozenset[date]
    exceptions: Mapping[date, tuple[CalendarException, ...]]
    _known: dict[date, Spans] = field(default_factory=dict, compare=False, repr=False)


def calendar_of(
    weeks: Iterable[WorkingWeek],
    *,
    holidays: Iterable[date] = (),
    exceptions: Iterable[CalendarException] = (),
) -> CalendarSpec:
    """A calendar from weekly patterns, public holidays and closures, and dated exceptions.

    Days outside every pattern have no working time.
    Raises  DomainError for a time outside the day, an end before its start, patterns that are
            effective on the same day, or an exception of more than ten years.
    Source  docs/rules/working_time.md, W-1.
    """
    ordered = sorted(weeks, key=lambda week: week.valid_from or date.min)
    for earlier, later in pairwise(ordered):
        if earlier.valid_until is None or earlier.valid_until > (later.valid_from or date.min):
            raise DomainError(
                "Two working patterns are effective on the same day. End one before the other "
                "begins.",
                "valid_from",
            )
    merged = tuple(
        WorkingWeek(
            _seven([_merged(spans) for spans in week.weekdays]), week.valid_from, week.valid_until
        )
        for week in ordered
    )
    return CalendarSpec(merged, frozenset(holidays), _by_day(exceptions))


def with_exceptions(spec: CalendarSpec, exceptions: Iterable[CalendarException]) -> CalendarSpec:
    """A shared calendar with one person's own exceptions (leave, overtime days) on top."""
    days = dict(spec.exceptions)
    for day, added in _by_day(exceptions).items():
        days[day] = days.get(day, ()) + added
    return CalendarSpec(spec.weeks, spec.holidays, days)


def working_spans(spec: CalendarSpec, on: date) -> Spans:
    """The working time of one day, in order, without overlaps; () on a day off."""
    spans = spec._known.get(on)
    if spans is None:
        spans = spec._known[on] = _work_out(spec, on)
    return spans


def working_intervals(spec: CalendarSpec, from_on: date, until_on: date) -> list[WorkingInterval]:
    """Working time from `from_on` up to but not including `until_on`, in order.

    Source  docs/rules/working_time.md, W-1 to W-3.
    """
    return [
        WorkingInterval(day, start, end)
        for day in _days(from_on, until_on)
        for start, end in working_spans(spec, day)
    ]


def shared_intervals(
    one: CalendarSpec, other: CalendarSpec, from_on: date, until_on: date
) -> list[WorkingInterval]:
    """Time that is working time in both calendars: a task's and its resource's."""
    return [
        WorkingInterval(day, start, end)
        for day in _days(from_on, until_on)
        for start, end in _common(working_spans(one, day), working_spans(other, day))
    ]


def capacity_minutes(spec: CalendarSpec, on: date) -> int:
    """How many minutes are worked on one day."""
    return sum(end - start for start, end in working_spans(spec, on))


def capacity_between(spec: CalendarSpec, from_on: date, until_on: date) -> int:
    """How many minutes are worked from `from_on` up to but not including `until_on`."""
    return sum(capacity_minutes(spec, day) for day in _days(from_on, until_on))


def capacity_by_day(spec: CalendarSpec, from_on: date, until_on: date) -> dict[date, int]:
    """Minutes worked on each day of the half-open range, days off as 0."""
    return {day: capacity_minutes(spec, day) for day in _days(from_on, until_on)}


def is_working_day(spec: CalendarSpec, on: date) -> bool:
    """Whether there is any working time on the day."""
    return bool(working_spans(spec, on))


def next_working_day(spec: CalendarSpec, on: date) -> date:
    """The first working day after `on`.

    Raises  NoWorkingTime if there is none for ten years.
    """
    return add_working_days(spec, on, 1)


def add_working_days(spec: CalendarSpec, on: date, days: int) -> date:
    """The day `days` working days after `on` (before it, if negative); `on` itself for 0.

    Raises  NoWorkingTime if ten years pass without a working day.
    Source  docs/rules/working_time.md, W-4.
    """
    direction = 1 if days > 0 else -1
    day, last_found = on, on
    left = abs(days)
    while left:
        if abs((day - last_found).days) >= MAX_SEARCH_DAYS:
            raise _nothing_after(last_found)
        try:
            day += timedelta(days=direction)
        except OverflowError:
            raise _nothing_after(last_found) from None
        if is_working_day(spec, day):
            left -= 1
            last_found = day
    return day


def add_working_minutes(
    spec: CalendarSpec, on: date, at_minute: int, minutes: int
) -> tuple[date, int]:
    """When `minutes` of work are done that begin on a day at a minute: (day, minute).

    Work that ends with the working day ends there, not at the next day's start. No minutes end
    at the first working minute.
    Raises  NoWorkingTime if ten years pass without working time; ValueError for negative minutes.
    Source  docs/rules/working_time.md, W-5.
    """
    if minutes < 0:
        raise ValueError("Work to be done must not be negative.")
    day, last_found = on, on
    left = minutes
    while True:
        for start, end in working_spans(spec, day):
            begin = max(start, at_minute) if day == on else start
            if begin >= end:
                continue
            last_found = day
            if left <= end - begin:
                return day, begin + left
            left -= end - begin
        if (day - last_found).days >= MAX_SEARCH_DAYS or day == date.max:
            raise _nothing_after(last_found)
        day += timedelta(days=1)


def _nothing_after(day: date) -> NoWorkingTime:
    return NoWorkingTime(
        f"The calendar has no working time around {day.isoformat()}. Add working hours to it."
    )


def _work_out(spec: CalendarSpec, on: date) -> Spans:
    spans: Spans = () if on in spec.holidays else _pattern(spec, on)
    exceptions = spec.exceptions.get(on)
    if not exceptions:
        return spans
    extra = [span for e in exceptions if e.working for span in e.spans or ()]
    spans = _merged((*spans, *extra))
    for exception in exceptions:
        if not exception.working and exception.minutes is None:
            spans = _without(spans, exception.spans or ((0, MINUTES_PER_DAY),))
    # Amounts come off after the parts: half a day off is half of what is still worked.
    for exception in exceptions:
        if not exception.working and exception.minutes is not None:
            spans = _shortened(spans, exception.minutes)
    return spans


def _pattern(spec: CalendarSpec, on: date) -> Spans:
    for week in reversed(spec.weeks):
        if week.valid_from is None or week.valid_from <= on:
            if week.valid_until is not None and on >= week.valid_until:
                return ()
            return week.weekdays[on.weekday()]
    return ()


def _by_day(
    exceptions: Iterable[CalendarException],
) -> dict[date, tuple[CalendarException, ...]]:
    days: dict[date, tuple[CalendarException, ...]] = {}
    for exception in exceptions:
        length = (exception.until_on - exception.from_on).days
        if not 0 < length <= MAX_EXCEPTION_DAYS:
            raise DomainError(
                f"A calendar exception from {exception.from_on.isoformat()} must end after it "
                "begins and last at most ten years.",
                "until_on",
            )
        if exception.minutes is not None and exception.minutes < 0:
            raise DomainError("Time off cannot be negative.", "minutes")
        if exception.working and not exception.spans:
            raise DomainError("An extra working day needs its hours.", "spans")
        _merged(exception.spans or ())
        for day in _days(exception.from_on, exception.until_on):
            days[day] = (*days.get(day, ()), exception)
    return days


def _days(from_on: date, until_on: date) -> Iterable[date]:
    first = from_on.toordinal()
    return (date.fromordinal(n) for n in range(first, until_on.toordinal()))


def _seven(days: Sequence[Spans]) -> tuple[Spans, Spans, Spans, Spans, Spans, Spans, Spans]:
    if len(days) != 7:
        raise DomainError("A working pattern needs seven days, Monday to Sunday.", "weekdays")
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = days
    return monday, tuesday, wednesday, thursday, friday, saturday, sunday


def _merged(spans: Sequence[Span]) -> Spans:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if not 0 <= start < end <= MINUTES_PER_DAY:
            raise DomainError(
                "Working hours must lie within the day and end after they begin.", "weekdays"
            )
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def _common(one: Spans, other: Spans) -> Spans:
    return tuple(
        (max(start, other_start), min(end, other_end))
        for start, end in one
        for other_start, other_end in other
        if max(start, other_start) < min(end, other_end)
    )


def _without(spans: Spans, removed: Spans) -> Spans:
    for gap_start, gap_end in removed:
        left: list[Span] = []
        for start, end in spans:
            if start < min(end, gap_start):
                left.append((start, min(end, gap_start)))
            if max(start, gap_end) < end:
                left.append((max(start, gap_end), end))
        spans = tuple(left)
    return spans


def _shortened(spans: Spans, minutes: int) -> Spans:
    left = list(spans)
    while left and minutes:
        start, end = left.pop()
        taken = min(minutes, end - start)
        minutes -= taken
        if taken < end - start:
            left.append((start, end - taken))
    return tuple(left)
