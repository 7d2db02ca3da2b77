"""Work = units × duration, whichever of the three is changed: docs/rules/projects.md, P-8."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.rules import workload
from projects.rules.workload import Mode, Part, Workload
from psa.core.errors import DomainError

DAY = 480
ONE = Workload(Mode.FIXED_UNITS, False, 4 * DAY, 4 * DAY, (Part(1, Decimal(1), 4 * DAY),))


def _of(mode, is_effort_driven=False):
    return replace(ONE, mode=mode, is_effort_driven=is_effort_driven)


def test_more_work_takes_longer_or_more_units():
    assert workload.with_effort(ONE, 5 * DAY).duration_minutes == 5 * DAY
    pressed = workload.with_effort(_of(Mode.FIXED_DURATION), 5 * DAY)
    assert (pressed.duration_minutes, pressed.parts[0].units) == (4 * DAY, Decimal("1.25"))


def test_fewer_units_take_longer_or_do_less():
    half = Decimal("0.5")
    assert workload.with_units(_of(Mode.FIXED_EFFORT), 1, half).duration_minutes == 8 * DAY
    assert workload.with_units(ONE, 1, half).duration_minutes == 8 * DAY
    less = workload.with_units(_of(Mode.FIXED_DURATION), 1, half)
    assert (less.duration_minutes, less.effort_minutes) == (4 * DAY, 2 * DAY)


def test_a_new_duration_changes_the_work_or_the_units():
    assert workload.with_duration(ONE, 2 * DAY).effort_minutes == 2 * DAY
    same = workload.with_duration(_of(Mode.FIXED_EFFORT), 2 * DAY)
    assert (same.effort_minutes, same.parts[0].units) == (4 * DAY, Decimal(2))


def test_somebody_joins_and_leaves():
    shared = workload.with_part(_of(Mode.FIXED_UNITS, True), 2, Decimal(1))
    assert (shared.duration_minutes, shared.effort_minutes) == (2 * DAY, 4 * DAY)
    assert [part.minutes for part in shared.parts] == [2 * DAY, 2 * DAY]
    assert workload.without_part(shared, 2) == _of(Mode.FIXED_UNITS, True)
    more = workload.with_part(ONE, 2, Decimal(1))
    assert (more.duration_minutes, more.effort_minutes) == (4 * DAY, 8 * DAY)
    assert workload.without_part(more, 2) == ONE
    assert workload.without_part(ONE, 1).effort_minutes == 4 * DAY


def test_nobody_assigned():
    nobody = replace(ONE, parts=())
    assert workload.with_effort(nobody, 5 * DAY).duration_minutes == 5 * DAY
    assert workload.with_duration(nobody, 8 * DAY).effort_minutes == 4 * DAY
    first = workload.with_part(nobody, 1, Decimal("0.5"))
    assert (first.duration_minutes, first.effort_minutes) == (8 * DAY, 4 * DAY)


def test_refuses_units_that_are_none():
    for units in (Decimal(0), Decimal(-1), Decimal("NaN"), Decimal(1001)):
        with pytest.raises(DomainError, match="Units"):
            workload.check_units(units)


PARTS = st.lists(st.tuples(st.integers(1, 400), st.integers(0, 10_000)), min_size=1, max_size=6)


@given(
    PARTS,
    st.sampled_from(Mode),
    st.booleans(),
    st.integers(1, 50_000),
    st.integers(1, 400),
)
def test_parts_always_sum_to_the_work(parts, mode, is_driven, minutes, percent):
    made = tuple(Part(n, Decimal(units) / 100, work) for n, (units, work) in enumerate(parts))
    load = Workload(mode, is_driven, 4 * DAY, sum(p.minutes for p in made), made)
    share = Decimal(percent) / 100
    for changed in (
        workload.with_effort(load, minutes),
        workload.with_duration(load, minutes),
        workload.with_units(load, 0, share),
        workload.with_part(load, 99, share),
        workload.without_part(load, 0),
    ):
        if changed.parts:
            assert sum(part.minutes for part in changed.parts) == changed.effort_minutes
        if mode == Mode.FIXED_DURATION and changed.duration_minutes != minutes:
            assert changed.duration_minutes == load.duration_minutes
