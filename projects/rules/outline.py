"""The tree of a work breakdown structure as one ordered list: numbers, and edits that keep it one.

A plan is a list of (key, depth) in outline order; the parent of a row is the nearest row above it
that is one level higher. Edits take such a list and give the new one, so that no edit can make a
cycle or an orphan. Worked examples: docs/rules/projects.md, P-1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from psa.core.errors import DomainError

MAX_DEPTH: Final = 10
MAX_TASKS: Final = 5000


@dataclass(frozen=True, slots=True)
class Node:
    """A row of the plan: `key` names it, `depth` is 1 for the topmost level."""

    key: int
    depth: int


@dataclass(frozen=True, slots=True)
class Numbered:
    """A row with what follows from its place: outline number, parent, whether it has children."""

    key: int
    parent_key: int | None
    position: int
    outline: str
    depth: int
    is_summary: bool


@dataclass(frozen=True, slots=True)
class Addition:
    """A new row: behind `after` and its subtasks, as its last subtask, or (None) at the end."""

    key: int
    after: int | None = None
    is_child: bool = False


def numbered(nodes: Sequence[Node]) -> list[Numbered]:
    """Positions from 1, outline numbers (“3.2.1”), parents and summaries of a plan in order.

    Raises  DomainError for more than 10 levels or 5,000 tasks; ValueError if a row is more than one
            level below the row before it (a programming error, never a user's).
    Source  docs/rules/projects.md, P-1.
    """
    if len(nodes) > MAX_TASKS:
        raise DomainError(
            f"A project has at most {MAX_TASKS:,} tasks. Split the work into two projects."
        )
    counters: list[int] = []
    path: list[int] = []
    rows: list[Numbered] = []
    for position, node in enumerate(nodes, start=1):
        if not 1 <= node.depth <= len(path) + 1:
            raise ValueError(f"row {position} skips a level: {node.depth} below {len(path)}")
        check_depth(node.depth)
        del counters[node.depth :]
        if len(counters) == node.depth:
            counters[-1] += 1
        else:
            counters.append(1)
        del path[node.depth - 1 :]
        parent = path[-1] if path else None
        path.append(node.key)
        following = nodes[position].depth if position < len(nodes) else 0
        rows.append(
            Numbered(
                node.key,
                parent,
                position,
                ".".join(map(str, counters)),
                node.depth,
                following > node.depth,
            )
        )
    return rows


def inserted(
    nodes: Sequence[Node], key: int, *, after: int | None, child: bool = False
) -> list[Node]:
    """The plan with a new row: behind `after` and its subtasks, or as the last subtask of it.

    With `after` None the row goes to the end of the topmost level.
    """
    if after is None:
        return [*nodes, Node(key, 1)]
    at = _index(nodes, after)
    depth = nodes[at].depth + 1 if child else nodes[at].depth
    end = _end(nodes, at)
    return [*nodes[:end], Node(key, depth), *nodes[end:]]


def inserted_all(nodes: Sequence[Node], additions: Sequence[Addition]) -> list[Node]:
    """The plan with many new rows, one after the other as `inserted` takes them, in linear time.

    An addition may stand behind or under one before it. Raises  KeyError for an unknown `after`.
    """
    depths: dict[int | None, int] = {None: 0}
    parents: dict[int, int | None] = {}
    first: dict[int | None, int] = {}
    last: dict[int | None, int] = {}
    following: dict[int, int] = {}

    def append(key: int, parent: int | None) -> None:
        parents[key], depths[key] = parent, depths[parent] + 1
        if parent in last:
            following[last[parent]] = key
        else:
            first[parent] = key
        last[parent] = key

    path: list[int] = []
    for node in nodes:
        del path[node.depth - 1 :]
        append(node.key, path[-1] if path else None)
        path.append(node.key)
    for new in additions:
        if new.after is None or new.is_child:
            append(new.key, new.after)
            continue
        parent = parents[new.after]
        if last[parent] == new.after:
            append(new.key, parent)
            continue
        parents[new.key], depths[new.key] = parent, depths[new.after]
        following[new.key] = following[new.after]
        following[new.after] = new.key
    found: list[Node] = []
    waiting: list[int | None] = [first.get(None)]
    while waiting:
        key = waiting.pop()
        if key is not None:
            found.append(Node(key, depths[key]))
            waiting += (following.get(key), first.get(key))
    return found


def additions_of(keys: Sequence[int], depths: Sequence[int]) -> list[Addition]:
    """The rows of a whole plan as additions to an empty one; a depth is at most one below the last."""
    found = []
    path: list[int] = []
    for key, depth in zip(keys, depths, strict=True):
        del path[depth - 1 :]
        parent = path[-1] if path else None
        path.append(key)
        found.append(Addition(key, parent, is_child=parent is not None))
    return found


def check_depth(depth: int) -> None:
    """Refuse a level that no plan has. Raises  DomainError."""
    if depth > MAX_DEPTH:
        raise DomainError(f"A plan has at most {MAX_DEPTH} levels. Move the task up a level first.")


def indented(nodes: Sequence[Node], key: int) -> list[Node]:
    """The plan with a row and its subtasks one level down: it becomes a subtask of the row above.

    Raises  DomainError if there is no row above at its level to hold it, or it would go too deep.
    """
    at = _index(nodes, key)
    if at == 0 or nodes[at - 1].depth < nodes[at].depth:
        raise DomainError("There is no task above it on its level that could hold it.")
    end = _end(nodes, at)
    if max(n.depth for n in nodes[at:end]) >= MAX_DEPTH:
        raise DomainError(f"A plan has at most {MAX_DEPTH} levels. Move the task up a level first.")
    return _shifted(nodes, at, end, 1)


def outdented(nodes: Sequence[Node], key: int) -> list[Node]:
    """The plan with a row and its subtasks one level up, behind the rest of its former parent.

    What followed it under that parent stays there; the row goes below it, so nothing changes hands.
    Raises  DomainError if the row is on the topmost level already.
    """
    at = _index(nodes, key)
    depth = nodes[at].depth
    if depth == 1:
        raise DomainError("The task is on the topmost level already.")
    end = _end(nodes, at)
    parent_end = end
    while parent_end < len(nodes) and nodes[parent_end].depth >= depth:
        parent_end += 1
    moved = [replace(n, depth=n.depth - 1) for n in nodes[at:end]]
    return [*nodes[:at], *nodes[end:parent_end], *moved, *nodes[parent_end:]]


def moved(nodes: Sequence[Node], key: int, *, down: bool) -> list[Node]:
    """The plan with a row and its subtasks swapped with the sibling above or below.

    Raises  DomainError if there is no sibling on that side.
    """
    at = _index(nodes, key)
    end = _end(nodes, at)
    if down:
        if end >= len(nodes) or nodes[end].depth != nodes[at].depth:
            raise DomainError("The task is the last of its level already.")
        other_end = _end(nodes, end)
        return [*nodes[:at], *nodes[end:other_end], *nodes[at:end], *nodes[other_end:]]
    before = at - 1
    while before >= 0 and nodes[before].depth > nodes[at].depth:
        before -= 1
    if before < 0 or nodes[before].depth < nodes[at].depth:
        raise DomainError("The task is the first of its level already.")
    return [*nodes[:before], *nodes[at:end], *nodes[before:at], *nodes[end:]]


def placed_under(nodes: Sequence[Node], key: int, *, parent: int | None) -> list[Node]:
    """The plan with a row and its subtasks as the last subtask of another row (None: at the end).

    Raises  DomainError if the new parent is the row itself or one of its own subtasks (a cycle), or
            the subtree would go too deep.
    """
    at = _index(nodes, key)
    end = _end(nodes, at)
    subtree = nodes[at:end]
    if parent is not None and any(n.key == parent for n in subtree):
        raise DomainError("A task cannot be moved under itself or one of its own subtasks.")
    rest = [*nodes[:at], *nodes[end:]]
    new_depth, to = 1, len(rest)
    if parent is not None:
        parent_at = _index(rest, parent)
        new_depth, to = rest[parent_at].depth + 1, _end(rest, parent_at)
    shift = new_depth - nodes[at].depth
    if max(n.depth for n in subtree) + shift > MAX_DEPTH:
        raise DomainError(f"A plan has at most {MAX_DEPTH} levels. Choose a place higher up.")
    return [*rest[:to], *(replace(n, depth=n.depth + shift) for n in subtree), *rest[to:]]


def placed_first(nodes: Sequence[Node], key: int, *, parent: int | None) -> list[Node]:
    """The plan with a row and its subtasks as the first subtask of another row (None: of the plan).

    Raises  as `placed_under`.
    """
    placed = placed_under(nodes, key, parent=parent)
    at = _index(placed, key)
    end = _end(placed, at)
    to = 0 if parent is None else _index(placed, parent) + 1
    return [*placed[:to], *placed[at:end], *placed[to:at], *placed[end:]]


def placed_behind(nodes: Sequence[Node], key: int, *, before: int) -> list[Node]:
    """The plan with a row and its subtasks behind another row and all below it, on its level.

    Raises  as `placed_under`.
    """
    at = _index(nodes, before)
    above = [node.key for node in nodes[:at] if node.depth < nodes[at].depth]
    placed = placed_under(nodes, key, parent=above[-1] if nodes[at].depth > 1 else None)
    if key == before:
        raise DomainError("A task cannot be moved behind itself.")
    start = _index(placed, key)
    end = _end(placed, start)
    to = _end(placed, _index(placed, before))
    if to > start:  # the last of its level already
        return placed
    return [*placed[:to], *placed[start:end], *placed[to:start], *placed[end:]]


def without(nodes: Sequence[Node], key: int) -> list[Node]:
    """The plan without a row and its subtasks."""
    at = _index(nodes, key)
    return [*nodes[:at], *nodes[_end(nodes, at) :]]


def subtree_keys(nodes: Sequence[Node], key: int) -> list[int]:
    """The row and everything below it, in order."""
    at = _index(nodes, key)
    return [n.key for n in nodes[at : _end(nodes, at)]]


def _index(nodes: Sequence[Node], key: int) -> int:
    for at, node in enumerate(nodes):
        if node.key == key:
            return at
    raise ValueError(f"no row {key} in this plan")


def _end(nodes: Sequence[Node], at: int) -> int:
    """The index after the subtree that begins at `at`."""
    end = at + 1
    while end < len(nodes) and nodes[end].depth > nodes[at].depth:
        end += 1
    return end


def _shifted(nodes: Sequence[Node], at: int, end: int, by: int) -> list[Node]:
    return [
        *nodes[:at],
        *(replace(n, depth=n.depth + by) for n in nodes[at:end]),
        *nodes[end:],
    ]
