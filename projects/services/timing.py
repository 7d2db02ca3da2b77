"""What typed days, hours and marks of a task mean to its schedule."""

from datetime import timedelta
from typing import Any

from psa.core.errors import DomainError

from ..models import Assignment, Project, Task
from ..rules import workload
from ..rules.typed_dates import MAX_DURATION, USUAL_DURATION, meaning_of
from ..rules.workload import Mode, Part, Workload, done_part
from ..selectors.calendars import base_calendar


def timed(project: Project, task: Task, values: dict[str, Any]) -> dict[str, Any]:
    """The values to store: days become a constraint and a duration, hours a duration or units.

    A task that was never scheduled keeps what is typed; its first schedule reads it.
    """
    values = dict(values)
    _check_constraint(task, values)
    if values.get("constraint_kind", task.constraint_kind) != task.constraint_kind:
        values |= {"manual_start_at": None, "manual_finish_at": None}
    if task.scheduled_start_at is not None:
        values |= _from_days(project, task, values)
        for name in ("starts_on", "finishes_on"):
            values.pop(name, None)
        if values.get("effort_minutes", task.effort_minutes) != task.effort_minutes:
            values |= _from_effort(task, values)
        elif values.get("duration_minutes", task.duration_minutes) != task.duration_minutes:
            values |= _from_duration(task, values)
    is_milestone = values.get("is_milestone", task.is_milestone)
    if is_milestone != task.is_milestone and "duration_minutes" not in values:
        effort = values.get("effort_minutes", task.effort_minutes)
        values["duration_minutes"] = (
            0 if is_milestone else min(effort, MAX_DURATION) or USUAL_DURATION
        )
    values |= _from_progress(task, values)
    begun = values.get("actual_start_at", task.actual_start_at)
    ended = values.get("actual_finish_at", task.actual_finish_at)
    if ended is not None and (begun is None or begun > ended):
        values["actual_start_at"] = ended
    return values


def workload_of(task: Task) -> Workload:
    """The task's work with its assignments; `Part.key` is the assignment's id. One query."""
    parts = tuple(
        Part(*row)
        for row in Assignment.objects.filter(task=task)
        .order_by("id")
        .values_list("id", "units", "minutes")
    )
    return workload_with(task, parts)


def workload_with(task: Task, parts: tuple[Part, ...]) -> Workload:
    """The task's work, done by these."""
    return Workload(
        Mode(task.mode),
        task.is_effort_driven,
        task.duration_minutes or 0,
        task.effort_minutes,
        parts,
    )


def write_parts(before: Workload, after: Workload) -> None:
    """Store what changed of the assignments that a workload had before."""
    known = {part.key: part for part in before.parts}
    changed = [
        Assignment(id=part.key, units=part.units, minutes=part.minutes)
        for part in after.parts
        if part.key in known and known[part.key] != part
    ]
    if changed:
        Assignment.objects.bulk_update(changed, ["units", "minutes"])


def _from_days(project: Project, task: Task, values: dict[str, Any]) -> dict[str, Any]:
    starts_on = values.get("starts_on", task.starts_on)
    finishes_on = values.get("finishes_on", task.finishes_on)
    start_moved, finish_moved = starts_on != task.starts_on, finishes_on != task.finishes_on
    if not (start_moved or finish_moved):
        return {}
    last = max(on for on in (starts_on, finishes_on, project.starts_on) if on)
    first = min(on for on in (starts_on, finishes_on, project.starts_on) if on)
    # A start that is taken away frees the task; a finish counts for itself only where it is typed.
    meaning = meaning_of(
        starts_on,
        finishes_on if starts_on is not None or finish_moved else None,
        calendar=base_calendar(project, first, last + timedelta(days=1)),
        plan_starts_on=project.starts_on,
    )
    found: dict[str, Any] = {"manual_start_at": None, "manual_finish_at": None}
    if start_moved:
        found["constraint_kind"] = meaning.constraint.value
        found["constrained_to"] = meaning.constrained_to
    is_long = not values.get("is_milestone", task.is_milestone)
    if is_long and "finishes_on" in values and meaning.duration_minutes is not None:
        # Both days are as typed: the effort is spread over them.
        found["duration_minutes"] = meaning.duration_minutes
        found["mode"] = Task.Mode.FIXED_DURATION.value
    return found


def _from_effort(task: Task, values: dict[str, Any]) -> dict[str, Any]:
    before = workload_of(task)
    if "duration_minutes" in values:
        before = workload.with_mode(before, Mode.FIXED_DURATION, values["duration_minutes"])
    after = workload.with_effort(before, values["effort_minutes"])
    write_parts(before, after)
    return {"duration_minutes": min(after.duration_minutes, MAX_DURATION)}


def _from_duration(task: Task, values: dict[str, Any]) -> dict[str, Any]:
    """A typed duration; days typed with it have set the mode, so the effort stays."""
    before = workload_of(task)
    mode = Mode(values.get("mode", task.mode))
    if not before.parts:
        return {}
    if "finishes_on" in values:
        mode = Mode.FIXED_EFFORT
    after = workload.with_duration(
        workload.with_mode(before, mode, before.duration_minutes), values["duration_minutes"]
    )
    write_parts(before, after)
    return {"effort_minutes": after.effort_minutes}


def _check_constraint(task: Task, values: dict[str, Any]) -> None:
    kind = values.get("constraint_kind", task.constraint_kind)
    if kind in (Task.Constraint.AS_SOON_AS_POSSIBLE, Task.Constraint.AS_LATE_AS_POSSIBLE):
        if "constraint_kind" in values:
            values["constrained_to"] = None
        return
    if values.get("constrained_to", task.constrained_to) is None:
        raise DomainError(
            "This constraint needs a date. Give one, or choose as soon as possible.",
            field="constrained_to",
        )


def _from_progress(task: Task, values: dict[str, Any]) -> dict[str, Any]:
    """Marks of progress agree: completed is 100 %, has a finish, and what has a finish began."""
    found: dict[str, Any] = {}
    percent = values.get("percent_complete", task.percent_complete)
    is_completed = values.get("is_completed", task.is_completed)
    finished_at = values.get("actual_finish_at", task.actual_finish_at)
    if "percent_complete" in values and "is_completed" not in values:
        is_completed = percent == 100
    elif "actual_finish_at" in values and "is_completed" not in values:
        is_completed = finished_at is not None
    if is_completed != task.is_completed:
        percent = 100 if is_completed else percent if percent < 100 else 0
        if not is_completed:
            found["actual_finish_at"] = None
    duration = values.get("duration_minutes", task.duration_minutes) or 0
    is_as_long = duration == (task.duration_minutes or 0)
    if (percent, is_completed) == (task.percent_complete, task.is_completed):
        return {} if is_as_long or not percent else {"done_minutes": done_part(duration, percent)}
    found |= {"percent_complete": percent, "is_completed": is_completed}
    found["done_minutes"] = done_part(duration, percent)
    begun_at = values.get("actual_start_at", task.actual_start_at)
    if percent and begun_at is None:
        found["actual_start_at"] = task.scheduled_start_at
    elif not percent and "actual_start_at" not in values:
        found |= {"actual_start_at": None, "actual_finish_at": None, "resumes_at": None}
    return found
