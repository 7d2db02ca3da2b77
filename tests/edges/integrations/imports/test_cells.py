"""What a cell means, in the orders people write."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psa.core.errors import DomainError
from psa.edges.integrations.imports.rules import cells
from psa.edges.integrations.imports.rules.columns import Target, guessed


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2026-07-09", cells.ISO, date(2026, 7, 9)),
        ("2026-07-09 08:15:00", cells.ISO, date(2026, 7, 9)),
        ("2026-07-09T08:15:00Z", cells.MONTH_FIRST, date(2026, 7, 9)),
        ("09/07/2026", cells.DAY_FIRST, date(2026, 7, 9)),
        ("09/07/2026", cells.MONTH_FIRST, date(2026, 9, 7)),
        ("9.7.26", cells.DAY_FIRST, date(2026, 7, 9)),
        ("13/07/2026", cells.ISO, date(2026, 7, 13)),
        ("9 Jul 2026", cells.ISO, date(2026, 7, 9)),
        ("09/Jul/26", cells.ISO, date(2026, 7, 9)),
        ("July 9, 2026", cells.ISO, date(2026, 7, 9)),
    ],
)
def test_reads_a_date(text: str, order: str, day: date) -> None:
    assert cells.day_of(text, order) == day


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-02-30", "05/06/2026", "32/13/2026", "9 Foo 2026"]
)
def test_refuses_what_is_no_date_or_reads_two_ways(text: str) -> None:
    with pytest.raises(DomainError):
        cells.day_of(text, cells.ISO)


@pytest.mark.parametrize(
    ("text", "duration", "decimal", "minutes"),
    [
        ("7.5", cells.HOURS, cells.AUTO, 450),
        ("7,5", cells.HOURS, cells.AUTO, 450),
        ("7:30", cells.HOURS, cells.AUTO, 450),
        ("07:29:30", cells.HOURS, cells.AUTO, 450),
        ("1h 30m", cells.HOURS, cells.AUTO, 90),
        ("1d 2h", cells.HOURS, cells.AUTO, 600),
        ("5400", cells.SECONDS, cells.AUTO, 90),
        ("90", cells.MINUTES, cells.AUTO, 90),
        ("0.33", cells.HOURS, cells.POINT, 20),
        ("0", cells.HOURS, cells.AUTO, 0),
        ("1w 1d", cells.HOURS, cells.AUTO, 2880),
        ("0.5d", cells.HOURS, cells.AUTO, 240),
        ("1,5h", cells.HOURS, cells.AUTO, 90),
        ("47:06 min", cells.HOURS, cells.AUTO, 47),
        ("30 sec", cells.HOURS, cells.AUTO, 1),
    ],
)
def test_reads_a_time(text: str, duration: str, decimal: str, minutes: int) -> None:
    assert cells.minutes_of(text, duration, decimal) == minutes


@pytest.mark.parametrize("text", ["", "lots", "-1", "1.2.3", "NaN", "1e9"])
def test_refuses_what_is_no_time(text: str) -> None:
    with pytest.raises(DomainError):
        cells.minutes_of(text, cells.HOURS, cells.AUTO)


@given(st.integers(0, 1440))
def test_reads_back_every_minute_as_a_clock_and_in_seconds(minutes: int) -> None:
    clock = f"{minutes // 60}:{minutes % 60:02d}"
    assert cells.minutes_of(clock, cells.HOURS, cells.AUTO) == minutes
    assert cells.minutes_of(str(minutes * 60), cells.SECONDS, cells.AUTO) == minutes


@given(st.text(max_size=20))
def test_refuses_any_text_with_a_sentence_at_most(text: str) -> None:
    for read in (
        lambda: cells.day_of(text, cells.DAY_FIRST),
        lambda: cells.minutes_of(text, cells.HOURS, cells.AUTO),
        lambda: cells.amount_of(text, cells.COMMA, field="x"),
        lambda: cells.yes_or_no(text, field="x"),
    ):
        try:
            read()
        except DomainError as error:
            assert error.message


def test_tells_the_order_of_dates_by_those_that_read_one_way() -> None:
    assert cells.date_order_of(["05/06/2026", "13/06/2026"]) == cells.DAY_FIRST
    assert cells.date_order_of(["05/06/2026", "06/13/2026"]) == cells.MONTH_FIRST
    assert cells.date_order_of(["05.06.2026"]) == cells.DAY_FIRST
    assert cells.date_order_of(["05/06/2026", "2026-01-01"]) == cells.ISO


def test_guesses_columns_by_exact_names_before_parts_of_names() -> None:
    targets = (Target("name", "Name", ("name",)), Target("first", "First", ("first name",)))
    assert guessed(["First name", "Full name", "Name"], targets) == {"name": 2, "first": 0}
    assert guessed(["Full name", "First name"], targets) == {"first": 1, "name": 0}
