"""Reads of one's own notifications."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

from django.db.models import QuerySet

from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.tenancy import compiled

from . import events
from .models import Notification, NotificationPreference, PushDevice, QuietHours

COUNT_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Preference:
    event: str
    label: str
    in_app: bool
    email: bool
    digest: str = ""
    push: bool = False


def notifications(*, actor: Actor) -> QuerySet[Notification]:
    """The actor's own, whatever their role."""
    rows: QuerySet[Notification] = Notification.objects.filter(membership_id=actor.membership_id)
    return rows


def unread_count(actor: Actor) -> int:
    """How many the bell shows, at most 100. One query on the index of unread ones."""
    unread = compiled.rows("notifications.unread", _unread, actor.membership_id)
    return len(unread)


def _unread(member_id: int) -> "QuerySet[Notification, tuple[int, ...]]":
    rows = Notification.objects.filter(membership_id=member_id, read_at__isnull=True)
    return rows.values_list("id")[:COUNT_LIMIT]


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
            own[known.event].in_app if known.event in own else known.in_app,
            own[known.event].email if known.event in own else known.email,
            own[known.event].digest if known.event in own else "",
            own[known.event].push if _chose_push(own.get(known.event)) else known.pushes,
        )
        for known in events.all_events()
    ]


def _chose_push(row: NotificationPreference | None) -> bool:
    return row is not None and row.push is not None


def own_devices(*, actor: Actor) -> QuerySet[PushDevice]:
    """The browsers that are written to for the actor, the newest first."""
    rows: QuerySet[PushDevice] = PushDevice.objects.filter(membership_id=actor.membership_id)
    return rows.order_by("-id")
