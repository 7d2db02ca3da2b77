"""The batch that takes a plan back to what it was: undo is an edit like any other."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from ..rules import outline
from ..rules.outline import Node
from ..selectors.plan_sheet import PlanSheet, SheetLink
from .dependencies import Waiting
from .plan_changes import (
    AddTask,
    ArrangeTask,
    AssignTask,
    DeleteTask,
    Edit,
    EditTask,
    LinkTasks,
    TaskRef,
    UnlinkTasks,
)

_OF_ALL: Final = (
    "name", "role_id", "open_role", "billing_type", "external_reference", "description", "constraint_kind",
    "constrained_to", "deadline_at", "priority", "calendar_id",
)  # fmt: skip
_OF_LEAVES: Final = (
    "is_milestone", "effort_minutes", "remaining_minutes", "duration_minutes", "mode",
    "is_effort_driven", "percent_complete", "is_completed", "actual_start_at", "actual_finish_at",
    "levelling_delay_minutes", "is_levelling_delay_elapsed",
)  # fmt: skip

# Work and duration follow each other: who gives one back gives all.
_WORK: Final = frozenset({"effort_minutes", "remaining_minutes", "duration_minutes"})


def called(task_id: int) -> str:
    """The name under which a deleted task comes back, for later edits of the batch."""
    return f"was{task_id}"


def inverse_of(before: PlanSheet, after: PlanSheet) -> list[Edit]:
    """Edits that make the plan `after` what it was `before`, in the order in which they apply.

    Tasks that were deleted come back under their numbers, with comments, files and baselines.
    """
    return _Inverse(before, after).edits()


class _Inverse:
    def __init__(self, before: PlanSheet, after: PlanSheet) -> None:
        self.before, self.after = before, after

    def edits(self) -> list[Edit]:
        links_gone, links_back = self._links()
        return [*links_gone, *self._rows(), *self._shares(), *self._values(), *links_back]

    def _ref(self, task_id: int) -> TaskRef:
        return task_id if task_id in self.after.tasks else called(task_id)

    def _rows(self) -> list[Edit]:
        """New tasks deleted, deleted ones added, and every row put where it was."""
        found: list[Edit] = []
        was, now = self.before.tasks, self.after.tasks
        nodes = [Node(task_id, row["depth"]) for task_id, row in now.items()]
        later: list[Edit] = []
        for task_id in [key for key in now if key not in was]:
            if now[task_id]["parent_id"] in now and now[task_id]["parent_id"] not in was:
                continue  # it goes with the new one above it
            if any(key in was for key in outline.subtree_keys(nodes, task_id)):
                later.append(DeleteTask(task_id))  # once what stays has left it
            else:
                found.append(DeleteTask(task_id))
                nodes = outline.without(nodes, task_id)
        path: list[int] = []
        last_at: dict[int, int] = {}
        for task_id, row in was.items():
            depth = row["depth"]
            del path[depth - 1 :]
            parent = path[-1] if path else None
            path.append(task_id)
            last_at = {level: key for level, key in last_at.items() if level <= depth}
            sibling = last_at.get(depth)
            last_at[depth] = task_id
            if task_id not in now:
                anchor = sibling if sibling is not None else parent
                is_child = sibling is None and parent is not None
                found.append(
                    AddTask(
                        row["name"], None if anchor is None else self._ref(anchor), is_child,
                        called(task_id), self._given(row), task_id,
                    )
                )  # fmt: skip
                nodes = outline.inserted(nodes, task_id, after=anchor, child=is_child)
            if not _stands(nodes, task_id, parent, sibling):
                edit, nodes = self._place(nodes, task_id, parent, sibling)
                found.append(edit)
        return [*found, *later]

    def _place(
        self, nodes: list[Node], task_id: int, parent: int | None, sibling: int | None
    ) -> tuple[Edit, list[Node]]:
        if sibling is not None:
            edit = ArrangeTask(self._ref(task_id), "behind", self._ref(sibling))
            return edit, outline.placed_behind(nodes, task_id, before=sibling)
        edit = ArrangeTask(
            self._ref(task_id), "first", None if parent is None else self._ref(parent)
        )
        return edit, outline.placed_first(nodes, task_id, parent=parent)

    def _values(self) -> list[Edit]:
        """Fields of tasks that stayed, and what giving people back has made of the others' work."""
        found: list[Edit] = []
        for task_id, row in self.before.tasks.items():
            now = self.after.tasks.get(task_id)
            names = _OF_ALL if row["is_summary"] else (*_OF_ALL, *_OF_LEAVES)
            values = {name: row[name] for name in names if now and row[name] != now[name]}
            has_moved = _known(self.before, task_id) != (_known(self.after, task_id) if now else {})
            if _WORK & values.keys() or (has_moved and not row["is_summary"]):
                values |= {name: row[name] for name in _WORK if row[name] is not None}
            if "constrained_to" in values or "constraint_kind" in values:
                values |= {name: row[name] for name in ("constraint_kind", "constrained_to")}
            if values:
                found.append(EditTask(self._ref(task_id), values))
        return found

    def _given(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a task that comes back; what is as usual is left out."""
        names = _OF_ALL if row["is_summary"] else (*_OF_ALL, *_OF_LEAVES)
        return {
            name: row[name]
            for name in names
            if name != "name" and row[name] not in (None, "", False)
        }

    def _links(self) -> tuple[list[Edit], list[Edit]]:
        was = {(link.before, link.after): link for link in self.before.links.values()}
        now = {(link.before, link.after): link for link in self.after.links.values()}
        gone: list[Edit] = [
            UnlinkTasks(*pair)
            for pair in now
            if pair not in was and all(task_id in self.before.tasks for task_id in pair)
        ]
        back: list[Edit] = [
            LinkTasks(self._ref(link.before), self._ref(link.after), link.kind, _lag(link))
            for pair, link in was.items()
            if pair not in now or _shape(link) != _shape(now[pair])
        ]
        return gone, back

    def _shares(self) -> list[Edit]:
        found: list[Edit] = []
        for task_id in self.before.tasks:
            was = _known(self.before, task_id)
            now = _known(self.after, task_id) if task_id in self.after.tasks else {}
            found += [
                AssignTask(
                    self._ref(task_id),
                    who,
                    was.get(who, Decimal(0)),
                    {} if who in now else self.before.waits.get((task_id, who), {}),
                )
                for who in (was | now)
                if was.get(who) != now.get(who)
            ]
        return found


def _stands(nodes: list[Node], key: int, parent: int | None, sibling: int | None) -> bool:
    """Whether a row follows that sibling under that parent already."""
    found: dict[int, int] = {}
    for node in nodes:
        if node.key == key:
            return found.get(node.depth - 1) == parent and found.get(node.depth) == sibling
        found = {level: above for level, above in found.items() if level <= node.depth}
        found[node.depth] = node.key
    return False


def _known(sheet: PlanSheet, task_id: int) -> dict[int, Decimal]:
    return {who: units for who, units, _ in sheet.shares.get(task_id, ()) if who is not None}


def _lag(link: SheetLink) -> Waiting:
    return Waiting(link.lag_minutes, link.lag_percent, link.is_elapsed)


def _shape(link: SheetLink) -> tuple[Any, ...]:
    return (link.kind, link.lag_minutes, link.lag_percent, link.is_elapsed)
