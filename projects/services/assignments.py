"""Who does a task: their share of it, and what that makes of its work and duration."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError, NotFound
from psa.core.org.models import Resource

from ..models import WAIT_FIELDS, Assignment, Project, Task, TeamMember
from ..rules import workload
from ..rules.typed_dates import MAX_DURATION
from ..rules.workload import Workload
from . import plan_rows as rows
from . import timing
from .locking import lock_project, task_of
from .schedule import PlanChange


@transaction.atomic
def assign_task(
    *,
    project_id: int,
    task_id: int,
    resource_id: int,
    actor: Actor,
    at: datetime,
    units: Decimal = Decimal(1),
) -> PlanChange:
    """Give a team member a share of a task (1 is full time), or change the share they have.

    Work and duration follow by the task's mode: docs/rules/projects.md, P-8.
    Raises  NotFound, PermissionDenied, DomainError.
    """
    project = lock_project(actor=actor, project_id=project_id)
    return rows.finish(project, actor, at, assign(project, task_id, resource_id, units))


@transaction.atomic
def unassign_task(
    *, project_id: int, task_id: int, resource_id: int, actor: Actor, at: datetime
) -> PlanChange:
    """Take somebody off a task. Raises  NotFound, PermissionDenied, DomainError."""
    project = lock_project(actor=actor, project_id=project_id)
    return rows.finish(project, actor, at, unassign(project, task_id, resource_id))


def waits_of(part: Assignment) -> dict[str, Any]:
    """What puts a part off and where it pauses, as far as anything does; as JSON keeps it."""
    return {name: getattr(part, name) for name in WAIT_FIELDS if getattr(part, name)}


def _check_waits(waits: Mapping[str, Any]) -> None:
    if unknown := sorted(waits.keys() - set(WAIT_FIELDS)):
        raise DomainError(f"A part of a task has no field “{unknown[0][:40]}”.", field="waits")
    delays = (waits.get("delay_minutes", 0), waits.get("levelling_delay_minutes", 0))
    if any(abs(minutes) > MAX_DURATION for minutes in delays):
        raise DomainError("A task is put off by at most 100,000 hours.", field="waits")
    workload.check_gaps(waits.get("gaps", ()))


def assign(
    project: Project, task_id: int, resource_id: int, units: Decimal, waits: Mapping[str, Any] = {}
) -> str:
    """The assignment made or changed on a locked project; what was done as words.

    With `waits`, as `waits_of` tells them, their part is put off and pauses so.
    """
    task = task_of(project, task_id)
    units = workload.check_units(units)
    _check_waits(waits)
    if task.is_summary or task.is_milestone:
        kind = "summary" if task.is_summary else "milestone"
        raise DomainError(f"{task} is a {kind}: nobody works on it itself.", field="task")
    member = TeamMember.objects.filter(project=project, resource_id=resource_id)
    if not member.exists():
        raise DomainError(
            "Only team members are given tasks. Add them to the team first.", field="resource"
        )
    name = Resource.objects.values_list("name", flat=True).get(id=resource_id)
    before = timing.workload_of(task)
    row = Assignment.objects.filter(task=task, resource_id=resource_id).first()
    done = f"gave {name} {units * 100:.0f} % of {task}"
    if row is not None and waits:
        Assignment.objects.filter(id=row.pk).update(**waits)
    if row is not None and row.units == units:
        return done
    if row is None:
        row = Assignment.objects.create(
            tenant_id=project.tenant_id, task=task, resource_id=resource_id, minutes=0, units=units,
            **waits,
        )  # fmt: skip
        after = workload.with_part(before, row.pk, units)
        before = timing.workload_of(task)
    else:
        after = workload.with_units(before, row.pk, units)
    _write(task, before, after)
    return done


def unassign(project: Project, task_id: int, resource_id: int) -> str:
    """The assignment taken away on a locked project; what was done as words."""
    task = task_of(project, task_id)
    row = (
        Assignment.objects.select_related("resource")
        .filter(task=task, resource_id=resource_id)
        .first()
    )
    if row is None:
        raise NotFound(f"Nobody of that number works on {task}.")
    before = timing.workload_of(task)
    after = workload.without_part(before, row.pk)
    row.delete()
    _write(task, before, after)
    return f"took {row.resource.name} off {task}"


def _write(task: Task, before: Workload, after: Workload) -> None:
    timing.write_parts(before, after)
    untouched = task.remaining_minutes == task.effort_minutes
    task.effort_minutes = after.effort_minutes
    task.duration_minutes = min(after.duration_minutes, MAX_DURATION)
    if task.percent_complete:
        task.done_minutes = workload.done_part(task.duration_minutes, task.percent_complete)
    if untouched:
        task.remaining_minutes = after.effort_minutes
    task.lock_version += 1
    task.save(
        update_fields=[
            "effort_minutes", "remaining_minutes", "duration_minutes", "done_minutes",
            "lock_version",
        ]
    )  # fmt: skip
