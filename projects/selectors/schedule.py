"""A project's plan as the scheduling engine takes it: ten queries, whatever its size."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from psa.core.org import selectors as org
from psa.core.org.rules.working_time import CalendarSpec

from ..models import Assignment, Dependency, PlanCalendar, PlanResource, Project, Task
from ..rules import plan_calendars
from ..rules.scheduling import (
    Assigned,
    Constraint,
    Delay,
    Gaps,
    Lag,
    Link,
    LinkKind,
    Plan,
    PlanTask,
    Progress,
    kept_gaps,
)
from ..rules.typed_dates import MAX_DURATION, USUAL_DURATION, end_of, meaning_of, start_of
from ..rules.workload import done_part

# Calendars are known this far around a plan; the weekly pattern holds beyond.
_YEARS_BEFORE = 5
_YEARS_AFTER = 30


@dataclass(slots=True)
class PlannedTask:
    """A task's row as it is stored, and what its first schedule finds out about it."""

    row: dict[str, Any]
    found: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.found[name] if name in self.found else self.row[name]


@dataclass(frozen=True, slots=True)
class LoadedPlan:
    """Rows in plan order, by id; the plan made of them; and by whose calendar each person works."""

    tasks: dict[int, PlannedTask]
    plan: Plan
    people: Mapping[int, str]


def load_plan(project: Project) -> LoadedPlan:
    """The plan of a project with its calendars, links and assignments; no query per task.

    A task that was never scheduled takes its constraint and duration from the days typed for it;
    one that was a summary until now, its duration from who is on it, its effort, or a usual day.
    Raises  DomainError for a calendar that cannot be.
    """
    tasks = {
        row["id"]: PlannedTask(row, {})
        for row in Task.objects.filter(project_id=project.pk).order_by("position").values(*_FIELDS)
    }
    assigned = _assignments(project.pk)
    calendars = _Calendars(project, tasks, assigned)
    base = calendars.specs[calendars.project]
    for task in tasks.values():
        if task.row["is_summary"]:
            continue
        parts = assigned.get(task.row["id"], ())
        if task.row["scheduled_start_at"] is None:
            _adopt(task, parts, base, project.starts_on)
        elif task.row["duration_minutes"] is None:
            task.found["duration_minutes"] = _usual_duration(task.row, parts)
        if "duration_minutes" in task.found and task.row["percent_complete"]:
            task.found["done_minutes"] = done_part(
                task.found["duration_minutes"], task.row["percent_complete"]
            )
    is_forward = project.schedules_from == Project.SchedulesFrom.START
    plan = Plan(
        tasks=[_plan_task(task, assigned, calendars) for task in tasks.values()],
        links=[
            Link(
                before, after, LinkKind(kind),
                Lag(0 if percent is not None else minutes, percent, is_elapsed),
            )
            for before, after, kind, minutes, percent, is_elapsed in Dependency.objects.filter(
                project_id=project.pk
            )
            .order_by("id")
            .values_list(
                "predecessor_id", "successor_id", "kind", "lag_minutes", "lag_percent",
                "is_lag_elapsed",
            )
        ],
        calendars=calendars.specs,
        project_calendar=calendars.project,
        starts_at=plan_start(project) if is_forward else None,
        finishes_at=None if is_forward else plan_finish(project),
        status_at=project.status_at,
        moves_open_work=project.moves_open_work,
        constraints_win=project.honours_constraints,
        critical_slack_minutes=project.critical_slack_minutes,
        has_many_critical_paths=project.has_many_critical_paths,
    )  # fmt: skip
    return LoadedPlan(tasks, plan, calendars.people)


def plan_start(project: Project) -> datetime:
    """When the plan begins: at the minute that it names for that day, else with the day."""
    named = project.plan_starts_at
    if named is not None and named.date() == project.starts_on:
        return named
    return start_of(project.starts_on)


def plan_finish(project: Project) -> datetime:
    """When a plan from its finish ends: at the minute that it names, else with the day."""
    assert project.ends_on is not None  # the table's own rule
    named = project.plan_finishes_at
    if named is not None and named.date() == project.ends_on:
        return named
    return end_of(project.ends_on)


def _adopt(task: PlannedTask, assigned: "_Parts", calendar: CalendarSpec, starts_on: date) -> None:
    """Constraint and duration of a task that has been typed and never scheduled."""
    row = task.row
    found = task.found
    typed = row["constraint_kind"] == Task.Constraint.AS_SOON_AS_POSSIBLE
    meaning = meaning_of(
        row["starts_on"], row["finishes_on"], calendar=calendar, plan_starts_on=starts_on
    )
    if typed and meaning.constrained_to is not None:
        found["constraint_kind"] = meaning.constraint.value
        found["constrained_to"] = meaning.constrained_to
    if row["duration_minutes"] is not None:
        return
    if not row["is_milestone"] and meaning.duration_minutes is not None:
        found["duration_minutes"] = meaning.duration_minutes
        found["mode"] = Task.Mode.FIXED_DURATION.value
    else:
        found["duration_minutes"] = _usual_duration(row, assigned)


def _usual_duration(row: Mapping[str, Any], assigned: "_Parts") -> int:
    """As long as the longest of those assigned takes, else as the effort, else a day."""
    if row["is_milestone"]:
        return 0
    longest = max((part.minutes for part in assigned), default=row["effort_minutes"])
    return min(longest, MAX_DURATION) or USUAL_DURATION


def _plan_task(
    task: PlannedTask, assigned: Mapping[int, "_Parts"], calendars: "_Calendars"
) -> PlanTask:
    row = task.row
    if row["is_summary"]:
        return PlanTask(
            id=row["id"],
            parent_id=row["parent_id"],
            constraint=Constraint(row["constraint_kind"]),
            constrained_to=row["constrained_to"],
            deadline_at=row["deadline_at"],
            is_active=row["is_active"],
        )
    manual = (row["manual_start_at"], row["manual_finish_at"])
    return PlanTask(
        id=row["id"],
        duration_minutes=task["duration_minutes"] or 0,
        parent_id=row["parent_id"],
        is_elapsed=row["is_duration_elapsed"],
        calendar=calendars.of_task(row),
        assigned=calendars.parts(assigned.get(row["id"], ())),
        ignores_resource_calendars=row["ignores_resource_calendars"],
        constraint=Constraint(task["constraint_kind"]),
        constrained_to=task["constrained_to"],
        deadline_at=row["deadline_at"],
        progress=Progress(
            row["actual_start_at"],
            row["actual_finish_at"],
            task["done_minutes"],
            None if row["actual_finish_at"] else row["resumes_at"],
        ),
        fixed=manual if manual[0] and manual[1] else None,
        is_active=row["is_active"],
        levelling=Delay(row["levelling_delay_minutes"], row["is_levelling_delay_elapsed"]),
        gaps=kept_gaps(row["gaps"]),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """Somebody's minutes of a task: a person, or else a calendar of the plan's own resource."""

    who: int | None
    calendar_id: int | None
    minutes: int
    delay: Delay
    levelling: Delay
    gaps: Gaps


_Parts = tuple[_Part, ...]


def _assignments(project_id: int) -> dict[int, _Parts]:
    found: dict[int, list[_Part]] = defaultdict(list)
    rows = (
        Assignment.objects.filter(task__project_id=project_id)
        .order_by("id")
        .values_list(
            "task_id", "resource_id", "plan_resource__kind", "plan_resource__calendar_id",
            "minutes", "units", "delay_minutes", "is_delay_elapsed", "levelling_delay_minutes",
            "is_levelling_delay_elapsed", "gaps",
        )
    )  # fmt: skip
    for task_id, resource_id, kind, calendar_id, minutes, units, *waits, gaps in rows:
        if resource_id is None and (kind != PlanResource.Kind.WORK or calendar_id is None):
            continue
        if units:
            minutes = int((Decimal(minutes) / units).quantize(Decimal(1), ROUND_HALF_UP))
        part = _Part(
            resource_id, calendar_id, minutes, Delay(*waits[:2]), Delay(*waits[2:]), kept_gaps(gaps)
        )
        found[task_id].append(part)
    return {task_id: tuple(parts) for task_id, parts in found.items()}


class _Calendars:
    """The calendars that a plan names, by the names it has for them."""

    def __init__(
        self, project: Project, tasks: Mapping[int, PlannedTask], assigned: Mapping[int, _Parts]
    ) -> None:
        around = project.starts_on
        window = (
            around - timedelta(days=366 * _YEARS_BEFORE),
            around + timedelta(days=366 * _YEARS_AFTER),
        )
        shared = {task.row["calendar_id"] for task in tasks.values()} - {None}
        people = {part.who for parts in assigned.values() for part in parts if part.who is not None}
        self.specs: dict[str, CalendarSpec] = {}
        self.people: dict[int, str] = {}
        specs = org.calendar_specs({*shared, project.calendar_id}, *window)
        for calendar_id, spec in specs.items():
            self.specs[f"c{calendar_id}"] = plan_calendars.without_end(spec) or spec
        own = PlanCalendar.objects.filter(project_id=project.pk)
        for calendar_id, week, days in own.values_list("id", "week", "days"):
            self.specs[f"p{calendar_id}"] = plan_calendars.spec_of(week, days)
        if people:
            self._add_people(org.working_spec(people, *window))
        self.project = (
            f"p{project.plan_calendar_id}"
            if project.plan_calendar_id
            else f"c{project.calendar_id}"
        )

    def of_task(self, row: Mapping[str, Any]) -> str | None:
        """The task's own calendar."""
        if row["plan_calendar_id"] is not None:
            return f"p{row['plan_calendar_id']}"
        return None if row["calendar_id"] is None else f"c{row['calendar_id']}"

    def parts(self, assigned: _Parts) -> tuple[Assigned, ...]:
        """Who does it, with the calendar of each."""
        found = []
        for part in assigned:
            name = f"p{part.calendar_id}"
            if part.who is not None:
                name = self.people.get(part.who, self.project)
            found.append(Assigned(name, part.minutes, part.delay, part.levelling, part.gaps))
        return tuple(found)

    def _add_people(self, specs: Mapping[int, CalendarSpec]) -> None:
        """People with the same hours and no leave share one calendar."""
        names: dict[int, str] = {}
        for who, spec in specs.items():
            if id(spec) not in names:
                endless = plan_calendars.without_end(spec)
                if endless is None:
                    continue
                names[id(spec)] = f"r{who}"
                self.specs[f"r{who}"] = endless
            self.people[who] = names[id(spec)]


_FIELDS = (
    "id", "parent_id", "outline", "name", "is_summary", "is_milestone", "is_completed",
    "effort_minutes", "starts_on", "finishes_on", "duration_minutes", "is_duration_elapsed",
    "mode", "constraint_kind", "constrained_to", "deadline_at", "calendar_id", "plan_calendar_id",
    "ignores_resource_calendars", "manual_start_at", "manual_finish_at", "is_active",
    "percent_complete", "done_minutes", "actual_start_at", "actual_finish_at", "resumes_at",
    "levelling_delay_minutes", "is_levelling_delay_elapsed", "gaps",
    "scheduled_start_at", "scheduled_finish_at", "late_start_at", "late_finish_at", "total_slack_minutes",
    "free_slack_minutes", "is_critical",
)  # fmt: skip

__all__ = ["LoadedPlan", "PlannedTask", "load_plan", "plan_finish", "plan_start"]
