"""How a booking is laid over days: the figures of docs/rules/resources.md, R-1."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psa.core.errors import DomainError
from resources.rules.contour import METHODS, DayRoom, contour, words

MONDAY = date(2026, 7, 6)
HOUR = 60


def days(capacity, booked):
    return [
        DayRoom(MONDAY + timedelta(days=n), work * HOUR, taken * HOUR)
        for n, (work, taken) in enumerate(zip(capacity, booked, strict=True))
    ]


WEEK = days((10, 10, 10, 10, 0), (6, 4, 2, 2, 2))


@pytest.mark.parametrize(
    ("method", "values", "hours", "unplaced"),
    [
        ("full", {}, (10, 10, 10, 10, 0), 0),
        ("remaining", {}, (4, 6, 8, 8, 0), 0),
        ("percent", {"percent": Decimal(50)}, (5, 5, 5, 5, 0), 0),
        ("evenly", {"asked_minutes": 80 * HOUR}, (20, 20, 20, 20, 0), 0),
        ("front", {"asked_minutes": 80 * HOUR}, (4, 6, 8, 8, 0), 54),
        ("per_day", {"asked_minutes": 3 * HOUR}, (3, 3, 3, 3, 0), 0),
    ],
)
def test_methods(method, values, hours, unplaced):
    found = contour(WEEK, method=method, **values)
    assert [found.minutes.get(day.on, 0) for day in WEEK] == [n * HOUR for n in hours]
    assert found.unplaced_minutes == unplaced * HOUR


def test_over_capacity_is_said_by_day():
    assert contour(WEEK, method="evenly", asked_minutes=80 * HOUR).over_minutes == {
        day.on: n * HOUR for day, n in zip(WEEK, (16, 14, 12, 12), strict=False)
    }
    assert contour(WEEK, method="remaining").over_minutes == {}
    assert contour(WEEK, method="front", asked_minutes=80 * HOUR).over_minutes == {}


def test_front_loading_stops_when_all_is_placed():
    found = contour(WEEK, method="front", asked_minutes=7 * HOUR)
    assert [n // HOUR for n in found.minutes.values()] == [4, 3]
    assert found.unplaced_minutes == 0


def test_a_percentage_is_rounded_half_up_by_day():
    week = days((7, 7), (0, 0))
    assert set(contour(week, method="percent", percent=Decimal("12.5")).minutes.values()) == {53}


@pytest.mark.parametrize(
    ("method", "values", "field"),
    [
        ("percent", {}, "percent"),
        ("percent", {"percent": Decimal(201)}, "percent"),
        ("evenly", {}, "asked_minutes"),
        ("front", {"asked_minutes": 0}, "asked_minutes"),
        ("per_day", {"asked_minutes": 25 * HOUR}, "asked_minutes"),
        ("weekly", {}, "method"),
    ],
)
def test_refuses_what_a_method_lacks(method, values, field):
    with pytest.raises(DomainError) as refused:
        contour(WEEK, method=method, **values)
    assert refused.value.field == field


def test_refuses_a_time_without_working_days():
    with pytest.raises(DomainError, match="no working day"):
        contour(days((0, 0), (0, 0)), method="full")


ROOMS = st.lists(st.tuples(st.integers(0, 600), st.integers(0, 700)), min_size=1, max_size=8).map(
    lambda pairs: [
        DayRoom(MONDAY + timedelta(days=n), work, taken) for n, (work, taken) in enumerate(pairs)
    ]
)


@given(ROOMS, st.sampled_from(METHODS), st.integers(1, 40_000))
def test_placed_and_unplaced_are_what_was_asked_and_nothing_falls_on_a_day_off(
    rooms, method, asked
):
    try:
        found = contour(rooms, method=method, percent=Decimal(50), asked_minutes=asked)
    except DomainError:
        return
    by_day = {room.on: room for room in rooms}
    assert all(by_day[on].capacity_minutes > 0 for on in found.minutes)
    if method in ("evenly", "front"):
        assert found.total_minutes + found.unplaced_minutes == asked
    if method in ("front", "remaining"):
        assert not found.over_minutes


def test_methods_in_words():
    assert words("percent", Decimal("50.00"), None) == "50 % of capacity"
    assert words("per_day", None, 450) == "7.5 h a day"
    assert words("evenly", None, 4800) == "80 h evenly"
