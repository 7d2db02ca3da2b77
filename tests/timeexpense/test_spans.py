"""Start and stop, and what a timer leaves behind: the tables T-14 of docs/rules/timeexpense.md."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeexpense.rules import spans
from timeexpense.rules.timing import Part, parts_of
from timeexpense.rules.typed_time import TimeRefused, Typed, read_time

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("9-10:30", ((540, 630),)),
        ("9:00–12:00, 13–17:15", ((540, 720), (780, 1035))),
        ("8h30 - 9h ; 10-11", ((510, 540), (600, 660))),
        ("9-10 11-12", ((540, 600), (660, 720))),
        ("22-24", ((1320, 1440),)),
    ],
)
def test_reads_start_and_stop(typed: str, found: tuple[spans.Span, ...]) -> None:
    assert read_time(typed) == Typed(spans.minutes_in(found), found)
    assert spans.spans_of(spans.text_of(found)) == found


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("10-9", "overlapping_times"), ("9-10, 9:59-11", "overlapping_times"),
        ("9-25", "unreadable_time"), ("9:60-10", "unreadable_time"), ("9-", "unreadable_time"),
        ("-1", "not_positive"), ("25h", "more_than_a_day"), ("soon", "unreadable_time"),
        ("9-10," * 200, "unreadable_time"),
    ],
)  # fmt: skip
def test_names_the_rule_that_refuses_what_was_typed(typed: str, code: str) -> None:
    with pytest.raises(TimeRefused) as refusal:
        read_time(typed)
    assert refusal.value.finding.code == code
    assert refusal.value.finding.blocks


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN)  # type: ignore[misc,arg-type]


def test_leaves_a_part_on_each_day_rounded_to_the_minute() -> None:
    started = berlin(2026, 7, 6, 23, 10, 20)
    assert parts_of(started, berlin(2026, 7, 7, 0, 45, 50), BERLIN) == [
        Part(date(2026, 7, 6), 50, (1390, 1440)),
        Part(date(2026, 7, 7), 46, (0, 45)),
    ]
    assert parts_of(started, started + timedelta(seconds=29), BERLIN) == []


def test_counts_the_minutes_that_passed_when_the_clock_is_changed() -> None:
    spring = parts_of(berlin(2026, 3, 29, 1, 0), berlin(2026, 3, 29, 4, 0), BERLIN)
    assert spring == [Part(date(2026, 3, 29), 120, None)]
    autumn = parts_of(berlin(2026, 10, 25, 1, 0), berlin(2026, 10, 25, 4, 0), BERLIN)
    assert autumn == [Part(date(2026, 10, 25), 240, None)]


def test_falls_on_the_day_where_the_person_is() -> None:
    started = datetime(2026, 7, 6, 13, 0, tzinfo=UTC)
    stopped = started + timedelta(hours=1)
    (auckland,) = parts_of(started, stopped, ZoneInfo("Pacific/Auckland"))
    (los_angeles,) = parts_of(started, stopped, ZoneInfo("America/Los_Angeles"))
    assert (auckland.on, los_angeles.on) == (date(2026, 7, 7), date(2026, 7, 6))
    assert auckland.minutes == los_angeles.minutes == 60


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 30)),
    st.integers(0, 86_400),
    st.sampled_from(["Europe/Berlin", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata"]),
)
def test_loses_no_more_than_rounding(at: datetime, seconds: int, zone: str) -> None:
    started = at.replace(tzinfo=UTC)
    parts = parts_of(started, started + timedelta(seconds=seconds), ZoneInfo(zone))
    assert abs(sum(part.minutes for part in parts) - seconds / 60) <= 1
    assert all(part.span is None or 0 <= part.span[0] < part.span[1] <= 1440 for part in parts)
