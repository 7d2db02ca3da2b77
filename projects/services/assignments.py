"""Who does a task: their share of it, and what that makes of its work and duration."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError, NotFound

from ..models import WAIT_FIELDS, Assignment, Project, Task, TeamMember
from ..rules import workload
from ..rules.typed_dates import MAX_DURATION
from ..rules.workload import Part, Workload
from . import plan_rows as rows
from . import timing
from .locking import lock_project, task_of, tasks_of
from .schedule import PlanChange

WORK_FIELDS: Final = (
    "effort_minutes", "remaining_minutes", "duration_minutes", "done_minutes", "lock_version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Share:
    """Somebody's share of a task, 1 is full time. With `waits`, as `waits_of` tells them, their part
    is put off and pauses so."""

    task_id: int
    resource_id: int
    units: Decimal
    waits: Mapping[str, Any] = field(default_factory=dict)


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
    (words,) = assign(project, [Share(task_id, resource_id, units)])
    return rows.finish(project, actor, at, words)


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
    project: Project,
    shares: Sequence[Share],
    naming: Callable[[int], AbstractContextManager[Any]] = nullcontext,
) -> list[str]:
    """Shares of a locked project's tasks, given or changed in their order; each one told in words.

    A refusal passes through `naming`, which is asked with the place of the share from 0 on. A
    constant number of queries.
    Raises  NotFound, DomainError.
    """
    found = _Shares(project, shares)
    words = []
    for place, share in enumerate(shares):
        with naming(place):
            words.append(found.give(share))
    found.store()
    return words


class _Shares:
    """The tasks that shares are given of, each with who works on it, and what became of them."""

    def __init__(self, project: Project, shares: Sequence[Share]) -> None:
        self.project = project
        people = {share.resource_id for share in shares}
        self.tasks = tasks_of(project, {share.task_id for share in shares})
        self.names: dict[int, str] = dict(
            TeamMember.objects.filter(project=project, resource_id__in=people).values_list(
                "resource_id", "resource__name"
            )
        )
        self.parts: dict[int, list[Assignment]] = defaultdict(list)
        for part in Assignment.objects.filter(task_id__in=self.tasks).order_by("id"):
            self.parts[part.task_id].append(part)
        self.known = {part.pk: part for parts in self.parts.values() for part in parts}
        self.put_off: set[int] = set()
        self.shared: set[int] = set()
        self.touched: set[int] = set()

    def give(self, share: Share) -> str:
        """One share; what was done, in words. Raises  NotFound, DomainError."""
        task = self.tasks.get(share.task_id) or task_of(self.project, share.task_id)
        units = workload.check_units(share.units)
        _check_waits(share.waits)
        if task.is_summary or task.is_milestone:
            kind = "summary" if task.is_summary else "milestone"
            raise DomainError(f"{task} is a {kind}: nobody works on it itself.", field="task")
        name = self.names.get(share.resource_id)
        if name is None:
            raise DomainError(
                "Only team members are given tasks. Add them to the team first.", field="resource"
            )
        parts, load = self.parts[task.pk], self._load(task)
        place = next((n for n, p in enumerate(parts) if p.resource_id == share.resource_id), None)
        if place is None:
            parts.append(
                Assignment(
                    tenant_id=task.tenant_id, task=task, resource_id=share.resource_id, minutes=0,
                    units=units, **share.waits,
                )
            )  # fmt: skip
            self._take(task, workload.with_part(load, len(parts) - 1, units))
        else:
            self._put_off(parts[place], share.waits)
            if parts[place].units != units:
                self._take(task, workload.with_units(load, place, units))
        return f"gave {name} {units * 100:.0f} % of {task}"

    def store(self) -> None:
        """Write what became of the tasks and of their parts."""
        new = [part for parts in self.parts.values() for part in parts if part.pk is None]
        Assignment.objects.bulk_create(new)
        if self.shared:
            changed = [self.known[pk] for pk in sorted(self.shared)]
            Assignment.objects.bulk_update(changed, ["units", "minutes"])
        if self.put_off:
            changed = [self.known[pk] for pk in sorted(self.put_off)]
            Assignment.objects.bulk_update(changed, WAIT_FIELDS)
        if self.touched:
            tasks = [self.tasks[pk] for pk in sorted(self.touched)]
            Task.objects.bulk_update(tasks, WORK_FIELDS)

    def _load(self, task: Task) -> Workload:
        """The task's work; a part's key is its place."""
        return timing.workload_with(
            task,
            tuple(
                Part(place, part.units, part.minutes)
                for place, part in enumerate(self.parts[task.pk])
            ),
        )

    def _take(self, task: Task, after: Workload) -> None:
        for part, share in zip(self.parts[task.pk], after.parts, strict=True):
            if (part.units, part.minutes) != (share.units, share.minutes):
                part.units, part.minutes = share.units, share.minutes
                if part.pk is not None:
                    self.shared.add(part.pk)
        _take_work(task, after)
        self.touched.add(task.pk)

    def _put_off(self, part: Assignment, waits: Mapping[str, Any]) -> None:
        for name, value in waits.items():
            setattr(part, name, value)
        if waits and part.pk is not None:
            self.put_off.add(part.pk)


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
    _take_work(task, after)
    task.save(update_fields=WORK_FIELDS)


def _take_work(task: Task, after: Workload) -> None:
    """Work and duration as they are now; of a task nobody worked on yet all of it is left."""
    untouched = task.remaining_minutes == task.effort_minutes
    task.effort_minutes = after.effort_minutes
    task.duration_minutes = min(after.duration_minutes, MAX_DURATION)
    if task.percent_complete:
        task.done_minutes = workload.done_part(task.duration_minutes, task.percent_complete)
    if untouched:
        task.remaining_minutes = after.effort_minutes
    task.lock_version += 1
