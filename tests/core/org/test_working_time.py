"""Figures: docs/rules/working_time.md, W-1 to W-5."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psa.core.errors import DomainError
from psa.core.org.rules.working_time import (
    CalendarException,
    NoWorkingTime,
    WorkingInterval,
    WorkingWeek,
    add_working_days,
    add_working_minutes,
    calendar_of,
    capacity_between,
    capacity_by_day,
    capacity_minutes,
    is_working_day,
    next_working_day,
    shared_intervals,
    with_exceptions,
    working_intervals,
)

MONDAY = date(2026, 7, 6)
FRIDAY = date(2026, 7, 10)
SATURDAY = date(2026, 7, 11)
OFFICE = ((540, 720), (780, 1080))
WEEK = WorkingWeek((*[OFFICE] * 5, (), ()))
PLAIN = calendar_of([WEEK])


def day_of(on, **how):
    return CalendarException(on, on + timedelta(days=1), **how)


def test_yields_the_intervals_of_the_week():
    assert working_intervals(PLAIN, FRIDAY, FRIDAY + timedelta(days=3)) == [
        WorkingInterval(FRIDAY, 540, 720),
        WorkingInterval(FRIDAY, 780, 1080),
    ]
    assert capacity_between(PLAIN, MONDAY, MONDAY + timedelta(days=7)) == 5 * 480


@pytest.mark.parametrize(
    ("exception", "minutes"),
    [
        (day_of(MONDAY), 0),
        (day_of(MONDAY, spans=((540, 720),)), 300),
        (day_of(MONDAY, spans=((600, 840),)), 300),
        (day_of(MONDAY, minutes=240), 240),
        (day_of(MONDAY, minutes=999), 0),
        (day_of(MONDAY, working=True, spans=((1080, 1200),)), 600),
    ],
)
def test_applies_exceptions_whole_and_partial(exception, minutes):
    assert capacity_minutes(with_exceptions(PLAIN, [exception]), MONDAY) == minutes


def test_leaves_holidays_free_unless_worked():
    holiday = calendar_of([WEEK], holidays=[MONDAY])
    assert capacity_minutes(holiday, MONDAY) == 0
    worked = with_exceptions(holiday, [day_of(MONDAY, working=True, spans=((540, 660),))])
    assert capacity_minutes(worked, MONDAY) == 120
    assert capacity_minutes(with_exceptions(worked, [day_of(MONDAY)]), MONDAY) == 0
    assert capacity_minutes(holiday, MONDAY) == 0


def test_a_changed_pattern_leaves_the_past_alone():
    part_time = WorkingWeek((*[((540, 780),)] * 5, (), ()), valid_from=FRIDAY)
    full_time = WorkingWeek(WEEK.weekdays, valid_until=FRIDAY)
    spec = calendar_of([part_time, full_time])
    assert list(capacity_by_day(spec, date(2026, 7, 9), SATURDAY).values()) == [480, 240]
    with pytest.raises(DomainError, match="same day"):
        calendar_of([part_time, WEEK])


def test_has_no_capacity_outside_every_pattern():
    spec = calendar_of([WorkingWeek(WEEK.weekdays, MONDAY, SATURDAY)])
    assert capacity_between(spec, date(2026, 1, 1), date(2027, 1, 1)) == 5 * 480


def test_counts_working_days_both_ways():
    spec = calendar_of([WEEK], holidays=[date(2026, 7, 13)])
    assert next_working_day(spec, FRIDAY) == date(2026, 7, 14)
    assert add_working_days(spec, FRIDAY, 0) == FRIDAY
    assert add_working_days(spec, MONDAY, 4) == FRIDAY
    assert add_working_days(spec, MONDAY, 5) == date(2026, 7, 14)
    assert add_working_days(spec, date(2026, 7, 14), -1) == FRIDAY


def test_counts_working_minutes():
    assert add_working_minutes(PLAIN, MONDAY, 0, 0) == (MONDAY, 540)
    assert add_working_minutes(PLAIN, MONDAY, 0, 480) == (MONDAY, 1080)
    assert add_working_minutes(PLAIN, MONDAY, 600, 480) == (date(2026, 7, 7), 600)
    assert add_working_minutes(PLAIN, FRIDAY, 1080, 1) == (date(2026, 7, 13), 541)


def test_gives_up_on_a_calendar_without_work():
    never = calendar_of([])
    for ask in (lambda: next_working_day(never, MONDAY),
                lambda: add_working_minutes(never, MONDAY, 0, 1)):  # fmt: skip
        with pytest.raises(NoWorkingTime, match="2026-07-06"):
            ask()
    with pytest.raises(NoWorkingTime):
        add_working_days(never, date.min, -1)


def test_shares_the_time_of_two_calendars():
    early = calendar_of([WorkingWeek((*[((420, 840),)] * 5, (), ()))])
    assert shared_intervals(PLAIN, early, MONDAY, date(2026, 7, 7)) == [
        WorkingInterval(MONDAY, 540, 720),
        WorkingInterval(MONDAY, 780, 840),
    ]


@pytest.mark.parametrize("spans", [((600, 540),), ((-1, 60),), ((0, 1441),)])
def test_refuses_hours_outside_the_day(spans):
    with pytest.raises(DomainError, match="within the day"):
        calendar_of([WorkingWeek((spans, (), (), (), (), (), ()))])


def test_refuses_exceptions_that_make_no_sense():
    for exception in (
        CalendarException(MONDAY, MONDAY),
        day_of(MONDAY, minutes=-1),
        day_of(MONDAY, working=True),
    ):
        with pytest.raises(DomainError):
            with_exceptions(PLAIN, [exception])


spans = st.tuples(st.integers(0, 1439), st.integers(1, 600)).map(
    lambda span: (span[0], min(1440, sum(span)))
)


@given(st.lists(spans, max_size=6), st.lists(spans, min_size=1, max_size=4), st.integers(0, 1440))
def test_every_minute_is_worked_or_not(worked, off, minutes):
    spec = calendar_of([WorkingWeek((tuple(worked), (), (), (), (), (), ()))])
    left = {m for start, end in worked for m in range(start, end)}
    assert capacity_minutes(spec, MONDAY) == len(left)
    left -= {m for start, end in off for m in range(start, end)}
    away = with_exceptions(spec, [day_of(MONDAY, spans=tuple(off))])
    tomorrow = MONDAY + timedelta(days=1)
    found = [m for i in working_intervals(away, MONDAY, tomorrow)
             for m in range(i.start_minute, i.end_minute)]  # fmt: skip
    assert found == sorted(left)
    shorter = with_exceptions(away, [day_of(MONDAY, minutes=minutes)])
    assert capacity_minutes(shorter, MONDAY) == max(0, len(left) - minutes)


@given(st.integers(1, 300), st.sets(st.integers(0, 400), max_size=30))
def test_going_forth_and_back_returns(days, holidays):
    spec = calendar_of([WEEK], holidays=[MONDAY + timedelta(days=n) for n in holidays])
    start = MONDAY if is_working_day(spec, MONDAY) else next_working_day(spec, MONDAY)
    assert add_working_days(spec, add_working_days(spec, start, days), -days) == start
