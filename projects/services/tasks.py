"""Editing the work breakdown structure.

Every structural edit locks the project, decides in `rules.outline` on (task, depth) pairs, and
writes the new places in one set-based UPDATE, whatever the size of the plan.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError

from ..events import ProjectEvent
from ..models import Task
from ..rules import outline
from ..rules.outline import Node
from . import plan_rows as rows
from . import progress
from .locking import lock_plan, lock_project, task_of
from .task_changes import (
    EDITABLE,
    TASK,
    Arrange,
    add_row,
    arrange_row,
    delete_rows,
    edit_row,
)
from .task_values import NewTask, check_minutes, checked, hours_text, values_of


@transaction.atomic
def add_task(
    *,
    project_id: int,
    name: str,
    actor: Actor,
    at: datetime,
    after_id: int | None = None,
    as_child: bool = False,
    effort_minutes: int = 0,
    starts_on: date | None = None,
    finishes_on: date | None = None,
    role_id: int | None = None,
    is_milestone: bool = False,
) -> Task:
    """Add a task behind another on its level (or as its last subtask), or at the end of the plan.

    Raises  NotFound, PermissionDenied, DomainError naming the field.
    """
    project = lock_project(actor=actor, project_id=project_id)
    task = add_row(
        project,
        {
            "name": name,
            "effort_minutes": effort_minutes,
            "starts_on": starts_on,
            "finishes_on": finishes_on,
            "role_id": role_id,
            "is_milestone": is_milestone,
        },
        after_id=after_id,
        as_child=as_child,
    )
    rows.finish(project, actor, at, f"added task {task}")
    task.refresh_from_db()
    return task


@transaction.atomic
def add_tasks(
    *, project_id: int, tasks: Sequence[NewTask], actor: Actor, at: datetime
) -> list[Task]:
    """Add many rows at the end of the plan, in one insert; returns them in their order.

    Raises  NotFound, PermissionDenied, DomainError naming the row.
    """
    project = lock_project(actor=actor, project_id=project_id)
    if not tasks:
        return []
    nodes = rows.nodes_of(project)
    depth = nodes[-1].depth if nodes else 0
    valid = []
    for number, new in enumerate(tasks, start=1):
        if not 1 <= new.depth <= depth + 1:
            raise DomainError(f"Row {number} “{new.name[:40]}” skips a level of the plan.")
        depth = new.depth
        valid.append(checked(values_of(new)))
    stand_ins = [Node(-number, new.depth) for number, new in enumerate(tasks, start=1)]
    places = outline.numbered([*nodes, *stand_ins])[len(nodes) :]
    # Ids first, so that parents are known and one INSERT suffices.
    ids = rows.reserve_ids(len(tasks))
    key_of = {stand_in.key: task_id for stand_in, task_id in zip(stand_ins, ids, strict=True)}
    made = Task.objects.bulk_create(
        [
            Task(
                id=task_id,
                tenant_id=actor.tenant_id,
                project=project,
                parent_id=None
                if place.parent_key is None
                else key_of.get(place.parent_key, place.parent_key),
                position=place.position,
                outline=place.outline,
                depth=place.depth,
                is_summary=place.is_summary,
                remaining_minutes=values["effort_minutes"],
                **values,
            )
            for task_id, place, values in zip(ids, places, valid, strict=True)
        ],
        batch_size=1000,
    )
    rows.write_places([*nodes, *(Node(key_of[n.key], n.depth) for n in stand_ins)])
    rows.finish(project, actor, at, f"added {len(made)} tasks to the plan")
    return list(Task.objects.filter(id__in=ids).order_by("position"))


@transaction.atomic
def edit_task(
    *,
    project_id: int,
    task_id: int,
    lock_version: int | None,
    actor: Actor,
    at: datetime,
    **values: Any,
) -> Task:
    """Change what is given of the fields in `task_changes.EDITABLE`; days and hours as P-7 and P-8
    of docs/rules/projects.md say.

    Raising the effort of a task on which nothing was re-estimated raises what remains as much.
    Raises  NotFound, PermissionDenied, Conflict (a stale form, saying what changed), DomainError.
    """
    unknown = values.keys() - EDITABLE
    if unknown:
        raise TypeError(f"not a field of a task that can be edited: {sorted(unknown)}")
    project = lock_plan(actor=actor, project_id=project_id)
    task, words = edit_row(project, task_id, lock_version, values, actor=actor, at=at)
    if words:
        rows.finish(project, actor, at, f"changed {words} of {task}", ProjectEvent.TASK_EDITED)
        task.refresh_from_db()
    return task


@transaction.atomic
def set_remaining(
    *, project_id: int, minutes_by_task: Mapping[int, int], actor: Actor, at: datetime
) -> int:
    """Set the remaining work of leaf tasks, as the forecast does; returns how many changed.

    Raises  NotFound, PermissionDenied, DomainError.
    """
    project = lock_project(actor=actor, project_id=project_id)
    tasks = {t.pk: t for t in Task.objects.filter(project=project, id__in=minutes_by_task.keys())}
    items = []
    changed = []
    stood = []
    for task_id, minutes in minutes_by_task.items():
        task = tasks.get(task_id) or task_of(project, task_id)
        if task.is_summary:
            raise DomainError(f"{task} is a summary: set the work left of the tasks below it.")
        check_minutes(minutes, "remaining_minutes")
        if task.remaining_minutes == minutes:
            continue
        version = (task.lock_version, task.lock_version + 1)
        before = task.remaining_minutes
        was = progress.standing_of(task)
        task.remaining_minutes, task.lock_version = minutes, version[1]
        changed.append(task)
        stood.append((task.pk, was, progress.standing_of(task)))
        sentence = (
            f"set remaining work of {task} from {hours_text(before)} to {hours_text(minutes)}"
        )
        items.append(
            (task.pk, sentence, {"remaining_minutes": (before, minutes), "lock_version": version})
        )
    Task.objects.bulk_update(changed, ["remaining_minutes", "lock_version"], batch_size=500)
    progress.remember(project, stood, actor=actor, at=at)
    audit.record_many(
        actor=actor, at=at, event=ProjectEvent.TASK_EDITED, record_type=TASK, items=items
    )
    if len(items) == 1:
        rows.finish(project, actor, at, items[0][1], ProjectEvent.TASK_EDITED)
    elif items:
        rows.finish(project, actor, at, f"set remaining work of {len(items)} tasks")
    return len(changed)


def indent_task(*, project_id: int, task_id: int, actor: Actor, at: datetime) -> Task:
    """Make a task a subtask of the one above it on its level; its own subtasks come along."""
    return _rearrange(
        project_id, task_id, actor, at, lambda nodes: outline.indented(nodes, task_id), "indented"
    )


def outdent_task(*, project_id: int, task_id: int, actor: Actor, at: datetime) -> Task:
    """Move a task and its subtasks one level up, below its former parent's."""
    return _rearrange(
        project_id, task_id, actor, at, lambda nodes: outline.outdented(nodes, task_id), "outdented"
    )


def move_task(*, project_id: int, task_id: int, is_down: bool, actor: Actor, at: datetime) -> Task:
    """Swap a task and its subtasks with the one below it on its level, or above it."""
    return _rearrange(
        project_id, task_id, actor, at,
        lambda nodes: outline.moved(nodes, task_id, down=is_down), "moved",
    )  # fmt: skip


def place_task(
    *, project_id: int, task_id: int, parent_id: int | None, actor: Actor, at: datetime
) -> Task:
    """Make a task the last subtask of another, or the last of the plan; cycles are refused."""
    return _rearrange(
        project_id, task_id, actor, at,
        lambda nodes: outline.placed_under(nodes, task_id, parent=parent_id), "moved", parent_id,
    )  # fmt: skip


@transaction.atomic
def delete_task(*, project_id: int, task_id: int, actor: Actor, at: datetime) -> int:
    """Delete a task and its subtasks; returns how many rows went.

    Refused when work was booked or posted on any of them, or a contract's terms name one.
    Raises  NotFound, PermissionDenied, DomainError.
    """
    project = lock_project(actor=actor, project_id=project_id)
    count, words = delete_rows(project, task_id)
    rows.finish(project, actor, at, words)
    return count


@transaction.atomic
def _rearrange(
    project_id: int,
    task_id: int,
    actor: Actor,
    at: datetime,
    arrange: Arrange,
    verb: str,
    parent_id: int | None = None,
) -> Task:
    project = lock_project(actor=actor, project_id=project_id)
    words = arrange_row(project, task_id, arrange, verb, parent_id)
    rows.finish(project, actor, at, words)
    return task_of(project, task_id)
