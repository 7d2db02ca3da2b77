"""Viewing as another member: who may, and the trail of its start and end."""

from datetime import datetime, timedelta
from typing import Final

from psa.core.access.models import Membership
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError, NotFound

LASTS: Final = timedelta(minutes=30)


def start(*, membership_id: int, reason: str, actor: Actor, at: datetime) -> Membership:
    """Note that the actor begins to view as a member, and why; returns the member.

    Raises  PermissionDenied; NotFound for nobody active; DomainError for oneself or no reason.
    """
    actor.require(AccessPermission.VIEW_AS)
    row: Membership | None = Membership.objects.filter(pk=membership_id, is_active=True).first()
    if row is None:
        raise NotFound("This user does not exist, or has no access.")
    if row.pk == actor.membership_id:
        raise DomainError("You see the application as yourself already.")
    if not reason.strip():
        raise DomainError("Say why, for the trail.", "reason")
    minutes = int(LASTS.total_seconds()) // 60
    _record(
        row, actor, at, "access.view_as_started",
        f"Began to view as {row.name}, for {minutes} minutes at most: {reason.strip()}",
    )  # fmt: skip
    return row


def end(*, membership_id: int, how: str, actor: Actor, at: datetime) -> None:
    """Note that viewing has ended, and how: by hand, by time, or because a right was lost."""
    row: Membership | None = Membership.objects.filter(pk=membership_id).first()
    if row is not None:
        _record(row, actor, at, "access.view_as_ended", f"No longer views as {row.name}: {how}.")


def _record(row: Membership, actor: Actor, at: datetime, event: str, sentence: str) -> None:
    audit.record(
        actor=actor,
        at=at,
        event=event,
        record_type="access.Membership",
        record_id=row.pk,
        sentence=sentence,
    )
