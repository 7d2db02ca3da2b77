"""Calendars as one line of minutes: how much work lies before an instant, and the way back.

An instant is an int, minutes since the first day of the era; work is an int, working minutes since
a day near the plan. Between two working spans work stands still, so an amount of work names two
instants: where it ends (`finish_at`, the earlier) and where the next begins (`start_at`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from psa.core.org.rules.working_time import (
    MAX_SEARCH_DAYS,
    MINUTES_PER_DAY,
    CalendarSpec,
    NoWorkingTime,
    WorkingInterval,
    shared_intervals,
    working_intervals,
)

_CHUNK_DAYS: Final = 400

Intervals = Callable[[date, date], Sequence[WorkingInterval]]


def to_minutes(at: datetime) -> int:
    """The instant as minutes; seconds are cut off."""
    return at.toordinal() * MINUTES_PER_DAY + at.hour * 60 + at.minute


def to_datetime(instant: int) -> datetime:
    """The wall-clock time of an instant."""
    day, minute = divmod(instant, MINUTES_PER_DAY)
    return datetime.combine(date.fromordinal(day), datetime.min.time()) + timedelta(minutes=minute)


class _Table(dict[int, int]):
    """Answers remembered: a plan asks for the same instants again and again."""

    __slots__ = ("_work_out",)

    def __init__(self, work_out: Callable[[int], int]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, key: int) -> int:
        answer = self[key] = self._work_out(key)
        return answer


class Clockwork:
    """One calendar, worked out day by day as far as it is asked for. Three tables answer:

    `before[instant]`   working minutes before the instant
    `start_at[work]`    where work goes on when so much is done: the latest such instant
    `finish_at[work]`   where so much work is just done: the earliest such instant
    """

    __slots__ = (
        "_ends",
        "_first_day",
        "_intervals",
        "_last_day",
        "_starts",
        "_work",
        "before",
        "finish_at",
        "start_at",
    )

    def __init__(self, intervals: Intervals, around: date) -> None:
        self._intervals = intervals
        self._first_day = self._last_day = around.toordinal()
        self._starts: list[int] = []
        self._ends: list[int] = []
        # _work[n] is what lies before span n, counted from the first day asked for.
        self._work: list[int] = [0]
        self._extend_forward(self._last_day + _CHUNK_DAYS)
        self.before = _Table(self._before)
        self.start_at = _Table(self._start_at)
        self.finish_at = _Table(self._finish_at)

    def _before(self, instant: int) -> int:
        if instant >= self._last_day * MINUTES_PER_DAY:
            self._extend_forward(instant // MINUTES_PER_DAY + 1)
        elif instant < self._first_day * MINUTES_PER_DAY:
            self._extend_back(instant // MINUTES_PER_DAY)
        span = bisect_right(self._starts, instant) - 1
        if span < 0:
            return self._work[0]
        return self._work[span] + min(instant, self._ends[span]) - self._starts[span]

    def _start_at(self, work: int) -> int:
        while work >= self._work[-1]:
            self._reach_forward()
        while work < self._work[0]:
            self._reach_back()
        span = bisect_right(self._work, work) - 1
        return self._starts[span] + work - self._work[span]

    def _finish_at(self, work: int) -> int:
        while work > self._work[-1]:
            self._reach_forward()
        while work <= self._work[0]:
            self._reach_back()
        span = bisect_left(self._work, work) - 1
        return self._starts[span] + work - self._work[span]

    def _reach_forward(self) -> None:
        # More work, not more spans: round the clock there is one span for ever.
        known = self._work[-1]
        began = self._last_day
        while self._work[-1] == known:
            if self._last_day - began > MAX_SEARCH_DAYS:
                raise _nothing_around(began)
            self._extend_forward(self._last_day + _CHUNK_DAYS)

    def _reach_back(self) -> None:
        known = self._work[0]
        began = self._first_day
        while self._work[0] == known:
            if began - self._first_day > MAX_SEARCH_DAYS:
                raise _nothing_around(began)
            self._extend_back(self._first_day - _CHUNK_DAYS)

    def _extend_forward(self, to_day: int) -> None:
        to_day = min(max(to_day, self._last_day + _CHUNK_DAYS), date.max.toordinal())
        if to_day <= self._last_day:
            raise _nothing_around(self._last_day - 1)
        for start, end in self._spans(self._last_day, to_day):
            if self._ends and self._ends[-1] == start:
                # Night work: midnight does not cut it in two.
                self._ends[-1] = end
                self._work[-1] += end - start
            else:
                self._starts.append(start)
                self._ends.append(end)
                self._work.append(self._work[-1] + end - start)
        self._last_day = to_day

    def _extend_back(self, to_day: int) -> None:
        to_day = max(min(to_day, self._first_day - _CHUNK_DAYS), 1)
        if to_day >= self._first_day:
            raise _nothing_around(self._first_day)
        spans = self._spans(to_day, self._first_day)
        if spans and self._starts and spans[-1][1] == self._starts[0]:
            start, end = spans.pop()
            self._starts[0] = start
            self._work[0] -= end - start
        starts = [start for start, _ in spans]
        ends = [end for _, end in spans]
        work = self._work[0]
        before: list[int] = []
        for start, end in reversed(spans):
            work -= end - start
            before.append(work)
        self._starts[:0] = starts
        self._ends[:0] = ends
        self._work[:0] = reversed(before)
        self._first_day = to_day

    def _spans(self, from_day: int, to_day: int) -> list[tuple[int, int]]:
        merged: list[tuple[int, int]] = []
        for span in self._intervals(date.fromordinal(from_day), date.fromordinal(to_day)):
            midnight = span.on.toordinal() * MINUTES_PER_DAY
            start, end = midnight + span.start_minute, midnight + span.end_minute
            if merged and merged[-1][1] == start:
                merged[-1] = (merged[-1][0], end)
            else:
                merged.append((start, end))
        return merged


class _Same:
    """A table in which every number answers itself."""

    __slots__ = ()

    def __getitem__(self, number: int) -> int:
        return number


class RoundTheClock:
    """Elapsed time: every minute counts, so work and instants are the same."""

    __slots__ = ()

    before = start_at = finish_at = _Same()


AnyClock = Clockwork | RoundTheClock


def clock_of(spec: CalendarSpec, around: date) -> Clockwork:
    """One calendar."""
    return Clockwork(lambda from_on, until_on: working_intervals(spec, from_on, until_on), around)


def shared_clock_of(one: CalendarSpec, other: CalendarSpec, around: date) -> Clockwork:
    """Where both work: a task's own calendar and that of who does it."""
    return Clockwork(
        lambda from_on, until_on: shared_intervals(one, other, from_on, until_on), around
    )


def settled_start(clock: AnyClock, instant: int) -> int:
    """A milestone's place: where it is, unless that is idle time; then where work goes on.

    The very end of a working span is no idle time: what ends on Friday evening is reached then.
    """
    work = clock.before[instant]
    return instant if instant == clock.finish_at[work] else clock.start_at[work]


def _nothing_around(day: int) -> NoWorkingTime:
    return NoWorkingTime(
        f"The calendar has no working time around {date.fromordinal(day).isoformat()}. Add "
        "working hours to it."
    )
