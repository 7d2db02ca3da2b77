"""When weeks are due: the clock where the person is, in the weeks of clock changes."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from timeexpense.rules.deadlines import (
    Deadlines,
    cutoff_at,
    due_at,
    escalation_at,
    instant,
    locked_at,
    reminder_at,
)
from timeexpense.rules.week import Week, business_days_after

AUCKLAND, LOS_ANGELES = ZoneInfo("Pacific/Auckland"), ZoneInfo("America/Los_Angeles")
TERMS = Deadlines()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "monday", "reminder", "due", "escalation", "locked"),
    [
        # Auckland goes from +12 to +13 on Sunday 27 September 2026: the weekend has 47 hours.
        (AUCKLAND, date(2026, 9, 21), "2026-09-25T03:00", "2026-09-25T05:00", "2026-09-28T04:00",
         "2026-10-02T11:00"),
        (AUCKLAND, date(2026, 9, 28), "2026-10-02T02:00", "2026-10-02T04:00", "2026-10-05T04:00",
         "2026-10-09T11:00"),
        # And back on Sunday 5 April 2026: 49 hours.
        (AUCKLAND, date(2026, 3, 30), "2026-04-03T02:00", "2026-04-03T04:00", "2026-04-06T05:00",
         "2026-04-10T12:00"),
        # Los Angeles goes from -8 to -7 on Sunday 8 March 2026.
        (LOS_ANGELES, date(2026, 3, 2), "2026-03-06T23:00", "2026-03-07T01:00", "2026-03-10T00:00",
         "2026-03-14T07:00"),
        # And back on Sunday 1 November 2026.
        (LOS_ANGELES, date(2026, 10, 26), "2026-10-30T22:00", "2026-10-31T00:00",
         "2026-11-03T01:00", "2026-11-07T08:00"),
    ],
)  # fmt: skip
def test_times_of_day_hold_where_the_person_is(
    zone: ZoneInfo, monday: date, reminder: str, due: str, escalation: str, locked: str
) -> None:
    week = Week(monday)
    assert reminder_at(week, TERMS, zone) == utc(reminder)
    assert due_at(week, TERMS, zone) == utc(due)
    assert escalation_at(week, TERMS, zone) == cutoff_at(week, TERMS, zone) == utc(escalation)
    assert locked_at(week, TERMS, zone) == utc(locked)


def test_a_time_that_the_clock_skips_comes_an_hour_later_by_the_clock() -> None:
    # 2:30 does not exist in Los Angeles on 8 March 2026: 3:30 in summer time.
    assert instant(date(2026, 3, 8), 150, LOS_ANGELES) == utc("2026-03-08T10:30")
    # 1:30 comes twice on 1 November: the first, still in summer time.
    assert instant(date(2026, 11, 1), 90, LOS_ANGELES) == utc("2026-11-01T08:30")


@pytest.mark.parametrize(
    ("on", "count", "day"),
    [
        (date(2026, 7, 10), 0, date(2026, 7, 10)),
        (date(2026, 7, 10), 1, date(2026, 7, 13)),
        (date(2026, 7, 10), 5, date(2026, 7, 17)),
        (date(2026, 7, 11), 1, date(2026, 7, 13)),
        (date(2026, 7, 10), 7, date(2026, 7, 21)),
    ],
)
def test_business_days_are_monday_to_friday(on: date, count: int, day: date) -> None:
    assert business_days_after(on, count) == day
