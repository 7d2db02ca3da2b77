"""Levelling: work of people who have too much at once is put off, until nobody has.

Inside slack first, so that the project ends when it did; then by priority. The scheduling engine
says what each step moves. Worked figures and the algorithm: docs/rules/projects.md, P-25.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from .scheduling import Constraint, Plan, PlanTask, ScheduledTask, Scheduler

# A task of this priority is never put off.
KEEPS_ITS_PLACE: Final = 1000
# So many steps are taken at once, and fewer in a large plan: a page waits for them.
MAX_STEPS: Final = 2000
STEPS_BY_TASKS: Final = 400_000
_WHOLE: Final = Decimal(1)
_MOVABLE: Final = frozenset({Constraint.AS_SOON_AS_POSSIBLE, Constraint.START_NO_EARLIER_THAN})
_LONG_AGO: Final = datetime(1900, 1, 1)  # noqa: DTZ001 -- wall clock, as everywhere in a plan
_TIED: Final = frozenset({Constraint.MUST_START_ON, Constraint.MUST_FINISH_ON})


@dataclass(frozen=True, slots=True)
class Demand:
    """Who a task takes, by what share of their day, and how important it is (0 to 1000).

    `plan_priority` is that of its plan among several; it counts before the task's own.
    """

    units: Mapping[int, Decimal]
    priority: int = 500
    plan_priority: int = 500


@dataclass(frozen=True, slots=True)
class Overload:
    """Somebody with more than a whole day's work at once, from an instant on."""

    resource_id: int
    at: datetime
    task_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Delay:
    """A task put off: it starts no earlier than `starts_at`."""

    task_id: int
    was_start: datetime
    starts_at: datetime
    finish: datetime


@dataclass(frozen=True, slots=True)
class Levelled:
    """What levelling comes to: the delays in the order of time, and the overloads that stay.

    `is_partial`: there was more to do than one run takes; another one goes on from here.
    `finishes` holds of each plan when it ended and ends; the two finishes are the latest of them.
    """

    delays: tuple[Delay, ...]
    was: tuple[Overload, ...]
    left: tuple[Overload, ...]
    was_finish: datetime
    finish: datetime
    is_partial: bool
    finishes: tuple[tuple[datetime, datetime], ...] = ()


class _Together:
    """Plans side by side: each is scheduled by itself, their tasks are looked at as one."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self._schedulers = [Scheduler(plan) for plan in plans]
        self._owners = {task.id: n for n, plan in enumerate(plans) for task in plan.tasks}
        self.schedules = [scheduler.schedule() for scheduler in self._schedulers]
        self.tasks: dict[int, ScheduledTask] = {}
        for schedule in self.schedules:
            self.tasks.update(schedule.tasks)

    def edit(self, task: PlanTask) -> None:
        """Change a task and schedule its plan anew."""
        owner = self._owners[task.id]
        self._schedulers[owner].edit([task])
        self.schedules[owner] = self._schedulers[owner].schedule()
        self.tasks.update(self.schedules[owner].tasks)


def level(plan: Plan, demands: Mapping[int, Demand], *, within_slack: bool = False) -> Levelled:
    """Put tasks off until nobody does more than a whole day's work at once, or no task may move.

    Of the tasks at the earliest overload, one that can wait inside its slack waits; without one,
    that of the lowest priority, unless `within_slack`. It waits until the first of the others is
    done. Never moved: what has begun, stands by hand, is tied to a day or has priority 1000; a step
    that would move such a task, or overload somebody anew, is not taken.
    Raises  as `scheduling.schedule`.
    Source  docs/rules/projects.md, P-25.
    """
    return level_together([plan], demands, within_slack=within_slack)


def level_together(
    plans: Sequence[Plan], demands: Mapping[int, Demand], *, within_slack: bool = False
) -> Levelled:
    """As `level`, over several plans that the same people work on; tasks have ids of their own.

    Outside slack a task of the plan of the lowest priority waits first; a plan of priority 1000 is
    counted and never moved.
    Raises  as `scheduling.schedule`.
    Source  docs/rules/projects.md, P-25.
    """
    start = _Together(plans)
    first = start.tasks
    was = _overloads(first, demands)
    kept: set[int] = set()
    while True:
        together, steps, is_partial, chased = _levelled(
            plans, demands, kept, within_slack=within_slack
        )
        if chased:
            kept |= chased
            continue
        found = together.tasks
        spoilt = _spoilt(plans, demands, first, found, was)
        if not spoilt:
            break
        causes = _before(plans, spoilt) & steps.keys()
        kept |= causes or steps.keys()
    finishes = tuple(
        (one.finishes_at, other.finishes_at)
        for one, other in zip(start.schedules, together.schedules, strict=True)
    )
    return Levelled(
        delays=tuple(
            sorted(
                (
                    Delay(task_id, first[task_id].start, starts_at, found[task_id].finish)
                    for task_id, starts_at in steps.items()
                ),
                key=lambda one: (one.starts_at, one.task_id),
            )
        ),
        was=tuple(was),
        left=tuple(_overloads(found, demands)),
        was_finish=max(before for before, _ in finishes),
        finish=max(after for _, after in finishes),
        is_partial=is_partial,
        finishes=finishes,
    )


def _levelled(
    plans: Sequence[Plan],
    demands: Mapping[int, Demand],
    kept: set[int],
    *,
    within_slack: bool,
) -> tuple[_Together, dict[int, datetime], bool, set[int]]:
    """The schedules after all steps, the instants that tasks were put off to, whether the steps did
    not suffice, and who would wait in vain: for a task that moves along, as late as possible."""
    together = _Together(plans)
    tasks = {task.id: task for plan in plans for task in plan.tasks}
    steps: dict[int, datetime] = {}
    hopeless: set[tuple[int, tuple[int, ...]]] = set()
    waited: set[tuple[int, tuple[int, ...], int]] = set()
    for _ in range(min(MAX_STEPS, max(1, STEPS_BY_TASKS // max(1, len(tasks))))):
        over = next(
            (
                one
                for one in _overloads(together.tasks, demands)
                if (one.resource_id, one.task_ids) not in hopeless
            ),
            None,
        )
        if over is None:
            return together, steps, False, set()
        chosen = _chosen(over, tasks, demands, together.tasks, kept, within_slack=within_slack)
        if chosen is None:
            hopeless.add((over.resource_id, over.task_ids))
            continue
        task_id, until = chosen
        step = (over.resource_id, over.task_ids, task_id)
        if step in waited:
            return together, steps, False, {task_id}
        waited.add(step)
        tasks[task_id] = replace(
            tasks[task_id], constraint=Constraint.START_NO_EARLIER_THAN, constrained_to=until
        )
        together.edit(tasks[task_id])
        # The engine starts it with the next working minute.
        steps[task_id] = together.tasks[task_id].start
    return together, steps, True, set()


def _chosen(
    over: Overload,
    tasks: Mapping[int, PlanTask],
    demands: Mapping[int, Demand],
    scheduled: Mapping[int, ScheduledTask],
    kept: set[int],
    *,
    within_slack: bool,
) -> tuple[int, datetime] | None:
    """The task that waits, and until when; None when none may."""
    best: tuple[tuple[object, ...], int, datetime] | None = None
    for task_id in over.task_ids:
        demand = demands[task_id]
        if task_id in kept or not can_wait(tasks[task_id], demand):
            continue
        one = scheduled[task_id]
        others = (scheduled[other].finish for other in over.task_ids if other != task_id)
        until = min(others, default=one.start)
        if until <= one.start:
            continue
        is_inside = one.late_start >= until
        if within_slack and not is_inside:
            continue
        # Inside slack, then of the least important plan, the least important, the one with most
        # room, the later, the newer.
        room, age = one.late_start - _LONG_AGO, one.start - _LONG_AGO
        rank = (not is_inside, demand.plan_priority, demand.priority, -room, -age, -task_id)
        if best is None or rank < best[0]:
            best = (rank, task_id, until)
    return None if best is None else (best[1], best[2])


def can_wait(task: PlanTask, demand: Demand) -> bool:
    """Whether levelling may put a task off at all."""
    progress = task.progress
    return (
        task.is_active
        and task.fixed is None
        and task.constraint in _MOVABLE
        and max(demand.priority, demand.plan_priority) < KEEPS_ITS_PLACE
        and task.duration_minutes > 0
        and progress.started_at is None
        and progress.finished_at is None
        and not progress.done_minutes
    )


def _is_pinned(task: PlanTask) -> bool:
    """Whether a task stands where it stands, whatever comes before it."""
    return (
        task.fixed is not None or task.progress.started_at is not None or task.constraint in _TIED
    )


def _overloads(tasks: Mapping[int, ScheduledTask], demands: Mapping[int, Demand]) -> list[Overload]:
    """Where somebody first has more than a whole day's work with the same tasks, by time."""
    of_person: dict[int, list[tuple[ScheduledTask, Decimal]]] = defaultdict(list)
    for task_id, demand in demands.items():
        scheduled = tasks.get(task_id)
        if scheduled is not None and scheduled.finish > scheduled.start:
            for resource_id, units in demand.units.items():
                of_person[resource_id].append((scheduled, units))
    found: dict[tuple[int, tuple[int, ...]], Overload] = {}
    for resource_id, work in of_person.items():
        for at, running in _runs(work):
            if sum((units for _, units in running), Decimal(0)) > _WHOLE:
                ids = tuple(sorted(one.id for one, _ in running))
                found.setdefault((resource_id, ids), Overload(resource_id, at, ids))
    return sorted(found.values(), key=lambda one: (one.at, one.resource_id, one.task_ids))


def _runs(
    work: Sequence[tuple[ScheduledTask, Decimal]],
) -> Iterable[tuple[datetime, list[tuple[ScheduledTask, Decimal]]]]:
    """At each start, what a person has to do from then on."""
    ordered = sorted(work, key=lambda one: (one[0].start, one[0].id))
    running: list[tuple[ScheduledTask, Decimal]] = []
    for place, one in enumerate(ordered):
        at = one[0].start
        running = [other for other in running if other[0].finish > at]
        running.append(one)
        if place + 1 == len(ordered) or ordered[place + 1][0].start > at:
            yield at, list(running)


def _spoilt(
    plans: Sequence[Plan],
    demands: Mapping[int, Demand],
    first: Mapping[int, ScheduledTask],
    found: Mapping[int, ScheduledTask],
    was: Sequence[Overload],
) -> set[int]:
    """Tasks that were to stay and did not, and those that now meet somebody else's anew."""
    moved = {
        task.id
        for plan in plans
        for task in plan.tasks
        if task.id in first
        and _is_pinned(task)
        and (first[task.id].start, first[task.id].finish)
        != (found[task.id].start, found[task.id].finish)
    }
    before = {(one.resource_id, *pair) for one in was for pair in _pairs(one.task_ids)}
    anew = {
        task_id
        for one in _overloads(found, demands)
        for pair in _pairs(one.task_ids)
        if (one.resource_id, *pair) not in before
        for task_id in pair
    }
    return moved | anew


def _pairs(ids: Sequence[int]) -> Iterable[tuple[int, int]]:
    return ((one, other) for place, one in enumerate(ids) for other in ids[place + 1 :])


def _before(plans: Sequence[Plan], task_ids: set[int]) -> set[int]:
    """These tasks, and all that they wait for, through summaries too."""
    parents = {task.id: task.parent_id for plan in plans for task in plan.tasks}
    below: dict[int, list[int]] = defaultdict(list)
    for task_id, parent_id in parents.items():
        if parent_id is not None:
            below[parent_id].append(task_id)
    waits: dict[int, list[int]] = defaultdict(list)
    for plan in plans:
        for link in plan.links:
            waits[link.successor_id].append(link.predecessor_id)
    found: set[int] = set()
    left = list(task_ids)
    while left:
        task_id = left.pop()
        if task_id in found:
            continue
        found.add(task_id)
        parent_id = parents.get(task_id)
        # A summary's predecessors hold what is below it; a summary before it holds by its leaves.
        left += [*waits[task_id], *below[task_id]] if task_id not in task_ids else waits[task_id]
        while parent_id is not None:
            left += waits[parent_id]
            parent_id = parents.get(parent_id)
    return found
