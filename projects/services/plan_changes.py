"""A batch of changes to one plan: all or none, scheduled once, told to the second saver."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, Final, cast

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied

from ..events import ProjectEvent
from ..models import Dependency, Project
from ..rules import outline
from ..selectors.changes import plan_changed_since
from . import deleted_tasks
from . import plan_rows as rows
from .assignments import Share, assign, unassign
from .dependencies import NO_LAG, Link, Waiting, remove_link, set_links
from .locking import lock_plan, task_of
from .schedule import PlanChange
from .task_changes import (
    EDITABLE,
    TASK,
    add_rows,
    arrange_row,
    delete_many,
    delete_rows,
    edit_row,
    new_values,
)

MAX_EDITS: Final = 1000

# A task of the plan by its id, or one that an edit before made, by the name it was given there.
TaskRef = int | str


@dataclass(frozen=True, slots=True)
class AddTask:
    """A new row: behind `after` and what is below it, as its last subtask, or at the plan's end.

    One that `restores` a deleted task takes its number, and with it what hung on it.
    """

    name: str
    after: TaskRef | None = None
    as_child: bool = False
    called: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    restores: int | None = None


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
    """Somebody's share of a task; units 0 takes them off it. With `waits` (as `waits_of` tells
    them) their part is put off and pauses so."""

    task: TaskRef
    resource_id: int
    units: Decimal = Decimal(1)
    waits: Mapping[str, Any] = field(default_factory=dict)


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
    project = lock_plan(actor=actor, project_id=project_id)
    check_revision(project, revision)
    if not edits:
        raise DomainError("There is nothing to change: give at least one edit.", field="edits")
    if len(edits) > MAX_EDITS:
        raise DomainError(f"At most {MAX_EDITS:,} edits at once. Split them.", field="edits")
    batch = _Batch(project, actor, at)
    number = 1
    # Edits of a kind that follow each other are one reading and one write: a paste has a thousand.
    for kind, group in groupby(edits, key=_together):
        run = list(group)
        if kind is AddTask:
            batch.add_all(cast(list[AddTask], run), number)
        elif kind is AssignTask:
            batch.assign_all(cast(list[AssignTask], run), number)
        elif kind is LinkTasks:
            batch.link_all(cast(list[LinkTasks], run), number)
        elif kind is not DeleteTask or not batch.delete_all(cast(list[DeleteTask], run), number):
            for at_number, edit in enumerate(run, start=number):
                with _naming(at_number):
                    batch.apply(edit)
        number += len(run)
    told = batch.told
    sentence = "; ".join(told[:3]) + (f"; and {len(told) - 3} more" if len(told) > 3 else "")
    change = rows.finish(project, actor, at, sentence or "looked the plan through")
    # The project's entry tells of the batch; each task's own tells what was done to it.
    audit.record_many(
        actor=actor, at=at, event=ProjectEvent.PLAN_CHANGED, record_type=TASK, items=batch.entries
    )
    return PlanChanged(batch.made, change)


def _together(edit: Edit) -> type[Edit] | None:
    """The kind of edits that are made together where they follow each other; None: one by one."""
    if isinstance(edit, AssignTask):
        return AssignTask if edit.units else None
    return type(edit) if isinstance(edit, AddTask | LinkTasks | DeleteTask) else None


@contextmanager
def _naming(number: int) -> Iterator[None]:
    """A refusal within says which edit it is about."""
    try:
        yield
    except (Conflict, NotFound, PermissionDenied) as error:
        raise type(error)(f"Edit {number}: {error}", error.field) from None
    except DomainError as error:
        raise DomainError(f"Edit {number}: {error}", error.field) from None


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
    """Edits on one locked plan: the tasks that they made, and what each did, as words."""

    def __init__(self, project: Project, actor: Actor, at: datetime) -> None:
        self.project, self.actor, self.at = project, actor, at
        self.made: dict[str, int] = {}
        self.told: list[str] = []
        self.entries: list[tuple[int, str, Mapping[str, Sequence[Any]]]] = []

    def apply(self, edit: Edit) -> None:
        """Make one edit that is no add."""
        project = self.project
        match edit:
            case EditTask():
                _check_fields(edit.values)
                task, words = edit_row(
                    project, self._id(edit.task), None, edit.values, actor=self.actor, at=self.at
                )
                if words:  # the edit has told the trail itself, with the values
                    self.told.append(f"changed {words} of {task}")
            case ArrangeTask():
                self._note(edit.task, self._arrange(edit))
            case DeleteTask():
                self._note(edit.task, delete_rows(project, self._id(edit.task))[1])
            case UnlinkTasks():
                after = self._id(edit.successor)
                known = self._link(self._id(edit.predecessor), after)
                if known is None:
                    raise NotFound(f"Project {project.code} has no such link.")
                self._note(after, remove_link(project, known))
            case AssignTask():
                self._check_names_people()
                task_id = self._id(edit.task)
                self._note(task_id, unassign(project, task_id, edit.resource_id))

    def assign_all(self, edits: Sequence[AssignTask], first_number: int) -> None:
        """Shares of tasks, in their order."""
        shares = []
        for number, edit in enumerate(edits, start=first_number):
            with _naming(number):
                self._check_names_people()
                shares.append(Share(self._id(edit.task), edit.resource_id, edit.units, edit.waits))
        words = assign(self.project, shares, lambda place: _naming(first_number + place))
        for edit, told in zip(edits, words, strict=True):
            self._note(edit.task, told)

    def link_all(self, edits: Sequence[LinkTasks], first_number: int) -> None:
        """Links between tasks, in their order."""
        links = []
        for number, edit in enumerate(edits, start=first_number):
            with _naming(number):
                before, after = self._id(edit.predecessor), self._id(edit.successor)
                links.append(Link(before, after, edit.kind, edit.lag))
        words = set_links(self.project, links, lambda place: _naming(first_number + place))
        for link, told in zip(links, words, strict=True):
            self._note(link.successor_id, told)

    def _check_names_people(self) -> None:
        if self.project.draft_of_id is not None:
            raise DomainError("A template names roles, no people.", field="resource")

    def add_all(self, edits: Sequence[AddTask], first_number: int) -> None:
        """New rows in their order; one may follow or stand under another. Linear in their number."""
        nodes = rows.nodes_of(self.project)
        depths = {node.key: node.depth for node in nodes}
        additions, values = [], []
        restored = [edit.restores for edit in edits if edit.restores is not None]
        if restored:
            with _naming(first_number):
                deleted_tasks.check_deleted(self.project, restored)
        keys = [
            key if edit.restores is None else edit.restores
            for key, edit in zip(rows.reserve_ids(len(edits)), edits, strict=True)
        ]
        for number, (key, edit) in enumerate(zip(keys, edits, strict=True), start=first_number):
            with _naming(number):
                _check_fields(edit.values)
                after = None if edit.after is None else self._id(edit.after)
                if edit.called and edit.called in self.made:
                    called = edit.called[:40]
                    raise DomainError(f"Two new tasks are called “{called}”.", field="called")
                if after is not None and after not in depths:
                    task_of(self.project, after)  # which it is not
                depths[key] = 1 if after is None else depths[after] + edit.as_child
                outline.check_depth(depths[key])
                values.append(new_values(self.project, {**edit.values, "name": edit.name}))
            if edit.called:
                self.made[edit.called] = key
            additions.append(outline.Addition(key, after, edit.as_child))
        for task in add_rows(self.project, nodes, additions, values):
            verb = "brought back" if task.pk in restored else "added"
            self._note(task.pk, f"{verb} task {task}")
        if restored:
            deleted_tasks.bring_back(self.project, restored)

    def delete_all(self, edits: Sequence[DeleteTask], first_number: int) -> bool:
        """Whether rows could be deleted at once; else each must be, to say which one cannot."""
        ids = []
        for number, edit in enumerate(edits, start=first_number):
            with _naming(number):
                ids.append(self._id(edit.task))
        told = delete_many(self.project, ids)
        for task_id, words in zip(ids, told or (), strict=False):
            self._note(task_id, words)
        return told is not None

    def _note(self, task: TaskRef, words: str) -> None:
        self.told.append(words)
        self.entries.append((self._id(task), words, {}))

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
