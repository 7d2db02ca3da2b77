"""The order in which tasks are worked out, and the circle that makes it impossible.

A task without subtasks is one node. A summary is two: it opens before its subtasks and is done
after them, so a link to a summary holds all that is below it, and one from it waits for all.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from projects.rules.scheduling.types import Link, PlanTask
from psa.core.errors import DomainError


class CircularPlan(DomainError):
    """Tasks wait for each other in a circle; `task_ids` are those in it, in order."""

    def __init__(self, task_ids: Sequence[int]) -> None:
        self.task_ids = tuple(task_ids)
        circle = " → ".join(f"#{number}" for number in (*task_ids, task_ids[0]))
        super().__init__(
            f"These tasks wait for each other in a circle: {circle}. Take one of the links away."
        )


@dataclass(frozen=True, slots=True)
class PlanGraph:
    """Positions instead of ids. `order` holds node numbers: position, or count + position for
    the end of a summary."""

    count: int
    positions: dict[int, int]
    parents: list[int]
    children: list[list[int]]
    is_summary: list[bool]
    order: list[int]
    incoming: list[list[tuple[int, int]]]
    """Per successor: (position of the predecessor, index of the link)."""
    outgoing: list[list[tuple[int, int]]]


def graph_of(tasks: Sequence[PlanTask], links: Sequence[Link]) -> PlanGraph:
    """Positions, tree and order of a plan.

    Raises  CircularPlan; DomainError for a link or a parent that names no task, twice the same
            task, or a link of a task to itself.
    """
    positions = {task.id: position for position, task in enumerate(tasks)}
    count = len(tasks)
    if len(positions) != count:
        raise DomainError("Two tasks of the plan have the same number.")
    parents = [-1] * count
    children: list[list[int]] = [[] for _ in range(count)]
    for position, task in enumerate(tasks):
        if task.parent_id is not None:
            parent = positions.get(task.parent_id)
            if parent is None:
                raise DomainError(f"Task #{task.id} names a summary task that does not exist.")
            parents[position] = parent
            children[parent].append(position)
    is_summary = [bool(below) for below in children]
    incoming: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    outgoing: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for index, link in enumerate(links):
        try:
            before, after = positions[link.predecessor_id], positions[link.successor_id]
        except KeyError as error:
            raise DomainError(
                f"A link names task #{error.args[0]}, which does not exist."
            ) from None
        if before == after:
            raise CircularPlan([link.predecessor_id])
        if tasks[before].is_active and tasks[after].is_active:
            outgoing[before].append((after, index))
            incoming[after].append((before, index))
    order = _in_order(tasks, parents, children, is_summary, outgoing)
    return PlanGraph(count, positions, parents, children, is_summary, order, incoming, outgoing)


def _in_order(
    tasks: Sequence[PlanTask],
    parents: list[int],
    children: list[list[int]],
    is_summary: list[bool],
    outgoing: list[list[tuple[int, int]]],
) -> list[int]:
    """Kahn's algorithm; among what is free, plan order."""
    count = len(parents)
    after: list[list[int]] = [[] for _ in range(2 * count)]
    waiting = [0] * (2 * count)

    def done(position: int) -> int:
        return count + position if is_summary[position] else position

    for position in range(count):
        if is_summary[position]:
            after[position].extend(children[position])
            for child in children[position]:
                waiting[child] += 1
                after[done(child)].append(count + position)
                waiting[count + position] += 1
        source = after[done(position)]
        for successor, _ in outgoing[position]:
            source.append(successor)
            waiting[successor] += 1
    free = deque(p for p in range(count) if waiting[p] == 0)
    order: list[int] = []
    while free:
        node = free.popleft()
        order.append(node)
        for successor in after[node]:
            waiting[successor] -= 1
            if not waiting[successor]:
                free.append(successor)
    if len(order) < count + sum(is_summary):
        raise CircularPlan(_circle(tasks, after, waiting, set(order)))
    return order


def _circle(
    tasks: Sequence[PlanTask], after: list[list[int]], waiting: list[int], ordered: set[int]
) -> list[int]:
    """One circle among the nodes that never became free, as task ids."""
    count = len(tasks)
    before: dict[int, int] = {}
    for node, successors in enumerate(after):
        if node not in ordered:
            for successor in successors:
                if successor not in ordered:
                    before.setdefault(successor, node)
    # Each of these nodes waits for another of them: walking back must come round.
    node = next(n for n in before if waiting[n])
    walked: dict[int, int] = {}
    path: list[int] = []
    while node not in walked:
        walked[node] = len(path)
        path.append(node)
        node = before[node]
    circle = [tasks[n % count].id for n in reversed(path[walked[node] :])]
    once = list(dict.fromkeys(circle))
    smallest = once.index(min(once))
    return once[smallest:] + once[:smallest]
