"""What the client is to accept of a task, and that they did: recorded by the manager."""

from datetime import date, datetime

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError

from ..events import ProjectEvent
from ..models import TaskAcceptance
from .locking import lock_project, task_of

RECORD = "projects.Project"


@transaction.atomic
def set_acceptance(
    *,
    project_id: int,
    task_id: int,
    criteria: str,
    accepted_on: date | None,
    accepted_by_name: str,
    today_on: date,
    actor: Actor,
    at: datetime,
) -> TaskAcceptance | None:
    """State the criteria of a task, and who of the client accepted it on which day, if they did.

    Without criteria nothing is to be accepted: the record is taken away, None returned.
    Raises  NotFound, PermissionDenied; DomainError for half an acceptance, or a day to come.
    """
    project = lock_project(actor=actor, project_id=project_id)
    task = task_of(project, task_id)
    criteria, who = criteria.strip(), accepted_by_name.strip()
    if (accepted_on is None) != (not who):
        raise DomainError(
            "An acceptance has a day and the name of who gave it.",
            field="accepted_by_name" if accepted_on else "accepted_on",
        )
    if accepted_on is not None and not criteria:
        raise DomainError("Say what was accepted.", field="criteria")
    if accepted_on is not None and accepted_on > today_on:
        raise DomainError("An acceptance is on a day that has come.", field="accepted_on")
    if not criteria:
        TaskAcceptance.objects.filter(task=task).delete()
        _record(project.pk, f"took the acceptance criteria of “{task.name}” away", actor, at)
        return None
    row, _ = TaskAcceptance.objects.update_or_create(
        tenant_id=actor.tenant_id,
        task=task,
        defaults={
            "project": project,
            "criteria": criteria,
            "accepted_on": accepted_on,
            "accepted_by_name": who[:120],
            "recorded_by_id": actor.membership_id if accepted_on else None,
        },
    )
    told = (
        f"recorded that {who} accepted “{task.name}” on {accepted_on:%-d %B %Y}"
        if accepted_on
        else f"set the acceptance criteria of “{task.name}”"
    )
    _record(project.pk, told, actor, at)
    return row


def _record(project_id: int, told: str, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor, at=at, event=ProjectEvent.ACCEPTANCE, record_type=RECORD,
        record_id=project_id, sentence=told,
    )  # fmt: skip
