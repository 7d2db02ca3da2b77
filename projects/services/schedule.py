"""Working out when the tasks of a plan happen, and writing down what that changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError

from ..models import Project, Task
from ..rules.scheduling import (
    CircularPlan,
    Plan,
    PlanTask,
    Progress,
    Schedule,
    WarningKind,
    schedule,
)
from ..rules.typed_dates import first_day, last_day
from ..selectors.schedule import LoadedPlan, PlannedTask, load_plan
from .locking import lock_project


class CircularDependencies(DomainError):
    """Tasks wait for each other in a circle; the message names them all."""


@dataclass(frozen=True, slots=True)
class MovedTask:
    """A task whose schedule changed: when it happens now, and when it did."""

    id: int
    outline: str
    name: str
    start_at: datetime
    finish_at: datetime
    was_start_at: datetime | None
    was_finish_at: datetime | None
    total_slack_minutes: int
    is_critical: bool


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """Something a planner must look at; `minutes` by how much, in working time."""

    kind: WarningKind
    task_id: int
    minutes: int
    sentence: str


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What scheduling changed. `revision` is that of the plan as it is now."""

    revision: int
    moved: tuple[MovedTask, ...]
    warnings: tuple[PlanWarning, ...]
    finish_at: datetime | None
    was_finish_at: datetime | None


@transaction.atomic
def schedule_project(*, project_id: int, actor: Actor) -> PlanChange:
    """Schedule a project's plan anew: after leave, holidays or working hours have changed.

    Raises  NotFound, PermissionDenied; CircularDependencies; DomainError.
    """
    return reschedule(lock_project(actor=actor, project_id=project_id))


def reschedule(project: Project) -> PlanChange:
    """Schedule the plan of a locked project; every service that edits a plan ends with this, once.

    Rows whose schedule stays are not written. Those whose days move keep their version: nobody
    edited them, and what somebody types in them meanwhile is good (docs/adr/0035).
    Raises  CircularDependencies naming the circle; DomainError for a plan that cannot be.
    """
    loaded = load_plan(project)
    answer = _scheduled(loaded)
    return _noted(project, loaded, answer, _rows(loaded, answer))


def refresh(project: Project) -> PlanChange | None:
    """Schedule the plan of a locked project anew; None, and no new revision, where all stays.

    Raises  as `reschedule`.
    """
    loaded = load_plan(project)
    answer = _scheduled(loaded)
    rows = _rows(loaded, answer)
    return _noted(project, loaded, answer, rows) if rows else None


def _rows(loaded: LoadedPlan, answer: Schedule | None) -> list[dict[str, Any]]:
    """The new values of the rows that differ."""
    return [row for task in loaded.tasks.values() if (row := _written(task, answer)) is not None]


def _noted(
    project: Project, loaded: LoadedPlan, answer: Schedule | None, rows: list[dict[str, Any]]
) -> PlanChange:
    """Write what differs, and the project's own dates and revision."""
    was_finish_at = project.scheduled_finish_at
    _write(rows)
    moved = tuple(
        _moved(loaded.tasks[row["id"]], row)
        for row in rows
        if any(row[name] != loaded.tasks[row["id"]].row[name] for name in _TOLD)
    )
    starts = [found.start for found in answer.tasks.values()] if answer else []
    project.scheduled_start_at = min(starts, default=None)
    project.scheduled_finish_at = answer.finishes_at if answer and starts else None
    project.plan_revision += 1
    project.save(update_fields=["scheduled_start_at", "scheduled_finish_at", "plan_revision"])
    warnings = _warnings(loaded, answer) if answer else ()
    return PlanChange(
        project.plan_revision, moved, warnings, project.scheduled_finish_at, was_finish_at
    )


def _scheduled(loaded: LoadedPlan) -> Schedule | None:
    if not loaded.tasks:
        return None
    try:
        answer = schedule(loaded.plan)
        begun = _begun(loaded, answer)
        return schedule(replace(loaded.plan, tasks=begun)) if begun else answer
    except CircularPlan as error:
        raise circular(error.task_ids, loaded) from None


def settled(loaded: LoadedPlan) -> Plan:
    """The plan as it is scheduled, with what has begun without a word of when standing where it
    was planned. Raises  as `reschedule`."""
    try:
        begun = _begun(loaded, schedule(loaded.plan))
    except CircularPlan as error:
        raise circular(error.task_ids, loaded) from None
    return replace(loaded.plan, tasks=begun) if begun else loaded.plan


def _begun(loaded: LoadedPlan, answer: Schedule) -> list[PlanTask]:
    """The plan's tasks, where one is said to be partly done without a word of when it began: then
    it began as planned. [] when there is none."""
    found: dict[int, Progress] = {}
    for task in loaded.tasks.values():
        row = task.row
        is_begun = 0 < row["percent_complete"] < 100 and row["actual_start_at"] is None
        if is_begun and not row["is_summary"] and row["id"] in answer.tasks:
            task.found["actual_start_at"] = answer.tasks[row["id"]].start
            found[row["id"]] = Progress(task.found["actual_start_at"], None, task["done_minutes"])
    if not found:
        return []
    return [replace(task, progress=found.get(task.id, task.progress)) for task in loaded.plan.tasks]


def circular(task_ids: Sequence[int], loaded: LoadedPlan) -> CircularDependencies:
    """The refusal of a circle, with the tasks by outline number and name."""
    names = [_name(loaded.tasks[task_id].row) for task_id in (*task_ids, task_ids[0])]
    shown = names if len(names) <= 12 else [*names[:10], "…", names[-1]]
    return CircularDependencies(
        f"These tasks would wait for each other in a circle: {' → '.join(shown)}. "
        "Take one of the links away.",
        field="predecessor",
    )


def _name(row: dict[str, Any]) -> str:
    return f"{row['outline']} {row['name']}"


def _written(task: PlannedTask, answer: Schedule | None) -> dict[str, Any] | None:
    """The row's new values, or None when nothing changes."""
    row = task.row
    found = answer.tasks.get(row["id"]) if answer else None
    new = {**row, **task.found}
    if found is None:  # an inactive task keeps the dates it had
        return new if task.found else None
    new |= {
        "scheduled_start_at": found.start,
        "scheduled_finish_at": found.finish,
        "late_start_at": found.late_start,
        "late_finish_at": found.late_finish,
        "total_slack_minutes": found.total_slack_minutes,
        "free_slack_minutes": found.free_slack_minutes,
        "is_critical": found.is_critical,
        "starts_on": first_day(found.start),
        "finishes_on": last_day(found.start, found.finish),
    }
    if row["is_completed"] and row["actual_finish_at"] is None and not row["is_summary"]:
        # Said to be done without a word of when: then as it was planned.
        new["actual_start_at"] = row["actual_start_at"] or found.start
        new["actual_finish_at"] = max(found.finish, new["actual_start_at"])
        new["is_critical"] = False
    return new if new != row else None


def _moved(task: PlannedTask, new: dict[str, Any]) -> MovedTask:
    row = task.row
    return MovedTask(
        row["id"], row["outline"], row["name"],
        new["scheduled_start_at"], new["scheduled_finish_at"],
        row["scheduled_start_at"], row["scheduled_finish_at"],
        new["total_slack_minutes"], new["is_critical"],
    )  # fmt: skip


def _warnings(loaded: LoadedPlan, answer: Schedule) -> tuple[PlanWarning, ...]:
    return tuple(
        PlanWarning(
            warning.kind,
            warning.task_id,
            warning.minutes,
            _WORDS[warning.kind].format(
                task=_name(loaded.tasks[warning.task_id].row), by=_length(warning.minutes)
            ),
        )
        for warning in answer.warnings
    )


def _length(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d} hours"


_WORDS: Final = {
    WarningKind.CONSTRAINT_CONFLICT: (
        "{task} stands {by} earlier than the tasks before it allow. Move its date, or what it "
        "waits for."
    ),
    WarningKind.DEADLINE_MISSED: "{task} misses its deadline by {by} of working time.",
    WarningKind.NEGATIVE_SLACK: "{task} is {by} of working time too late for a date after it.",
}
_TOLD: Final = ("scheduled_start_at", "scheduled_finish_at", "total_slack_minutes", "is_critical")

# What scheduling writes, and as what the database takes it.
_COLUMNS: Final = {
    "scheduled_start_at": "timestamp",
    "scheduled_finish_at": "timestamp",
    "late_start_at": "timestamp",
    "late_finish_at": "timestamp",
    "total_slack_minutes": "int",
    "free_slack_minutes": "int",
    "is_critical": "bool",
    "starts_on": "date",
    "finishes_on": "date",
    "duration_minutes": "int",
    "mode": "varchar",
    "constraint_kind": "varchar",
    "constrained_to": "timestamp",
    "actual_start_at": "timestamp",
    "actual_finish_at": "timestamp",
    "done_minutes": "int",
}


def _write(rows: list[dict[str, Any]]) -> None:
    """All changed rows in one UPDATE.

    By id alone, and the tenant's row security: with the project named, a table without statistics
    is joined by project, which takes the square of the rows.
    """
    if not rows:
        return
    sets = ", ".join(f"{name} = found.{name}" for name in _COLUMNS)
    arrays = ", ".join(f"%s::{kind}[]" for kind in ("bigint", *_COLUMNS.values()))
    names = ", ".join(("id", *_COLUMNS))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {Task._meta.db_table} AS task
               SET {sets}
              FROM unnest({arrays}) AS found ({names})
             WHERE task.id = found.id
            """,  # noqa: S608 - names and types are this module's own
            [
                [row["id"] for row in rows],
                *([row[name] for row in rows] for name in _COLUMNS),
            ],
        )


__all__ = [
    "CircularDependencies",
    "MovedTask",
    "PlanChange",
    "PlanWarning",
    "circular",
    "refresh",
    "reschedule",
    "schedule_project",
]
