"""Taking back a project that was made by mistake, while nothing hangs on it."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError

from ..events import ProjectEvent
from ..models import Project
from .locking import lock_project
from .projects import RECORD


class ProjectInUse(DomainError):
    """Something happened to the project since it was made: it is not taken back."""


@transaction.atomic
def withdraw_project(project_id: int, *, actor: Actor, at: datetime) -> None:
    """Remove a project as it was made: never edited, without a plan, a team, or anything booked.

    Its number is not given again. Raises  NotFound, PermissionDenied, ProjectInUse.
    """
    project = lock_project(actor=actor, project_id=project_id)
    words = f"{project.code} {project.name}"
    if project.lock_version != 1:
        raise ProjectInUse(f"{words} was edited since; it stays.")
    # Also what would go with it: a register, a comment, a team are somebody's work.
    for relation in Project._meta.related_objects:
        rows = relation.related_model._default_manager.filter(**{relation.field.name: project})
        if rows.exists():
            raise ProjectInUse(f"{words} is used by other records; it stays.")
    try:
        with transaction.atomic():
            project.delete()
    except (ProtectedError, IntegrityError):
        raise ProjectInUse(f"{words} is used by other records; it stays.") from None
    audit.record(
        actor=actor, at=at, event=ProjectEvent.WITHDRAWN, record_type=RECORD, record_id=project_id,
        sentence=f"took back {words}",
    )  # fmt: skip
