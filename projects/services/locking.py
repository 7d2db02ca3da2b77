"""Rows taken for a change: found, visible, allowed, and not changed by somebody else meanwhile."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import QuerySet

from psa.core.actor import Actor
from psa.core.errors import Conflict, NotFound

from .. import policies
from ..models import Project, RegisterEntry, Task
from ..selectors.changes import changed_since

Changes = dict[str, tuple[Any, Any]]
Record = Project | Task | RegisterEntry


def lock_project(*, actor: Actor, project_id: int) -> Project:
    """The project, locked for this transaction, if the actor may change it.

    Raises  NotFound, PermissionDenied; DomainError if it is closed.
    """
    return _locked(policies.visible_to(actor), actor, project_id)


def lock_plan(*, actor: Actor, project_id: int) -> Project:
    """As `lock_project`; the draft of a template, too, if the actor may edit that."""
    return _locked(policies.plans_visible_to(actor), actor, project_id)


def _locked(visible: QuerySet[Project], actor: Actor, project_id: int) -> Project:
    ids = visible.filter(id=project_id).values("id")
    project: Project | None = (
        Project.plans.select_for_update(of=("self",), no_key=True)
        .select_related("manager", "contracting_unit__legal_entity")
        .filter(id__in=ids)
        .first()
    )
    if project is None:
        raise NotFound("There is no such project, or it is not yours to see.")
    policies.check_can_manage(project, actor)
    return project


def task_of(project: Project, task_id: int) -> Task:
    """A task of the locked project.

    Raises  NotFound.
    """
    task: Task | None = Task.objects.filter(project_id=project.pk, id=task_id).first()
    if task is None:
        raise NotFound(f"Project {project.code} has no such task. It may have been deleted.")
    return task


def tasks_of(project: Project, task_ids: Collection[int]) -> dict[int, Task]:
    """Those of the tasks that the locked project has, by their ids. One query."""
    return {task.pk: task for task in Task.objects.filter(project_id=project.pk, id__in=task_ids)}


def check_fresh(record: Record, lock_version: int | None) -> None:
    """Refuse a change made on an older state of the record, saying what has changed since.

    None means that the caller read the record in this very transaction.
    Raises  Conflict.
    """
    if lock_version is None or lock_version == record.lock_version:
        return
    told = changed_since(
        record_type=record._meta.label, record_id=record.pk, lock_version=lock_version
    )
    what = f" {told}." if told else ""
    raise Conflict(
        f"{record} has changed since you opened it.{what} Reload to see it, then make your change."
    )


def apply(record: Record, values: Mapping[str, Any]) -> Changes:
    """Set the fields that differ, raise the version and write; returns field → (from, to).

    References are told by their ids' field name without “_id”. Nothing is written when nothing
    differs.
    """
    changes: Changes = {}
    for name, value in values.items():
        before = getattr(record, name)
        if before != value:
            changes[name.removesuffix("_id")] = (before, value)
            setattr(record, name, value)
    if not changes:
        return {}
    changes["lock_version"] = (record.lock_version, record.lock_version + 1)
    record.lock_version += 1
    fields = [name for name in values if name.removesuffix("_id") in changes]
    record.save(update_fields=[*fields, "lock_version"])
    return changes
