"""What is unlike the person's earlier days, and what is not: docs/rules/timeexpense.md, T-12."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from timeexpense.rules.unusual import DayWorked, unusual_amount, unusual_day

MONDAY = date(2026, 7, 6)
LAST_WEEK = {MONDAY - timedelta(days=n): 240 for n in range(3, 8)}


@pytest.mark.parametrize(
    ("minutes", "on", "found"),
    [
        (480, MONDAY, True),  # twice the median of 4:00, and 4:00 more
        (479, MONDAY, False),
        (120, MONDAY, False),  # less is not unusual
        (120, date(2026, 7, 11), True),  # a Saturday, as never before
    ],
)
def test_a_day_at_twice_the_usual_or_on_a_weekend(minutes: int, on: date, found: bool) -> None:
    assert bool(unusual_day(DayWorked(1, 1, on, minutes), LAST_WEEK)) is found


def test_a_small_day_needs_two_hours_more() -> None:
    short = dict.fromkeys(LAST_WEEK, 60)
    assert not unusual_day(DayWorked(1, 1, MONDAY, 179), short)
    assert unusual_day(DayWorked(1, 1, MONDAY, 180), short)


def test_fewer_than_five_days_of_the_eight_weeks_say_nothing() -> None:
    four = dict(list(LAST_WEEK.items())[:4])
    long_ago = {MONDAY - timedelta(days=60 + n): 240 for n in range(5)}
    assert not unusual_day(DayWorked(1, 1, MONDAY, 900), four)
    assert not unusual_day(DayWorked(1, 1, MONDAY, 900), four | long_ago)


def test_days_of_the_same_week_are_no_history() -> None:
    same_week = {MONDAY + timedelta(days=n): 60 for n in range(4)}
    assert not unusual_day(DayWorked(1, 1, MONDAY + timedelta(days=4), 600), same_week)


def test_an_expense_over_three_times_the_median_of_eight() -> None:
    earlier = [Decimal(100)] * 8
    assert not unusual_amount(Decimal("300.00"), earlier)
    assert unusual_amount(Decimal("300.01"), earlier) == (
        "3.0 times what is usual for this category."
    )
    assert not unusual_amount(Decimal(900), earlier[:7])
