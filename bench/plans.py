"""The scheduling engine: plans of 500 to 5,000 tasks, whole and after one edit."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from random import Random

from projects.rules.scheduling import Link, LinkKind, Plan, PlanTask, Scheduler, schedule
from psa.core.org.rules.working_time import WorkingWeek, calendar_of

from .rows import Row, at_most, seconds

# Tasks and links of each size; the specification's is the last one.
SIZES = ((500, 800), (1000, 1600), (2500, 4000), (5000, 8000))
WHOLE_MS, EDIT_MS = 250, 50
A_SUMMARY, TRIES, EDITS = 20, 5, 21
_DAY = ((540, 1020),)
_OFFICE = calendar_of([WorkingWeek((_DAY, _DAY, _DAY, _DAY, _DAY, (), ()))])


def measure() -> list[Row]:
    rows = []
    for tasks, links in SIZES:
        plan = plan_of(tasks, links)
        whole = min(seconds(lambda plan=plan: schedule(plan)) for _ in range(TRIES)) * 1000
        edited = sorted(seconds(edit) * 1000 for edit in _edits(plan))[EDITS // 2]
        size = f"{tasks:,} tasks, {links:,} links"
        rows += [
            at_most(f"schedule {size}", "ms", whole, WHOLE_MS),
            at_most(f"schedule {size}, after one edit", "ms", edited, EDIT_MS),
        ]
    return rows


def plan_of(tasks: int, links: int) -> Plan:
    """Summaries of twenty tasks; links lead forward, most of them to a task nearby."""
    rng = Random(1)
    made = [
        PlanTask(
            id=number,
            parent_id=None if number % A_SUMMARY == 0 else number - number % A_SUMMARY,
            duration_minutes=0 if number % A_SUMMARY == 0 else 480 * rng.randint(1, 5),
        )
        for number in range(tasks)
    ]
    leaves = [task.id for task in made if task.parent_id is not None]
    kinds = (LinkKind.FINISH_TO_START,) * 6 + (LinkKind.START_TO_START, LinkKind.FINISH_TO_FINISH)
    pairs: dict[tuple[int, int], Link] = {}
    while len(pairs) < links:
        first = rng.randrange(len(leaves) - 1)
        second = min(len(leaves) - 1, first + rng.randint(1, 40))
        pair = leaves[first], leaves[second]
        pairs.setdefault(pair, Link(*pair, kind=rng.choice(kinds)))
    return Plan(
        tasks=made,
        links=list(pairs.values()),
        calendars={"office": _OFFICE},
        project_calendar="office",
        starts_at=datetime(2026, 3, 2, 9),  # noqa: DTZ001 (plans count wall-clock time)
    )


def _edits(plan: Plan) -> list[Callable[[], object]]:
    """One task's duration changed and the plan scheduled again, at places all over the plan."""
    scheduler = Scheduler(plan)
    scheduler.schedule()
    leaves = [task for task in plan.tasks if task.parent_id is not None]

    def edit(task: PlanTask) -> None:
        scheduler.edit([replace(task, duration_minutes=task.duration_minutes + 480)])
        scheduler.schedule()

    step = len(leaves) // EDITS
    return [lambda task=leaves[n * step]: edit(task) for n in range(EDITS)]  # type: ignore[misc]
