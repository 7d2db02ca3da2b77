"""The backward pass: the latest start and finish of every task that keep the project's end."""

from projects.rules.scheduling.forward import happened
from projects.rules.scheduling.shapes import Shape
from projects.rules.scheduling.state import LATEST, NEEDS_A_DATE, State
from projects.rules.scheduling.types import Constraint

_ENDS_ON = frozenset({Constraint.FINISH_NO_LATER_THAN, Constraint.MUST_FINISH_ON})


def backward(state: State, end: int) -> None:
    """Work out the latest dates of what is marked, and of all that a change reaches."""
    graph, count, dirty = state.graph, state.graph.count, state.dirty_backward
    if state.end != end:
        state.end = end
        dirty[:] = b"\1" * len(dirty)
    for node in reversed(graph.order):
        if not dirty[node]:
            continue
        dirty[node] = 0
        if node >= count:
            position = node - count
            if _close_summary(state, position):
                for child in graph.children[position]:
                    dirty[state.end_node(child)] = 1
            continue
        if graph.is_summary[node]:
            changed = _open_summary(state, node)
        else:
            changed = _place(state, node, *_bounds(state, node), end)
        if changed:
            for before, _ in graph.incoming[node]:
                dirty[state.end_node(before)] = 1
            state.dirty_answer[node] = 1
            parent = graph.parents[node]
            if parent >= 0:
                dirty[parent] = 1


def _bounds(state: State, position: int) -> tuple[int, int]:
    """Done by, and begun by: by the links and by the summaries above."""
    graph = state.graph
    parent = graph.parents[position]
    latest = start_by = LATEST
    if parent >= 0:
        latest = state.upper[parent]
        if state.starts_by[parent] < LATEST and state.is_first(position):
            start_by = state.starts_by[parent]
    late_start, late_asked, waits = state.late_start, state.late_asked, state.waits
    is_done, has_begun = state.is_done, state.has_begun[position]
    for after, index in graph.outgoing[position]:
        wait = waits[index]
        if is_done[after] or (has_begun and wait.from_start):
            continue
        instant = late_asked[after] if wait.to_finish else late_start[after]
        if wait.lag:
            instant = wait.back(instant)
        if wait.from_start:
            if instant < start_by:
                start_by = instant
        elif instant < latest:
            latest = instant
    return latest, start_by


def _close_summary(state: State, position: int) -> bool:
    latest, start_by = _bounds(state, position)
    latest = min(latest, state.deadline[position])
    if state.tasks[position].constraint in _ENDS_ON:
        latest = min(latest, state.constrained_to[position])
    if (state.upper[position], state.starts_by[position]) == (latest, start_by):
        return False
    state.upper[position], state.starts_by[position] = latest, start_by
    return True


def _open_summary(state: State, position: int) -> bool:
    below = state.active_below(position)
    if not below:
        return False
    asked = min((state.late_asked[c] for c in below if not state.has_next[c]), default=LATEST)
    return _set(
        state,
        position,
        min(state.late_start[c] for c in below),
        max(state.late_finish[c] for c in below),
        asked,
    )


def _place(state: State, position: int, latest: int, start_by: int, end: int) -> bool:
    task, shape = state.tasks[position], state.shapes[position]
    if task.progress.finished_at is not None:
        # What is done has no other dates than its own.
        return _set(state, position, *happened(state, position, shape))
    if latest == start_by == LATEST and state.plan.has_many_critical_paths:
        end = min(end, state.early_finish[position])
    latest = min(latest, end, state.deadline[position])
    if start_by < LATEST:
        latest = min(latest, shape.finish_for(start_by))
    span = shape.to_finish(latest)
    if task.levelling.minutes < 0 and state.plan.finishes_at is not None:
        span = shape.to_finish(_brought_forward(state, position, span[1]))
    if task.constraint in NEEDS_A_DATE:
        span = _constrained(state, position, shape, span)
        if span[1] > state.deadline[position]:
            span = shape.to_finish(state.deadline[position])
    if task.progress.started_at is not None:
        # What comes before must leave room for what is left, not for what is done.
        left = max(shape.minutes - task.progress.done_minutes, 0)
        return _set(state, position, shape.start_of_rest(span[1], left), span[1], span[1])
    return _set(state, position, *span)


def _brought_forward(state: State, position: int, finish: int) -> int:
    delay = state.tasks[position].levelling
    if delay.is_elapsed:
        return finish + delay.minutes
    clock = state.clock(position)
    return clock.start_at[clock.before[finish] + delay.minutes]


def _set(state: State, position: int, start: int, finish: int, asked: int | None = None) -> bool:
    if asked is None:
        asked = state.shapes[position].asked_until(start)
    if (
        state.late_start[position] == start
        and state.late_finish[position] == finish
        and state.late_asked[position] == asked
    ):
        return False
    state.late_start[position], state.late_finish[position] = start, finish
    state.late_asked[position] = asked
    return True


def _constrained(
    state: State, position: int, shape: Shape, span: tuple[int, int]
) -> tuple[int, int]:
    """The span that the successors allow, moved to what the task's constraint wants."""
    start, finish = span
    instant, wins = state.constrained_to[position], state.plan.constraints_win
    match state.tasks[position].constraint:
        case Constraint.MUST_START_ON if wins or instant < start:
            return shape.from_start(instant)
        case Constraint.MUST_FINISH_ON if wins or instant < finish:
            return shape.to_finish(instant)
        case Constraint.START_NO_LATER_THAN if instant < start:
            return shape.from_start(instant)
        case Constraint.FINISH_NO_LATER_THAN if instant < finish:
            return shape.to_finish(instant)
    return span
