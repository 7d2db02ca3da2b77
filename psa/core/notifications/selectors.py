"""Reads of one's own notifications."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

from django.db.models import QuerySet

from psa.core.actor import Actor
from psa.core.errors import NotFound

from . import events
from .models import Notification, NotificationPreference, QuietHours

COUNT_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Preference:
    event: str
    label: str
    in_app: bool
    email: bool
    digest: str = ""


def notifications(*, actor: Actor) -> QuerySet[Notification]:
    """The actor's own, whatever their role."""
    rows: QuerySet[Notification] = Notification.objects.filter(membership_id=actor.membership_id)
    return rows


def unread_count(actor: Actor) -> int:
    """How many the bell shows, at most 100. One query on the index of unread ones."""
    return notifications(actor=actor).filter(read_at__isnull=True)[:COUNT_LIMIT].count()


def get_notification(*, actor: Actor, notification_id: int) -> Notification:
    """One of the actor's own. NotFound alike if absent or somebody else's."""
    found = notifications(actor=actor).filter(pk=notification_id).first()
    if found is None:
        raise NotFound("There is no such notification, or it is not yours.")
    return found


def quiet_hours(*, actor: Actor) -> tuple[time, time] | None:
    """When the actor is not to be mailed. One query."""
    row = QuietHours.objects.filter(membership_id=actor.membership_id).first()
    if row is None:
        return None
    return _time(row.from_minute), _time(row.until_minute)


def _time(minute: int) -> time:
    return time(minute // 60, minute % 60)


def preferences(*, actor: Actor) -> Sequence[Preference]:
    """Every event with what the actor chose, or what goes without a choice."""
    own = {
        row.event: row
        for row in NotificationPreference.objects.filter(membership_id=actor.membership_id)
    }
    return [
        Preference(
            known.event,
            known.label,
            own[known.event].in_app if known.event in own else True,
            own[known.event].email if known.event in own else known.email,
            own[known.event].digest if known.event in own else "",
        )
        for known in events.all_events()
    ]
