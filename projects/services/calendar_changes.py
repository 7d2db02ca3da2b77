"""Plans that follow a change of working time: leave, holidays, other hours (docs/adr/0039)."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.notifications import services as notifications

from ..events import ProjectEvent
from ..models import Project
from ..rules.finish_move import move_of
from .locking import lock_project
from .plan_rows import RECORD
from .schedule import PlanChange, refresh


@transaction.atomic
def follow_calendar_changes(
    *, project_id: int, because: Sequence[str], actor: Actor, at: datetime
) -> PlanChange | None:
    """Schedule a plan anew after changes of working time; None, and nothing told, where it stays.

    The manager is told when the finish moves, by how much, and because of what. Repeating it
    changes nothing. Raises  NotFound, PermissionDenied; DomainError for a plan that cannot be.
    """
    project = lock_project(actor=actor, project_id=project_id)
    change = refresh(project)
    if change is None:
        return None
    reasons = _joined(list(dict.fromkeys(because)))
    move = None
    if change.finish_at is not None and change.was_finish_at is not None:
        move = move_of(change.was_finish_at, change.finish_at)
    words = f"; its finish moves {move}" if move else ""
    audit.record(
        actor=actor, at=at, event=ProjectEvent.PLAN_CHANGED, record_type=RECORD,
        record_id=project.pk,
        sentence=f"scheduled the plan anew because of {reasons}{words}",
        changes={"plan_revision": (change.revision - 1, change.revision)},
    )  # fmt: skip
    if move:
        _tell_manager(project, move, reasons, at)
    return change


def _tell_manager(project: Project, move: str, reasons: str, at: datetime) -> None:
    member_id = project.manager.membership_id
    if member_id is None:
        return
    notifications.notify(
        membership_ids=[member_id],
        event=ProjectEvent.FINISH_MOVED,
        title=f"Finish of {project.name}"[:100] + f" moves {move}",
        body=f"Because of {reasons}. {project.code} was scheduled anew.",
        path=reverse("projects:plan", urlconf=settings.TENANT_URLCONF, args=[project.pk]),
        at=at,
    )


def _joined(reasons: Sequence[str]) -> str:
    """“leave of Ben and other working hours of Bea”; of many, the first three."""
    shown = [*reasons[:3], f"{len(reasons) - 3} more"] if len(reasons) > 3 else list(reasons)
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"
