"""Levelling: the figures of docs/rules/projects.md, P-25, and what must hold for every plan."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.rules.levelling import Demand, can_wait, level
from projects.rules.scheduling import (
    Assigned,
    Constraint,
    Link,
    Plan,
    PlanTask,
    Progress,
    schedule,
)
from psa.core.org.rules.working_time import WorkingWeek, calendar_of

_DAY = ((540, 720), (780, 1080))
OFFICE = calendar_of([WorkingWeek((_DAY, _DAY, _DAY, _DAY, _DAY, (), ()))])
BEN, BEA = 1, 2
DAY = 480
ONE = Decimal(1)


def plan_of(tasks, links=()):
    return Plan(
        tasks=tasks, links=[Link(*pair) for pair in links], calendars={"office": OFFICE},
        project_calendar="office", starts_at=datetime(2026, 7, 6, 9),
    )  # fmt: skip


def task(number, days, **values):
    return PlanTask(number, days * DAY, assigned=[Assigned("office", days * DAY)], **values)


def ben(*numbers, priority=None):
    return {n: Demand({BEN: ONE}, (priority or {}).get(n, 500)) for n in numbers}


def at(day, hour=9):
    return datetime(2026, 7, day, hour)


# Ben builds (1) for five days, then tests (4) for two; meanwhile he writes (2, 3) for two days each.
PLAN = plan_of([task(1, 5), task(2, 2), task(3, 2), task(4, 2)], [(1, 4)])


def test_waits_inside_slack_first_and_the_project_ends_later_only_by_what_is_too_much():
    found = level(PLAN, ben(1, 2, 3, 4))
    assert [(one.task_id, one.was_start, one.starts_at) for one in found.delays] == [
        (2, at(6), at(13)), (3, at(6), at(15)), (4, at(13), at(17)),
    ]  # fmt: skip
    assert found.left == ()
    assert (found.was_finish, found.finish) == (at(14, 18), datetime(2026, 7, 20, 18))


def test_within_slack_the_finish_stays_and_what_is_left_is_told():
    found = level(PLAN, ben(1, 2, 3, 4), within_slack=True)
    assert found.finish == found.was_finish
    assert [one.task_ids for one in found.left] != []
    two = level(plan_of([task(1, 5), task(2, 2)], []), ben(1, 2), within_slack=True)
    assert [one.task_id for one in two.delays] == []
    bea = level(
        plan_of([task(1, 5), task(2, 2), task(3, 8)]),
        {**ben(1, 2), 3: Demand({BEA: ONE})}, within_slack=True,
    )  # fmt: skip
    assert [(one.task_id, one.starts_at) for one in bea.delays] == [(2, at(13))]
    assert bea.left == ()


def test_without_slack_the_lower_priority_waits():
    both = plan_of([task(1, 2), task(2, 2)])
    assert [one.task_id for one in level(both, ben(1, 2)).delays] == [2]
    assert [one.task_id for one in level(both, ben(1, 2, priority={1: 400})).delays] == [1]
    assert level(both, ben(1, 2, priority={1: 1000, 2: 1000})).delays == ()


def test_halves_of_a_day_go_side_by_side():
    three = plan_of([task(1, 2), task(2, 2), task(3, 2)])
    half = {n: Demand({BEN: Decimal("0.5")}) for n in (1, 2, 3)}
    [only] = level(three, half).delays
    assert (only.task_id, only.starts_at) == (3, at(8))


@pytest.mark.parametrize(
    "pinned",
    [
        {"progress": Progress(datetime(2026, 7, 6, 9), None, 60)},
        {"fixed": (datetime(2026, 7, 6, 9), datetime(2026, 7, 7, 18))},
        {"constraint": Constraint.MUST_START_ON, "constrained_to": datetime(2026, 7, 6, 9)},
        {"constraint": Constraint.FINISH_NO_LATER_THAN, "constrained_to": datetime(2026, 7, 8, 9)},
    ],
)
def test_what_is_tied_to_its_place_stays(pinned):
    found = level(plan_of([task(1, 2), task(2, 2, **pinned)]), ben(1, 2))
    assert [one.task_id for one in found.delays] == [1]
    both = level(plan_of([task(1, 2, **pinned), task(2, 2, **pinned)]), ben(1, 2))
    assert (both.delays, len(both.left)) == ((), 1)


def test_a_step_that_would_overload_somebody_anew_is_not_taken():
    """2 would wait, but then pushes 3, which nobody may put off, onto 4 on a fixed day."""
    tasks = [
        task(1, 2, fixed=(at(6), at(7, 18))), task(2, 2), task(3, 1),
        task(4, 1, fixed=(at(10), at(10, 18))),
    ]  # fmt: skip
    demands = {
        **ben(1, 2), 3: Demand({BEA: ONE}, priority=1000), 4: Demand({BEA: ONE}, priority=1000),
    }  # fmt: skip
    found = level(plan_of(tasks, [(2, 3)]), demands)
    assert found.delays == ()
    assert [one.task_ids for one in found.left] == [(1, 2)]


@st.composite
def cases(draw):
    count = draw(st.integers(2, 6))
    tasks, demands = [], {}
    for number in range(1, count + 1):
        made = task(number, draw(st.integers(1, 4)))
        kind = draw(st.sampled_from(["", "", "", "begun", "fixed", "must", "late"]))
        day = at(draw(st.integers(6, 10)))
        if kind == "begun":
            made = replace(made, progress=Progress(at(6), None, 60))
        elif kind == "fixed":
            made = replace(made, fixed=(day, day.replace(hour=18)))
        elif kind:
            constraint = {"must": Constraint.MUST_START_ON, "late": Constraint.AS_LATE_AS_POSSIBLE}
            made = replace(made, constraint=constraint[kind], constrained_to=day)
        tasks.append(made)
        who = draw(st.sampled_from([BEN, BEA]))
        units = draw(st.sampled_from([Decimal("0.5"), ONE]))
        demands[number] = Demand({who: units}, draw(st.sampled_from([100, 500, 1000])))
    links = draw(
        st.lists(
            st.tuples(st.integers(1, count), st.integers(1, count)).filter(lambda p: p[0] < p[1]),
            max_size=4, unique=True,
        )
    )  # fmt: skip
    return plan_of(tasks, links), demands


def pairs(found):
    return {
        (one.resource_id, first, second)
        for one in found
        for first in one.task_ids
        for second in one.task_ids
        if first < second
    }


@settings(max_examples=40, deadline=None)
@given(cases(), st.booleans())
def test_nothing_pinned_moves_nobody_is_overloaded_anew_and_twice_is_the_same(case, within):
    plan, demands = case
    found = level(plan, demands, within_slack=within)
    again = level(
        replace(plan, tasks=tuple(plan.tasks)), dict(reversed(demands.items())), within_slack=within
    )
    assert again == found
    assert not found.is_partial
    assert pairs(found.left) <= pairs(found.was)
    moved = {one.task_id: one.starts_at for one in found.delays}
    tasks = {one.id: one for one in plan.tasks}
    assert all(can_wait(tasks[number], demands[number]) for number in moved)
    if within:
        assert found.finish == found.was_finish
    after = schedule(after_plan(plan, moved))
    assert after.finishes_at == found.finish
    before = schedule(plan)
    for one in plan.tasks:
        if one.fixed or one.progress.started_at or one.constraint is Constraint.MUST_START_ON:
            assert after.tasks[one.id].start == before.tasks[one.id].start


def after_plan(plan, moved):
    constraint = Constraint.START_NO_EARLIER_THAN
    return replace(
        plan,
        tasks=[
            replace(one, constraint=constraint, constrained_to=moved[one.id])
            if one.id in moved
            else one
            for one in plan.tasks
        ],
    )


def test_nobody_waits_for_what_moves_along():
    """3 is as late as possible and ends with the project: who waits for it would wait for ever."""
    late = {"constraint": Constraint.AS_LATE_AS_POSSIBLE}
    found = level(plan_of([task(1, 3), task(2, 2, **late)]), ben(1, 2, priority={2: 1000}))
    assert (found.delays, found.is_partial, len(found.left)) == ((), False, 1)


def test_finds_no_work_for_nobody():
    assert level(PLAN, {}).delays == ()
