"""What a task's values must be, whichever door they come through."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from psa.core.errors import DomainError
from psa.core.ledger.rules.types import BillingType
from psa.core.org.models import JobRole

from ..models import Task
from ..rules.typed_dates import check_day

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
    if is_milestone and starts_on and finishes_on and starts_on != finishes_on:
        raise DomainError("A milestone is a single day.", field="finishes_on")
    if values.get("role_id") and not JobRole.objects.filter(id=values["role_id"]).exists():
        raise DomainError("This role does not exist. Choose another.", field="role")
    if values.get("billing_type") and values["billing_type"] not in _BILLING_TYPES:
        raise DomainError("This is not a billing type.", field="billing_type")
    return values


def check_minutes(minutes: int, field: str) -> None:
    if not 0 <= minutes <= MAX_MINUTES:
        raise DomainError("Hours must be from 0 to 1,000,000.", field=field)


def hours_text(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"
