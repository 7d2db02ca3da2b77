"""A plan made ready for arithmetic, and kept ready while it is edited."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from projects.rules.scheduling.answer import Answer
from projects.rules.scheduling.backward import backward
from projects.rules.scheduling.clockwork import (
    AnyClock,
    RoundTheClock,
    clock_of,
    shared_clock_of,
    to_minutes,
)
from projects.rules.scheduling.forward import forward
from projects.rules.scheduling.graph import graph_of
from projects.rules.scheduling.shapes import Milestone, PutOff, Shape, Shared, Steady
from projects.rules.scheduling.state import NEEDS_A_DATE, State, Wait, percent_of
from projects.rules.scheduling.types import (
    Assigned,
    Constraint,
    Link,
    LinkKind,
    Plan,
    PlanTask,
    Schedule,
)
from psa.core.errors import DomainError
from psa.core.org.rules.working_time import CalendarSpec

_ELAPSED: Final = RoundTheClock()
_FROM_START: Final = frozenset({LinkKind.START_TO_START, LinkKind.START_TO_FINISH})
_TRIES: Final = 10
_TO_FINISH: Final = frozenset({LinkKind.FINISH_TO_FINISH, LinkKind.START_TO_FINISH})


def schedule(plan: Plan) -> Schedule:
    """The whole schedule of a plan.

    Raises  CircularPlan; NoWorkingTime for a calendar without work; DomainError for a plan that
            contradicts itself (no start and no finish, a constraint without its date).
    Source  docs/rules/scheduling.md.
    """
    return Scheduler(plan).schedule()


class Scheduler:
    """A plan under edit. Calendars, order and what an edit does not reach are worked out once.

    `schedule()` after any `edit()` answers as a new Scheduler of the edited plan would.
    """

    def __init__(self, plan: Plan) -> None:
        self._clocks: dict[tuple[str, str | None], AnyClock] = {}
        self.plan: Plan
        self._state: State
        self._load(plan)

    def edit(self, tasks: Sequence[PlanTask]) -> None:
        """Take these tasks in place of those with the same number; links and calendars stay.

        Raises  as `schedule`, and then the plan is as it was.
        """
        changed = {task.id: task for task in tasks}
        plan = replace(self.plan, tasks=[changed.get(task.id, task) for task in self.plan.tasks])
        state = self._state
        before = {state.positions[task.id]: task for task in tasks}
        if any(
            state.tasks[position].parent_id != task.parent_id
            or state.tasks[position].is_active != task.is_active
            for position, task in before.items()
        ):
            self._load(plan)
            return
        _check(plan)
        shapes = {position: self._shape(plan, task) for position, task in before.items()}
        self.plan = state.plan = plan
        for position, task in before.items():
            state.replace(position, task, shapes[position])
            neighbours = (*state.graph.incoming[position], *state.graph.outgoing[position])
            for _, index in neighbours:
                state.waits[index] = self._wait(plan, plan.links[index], state)

    def schedule(self) -> Schedule:
        """The schedule of the plan as it is now."""
        state = self._state
        if self.plan.starts_at is not None:
            begin = to_minutes(self.plan.starts_at)
            forward(state, begin)
            end = state.last_finish(begin)
            backward(state, end)
            if _hold_late(state, frozenset({Constraint.AS_LATE_AS_POSSIBLE})):
                forward(state, begin)
                end = max(end, state.last_finish(begin))
                backward(state, end)
                state.release()
            return self._answer.of(begin, end, is_forward=True)
        assert self.plan.finishes_at is not None  # _check saw to it
        end = to_minutes(self.plan.finishes_at)
        state.forget_summaries()
        backward(state, end)
        for _ in range(_TRIES):
            # How long a summary takes is known only now; a part of that may be a lag behind it.
            if not state.measure_summaries(state.late_start, state.late_finish):
                break
            backward(state, end)
        begin = state.first_late_start(end)
        # Everything is as late as it may be, but what has happened; a limit is in its late dates,
        # and a bound or a day that must be kept moves it from there.
        _hold_late(state, frozenset(Constraint))
        forward(state, begin)
        state.release()
        return self._answer.of(begin, end, is_forward=False)

    def _load(self, plan: Plan) -> None:
        _check(plan)
        tasks = _with_idle_summaries(plan.tasks)
        graph = graph_of(tasks, plan.links)
        around = plan.starts_at or plan.finishes_at
        assert around is not None  # _check saw to it
        self._around = around.date()
        project_clock = self._clock(plan, plan.project_calendar)
        shapes = [self._shape(plan, task) for task in tasks]
        state = State(replace(plan, tasks=tasks), graph, project_clock, shapes)
        state.take_waits([self._wait(plan, link, state) for link in plan.links])
        self.plan, self._state = plan, state
        self._answer = Answer(state)

    def _clock(self, plan: Plan, name: str, other: str | None = None) -> AnyClock:
        key = (name, other if other != name else None)
        clock = self._clocks.get(key)
        if clock is None:
            around = self._around
            if key[1] is None:
                clock = clock_of(self._calendar(plan, name), around)
            else:
                clock = shared_clock_of(
                    self._calendar(plan, name), self._calendar(plan, key[1]), around
                )
            self._clocks[key] = clock
        return clock

    def _calendar(self, plan: Plan, name: str) -> CalendarSpec:
        try:
            return plan.calendars[name]
        except KeyError:
            raise DomainError(f"The plan names a calendar “{name}” it does not have.") from None

    def _shape(self, plan: Plan, task: PlanTask) -> Shape:
        own = self._clock(plan, task.calendar or plan.project_calendar)
        if not task.duration_minutes:
            return Milestone(own)
        if task.is_elapsed:
            return Steady(_ELAPSED, task.duration_minutes, gaps=task.gaps)
        if not task.assigned:
            return Steady(own, task.duration_minutes, gaps=task.gaps)
        parts = [self._part(plan, task, part, own) for part in task.assigned]
        first = parts[0]
        if all(
            isinstance(part, Steady) and part.clock is first.clock and part.gaps == first.gaps
            for part in parts
        ):
            return Steady(first.clock, task.duration_minutes, own, task.assigned[0].gaps)
        return Shared(own, task.duration_minutes, parts)

    def _part(self, plan: Plan, task: PlanTask, part: Assigned, own: AnyClock) -> Steady | PutOff:
        if not task.calendar:
            clock = self._clock(plan, part.calendar)
        elif task.ignores_resource_calendars:
            clock = own
        else:
            clock = self._clock(plan, task.calendar, part.calendar)
        steady = Steady(clock, part.minutes or task.duration_minutes, gaps=part.gaps)
        delays = (part.delay, part.levelling)
        return PutOff(steady, delays, own) if any(one.minutes > 0 for one in delays) else steady

    def _wait(self, plan: Plan, link: Link, state: State) -> Wait:
        before, after = state.positions[link.predecessor_id], state.positions[link.successor_id]
        lag = link.lag.minutes
        if link.lag.percent is not None:
            lag = percent_of(link.lag.percent, state.minutes(before))
        clock = (
            _ELAPSED
            if link.lag.is_elapsed
            else self._clock(plan, state.tasks[after].calendar or plan.project_calendar)
        )
        return Wait(before, after, link.kind in _FROM_START, link.kind in _TO_FINISH, lag, clock)


def _with_idle_summaries(tasks: Sequence[PlanTask]) -> Sequence[PlanTask]:
    """The tasks; what is below an inactive summary, and a summary of inactive tasks, inactive too."""
    if all(task.is_active for task in tasks):
        return tasks
    parents = {task.parent_id for task in tasks}
    idle: set[int] = set()
    for task in tasks:
        if not task.is_active or task.parent_id in idle:
            idle.add(task.id)
    at_work: set[int | None] = set()
    for task in reversed(tasks):
        if task.id not in idle and (task.id not in parents or task.id in at_work):
            at_work.add(task.id)
            at_work.add(task.parent_id)
    return [task if task.id in at_work else replace(task, is_active=False) for task in tasks]


def _hold_late(state: State, constraints: frozenset[Constraint]) -> bool:
    """Hold what has such a constraint and has not begun at its latest dates; whether any has."""
    for position in state.leaves:
        task = state.tasks[position]
        if task.constraint in constraints and task.progress.started_at is None:
            state.hold(position, state.late_start[position])
    return bool(state.held)


def _check(plan: Plan) -> None:
    if (plan.starts_at is None) == (plan.finishes_at is None):
        raise DomainError(
            "A plan is scheduled from its start or from its finish: give one of them."
        )
    for task in plan.tasks:
        if task.duration_minutes < 0:
            raise DomainError(f"The duration of task #{task.id} is negative.")
        if task.constraint in NEEDS_A_DATE and task.constrained_to is None:
            raise DomainError(f"The constraint of task #{task.id} needs a date.")
