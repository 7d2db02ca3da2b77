"""The engine answers as a slow simulation does, which counts half hours one by one."""

from dataclasses import replace
from datetime import datetime
from random import Random

import pytest

from projects.rules.scheduling import Constraint, LinkKind, Plan, schedule

from .random_plans import (
    ALL_KINDS,
    BOUNDS,
    ELAPSED_LAGS,
    PERCENT_LAGS,
    PINS,
    STARTS_AT,
    WITH_MILESTONES,
    WORKING_LAGS,
    Kind,
    plan_of,
)
from .simulation import LateSimulation, Simulation, slot

_START_KINDS = (LinkKind.FINISH_TO_START, LinkKind.START_TO_START)
_FINISH_KINDS = (LinkKind.FINISH_TO_START, LinkKind.FINISH_TO_FINISH)
# Where calendars differ, a start that waits for a start may come with the next working time of
# whoever does it; the simulation, held to half hours, cannot say so much.
KINDS = {
    "links": Kind(ALL_KINDS, (*WORKING_LAGS, *PERCENT_LAGS), WITH_MILESTONES, most=6),
    "elapsed lags": Kind(_FINISH_KINDS, ELAPSED_LAGS, most=7),
    "calendars": Kind(_FINISH_KINDS, WORKING_LAGS, calendars=("1", "2", "3", "4", "5", "6"), most=7),
    "people": Kind(_FINISH_KINDS, people=1, density=0.2, most=7),
    "shared work": Kind(people=2, density=0.2, most=7),
    "not before": Kind(ALL_KINDS, constraints=BOUNDS, most=6),
    "summaries": Kind(_START_KINDS, summaries=True, summary_links=_START_KINDS[:1], density=0.15),
}  # fmt: skip
FEW, MANY = 5, 300


def _compare(plan: Plan, told: str) -> None:
    found, simulated = schedule(plan), Simulation(plan)
    for number, task in simulated.tasks.items():
        mine = found.tasks[number]
        assert (slot(mine.start), slot(mine.finish)) == simulated.spans[number], (told, number)
        if simulated.below[number]:
            continue
        assert mine.total_slack_minutes == simulated.total_slack(number), (told, number)
        # Free slack counts the plan's days, also those on which who does it is away.
        is_nobodys = not any(other.assigned for other in plan.tasks)
        has_next = any(link.predecessor_id == number for link in plan.links)
        if is_nobodys and has_next and task.parent_id is None:
            assert mine.free_slack_minutes == simulated.free_slack(number), (told, number)


@pytest.mark.parametrize("name", KINDS)
def test_agrees_in_dates_and_slack(name: str) -> None:
    for seed in range(FEW):
        _compare(plan_of(KINDS[name], Random(f"{name} {seed}")), f"{name} {seed}")


@pytest.mark.proof
@pytest.mark.parametrize("name", KINDS)
def test_agrees_in_dates_and_slack_of_many(name: str) -> None:
    for seed in range(FEW, MANY):
        _compare(plan_of(KINDS[name], Random(f"{name} {seed}")), f"{name} {seed}")


def test_agrees_in_the_dates_of_what_is_tied_to_one() -> None:
    kind = Kind(ALL_KINDS, constraints=(*BOUNDS, *PINS, Constraint.AS_SOON_AS_POSSIBLE))
    for seed in range(30):
        plan = plan_of(kind, Random(seed))
        found, simulated = schedule(plan), Simulation(plan)
        for number, span in simulated.spans.items():
            mine = found.tasks[number]
            assert (slot(mine.start), slot(mine.finish)) == span, (seed, number)


LATE_KINDS = KINDS | {
    "not after": Kind(_START_KINDS, constraints=PINS[:2], most=6),
    "both": Kind(constraints=(*BOUNDS, *PINS[:2]), most=6),
}
_FINISH = datetime(2026, 6, 12, 17)


def _compare_late(name: str, seeds: range) -> None:
    """Plans that cannot keep their finish or their limits are left out: there, something gives."""
    compared = 0
    for seed in seeds:
        made = plan_of(LATE_KINDS[name], Random(f"late {name} {seed}"))
        plan = replace(made, starts_at=None, finishes_at=_FINISH)
        simulated = LateSimulation(plan, begins_at=STARTS_AT)
        if not simulated.is_possible:
            continue
        compared += 1
        found = schedule(plan)
        spans = {n: (slot(one.start), slot(one.finish)) for n, one in found.tasks.items()}
        assert spans == simulated.latest(), (name, seed)
        assert slot(found.starts_at) == min(start for start, _ in spans.values())
        assert all(one.total_slack_minutes == 0 for one in found.tasks.values()), (name, seed)
    assert compared > len(seeds) // 2


@pytest.mark.parametrize("name", LATE_KINDS)
def test_agrees_in_dates_from_the_finish(name: str) -> None:
    _compare_late(name, range(FEW))


@pytest.mark.proof
@pytest.mark.parametrize("name", LATE_KINDS)
def test_agrees_in_dates_from_the_finish_of_many(name: str) -> None:
    _compare_late(name, range(FEW, MANY))
