"""What the passes over a plan read and write. Lists by position; instants are minutes.

Dirty marks say what must be worked out anew: an edit marks its task, a pass marks what follows
from whatever it changed, and leaves alone what did not change.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from projects.rules.scheduling.clockwork import AnyClock, to_minutes
from projects.rules.scheduling.graph import PlanGraph
from projects.rules.scheduling.shapes import Shape
from projects.rules.scheduling.types import Constraint, Plan, PlanTask

# Before and after every instant.
EARLIEST: Final = -1
LATEST: Final = 10**12

NEEDS_A_DATE: Final = frozenset(Constraint) - {
    Constraint.AS_SOON_AS_POSSIBLE,
    Constraint.AS_LATE_AS_POSSIBLE,
}


@dataclass(frozen=True, slots=True)
class Wait:
    """A link, ready for arithmetic: positions, ends, and its lag on a clock."""

    before: int
    after: int
    from_start: bool
    to_finish: bool
    lag: int
    clock: AnyClock

    def forward(self, instant: int) -> int:
        """The instant that the successor's end may have at the earliest."""
        if not self.lag:
            return instant
        return self.clock.finish_at[self.clock.before[instant] + self.lag]

    def back(self, instant: int) -> int:
        """The instant that the predecessor's end may have at the latest."""
        if not self.lag:
            return instant
        return self.clock.start_at[self.clock.before[instant] - self.lag]


def percent_of(percent: Decimal, minutes: int) -> int:
    """A lag in percent of a duration, a half rounded up."""
    return int((percent * minutes / 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


class State:
    """The plan by position, and the dates found so far."""

    def __init__(
        self, plan: Plan, graph: PlanGraph, project_clock: AnyClock, shapes: list[Shape]
    ) -> None:
        count = graph.count
        self.plan, self.graph, self.shapes = plan, graph, shapes
        self.positions = graph.positions
        self.project_clock = project_clock
        self.tasks: list[PlanTask] = list(plan.tasks)
        self.waits: list[Wait] = []
        # Links out of summaries whose lag is a part of how long the summary takes.
        self._shares: dict[int, list[int]] = {}
        self.leaves = [
            p for p in range(count) if not graph.is_summary[p] and self.tasks[p].is_active
        ]
        self.status = to_minutes(plan.status_at) if plan.status_at else EARLIEST
        self.moves_open_work = plan.moves_open_work and plan.status_at is not None
        self.constrained_to = [_minutes(task.constrained_to) for task in self.tasks]
        self.deadline = [_minutes(task.deadline_at, LATEST) for task in self.tasks]
        # What is done holds nothing that comes before it; what has begun is held by no start.
        self.has_begun = [task.progress.started_at is not None for task in self.tasks]
        self.is_done = [task.progress.finished_at is not None for task in self.tasks]
        for node in graph.order:
            if node >= count:
                self._sum_up_progress(node - count)
        self.has_next = [self._has_beside(p, graph.outgoing) for p in range(count)]
        self.early_start, self.early_finish = [EARLIEST] * count, [EARLIEST] * count
        self.late_start, self.late_finish = [LATEST] * count, [LATEST] * count
        # What a summary hands down to its subtasks: not before, and (to the last) not done before;
        # done by, and (to the first) begun by.
        self.lower, self.at_least = [EARLIEST] * count, [EARLIEST] * count
        self.upper, self.starts_by = [LATEST] * count, [LATEST] * count
        # Until when a link may ask for a task's finish without moving its latest dates.
        self.late_asked = [LATEST] * count
        self.held: dict[int, int] = {}
        self.begin: int | None = None
        self.end: int | None = None
        # Nodes: a position, or count + position for the end of a summary.
        self.dirty_forward = bytearray(b"\1" * (2 * count))
        self.dirty_backward = bytearray(b"\1" * (2 * count))
        self.dirty_answer = bytearray(b"\1" * count)

    def take_waits(self, waits: list[Wait]) -> None:
        """Take the plan's links, ready for arithmetic."""
        self.waits = waits
        for index, link in enumerate(self.plan.links):
            if link.lag.percent is not None and self.graph.is_summary[waits[index].before]:
                self._shares.setdefault(waits[index].before, []).append(index)

    def minutes(self, position: int) -> int:
        """How long a task takes; a summary from its first subtask to its last, as far as is known."""
        if not self.graph.is_summary[position]:
            return self.shapes[position].minutes
        return self._minutes_of_summary(position, self.early_start, self.early_finish)

    def _minutes_of_summary(self, position: int, starts: list[int], finishes: list[int]) -> int:
        if starts[position] == EARLIEST:
            return 0
        before = self.project_clock.before
        return before[finishes[position]] - before[starts[position]]

    def measure(self, position: int, starts: list[int], finishes: list[int]) -> bool:
        """Let the lags behind a summary be parts of how long it takes; whether any is another."""
        changed = False
        for index in self._shares.get(position, ()):
            percent, wait = self.plan.links[index].lag.percent, self.waits[index]
            assert percent is not None  # take_waits saw to it
            lag = percent_of(percent, self._minutes_of_summary(position, starts, finishes))
            if lag != wait.lag:
                self.waits[index] = replace(wait, lag=lag)
                self.dirty_forward[wait.after] = self.dirty_answer[wait.after] = 1
                self.dirty_backward[self.end_node(position)] = self.dirty_answer[position] = 1
                changed = True
        return changed

    def measure_summaries(self, starts: list[int], finishes: list[int]) -> bool:
        """The same for every summary."""
        changed = [self.measure(position, starts, finishes) for position in self._shares]
        return any(changed)

    def forget_summaries(self) -> None:
        """As before anything was scheduled: the answer depends on the plan alone."""
        unknown = [EARLIEST] * self.graph.count
        self.measure_summaries(unknown, unknown)
        for position in self._shares:
            self.dirty_forward[self.end_node(position)] = 1

    def clock(self, position: int) -> AnyClock:
        """What measures the task's slack."""
        if self.graph.is_summary[position]:
            return self.project_clock
        return self.shapes[position].measure

    def end_node(self, position: int) -> int:
        """The node at which the task is finished."""
        return self.graph.count + position if self.graph.is_summary[position] else position

    def replace(self, position: int, task: PlanTask, shape: Shape) -> None:
        """Take another version of a task, and mark what it touches."""
        self.tasks[position], self.shapes[position] = task, shape
        self.constrained_to[position] = _minutes(task.constrained_to)
        self.deadline[position] = _minutes(task.deadline_at, LATEST)
        self.dirty_forward[position] = self.dirty_backward[self.end_node(position)] = 1
        self.dirty_answer[position] = 1
        for after, _ in self.graph.outgoing[position]:
            # A lag in percent of the duration changes with it.
            self.dirty_forward[after] = self.dirty_answer[after] = 1
        begun, done = task.progress.started_at is not None, task.progress.finished_at is not None
        if (self.has_begun[position], self.is_done[position]) != (begun, done):
            if not self.graph.is_summary[position]:
                self.has_begun[position], self.is_done[position] = begun, done
            self._tell_above_of_progress(position)
        self._mark_before(position)

    def _mark_before(self, position: int) -> None:
        for before, _ in self.graph.incoming[position]:
            self.dirty_backward[self.end_node(before)] = 1
            self.dirty_answer[before] = 1

    def _tell_above_of_progress(self, position: int) -> None:
        above = self.graph.parents[position]
        while above >= 0:
            self._sum_up_progress(above)
            self._mark_before(above)
            self.dirty_backward[self.end_node(above)] = self.dirty_answer[above] = 1
            above = self.graph.parents[above]

    def _sum_up_progress(self, position: int) -> None:
        below = self.active_below(position)
        self.has_begun[position] = any(self.has_begun[c] for c in below)
        self.is_done[position] = bool(below) and all(self.is_done[c] for c in below)

    def hold(self, position: int, instant: int) -> None:
        """Not before the instant, until released."""
        self.held[position] = instant
        self.dirty_forward[position] = 1

    def release(self) -> None:
        """Hold nothing any more; what was held is worked out anew the next time."""
        for position in self.held:
            self.dirty_forward[position] = 1
        self.held.clear()

    def last_finish(self, begin: int) -> int:
        """The last finish of all; the start when there is nothing to do."""
        return max((self.early_finish[p] for p in self.leaves), default=begin)

    def first_start(self, end: int) -> int:
        """The first of the starts; the end when there is nothing to do."""
        return min((self.early_start[p] for p in self.leaves), default=end)

    def first_late_start(self, end: int) -> int:
        """The first of the latest starts; the end when there is nothing to do."""
        return min((self.late_start[p] for p in self.leaves), default=end)

    def is_first(self, position: int) -> bool:
        """Whether the summary begins with this task: of several, the first in the plan.

        From a finish nobody has begun it yet when this is asked: it is the first in the plan.
        """
        parent = self.graph.parents[position]
        if self.plan.finishes_at is not None:
            return position == self.active_below(parent)[0]
        start = self.early_start[parent]
        if self.early_start[position] != start:
            return False
        return position == next(
            c for c in self.active_below(parent) if self.early_start[c] == start
        )

    def early_asked(self, position: int) -> int:
        """Until when a link may ask for the task's finish without moving its earliest dates."""
        if not self.graph.is_summary[position]:
            return self.shapes[position].asked_until(self.early_start[position])
        return min(
            (self.early_asked(c) for c in self.active_below(position) if not self.has_next[c]),
            default=LATEST,
        )

    def active_below(self, position: int) -> list[int]:
        """The subtasks that count."""
        return [c for c in self.graph.children[position] if self.tasks[c].is_active]

    def _has_beside(self, position: int, neighbours: Sequence[Sequence[tuple[int, int]]]) -> bool:
        """Whether a link joins the task with one below the same summary."""
        parents = self.graph.parents
        return any(parents[other] == parents[position] for other, _ in neighbours[position])


def _minutes(at: datetime | None, default: int = 0) -> int:
    return default if at is None else to_minutes(at)
