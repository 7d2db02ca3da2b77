"""Slack, what is critical, and what a planner must look at; kept between edits where it stays."""

from datetime import datetime

from projects.rules.scheduling.clockwork import AnyClock, to_datetime
from projects.rules.scheduling.state import LATEST, State
from projects.rules.scheduling.types import Schedule, ScheduledTask, Warning_, WarningKind


class Answer:
    """The schedule in the words of the plan."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._moments: dict[int, datetime] = {}
        self._tasks: dict[int, ScheduledTask] = {}
        self._warnings: dict[int, tuple[Warning_, ...]] = {}
        self._limits: list[int | None] = [None] * state.graph.count
        self._end: int | None = None

    def of(self, begin: int, end: int, *, is_forward: bool) -> Schedule:
        """The answer of the state; only what is marked is put in words anew."""
        state = self._state
        last = max(end, state.last_finish(begin))
        if self._end != last:
            self._end = last
            state.dirty_answer[:] = b"\1" * len(state.dirty_answer)
        for node in state.graph.order:
            if node < state.graph.count and state.dirty_answer[node]:
                self._tell(node)
                state.dirty_answer[node] = 0
        warnings = [w for task in state.tasks for w in self._warnings.get(task.id, ())]
        return Schedule(
            dict(self._tasks),
            self._moment(begin if is_forward else state.first_start(end)),
            self._moment(last),
            tuple(warnings),
        )

    def _tell(self, position: int) -> None:
        state = self._state
        task = state.tasks[position]
        if not task.is_active:
            return
        clock = state.clock(position)
        start, finish = state.early_start[position], state.early_finish[position]
        late_start, late_finish = state.late_start[position], state.late_finish[position]
        is_done = state.is_done[position]
        if task.progress.started_at is not None:
            late_start = start
        total = clock.before[late_finish] - clock.before[finish]
        if not state.has_begun[position]:
            total = min(total, clock.before[late_start] - clock.before[start])
        self._tasks[task.id] = ScheduledTask(
            task.id,
            self._moment(start),
            self._moment(finish),
            self._moment(late_start),
            self._moment(late_finish),
            total,
            max(self._free(position, clock, total), 0),
            not is_done and total <= state.plan.critical_slack_minutes,
        )
        found = () if is_done else tuple(self._warn(position, clock, total))
        if found or task.id in self._warnings:
            self._warnings[task.id] = found

    def _free(self, position: int, clock: AnyClock, total: int) -> int:
        """Minutes until the first thing that waits, for the task or for a summary above it.

        Where nothing waits, nothing but the task's own latest dates ends its freedom.
        """
        state = self._state
        graph = state.graph
        parent = graph.parents[position]
        limit = self._limits[parent] if parent >= 0 else None
        by_start = LATEST
        for after, index in graph.outgoing[position]:
            wait = state.waits[index]
            if state.is_done[after] or (wait.from_start and state.has_begun[position]):
                continue
            instant = state.early_asked(after) if wait.to_finish else state.early_start[after]
            if wait.lag:
                instant = wait.back(instant)
            if wait.from_start:
                by_start = min(by_start, instant)
            elif limit is None or instant < limit:
                limit = instant
        if self._limits[position] != limit:
            self._limits[position] = limit
            for child in graph.children[position]:
                state.dirty_answer[child] = 1
        if state.is_done[position]:
            return 0
        if limit is None and by_start == LATEST:
            return total
        slack = LATEST
        if limit is not None:
            slack = clock.before[limit] - clock.before[state.early_finish[position]]
        if by_start < LATEST:
            until_start = clock.before[by_start] - clock.before[state.early_start[position]]
            slack = min(slack, until_start)
        # Links of what is below a summary hold it too; they are in its latest dates alone.
        return min(slack, total) if graph.is_summary[position] else slack

    def _warn(self, position: int, clock: AnyClock, total: int) -> list[Warning_]:
        state = self._state
        number = state.tasks[position].id
        start, finish = state.early_start[position], state.early_finish[position]
        found = []
        deadline = state.deadline[position]
        if finish > deadline:
            late = clock.before[finish] - clock.before[deadline]
            found.append(Warning_(WarningKind.DEADLINE_MISSED, number, late))
        if state.tasks[position].progress.started_at is None:
            short = 0
            for before, index in state.graph.incoming[position]:
                wait = state.waits[index]
                needed = wait.forward(
                    state.early_start[before] if wait.from_start else state.early_finish[before]
                )
                has = finish if wait.to_finish else start
                if needed > has:
                    short = max(short, clock.before[needed] - clock.before[has])
            if short:
                found.append(Warning_(WarningKind.CONSTRAINT_CONFLICT, number, short))
        if total < 0:
            found.append(Warning_(WarningKind.NEGATIVE_SLACK, number, -total))
        return found

    def _moment(self, instant: int) -> datetime:
        known = self._moments.get(instant)
        if known is None:
            known = self._moments[instant] = to_datetime(instant)
        return known
