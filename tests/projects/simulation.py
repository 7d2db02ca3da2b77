"""A slow scheduler that shares nothing with the engine, on a grid of half hours.

Dates are found by trying: a task moves to the next half hour until nothing refuses it. Slack is
what it says: a task is held later and later, the whole plan is placed again each time, and it ends
when the project ends later (total) or when something that waits has moved (free).
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import accumulate

from projects.rules.scheduling import Constraint, LinkKind, Plan, PlanTask
from psa.core.org.rules.working_time import CalendarSpec, working_spans

STEP = 30
_ORIGIN = datetime(2026, 2, 9)
_DAYS = 150
_BY_START = (LinkKind.START_TO_START, LinkKind.START_TO_FINISH)
_TO_FINISH = (LinkKind.FINISH_TO_FINISH, LinkKind.START_TO_FINISH)

Span = tuple[int, int]


class Grid:
    """The half hours since the origin that are worked, and how many of them lie before each."""

    def __init__(self, worked: Iterable[bool]) -> None:
        self.worked = list(worked)
        self.places = [number for number, is_worked in enumerate(self.worked) if is_worked]
        self.before = [0, *accumulate(self.worked)]

    def count(self, since: int, until: int) -> int:
        """How many are worked from one instant to another."""
        return max(self.before[until] - self.before[since], 0)

    def both(self, other: "Grid") -> "Grid":
        """What is worked in both."""
        return Grid(a and b for a, b in zip(self.worked, other.worked, strict=True))


def slot(at: datetime) -> int:
    """The half hours since the origin."""
    return int((at - _ORIGIN).total_seconds()) // 60 // STEP


def moment(number: int) -> datetime:
    """The instant after so many half hours."""
    return _ORIGIN + timedelta(minutes=number * STEP)


class Simulation:
    """A plan from its start, without progress; milestones, calendars, people, links, summaries."""

    def __init__(self, plan: Plan) -> None:
        assert plan.starts_at is not None
        self.plan = plan
        self.begin = slot(plan.starts_at)
        self.tasks = {task.id: task for task in plan.tasks}
        self.below = {
            number: [task.id for task in plan.tasks if task.parent_id == number]
            for number in self.tasks
        }
        grids = {name: _grid(spec) for name, spec in plan.calendars.items()}
        self._always = Grid([True] * _DAYS * 48)
        self.own = {
            number: grids[task.calendar or plan.project_calendar]
            for number, task in self.tasks.items()
        }
        self.grids = {number: self._grids(task, grids) for number, task in self.tasks.items()}
        self.spans = self.placed({})
        self.ends = max(finish for _, finish in self.spans.values())

    def _grids(self, task: PlanTask, grids: Mapping[str, Grid]) -> list[Grid]:
        """The working time of each who does the task."""
        if task.is_elapsed:
            return [self._always]
        if not task.assigned or not task.duration_minutes:
            return [self.own[task.id]]
        people = [grids[part.calendar] for part in task.assigned]
        if task.calendar is None:
            return people
        return [self.own[task.id].both(grid) for grid in people]

    def placed(self, held: Mapping[int, int]) -> dict[int, Span]:
        """Where each task stands when these do not begin before such a half hour."""
        leaves = [number for number in self.tasks if not self.below[number]]
        spans = {number: self._from(number, self.begin) for number in leaves}
        while True:
            before = dict(spans)
            for number in leaves:
                spans[number] = self._place(number, spans, held.get(number, self.begin))
            if spans == before:
                return spans | {n: self._span(n, spans) for n in self.tasks if self.below[n]}

    def total_slack(self, number: int) -> int:
        """Minutes of the task's own calendar by which it may be held without a later end."""
        return self._slack(
            number, lambda spans: max(finish for _, finish in spans.values()) <= self.ends
        )

    def free_slack(self, number: int) -> int:
        """Minutes of the task's own calendar by which it may be held and nothing else moves."""
        return self._slack(
            number,
            lambda spans: all(
                spans[other] == self.spans[other]
                for other in self.tasks
                if other != number and not self.below[other]
            ),
        )

    def _slack(self, number: int, is_allowed: Callable[[dict[int, Span]], bool]) -> int:
        start, finish = self.spans[number]
        low, high = start, (_DAYS - 60) * 48
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (
                (middle, high) if is_allowed(self.placed({number: middle})) else (low, middle)
            )
        later = self.placed({number: low})[number]
        own = self._always if self.tasks[number].is_elapsed else self.own[number]
        return STEP * min(own.count(start, later[0]), own.count(finish, later[1]))

    def _span(self, number: int, spans: Mapping[int, Span]) -> Span:
        if not self.below[number]:
            return spans[number]
        inner = [self._span(child, spans) for child in self.below[number]]
        return min(start for start, _ in inner), max(finish for _, finish in inner)

    def _place(self, number: int, spans: Mapping[int, Span], earliest: int) -> Span:
        task = self.tasks[number]
        finishes = []
        line = [number]
        while (parent := self.tasks[line[-1]].parent_id) is not None:
            line.append(parent)
        for link in self.plan.links:
            if link.successor_id not in line:
                continue
            start, finish = self._span(link.predecessor_id, spans)
            lag = link.lag.minutes
            if link.lag.percent is not None:
                lag = int(link.lag.percent * self.tasks[link.predecessor_id].duration_minutes / 100)
            counted = self._always if link.lag.is_elapsed else self.own[link.successor_id]
            asked = _moved(start if link.kind in _BY_START else finish, lag // STEP, counted)
            if link.kind in _TO_FINISH:
                finishes.append(asked)
            else:
                earliest = max(earliest, asked)
        at = slot(task.constrained_to) if task.constrained_to else 0
        if task.constraint is Constraint.START_NO_EARLIER_THAN:
            earliest = max(earliest, at)
        if task.constraint is Constraint.FINISH_NO_EARLIER_THAN:
            finishes.append(at)
        for asked in finishes:
            earliest = self._first_to_reach(number, earliest, asked)
        start, finish = self._from(number, earliest)
        if task.constraint is Constraint.MUST_START_ON or (
            task.constraint is Constraint.START_NO_LATER_THAN and start > at
        ):
            return self._from(number, at)
        if task.constraint is Constraint.MUST_FINISH_ON or (
            task.constraint is Constraint.FINISH_NO_LATER_THAN and finish > at
        ):
            earliest = self._first_to_reach(number, earliest, at)
            while self._from(number, earliest)[1] > at:
                earliest -= 1
            return self._from(number, earliest)
        return start, finish

    def _first_to_reach(self, number: int, earliest: int, asked: int) -> int:
        if self._reaches(number, earliest, asked):
            return earliest
        later = range(earliest, asked + 1)
        return later[bisect_left(later, True, key=lambda at: self._reaches(number, at, asked))]

    def _reaches(self, number: int, earliest: int, asked: int) -> bool:
        """Whether nobody could work between the finish and the instant that is asked for."""
        if not self.tasks[number].duration_minutes:
            return earliest >= asked
        return any(
            not grid.count(self._part_from(grid, number, index, earliest)[1], asked)
            for index, grid in enumerate(self.grids[number])
        )

    def _from(self, number: int, earliest: int) -> Span:
        if not self.tasks[number].duration_minutes:
            worked = self.own[number].worked
            while not worked[earliest] and not worked[earliest - 1]:
                earliest += 1
            return earliest, earliest
        spans = [
            self._part_from(grid, number, index, earliest)
            for index, grid in enumerate(self.grids[number])
        ]
        return min(start for start, _ in spans), max(finish for _, finish in spans)

    def _part_from(self, grid: Grid, number: int, index: int, earliest: int) -> Span:
        task = self.tasks[number]
        left = task.duration_minutes
        if len(self.grids[number]) > 1:
            left = task.assigned[index].minutes
        first = grid.before[earliest]
        return grid.places[first], grid.places[first + left // STEP - 1] + 1


class LateSimulation(Simulation):
    """A plan from its finish: each task is held later and later, the others standing as early as
    they can, until something ends too late for the project or for a limit of its own."""

    def __init__(self, plan: Plan, *, begins_at: datetime) -> None:
        assert plan.finishes_at is not None
        self.until = slot(plan.finishes_at)
        self.limits = {task.id: task for task in plan.tasks if task.constraint in _LIMITS}
        free = [
            replace(task, constraint=Constraint.AS_SOON_AS_POSSIBLE, constrained_to=None)
            if task.id in self.limits
            else task
            for task in plan.tasks
        ]
        super().__init__(replace(plan, tasks=free, starts_at=begins_at, finishes_at=None))

    @property
    def is_possible(self) -> bool:
        return self._is_kept(self.spans)

    def latest(self) -> dict[int, Span]:
        """Where each task stands, as late as it may be."""
        leaves = [number for number in self.tasks if not self.below[number]]
        found = {number: self._latest(number) for number in leaves}
        return found | {n: self._span(n, found) for n in self.tasks if self.below[n]}

    def _latest(self, number: int) -> Span:
        low, high = self.spans[number][0], self.until + 1
        while high - low > 1:
            middle = (low + high) // 2
            is_kept = self._is_kept(self.placed({number: middle}))
            low, high = (middle, high) if is_kept else (low, middle)
        return self.placed({number: low})[number]

    def _is_kept(self, spans: Mapping[int, Span]) -> bool:
        if max(finish for _, finish in spans.values()) > self.until:
            return False
        for number, task in self.limits.items():
            assert task.constrained_to is not None
            is_of_start = task.constraint is Constraint.START_NO_LATER_THAN
            if spans[number][not is_of_start] > slot(task.constrained_to):
                return False
        return True


_LIMITS = (Constraint.START_NO_LATER_THAN, Constraint.FINISH_NO_LATER_THAN)


def _moved(at: int, lag: int, counted: Grid) -> int:
    """The first instant with so much more, or less, working time before it."""
    return counted.places[counted.before[at] + lag - 1] + 1 if lag else at


def _grid(spec: CalendarSpec) -> Grid:
    worked = [False] * (_DAYS * 48)
    for day in range(_DAYS):
        on = (_ORIGIN + timedelta(days=day)).date()
        for start, end in working_spans(spec, on):
            for number in range(start // STEP, end // STEP):
                worked[day * 48 + number] = True
    return Grid(worked)
