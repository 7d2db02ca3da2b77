"""A batch of changes to one plan: all or none, scheduled once, told to the second saver."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction

from psa.core.actor import Actor
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied

from ..models import Dependency, Project
from ..rules import outline
from ..selectors.changes import plan_changed_since
from . import plan_rows as rows
from .assignments import assign, unassign
from .dependencies import NO_LAG, Waiting, add_link, edit_link, remove_link
from .locking import lock_project
from .schedule import PlanChange
from .task_changes import EDITABLE, add_row, arrange_row, delete_rows, edit_row

MAX_EDITS: Final = 1000

# A task of the plan by its id, or one that an edit before made, by the name it was given there.
TaskRef = int | str


@dataclass(frozen=True, slots=True)
class AddTask:
    """A new row: behind `after` and what is below it, as its last subtask, or at the plan's end."""

    name: str
    after: TaskRef | None = None
    as_child: bool = False
    called: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EditTask:
    """Fields of a task, as `tasks.edit_task` takes them."""

    task: TaskRef
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ArrangeTask:
    """A task moved in the tree: indent, outdent, up, down; as the last (place) or first subtask of
    `parent` (None: of the plan), or behind the row `parent` and all below it."""

    task: TaskRef
    how: str
    parent: TaskRef | None = None


@dataclass(frozen=True, slots=True)
class DeleteTask:
    """A task and all below it."""

    task: TaskRef


@dataclass(frozen=True, slots=True)
class LinkTasks:
    """One task waits for another; a link that is there already takes this kind and lag."""

    predecessor: TaskRef
    successor: TaskRef
    kind: str = Dependency.Kind.FINISH_TO_START
    lag: Waiting = NO_LAG


@dataclass(frozen=True, slots=True)
class UnlinkTasks:
    """The link between two tasks taken away."""

    predecessor: TaskRef
    successor: TaskRef


@dataclass(frozen=True, slots=True)
class AssignTask:
    """Somebody's share of a task; units 0 takes them off it."""

    task: TaskRef
    resource_id: int
    units: Decimal = Decimal(1)


Edit = AddTask | EditTask | ArrangeTask | DeleteTask | LinkTasks | UnlinkTasks | AssignTask


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """What a batch came to: the tasks it made, by the names they were given, and the schedule's."""

    made: Mapping[str, int]
    change: PlanChange


@transaction.atomic
def change_plan(
    *,
    project_id: int,
    edits: Sequence[Edit],
    actor: Actor,
    at: datetime,
    revision: int | None = None,
) -> PlanChanged:
    """Apply edits in their order, all or none, and schedule the plan once.

    `revision` is that of the plan the edits were made on; None asks for no comparison. A refusal
    names the edit by its number.
    Raises  Conflict if the plan has changed since, saying what; NotFound, PermissionDenied;
            CircularDependencies naming the circle; DomainError.
    """
    project = lock_project(actor=actor, project_id=project_id)
    check_revision(project, revision)
    if not edits:
        raise DomainError("There is nothing to change: give at least one edit.", field="edits")
    if len(edits) > MAX_EDITS:
        raise DomainError(f"At most {MAX_EDITS:,} edits at once. Split them.", field="edits")
    batch = _Batch(project, actor, at)
    words = []
    for number, edit in enumerate(edits, start=1):
        try:
            words.append(batch.apply(edit))
        except (Conflict, NotFound, PermissionDenied) as error:
            raise type(error)(f"Edit {number}: {error}", error.field) from None
        except DomainError as error:
            raise DomainError(f"Edit {number}: {error}", error.field) from None
    told = [word for word in words if word]
    sentence = "; ".join(told[:3]) + (f"; and {len(told) - 3} more" if len(told) > 3 else "")
    change = rows.finish(project, actor, at, sentence or "looked the plan through")
    return PlanChanged(batch.made, change)


def check_revision(project: Project, revision: int | None) -> None:
    """Refuse edits that were made on an older plan, saying what has changed since.

    Raises  Conflict.
    """
    if revision is None or revision == project.plan_revision:
        return
    told = plan_changed_since(project_id=project.pk, revision=revision)
    what = f" {told}." if told else ""
    raise Conflict(
        f"The plan of {project.code} has changed since you opened it.{what} Reload to see it, "
        "then make your change.",
        field="revision",
    )


class _Batch:
    """Edits on one locked plan; knows the tasks that they made."""

    def __init__(self, project: Project, actor: Actor, at: datetime) -> None:
        self.project, self.actor, self.at = project, actor, at
        self.made: dict[str, int] = {}

    def apply(self, edit: Edit) -> str:
        """Make one edit; what was done as words."""
        project = self.project
        match edit:
            case AddTask():
                return self._add(edit)
            case EditTask():
                _check_fields(edit.values)
                task, words = edit_row(
                    project, self._id(edit.task), None, edit.values, actor=self.actor, at=self.at
                )
                return f"changed {words} of {task}" if words else ""
            case ArrangeTask():
                return self._arrange(edit)
            case DeleteTask():
                return delete_rows(project, self._id(edit.task))[1]
            case LinkTasks():
                before, after = self._id(edit.predecessor), self._id(edit.successor)
                known = self._link(before, after)
                if known is not None:
                    return edit_link(project, known, edit.kind, edit.lag)[1]
                return add_link(project, before, after, edit.kind, edit.lag)[1]
            case UnlinkTasks():
                known = self._link(self._id(edit.predecessor), self._id(edit.successor))
                if known is None:
                    raise NotFound(f"Project {project.code} has no such link.")
                return remove_link(project, known)
            case AssignTask():
                task_id = self._id(edit.task)
                if not edit.units:
                    return unassign(project, task_id, edit.resource_id)
                return assign(project, task_id, edit.resource_id, edit.units)

    def _add(self, edit: AddTask) -> str:
        _check_fields(edit.values)
        if edit.called and edit.called in self.made:
            raise DomainError(f"Two new tasks are called “{edit.called[:40]}”.", field="called")
        after = None if edit.after is None else self._id(edit.after)
        values = {**edit.values, "name": edit.name}
        task = add_row(self.project, values, after_id=after, as_child=edit.as_child)
        if edit.called:
            self.made[edit.called] = task.pk
        return f"added task {task}"

    def _arrange(self, edit: ArrangeTask) -> str:
        task_id = self._id(edit.task)
        parent = None if edit.parent is None else self._id(edit.parent)
        ways: dict[str, tuple[Any, str]] = {
            "indent": (lambda nodes: outline.indented(nodes, task_id), "indented"),
            "outdent": (lambda nodes: outline.outdented(nodes, task_id), "outdented"),
            "up": (lambda nodes: outline.moved(nodes, task_id, down=False), "moved"),
            "down": (lambda nodes: outline.moved(nodes, task_id, down=True), "moved"),
            "place": (lambda nodes: outline.placed_under(nodes, task_id, parent=parent), "moved"),
            "first": (lambda nodes: outline.placed_first(nodes, task_id, parent=parent), "moved"),
            "behind": (
                lambda nodes: outline.placed_behind(nodes, task_id, before=parent or 0),
                "moved",
            ),
        }
        if edit.how not in ways:
            raise DomainError(f"A task is moved by one of {', '.join(ways)}.", field="how")
        if edit.how == "behind" and parent is None:
            raise DomainError("Say behind which task it goes.", field="parent_id")
        return arrange_row(self.project, task_id, *ways[edit.how], parent)

    def _id(self, ref: TaskRef) -> int:
        if isinstance(ref, int):
            return ref
        if ref not in self.made:
            raise NotFound(f"No edit before has made a task called “{ref[:40]}”.")
        return self.made[ref]

    def _link(self, before: int, after: int) -> int | None:
        found: int | None = (
            Dependency.objects.filter(
                project=self.project, predecessor_id=before, successor_id=after
            )
            .values_list("id", flat=True)
            .first()
        )
        return found


def _check_fields(values: Mapping[str, Any]) -> None:
    unknown = sorted(values.keys() - EDITABLE)
    if unknown:
        raise DomainError(f"A task has no field “{unknown[0][:40]}” to change.", field="values")
