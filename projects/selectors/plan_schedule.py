"""The schedule of one plan to read: its tasks, its links, and what a planner must look at."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from psa.core.actor import Actor

from ..models import Assignment, Dependency, Task
from .work import get_planned


@dataclass(frozen=True, slots=True)
class ScheduleLink:
    """The successor waits for the predecessor."""

    id: int
    predecessor_id: int
    successor_id: int
    kind: str
    lag_minutes: int
    lag_percent: Decimal | None
    is_lag_elapsed: bool


@dataclass(frozen=True, slots=True)
class ScheduleAssignment:
    """A person's share of a task; units 1 is full time."""

    task_id: int
    resource_id: int | None
    name: str
    units: Decimal
    minutes: int


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A task as planned, done and scheduled; times are those of the plan's calendar."""

    id: int
    uid: int | None
    parent_id: int | None
    outline: str
    depth: int
    name: str
    role_id: int | None
    open_role: str
    is_summary: bool
    is_milestone: bool
    is_completed: bool
    is_active: bool
    mode: str
    is_effort_driven: bool
    effort_minutes: int
    remaining_minutes: int
    duration_minutes: int | None
    is_duration_elapsed: bool
    constraint_kind: str
    constrained_to: datetime | None
    deadline_at: datetime | None
    levelling_delay_minutes: int
    is_levelling_delay_elapsed: bool
    priority: int
    calendar_id: int | None
    percent_complete: int
    actual_start_at: datetime | None
    actual_finish_at: datetime | None
    scheduled_start_at: datetime | None
    scheduled_finish_at: datetime | None
    late_start_at: datetime | None
    late_finish_at: datetime | None
    total_slack_minutes: int | None
    free_slack_minutes: int | None
    is_critical: bool
    lock_version: int


@dataclass(frozen=True, slots=True)
class PlanSchedule:
    """A whole plan; `revision` is what a change of it is made on."""

    project_id: int
    revision: int
    schedules_from: str
    starts_at: datetime | None
    finishes_at: datetime | None
    status_at: datetime | None
    tasks: tuple[ScheduleRow, ...]
    links: tuple[ScheduleLink, ...]
    assignments: tuple[ScheduleAssignment, ...]


def plan_schedule(*, actor: Actor, project_id: int) -> PlanSchedule:
    """The plan as it was last scheduled. Four queries. Raises  NotFound."""
    project = get_planned(actor=actor, project_id=project_id)
    names = tuple(ScheduleRow.__dataclass_fields__)
    tasks = Task.objects.filter(project_id=project.pk).order_by("position").values_list(*names)
    links = (
        Dependency.objects.filter(project_id=project.pk)
        .order_by("id")
        .values_list(*ScheduleLink.__dataclass_fields__)
    )
    shares = (
        Assignment.objects.filter(task__project_id=project.pk)
        .order_by("task__position", "id")
        .values_list(
            "task_id", "resource_id", "resource__name", "plan_resource__name", "units", "minutes"
        )
    )
    return PlanSchedule(
        project.pk,
        project.plan_revision,
        project.schedules_from,
        project.scheduled_start_at,
        project.scheduled_finish_at,
        project.status_at,
        tuple(ScheduleRow(*row) for row in tasks),
        tuple(ScheduleLink(*row) for row in links),
        tuple(
            ScheduleAssignment(task_id, who, name or named or "", units, minutes)
            for task_id, who, name, named, units, minutes in shares
        ),
    )
