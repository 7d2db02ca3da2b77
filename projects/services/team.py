"""Who is on a project, in which role, from when until when. Only team members book time."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.ledger.models import Actual
from psa.core.notifications import services as notifications
from psa.core.org import booked
from psa.core.org.models import JobRole, Resource
from psa.core.web import undo

from .. import policies
from ..events import ProjectEvent
from ..models import Assignment, Project, Task, TeamMember
from . import plan_rows as rows
from .assignments import unassign, waits_of
from .locking import lock_project, task_of

RECORD = "projects.Project"
UNITS = ("hour", "day")


@transaction.atomic
def add_team_member(
    *,
    project_id: int,
    resource_id: int,
    valid_from: date,
    actor: Actor,
    at: datetime,
    role_id: int | None = None,
    valid_until: date | None = None,
    planned_minutes: int = 0,
    bill_rate_override: Decimal | None = None,
    bill_rate_unit: str = "hour",
) -> TeamMember:
    """Put a person on the project, in their own role unless another is given.

    `valid_until` is exclusive; None is open. An agreed rate is refused from those who may not
    see the bill rates of the project. The person is notified.
    Raises  NotFound, PermissionDenied, Conflict if they have this role already, DomainError.
    """
    project = lock_project(actor=actor, project_id=project_id)
    person: Resource | None = Resource.objects.filter(id=resource_id).first()
    if person is None:
        raise DomainError("This person does not exist. Choose another.", field="resource")
    role_id = role_id or person.job_role_id
    if not JobRole.objects.filter(id=role_id).exists():
        raise DomainError("This role does not exist. Choose another.", field="role")
    _check_dates(person, valid_from, valid_until)
    _check_minutes(planned_minutes)
    if bill_rate_override is not None:
        _check_rate(project, actor, bill_rate_override, bill_rate_unit)
    if TeamMember.objects.filter(
        project=project, resource_id=resource_id, role_id=role_id
    ).exists():
        raise Conflict(f"{person.name} is on the team in this role already.", field="resource")
    member: TeamMember = TeamMember.objects.create(
        tenant_id=actor.tenant_id,
        project=project,
        resource=person,
        role_id=role_id,
        valid_from=valid_from,
        valid_until=valid_until,
        planned_minutes=planned_minutes,
        bill_rate_override=bill_rate_override,
        bill_rate_unit=bill_rate_unit,
    )
    _record(project, actor, at, f"added {person.name} to the team")
    _tell(project, person, valid_from, actor, at)
    return member


def ensure_member(
    *,
    project: Project,
    person: Resource,
    role_id: int,
    valid_from: date,
    valid_until: date,
    actor: Actor,
    at: datetime,
) -> None:
    """Have somebody who is booked on the team for that time, in that role. `valid_until` exclusive.

    For the room that books people: who may, it has decided. A membership that is there is made
    longer where need be; a new one is told to the person.
    """
    member, is_new = TeamMember.objects.select_for_update().get_or_create(
        project=project, resource=person, role_id=role_id,
        defaults={
            "tenant_id": actor.tenant_id, "valid_from": valid_from, "valid_until": valid_until,
        },
    )  # fmt: skip
    if is_new:
        _record(project, actor, at, f"added {person.name} to the team")
        _tell(project, person, valid_from, actor, at)
        return
    first = min(member.valid_from, valid_from)
    until = max(member.valid_until, valid_until) if member.valid_until else None
    if (first, until) != (member.valid_from, member.valid_until):
        member.valid_from, member.valid_until = first, until
        member.save(update_fields=["valid_from", "valid_until"])
        _record(project, actor, at, f"extended the time of {person.name} on the team")


@transaction.atomic
def change_team_member(
    *, project_id: int, member_id: int, actor: Actor, at: datetime, **values: Any
) -> TeamMember:
    """Change what is given of valid_from, valid_until, planned_minutes, bill_rate_override and
    bill_rate_unit. The role is changed by ending one membership and adding another.

    Raises  NotFound, PermissionDenied, DomainError.
    """
    unknown = values.keys() - _EDITABLE
    if unknown:
        raise TypeError(f"not a field of a team member that can be edited: {sorted(unknown)}")
    project = lock_project(actor=actor, project_id=project_id)
    member = _member(project, member_id)
    _check_dates(
        member.resource,
        values.get("valid_from", member.valid_from),
        values.get("valid_until", member.valid_until),
    )
    _check_minutes(values.get("planned_minutes", 0))
    rate = values.get("bill_rate_override", member.bill_rate_override)
    unit = values.get("bill_rate_unit", member.bill_rate_unit)
    if (rate, unit) != (member.bill_rate_override, member.bill_rate_unit):
        _check_rate(project, actor, rate, unit)
    changed = [name for name, value in values.items() if getattr(member, name) != value]
    for name in changed:
        setattr(member, name, values[name])
    if changed:
        member.save(update_fields=changed)
        words = ", ".join(name.replace("_", " ") for name in changed)
        _record(project, actor, at, f"changed {words} of {member.resource.name} on the team")
    return member


@transaction.atomic
def remove_team_member(
    *, project_id: int, member_id: int, actor: Actor, at: datetime
) -> dict[str, Any] | None:
    """Take a person off the team; refused once work of theirs was posted: end the membership then.

    Raises  NotFound, PermissionDenied, DomainError.
    """
    project = lock_project(actor=actor, project_id=project_id)
    member = _member(project, member_id)
    name = member.resource.name
    if Actual.objects.filter(
        project_id=project.pk, resource_id=member.resource_id, role_id=member.role_id
    ).exists():
        raise DomainError(f"{name} has worked on {project.code}. Set an end date instead.")
    if any(
        (one.resource_id, one.role_id) == (member.resource_id, member.role_id)
        for one in booked.project_bookings(project.pk)
    ):
        raise DomainError(f"{name} is booked on {project.code}. Cancel the booking first.")
    kept: dict[str, Any] = {"member": undo.row_of(member), "tasks": []}
    holds_a_rate = member.bill_rate_override is not None
    member.delete()
    others = TeamMember.objects.filter(project=project, resource_id=member.resource_id)
    if not others.exists():
        kept["tasks"] = [
            _taken_off(project, task, member.resource_id)
            for task in Task.objects.filter(
                project=project, assignments__resource_id=member.resource_id
            ).order_by("position")
        ]
    sentence = f"removed {name} from the team"
    if kept["tasks"]:
        change = rows.finish(project, actor, at, sentence, ProjectEvent.TEAM_CHANGED)
        kept["revision"] = change.revision
    else:
        _record(project, actor, at, sentence)
    is_too_much = len(json.dumps(kept["tasks"])) > MOST_UNDONE
    return None if holds_a_rate or is_too_much else kept


@transaction.atomic
def restore_team_member(*, payload: dict[str, Any], actor: Actor, at: datetime) -> str:
    """Bring back a member who was removed, with what they and others had of their tasks.

    Raises  NotFound, PermissionDenied; Conflict when they are on the team again or the plan has
            changed since.
    """
    member = undo.row_from(TeamMember, payload["member"])
    project = lock_project(actor=actor, project_id=member.project_id)
    name = member.resource.name
    if payload["tasks"] and payload["revision"] != project.plan_revision:
        raise Conflict(
            f"The plan of {project.code} has changed since. Add {name} again, then give them tasks."
        )
    try:
        with transaction.atomic():
            member.save(force_insert=True)
            for task_id, values, parts in payload["tasks"]:
                _given_back(project, task_id, values, parts, member.resource_id)
    except IntegrityError:
        raise Conflict(f"The team has changed since. Add {name} again.") from None
    sentence = f"took back the removal of {name} from the team"
    if payload["tasks"]:
        rows.finish(project, actor, at, sentence, ProjectEvent.TEAM_CHANGED)
    else:
        _record(project, actor, at, sentence)
    return f"{name} is on the team again"


# What of a task follows from who works on it.
_FOLLOWING = ("effort_minutes", "remaining_minutes", "duration_minutes", "done_minutes")


def _taken_off(project: Project, task: Task, resource_id: int) -> list[Any]:
    """A person taken off a task; what it held before: its numbers, and each part of its work."""
    parts = Assignment.objects.filter(task=task).order_by("id")
    kept = [
        [part.pk, str(part.units), part.minutes]
        if part.resource_id != resource_id
        else [None, str(part.units), part.minutes, waits_of(part)]
        for part in parts
    ]
    values = [getattr(task, field) for field in _FOLLOWING]
    unassign(project, task.pk, resource_id)
    return [task.pk, values, kept]


def _given_back(
    project: Project, task_id: int, values: list[int], parts: list[Any], resource_id: int
) -> None:
    """A task's numbers and parts as they were; the person's own part is made anew."""
    task = task_of(project, task_id)
    for field, value in zip(_FOLLOWING, values, strict=True):
        setattr(task, field, value)
    task.lock_version += 1
    task.save(update_fields=[*_FOLLOWING, "lock_version"])
    for key, units, minutes, *waits in parts:
        share = {"units": Decimal(units), "minutes": minutes}
        if key is None:
            Assignment.objects.create(
                tenant_id=project.tenant_id,
                task=task,
                resource_id=resource_id,
                **share,
                **(waits[0] if waits else {}),
            )
        else:
            Assignment.objects.filter(id=key, task=task).update(**share)


undo.register("projects.team_member", restore_team_member)


# An undo token names the work of each task, in an address; a removal with more of it is final.
MOST_UNDONE = 3000

_EDITABLE = frozenset(
    {"valid_from", "valid_until", "planned_minutes", "bill_rate_override", "bill_rate_unit"}
)


def _member(project: Project, member_id: int) -> TeamMember:
    member: TeamMember | None = (
        TeamMember.objects.select_related("resource").filter(project=project, id=member_id).first()
    )
    if member is None:
        raise NotFound(f"Project {project.code} has no such team member.")
    return member


def _check_dates(person: Resource, valid_from: date, valid_until: date | None) -> None:
    if valid_until is not None and valid_until <= valid_from:
        raise DomainError("The last day must not be before the first.", field="valid_until")
    left_on = person.employed_until
    if left_on is not None and valid_from >= left_on:
        raise DomainError(f"{person.name} has left by then.", field="valid_from")


def _check_minutes(minutes: int) -> None:
    if not 0 <= minutes <= 60_000_000:
        raise DomainError("Hours must be from 0 to 1,000,000.", field="planned_minutes")


def _check_rate(project: Project, actor: Actor, rate: Decimal | None, unit: str) -> None:
    if not policies.may_see_bill(actor, manager_membership_id=project.manager.membership_id):
        raise PermissionDenied("Your role does not include the bill rates of this project.")
    if unit not in UNITS:
        raise DomainError("A rate is per hour or per day.", field="bill_rate_unit")
    if rate is not None and (not rate.is_finite() or rate < 0 or rate >= 10**14):
        raise DomainError("A rate is an amount from 0.", field="bill_rate_override")


def _tell(project: Project, person: Resource, valid_from: date, actor: Actor, at: datetime) -> None:
    if person.membership_id is None or person.membership_id == actor.membership_id:
        return
    notifications.notify(
        membership_ids=[person.membership_id],
        event=ProjectEvent.TEAM_CHANGED,
        title=f"You are on the team of {project.name}",
        body=f"From {valid_from:%-d %B %Y} you can book time on {project.code}.",
        at=at,
    )


def _record(project: Project, actor: Actor, at: datetime, sentence: str) -> None:
    audit.record(
        actor=actor, at=at, event=ProjectEvent.TEAM_CHANGED, record_type=RECORD,
        record_id=project.pk, sentence=sentence,
    )  # fmt: skip
