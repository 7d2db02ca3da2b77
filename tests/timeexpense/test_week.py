"""Weeks, totals, deadlines and locks, by T-1 to T-3 and T-5."""

from datetime import date

import pytest

from timeexpense.rules.suggestion import Assigned, Pattern, suggest
from timeexpense.rules.week import Week, deadline_of, is_locked, locked_from, totals, week_of

MONDAY = date(2026, 7, 6)
WEEK = Week(MONDAY)


@pytest.mark.parametrize(
    ("on", "starts", "first"),
    [
        (date(2026, 7, 6), 0, date(2026, 7, 6)),
        (date(2026, 7, 12), 0, date(2026, 7, 6)),
        (date(2026, 7, 12), 6, date(2026, 7, 12)),
        (date(2026, 7, 11), 6, date(2026, 7, 5)),
        (date(2027, 1, 1), 0, date(2026, 12, 28)),
    ],
)
def test_finds_the_week_of_a_day(on: date, starts: int, first: date) -> None:
    assert week_of(on, starts_weekday=starts).starts_on == first


def test_sets_what_was_entered_against_capacity() -> None:
    capacity = {WEEK.days[n]: 480 for n in range(4)} | {WEEK.days[4]: 240}
    entered = [(WEEK.days[0], 480), (WEEK.days[2], 585), (WEEK.days[3], 330), (WEEK.ends_on, 60)]
    total = totals(WEEK, entered=entered, capacity=capacity)
    assert [day.difference_minutes for day in total.days] == [0, -480, 105, -150, -240, 0, 0]
    assert (total.minutes, total.capacity_minutes, total.missing_minutes) == (1395, 2160, 765)


def test_locks_five_business_days_after_friday() -> None:
    assert deadline_of(WEEK) == date(2026, 7, 10)
    assert locked_from(WEEK, business_days=5) == date(2026, 7, 18)
    assert not is_locked(WEEK, today=date(2026, 7, 17), business_days=5)
    assert is_locked(WEEK, today=date(2026, 7, 18), business_days=5)
    assert locked_from(WEEK, business_days=0) == date(2026, 7, 11)
    assert locked_from(WEEK, business_days=7) == date(2026, 7, 22)


def test_suggests_last_weeks_pattern_then_assignments_within_capacity() -> None:
    free = {WEEK.days[0]: 480, WEEK.days[1]: 480, WEEK.days[2]: 0}
    found = suggest(
        WEEK,
        free_minutes=free,
        earlier=[Pattern(1, 10, 0, 390), Pattern(1, 11, 0, 180), Pattern(1, 10, 2, 480)],
        assigned=[Assigned(1, 12, 300), Assigned(2, 20, 6000)],
    )
    assert [(s.task_id, s.on, s.minutes) for s in found] == [
        (10, WEEK.days[0], 390),
        (11, WEEK.days[0], 90),
        (12, WEEK.days[1], 240),
        (20, WEEK.days[1], 240),
    ]


def test_is_due_on_the_weekday_of_the_firm() -> None:
    week = week_of(date(2026, 7, 8))
    assert deadline_of(week, weekday=0) == date(2026, 7, 6)
    assert locked_from(week, business_days=5, weekday=0) == date(2026, 7, 14)
    assert locked_from(week, business_days=5) == date(2026, 7, 18)
