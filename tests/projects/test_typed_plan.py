"""What is typed into the cells of a plan and pasted from a spreadsheet; figures of P-12."""

from datetime import date
from decimal import Decimal

import pytest

from projects.rules import typed_plan
from projects.rules.outline import Node, numbered, placed_behind, placed_first
from projects.rules.progress import Progressed, shown_progress
from projects.rules.typed_plan import PastedRow, TypedLink
from psa.core.errors import DomainError

DAY = 450  # a day of seven and a half hours


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("5", 5 * DAY), ("5d", 5 * DAY), ("1.5 days", 675), ("1,5d", 675), ("12h", 720),
        ("2w", 10 * DAY), ("2 weeks", 10 * DAY), ("30m", 30), ("30 minutes", 30), ("0d", 0),
        ("3 hrs", 180),
    ],
)  # fmt: skip
def test_durations(text, minutes):
    assert typed_plan.duration_of(text, day_minutes=DAY) == minutes


@pytest.mark.parametrize("text", ["", "soon", "5 months", "-1d", "5ed", "999999w", "1d 2h"])
def test_durations_that_are_none(text):
    with pytest.raises(DomainError):
        typed_plan.duration_of(text, day_minutes=DAY)


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("", []),
        ("3", [TypedLink("3")]),
        ("3FS+2d", [TypedLink("3", lag_minutes=2 * DAY)]),
        ("3+2", [TypedLink("3", lag_minutes=2 * DAY)]),
        ("3.2ss", [TypedLink("3.2", "SS")]),
        ("3.2SS-1.5h; 4", [TypedLink("3.2", "SS", -90), TypedLink("4")]),
        ("5 FF − 10 %, 6sf+1w", [
            TypedLink("5", "FF", lag_percent=Decimal(-10)), TypedLink("6", "SF", 5 * DAY),
        ]),
        ("7+1ed, 8+1ew", [
            TypedLink("7", "FS", 1440, None, True), TypedLink("8", "FS", 7 * 1440, None, True),
        ]),
    ],
)  # fmt: skip
def test_predecessors(text, links):
    assert typed_plan.links_of(text, day_minutes=DAY) == links


@pytest.mark.parametrize("text", ["three", "3FX", "3FS+", "3 4", "3,3", "3.", "3+2y"])
def test_predecessors_that_are_none(text):
    with pytest.raises(DomainError):
        typed_plan.links_of(text, day_minutes=DAY)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-07-06", date(2026, 7, 6)), ("6 Jul", date(2026, 7, 6)), ("Jul 6", date(2026, 7, 6)),
        ("6. Juli 2027", date(2027, 7, 6)), ("6.7.", date(2026, 7, 6)), ("6/7", date(2026, 7, 6)),
        ("6/7/27", date(2027, 7, 6)), ("3 Jan", date(2027, 1, 3)), ("6 März", date(2026, 3, 6)),
    ],
)  # fmt: skip
def test_days_without_a_year_are_the_nearest(text, day):
    assert typed_plan.day_of(text, near=date(2026, 8, 1)) == day


def test_days_follow_the_readers_order():
    assert typed_plan.day_of("7/6", near=date(2026, 8, 1), is_month_first=True) == date(2026, 7, 6)
    for text in ("31 Feb", "someday", "2026-13-01", "6 Foo", ""):
        with pytest.raises(DomainError):
            typed_plan.day_of(text, near=date(2026, 8, 1))


def test_people_are_named_in_full_by_initials_or_beginning():
    team = {1: "Ben Osei", 2: "Bea Olsen", 3: "Mei Tanaka", 4: "Consultant (open)"}
    assert typed_plan.shares_of("co", team) == [(4, Decimal(1))]
    assert typed_plan.shares_of("Ben Osei, mt 50%; Bea", team) == [
        (1, Decimal(1)), (3, Decimal("0.5")), (2, Decimal(1)),
    ]  # fmt: skip
    for text, words in (("BO", "fits several"), ("Zoe", "not on the team"), ("mt, Mei", "twice")):
        with pytest.raises(DomainError, match=words):
            typed_plan.shares_of(text, team)


def test_pasted_rows_with_a_head_and_levels():
    rows = [
        ["#", "Task name", "Effort (h)", "Pred."],
        ["1", "Build", "", ""], ["2", "   Core", "40", ""], ["3", "      Deep", "8", "2"],
        ["", "", "", ""], ["4", "   Edge", "16", "2SS"],
    ]  # fmt: skip
    assert [
        (row.level, row.texts["name"], row.texts["effort_minutes"], row.texts["predecessors"])
        for row in typed_plan.pasted_rows(rows)
    ] == [
        (0, "Build", "", ""),
        (1, "Core", "40", ""),
        (2, "Deep", "8", "2"),
        (1, "Edge", "16", "2SS"),
    ]
    assert typed_plan.pasted_rows([["Design", "8"]]) == [
        PastedRow(0, {"name": "Design", "effort_minutes": "8"})
    ]
    assert [row.level for row in typed_plan.pasted_rows(
        [["Level", "Name"], ["2", "A"], ["3", "B"], ["2", "C"]]
    )] == [0, 1, 0]  # fmt: skip


@pytest.mark.parametrize(
    "rows", [[], [["", ""]], [["", "8"]], [["Level", "Name"], ["1", "A"], ["3", "B"]]]
)
def test_pasted_rows_that_are_none(rows):
    with pytest.raises(DomainError):
        typed_plan.pasted_rows(rows)


def test_progress_is_what_was_set_else_by_hours_and_weighted_by_effort():
    half = Decimal("0.5")
    rows = [
        Progressed(1, True, 0, 0, False, Decimal(0)),
        Progressed(2, False, 600, 0, False, half),
        Progressed(2, False, 300, 20, False, half),
        Progressed(2, False, 0, 0, True, Decimal(1)),
        Progressed(1, True, 0, 0, True, Decimal(1)),
        Progressed(2, False, 0, 0, True, Decimal(1)),
    ]
    assert shown_progress(rows) == [40, 50, 20, 100, 100, 100]


PLAN = [Node(1, 1), Node(2, 2), Node(3, 2), Node(4, 3), Node(5, 1)]


def test_rows_are_placed_first_and_behind_another():
    def shape(nodes):
        return [(row.key, row.outline) for row in numbered(nodes)]

    assert shape(placed_first(PLAN, 5, parent=1)) == [
        (1, "1"), (5, "1.1"), (2, "1.2"), (3, "1.3"), (4, "1.3.1"),
    ]  # fmt: skip
    assert shape(placed_first(PLAN, 3, parent=None)) == [
        (3, "1"), (4, "1.1"), (1, "2"), (2, "2.1"), (5, "3"),
    ]  # fmt: skip
    assert shape(placed_behind(PLAN, 3, before=1)) == [
        (1, "1"), (2, "1.1"), (3, "2"), (4, "2.1"), (5, "3"),
    ]  # fmt: skip
    assert placed_behind(PLAN, 4, before=3) == [
        Node(1, 1), Node(2, 2), Node(3, 2), Node(4, 2), Node(5, 1),
    ]  # fmt: skip
    for before in (3, 4):
        with pytest.raises(DomainError):
            placed_behind(PLAN, 3, before=before)
