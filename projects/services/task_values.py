"""What a task's values must be, whichever door they come through."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from psa.core.errors import DomainError
from psa.core.ledger.rules.types import BillingType
from psa.core.org.models import JobRole, WorkCalendar

from ..models import Task
from ..rules.typed_dates import MAX_DURATION, check_day

MAX_MINUTES: Final = 60_000_000
_BILLING_TYPES: Final = frozenset(kind.value for kind in BillingType)


@dataclass(frozen=True, slots=True)
class NewTask:
    """A row to add to the end of a plan; `depth` is 1 for the topmost level."""

    name: str
    depth: int = 1
    effort_minutes: int = 0
    starts_on: date | None = None
    finishes_on: date | None = None
    role_id: int | None = None
    is_milestone: bool = False
    billing_type: str = ""


def values_of(new: NewTask) -> dict[str, Any]:
    return {
        "name": new.name,
        "effort_minutes": new.effort_minutes,
        "starts_on": new.starts_on,
        "finishes_on": new.finishes_on,
        "role_id": new.role_id,
        "is_milestone": new.is_milestone,
        "billing_type": new.billing_type,
    }


def checked(values: dict[str, Any], task: Task | None = None) -> dict[str, Any]:
    """The values, cleaned; refusals name the field."""
    values = dict(values)
    if "name" in values:
        values["name"] = str(values["name"]).strip()
        if not values["name"] or len(values["name"]) > 160:
            raise DomainError("A task's name has 1 to 160 characters.", field="name")
    for field in ("effort_minutes", "remaining_minutes"):
        if field in values:
            check_minutes(values[field], field)
    for field in ("starts_on", "finishes_on"):
        check_day(values.get(field), field)
    # A scheduled task keeps its length when its start alone is moved.
    is_moved = task is not None and task.scheduled_start_at is not None and "starts_on" in values
    starts_on = values.get("starts_on", task.starts_on if task else None)
    finishes_on = values.get("finishes_on", task.finishes_on if task and not is_moved else None)
    if starts_on and finishes_on and finishes_on < starts_on:
        raise DomainError("The task cannot finish before it starts.", field="finishes_on")
    is_milestone = values.get("is_milestone", task.is_milestone if task else False)
    effort = values.get("effort_minutes", task.effort_minutes if task else 0)
    if is_milestone and effort:
        raise DomainError("A milestone has no effort.", field="effort_minutes")
    # Days that the schedule has given follow from the duration; typed ones must agree.
    is_typed = task is None or task.scheduled_start_at is None or "finishes_on" in values
    if is_milestone and is_typed and starts_on and finishes_on and starts_on != finishes_on:
        raise DomainError("A milestone is a single day.", field="finishes_on")
    if values.get("role_id") and not JobRole.objects.filter(id=values["role_id"]).exists():
        raise DomainError("This role does not exist. Choose another.", field="role")
    if values.get("open_role"):
        values |= {"open_role": str(values["open_role"]).strip()[:80], "role_id": None}
    elif values.get("role_id"):
        values["open_role"] = ""
    if values.get("billing_type") and values["billing_type"] not in _BILLING_TYPES:
        raise DomainError("This is not a billing type.", field="billing_type")
    _check_plan(values, task)
    return values


def _check_plan(values: dict[str, Any], task: Task | None) -> None:
    """What the schedule asks for: kinds that exist, moments and numbers in their range."""
    duration = values.get("duration_minutes")
    if duration is not None and not 0 <= duration <= MAX_DURATION:
        raise DomainError("A task takes from 0 to 100,000 hours.", field="duration_minutes")
    if abs(values.get("levelling_delay_minutes", 0)) > MAX_DURATION:
        raise DomainError(
            "A task is put off by at most 100,000 hours.", field="levelling_delay_minutes"
        )
    if "duration_minutes" in values and duration is None:
        raise DomainError("Say how long the task takes.", field="duration_minutes")
    if values.get("is_milestone", task.is_milestone if task else False) and duration:
        raise DomainError("A milestone takes no time.", field="duration_minutes")
    for field, kinds in (("mode", Task.Mode), ("constraint_kind", Task.Constraint)):
        if field in values and values[field] not in kinds.values:
            ways = ", ".join(kinds.values)
            raise DomainError(f"This is none of {ways}.", field=field)
    for field in ("constrained_to", "deadline_at", "actual_start_at", "actual_finish_at"):
        at = values.get(field)
        if at is not None:
            if at.tzinfo is not None:
                raise DomainError("Times of a plan have no time zone.", field=field)
            check_day(at.date(), field)
            values[field] = at.replace(second=0, microsecond=0)
    for field, most in (("priority", 1000), ("percent_complete", 100)):
        if field in values and not 0 <= values[field] <= most:
            raise DomainError(f"This is a number from 0 to {most:,}.", field=field)
    if len(values.get("description", "")) > 20_000:
        raise DomainError("A description has at most 20,000 characters.", field="description")
    calendar_id = values.get("calendar_id")
    if calendar_id is not None and not WorkCalendar.objects.filter(id=calendar_id).exists():
        raise DomainError("This calendar does not exist. Choose another.", field="calendar")
    _check_marks(values, task)
    begun = values.get("actual_start_at", task.actual_start_at if task else None)
    ended = values.get("actual_finish_at", task.actual_finish_at if task else None)
    if begun and ended and ended < begun:
        raise DomainError("The task cannot be done before it begins.", field="actual_finish_at")


def _check_marks(values: dict[str, Any], task: Task | None) -> None:
    """Marks of progress given together, or against those that stay, say the same."""
    percent, is_completed = values.get("percent_complete"), values.get("is_completed")
    is_ended = values.get("actual_finish_at") is not None
    if percent is not None and percent < 100 and (is_ended or is_completed):
        raise DomainError(
            "What is done is 100 % complete. Take the finish away, or leave the percentage out.",
            field="percent_complete",
        )
    if is_completed is False and (is_ended or percent == 100):
        raise DomainError(
            "A task with a finish, or at 100 %, is completed. Mark it so, or take the other away.",
            field="is_completed",
        )
    if values.get("is_milestone", task.is_milestone if task else False) and percent not in (
        None, 0, 100,
    ):  # fmt: skip
        raise DomainError("A milestone is 0 % or 100 % complete.", field="percent_complete")
    # A finish without a start began when it ended; part of the work needs its own start.
    is_part = task is not None and 0 < (task.percent_complete if percent is None else percent) < 100
    takes_start = "actual_start_at" in values and values["actual_start_at"] is None
    if takes_start and is_part and not is_ended and not is_completed:
        raise DomainError(
            "A task that is partly done has begun. Give its start, or set 0 %.",
            field="actual_start_at",
        )


def check_minutes(minutes: int, field: str) -> None:
    if not 0 <= minutes <= MAX_MINUTES:
        raise DomainError("Hours must be from 0 to 1,000,000.", field=field)


def hours_text(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"
