"""The forward pass: the earliest start and finish of every task."""

from projects.rules.scheduling.clockwork import to_minutes
from projects.rules.scheduling.shapes import Shape
from projects.rules.scheduling.state import EARLIEST, LATEST, NEEDS_A_DATE, State
from projects.rules.scheduling.types import Constraint

_BEGINS_ON = frozenset({Constraint.START_NO_EARLIER_THAN, Constraint.MUST_START_ON})
_BOUNDS = frozenset({Constraint.START_NO_EARLIER_THAN, Constraint.FINISH_NO_EARLIER_THAN})


def forward(state: State, begin: int) -> None:
    """Work out the earliest dates of what is marked, and of all that follows from a change."""
    graph, count, dirty = state.graph, state.graph.count, state.dirty_forward
    if state.begin != begin:
        state.begin = begin
        dirty[:] = b"\1" * len(dirty)
    for node in graph.order:
        if not dirty[node]:
            continue
        dirty[node] = 0
        if node >= count:
            changed = _close_summary(state, node - count)
            # Even where its dates are as before: an edit of a neighbour has read them anew.
            state.measure(node - count, state.early_start, state.early_finish)
        elif graph.is_summary[node]:
            if _open_summary(state, node, begin):
                for child in graph.children[node]:
                    dirty[child] = 1
            continue
        else:
            changed = _place(state, node, *_bounds(state, node, begin))
        if changed:
            position = node - count if node >= count else node
            _spread(state, position)


def _spread(state: State, position: int) -> None:
    graph = state.graph
    for after, _ in graph.outgoing[position]:
        state.dirty_forward[after] = state.dirty_answer[after] = 1
    for before, _ in graph.incoming[position]:
        state.dirty_answer[before] = 1
    state.dirty_answer[position] = 1
    # What waits for a summary's finish is asked of the subtasks with which it ends.
    above = graph.parents[position]
    while above >= 0:
        for before, _ in graph.incoming[above]:
            state.dirty_answer[before] = 1
        above = graph.parents[above]
    parent = graph.parents[position]
    if parent >= 0:
        state.dirty_forward[graph.count + parent] = 1
    # Latest dates that look at earliest ones: who begins a summary, paths that end by themselves.
    if state.plan.has_many_critical_paths:
        state.dirty_backward[state.end_node(position)] = 1
    if parent >= 0 and state.starts_by[parent] < LATEST:
        for beside in graph.children[parent]:
            state.dirty_backward[state.end_node(beside)] = 1
    if graph.is_summary[position] and state.starts_by[position] < LATEST:
        for child in graph.children[position]:
            state.dirty_backward[state.end_node(child)] = 1


def _bounds(state: State, position: int, begin: int) -> tuple[int, int]:
    """Not before, and not done before: by the links and by the summaries above."""
    graph = state.graph
    parent = graph.parents[position]
    earliest, finish_from = begin, EARLIEST
    if parent >= 0:
        earliest = state.lower[parent]
        if not state.has_next[position]:
            finish_from = state.at_least[parent]
    early_start, early_finish, waits = state.early_start, state.early_finish, state.waits
    for before, index in graph.incoming[position]:
        wait = waits[index]
        instant = early_start[before] if wait.from_start else early_finish[before]
        if wait.lag:
            instant = wait.forward(instant)
        if wait.to_finish:
            if instant > finish_from:
                finish_from = instant
        elif instant > earliest:
            earliest = instant
    return earliest, finish_from


def _open_summary(state: State, position: int, begin: int) -> bool:
    earliest, finish_from = _bounds(state, position, begin)
    if state.tasks[position].constraint in _BEGINS_ON:
        earliest = max(earliest, state.constrained_to[position])
    if (state.lower[position], state.at_least[position]) == (earliest, finish_from):
        return False
    state.lower[position], state.at_least[position] = earliest, finish_from
    return True


def _close_summary(state: State, position: int) -> bool:
    below = state.active_below(position)
    if not below:
        return False
    return _set(
        state,
        position,
        min(state.early_start[c] for c in below),
        max(state.early_finish[c] for c in below),
    )


def _place(state: State, position: int, earliest: int, finish_from: int) -> bool:
    task, shape = state.tasks[position], state.shapes[position]
    if task.progress.started_at is not None or task.progress.finished_at is not None:
        return _set(state, position, *happened(state, position, shape))
    if task.fixed is not None:
        return _set(state, position, *map(to_minutes, task.fixed))
    if state.moves_open_work:
        earliest = max(earliest, state.status)
    if finish_from > EARLIEST:
        earliest = max(earliest, shape.start_for(finish_from))
    if state.held:
        earliest = max(earliest, state.held.get(position, EARLIEST))
    span = shape.from_start(earliest)
    if task.levelling.minutes > 0 and position not in state.held:
        # Put off from where it could begin; a date that must be kept is kept all the same.
        if task.constraint in _BOUNDS:
            span = _constrained(state, position, shape, span)
        span = shape.from_start(_put_off(state, position, span[0]))
    if task.constraint in NEEDS_A_DATE:
        span = _constrained(state, position, shape, span)
    return _set(state, position, *span)


def _put_off(state: State, position: int, start: int) -> int:
    delay = state.tasks[position].levelling
    if delay.is_elapsed:
        return start + delay.minutes
    clock = state.clock(position)
    return clock.finish_at[clock.before[start] + delay.minutes]


def _set(state: State, position: int, start: int, finish: int) -> bool:
    if state.early_start[position] == start and state.early_finish[position] == finish:
        return False
    state.early_start[position], state.early_finish[position] = start, finish
    return True


def _constrained(
    state: State, position: int, shape: Shape, span: tuple[int, int]
) -> tuple[int, int]:
    """The span that the links allow, moved to what the task's constraint wants."""
    start, finish = span
    instant, wins = state.constrained_to[position], state.plan.constraints_win
    match state.tasks[position].constraint:
        case Constraint.START_NO_EARLIER_THAN if instant > start:
            return shape.from_start(instant)
        case Constraint.FINISH_NO_EARLIER_THAN if instant > finish:
            return shape.to_finish(instant)
        case Constraint.MUST_START_ON if wins or instant > start:
            return shape.from_start(instant)
        case Constraint.MUST_FINISH_ON if wins or instant > finish:
            return shape.to_finish(instant)
        case Constraint.START_NO_LATER_THAN if wins and instant < start:
            return shape.from_start(instant)
        case Constraint.FINISH_NO_LATER_THAN if wins and instant < finish:
            return shape.to_finish(instant)
    return span


def happened(state: State, position: int, shape: Shape) -> tuple[int, int]:
    """Where a task stands that has begun: what is done stays, the rest goes on after it."""
    progress = state.tasks[position].progress
    if progress.finished_at is not None:
        finish = to_minutes(progress.finished_at)
        begun = progress.started_at
        return (to_minutes(begun) if begun else shape.start_for(finish)), finish
    assert progress.started_at is not None  # the caller's condition
    start = to_minutes(progress.started_at)
    done_until = shape.done_until(start, progress.done_minutes)
    left = max(shape.minutes - progress.done_minutes, 0)
    if not left:
        return start, done_until
    resumes = done_until
    if progress.resumes_at is not None:
        resumes = max(resumes, to_minutes(progress.resumes_at))
    if state.moves_open_work:
        resumes = max(resumes, state.status)
    if shape.is_idle(done_until, resumes):
        finish = shape.finish_for(start)
    else:
        finish = shape.finish_of_rest(resumes, left)
    if state.tasks[position].constraint is Constraint.FINISH_NO_EARLIER_THAN:
        # The rest waits until it ends on the date.
        finish = max(finish, shape.to_finish(state.constrained_to[position])[1])
    return start, finish
