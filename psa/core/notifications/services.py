"""Telling people: rows at once, e-mail through the outbox that those rows are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError, NotFound
from psa.core.jobs import services as jobs
from psa.core.jobs import system_actor
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import current_tenant_id
from psa.core.web import undo

from . import devices, events, listeners
from .models import MutedRecord, Notification, NotificationPreference, PushDevice, QuietHours
from .rules import quiet

EMAIL_JOB = "notifications.email"


@dataclass(frozen=True, slots=True)
class Choice:
    """How a member wants to be told of one event; `digest` is "", "daily" or "weekly".

    `push` is about their devices; None leaves it to the event.
    """

    in_app: bool
    email: bool
    digest: str = ""
    push: bool | None = None


def notify(
    *,
    membership_ids: Iterable[int],
    event: str,
    title: str,
    body: str = "",
    path: str = "",
    at: datetime,
    email: bool = False,
    decides_on: Mapping[str, Any] | None = None,
) -> list[Notification]:
    """Tell members of the open tenant, in the transaction of what it is about.

    Each member's own preference for the event decides; without one they are told in the
    application, by e-mail when ``email``, and on their devices as the event says. ``path`` leads to
    the action, as ``reverse`` gives it; who muted that record is not told; in quiet hours mail and
    devices wait for their end. Texts carry no rate and no margin. A dead mail server loses nothing:
    the rows wait. ``decides_on`` names what the reader may decide inside a push message, as the
    event's registration in `decisions` reads it.
    """
    tenant_id = current_tenant_id()
    if tenant_id is None:
        raise RuntimeError("notify needs the scope of the tenant")
    wanted = sorted(set(membership_ids))
    chosen = {
        row.membership_id: row
        for row in NotificationPreference.objects.filter(membership_id__in=wanted, event=event)
    }
    link = _within_tenant(path, tenant_id)
    if wanted:
        # Whatever its readers chose: a channel is the firm's.
        listeners.tell(listeners.Told(event, title, body, link, at))
    muted = _muted(wanted, link) if link else set()
    reachable = devices.reachable(wanted)
    pushed: set[int] = set()
    rows = []
    for membership_id in wanted:
        if membership_id in muted:
            continue
        own = chosen.get(membership_id)
        in_app, by_email = (own.in_app, own.email) if own else (events.shows_in_app(event), email)
        digest = own.digest if own else ""
        if membership_id in reachable and (
            own.push if own and own.push is not None else events.pushes(event, email=email)
        ):
            pushed.add(membership_id)
        if in_app or by_email or digest or membership_id in pushed:
            rows.append(
                Notification(
                    tenant_id=tenant_id,
                    membership_id=membership_id,
                    event=event,
                    title=title[:160],
                    body=body[:600],
                    path=link,
                    created_at=at,
                    # Who wants mail only finds the row in the list, but the bell stays silent.
                    read_at=None if in_app else at,
                    email_wanted=by_email,
                    digest="" if by_email else digest,
                    decides_on=dict(decides_on) if decides_on else None,
                )
            )
    ends = _quiet_ends([r.membership_id for r in rows if r.email_wanted] + list(pushed), at)
    for row in rows:
        row.email_after = ends.get(row.membership_id) if row.email_wanted else None
    made = Notification.objects.bulk_create(rows, batch_size=2000)
    devices.put_on_their_way(
        [(row, ends.get(row.membership_id) or at) for row in made if row.membership_id in pushed],
        reachable,
        at=at,
    )
    mailed = [row.pk for row in made if row.email_wanted]
    if mailed:
        jobs.start(
            kind=EMAIL_JOB,
            # One run a minute, however many are told; what it misses goes with the next.
            key=f"{EMAIL_JOB} {at:%Y-%m-%d %H:%M}",
            title="Send e-mail",
            arguments={},
            actor=system_actor.acting_for(tenant_id=tenant_id, membership_id=None),
            at=at,
        )
    return made


def anybody_wants(event: str) -> bool:
    """Whether somebody may be told of an event that nobody is told of without a device or a choice.

    Spares the services of busy moments the search for whom to tell. Three queries at most.
    """
    return (
        PushDevice.objects.exists()
        or NotificationPreference.objects.filter(event=event).exists()
        or listeners.anybody_wants(event)
    )


def mark_read(
    *, actor: Actor, at: datetime, notification_ids: Sequence[int] | None = None
) -> list[int]:
    """Mark some of the actor's notifications as read, or all of them; those that were unread.

    Raises  NotFound when one that is named is not the actor's.
    """
    own = Notification.objects.filter(membership_id=actor.membership_id)
    if notification_ids is not None:
        own = own.filter(pk__in=notification_ids)
        if own.count() != len(set(notification_ids)):
            raise NotFound("There is no such notification, or it is not yours.")
    unread = list(own.filter(read_at__isnull=True).values_list("pk", flat=True))
    own.filter(pk__in=unread).update(read_at=at)
    return unread


def mark_unread(*, payload: dict[str, Any], actor: Actor, at: datetime) -> str:
    """Take back a marking as read; rows that are gone or somebody else's are left out."""
    own = Notification.objects.filter(membership_id=actor.membership_id)
    count = own.filter(pk__in=payload["ids"]).update(read_at=None)
    return (
        "1 notification is unread again"
        if count == 1
        else f"{count} notifications are unread again"
    )


undo.register("notifications.read", mark_unread)


def mute(*, actor: Actor, notification_id: int) -> str:
    """Be told no more of what this notification is about, in no way; returns the event.

    Raises  NotFound when it is not the actor's.
    """
    found = Notification.objects.filter(pk=notification_id, membership_id=actor.membership_id)
    event = found.values_list("event", flat=True).first()
    if event is None:
        raise NotFound("There is no such notification, or it is not yours.")
    _save(actor, {event: Choice(in_app=False, email=False, push=False)})
    return str(event)


def unmute(*, payload: dict[str, Any], actor: Actor, at: datetime) -> str:
    """Take back a `mute`: what goes without a choice goes again."""
    NotificationPreference.objects.filter(
        membership_id=actor.membership_id, event=payload["event"]
    ).delete()
    return "You are told of this again"


undo.register("notifications.mute", unmute)


def mute_records(*, actor: Actor, notification_ids: Sequence[int]) -> list[str]:
    """Be told no more of the records that these notifications are about; returns their pages.

    Raises  NotFound when one is not the actor's; DomainError when none is about a record.
    """
    own = Notification.objects.filter(membership_id=actor.membership_id, pk__in=notification_ids)
    found = list(own.values_list("path", flat=True))
    if len(found) != len(set(notification_ids)):
        raise NotFound("There is no such notification, or it is not yours.")
    paths = sorted({path for path in found if path})
    if not paths:
        raise DomainError("None of these is about a record that could be muted.")
    MutedRecord.objects.bulk_create(
        [
            MutedRecord(tenant_id=actor.tenant_id, membership_id=actor.membership_id, path=path)
            for path in paths
        ],
        ignore_conflicts=True,
    )
    return paths


def unmute_records(*, payload: dict[str, Any], actor: Actor, at: datetime) -> str:
    """Be told of these records again."""
    own = MutedRecord.objects.filter(membership_id=actor.membership_id)
    own.filter(path__in=payload["paths"]).delete()
    return "You are told of this again"


undo.register("notifications.mute_records", unmute_records)


def save_quiet_hours(*, actor: Actor, from_minute: int | None, until_minute: int | None) -> None:
    """Set when the actor is not to be mailed, or (with no minutes) that there is no such time.

    Raises  DomainError for one end without the other, or a minute that no day has.
    """
    own = QuietHours.objects.filter(membership_id=actor.membership_id)
    if from_minute is None and until_minute is None:
        own.delete()
        return
    if from_minute is None or until_minute is None:
        raise DomainError("Quiet hours need a beginning and an end.", "quiet_until")
    if not (0 <= from_minute < 1440 and 0 <= until_minute < 1440):
        raise DomainError("Choose a time of the day.", "quiet_from")
    QuietHours.objects.update_or_create(
        tenant_id=actor.tenant_id,
        membership_id=actor.membership_id,
        defaults={"from_minute": from_minute, "until_minute": until_minute},
    )


def _muted(membership_ids: Sequence[int], path: str) -> set[int]:
    rows = MutedRecord.objects.filter(path=path, membership_id__in=membership_ids)
    return set(rows.values_list("membership_id", flat=True))


def _quiet_ends(membership_ids: Sequence[int], at: datetime) -> dict[int, datetime | None]:
    """When the quiet hours end that members have now. One query, if there is any member."""
    if not membership_ids:
        return {}
    hours = QuietHours.objects.filter(membership_id__in=membership_ids)
    return {
        one.membership_id: quiet.until(
            at.astimezone(zone_of(one.membership.time_zone)),
            from_minute=one.from_minute,
            until_minute=one.until_minute,
        )
        for one in hours.select_related("membership")
    }


def zone_of(name: str) -> ZoneInfo:
    """A member's time zone; UTC for none, or one that this machine does not know."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def save_preferences(*, actor: Actor, choices: Mapping[str, Choice]) -> None:
    """Set, per event, whether the actor is told in the application, by e-mail or in a digest.

    Raises  NotFound for an event that no part of the system registers.
    """
    for event in choices:
        events.get(event)
    _save(actor, choices)


@transaction.atomic
def save_all_preferences(
    *,
    actor: Actor,
    choices: Mapping[str, Choice],
    from_minute: int | None,
    until_minute: int | None,
) -> None:
    """The whole page: events and quiet hours. Raises  as `save_quiet_hours`."""
    save_preferences(actor=actor, choices=choices)
    save_quiet_hours(actor=actor, from_minute=from_minute, until_minute=until_minute)


def _save(actor: Actor, choices: Mapping[str, Choice]) -> None:
    NotificationPreference.objects.bulk_create(
        [
            NotificationPreference(
                tenant_id=actor.tenant_id,
                membership_id=actor.membership_id,
                event=event,
                in_app=choice.in_app,
                email=choice.email,
                digest=choice.digest,
                push=choice.push,
            )
            for event, choice in choices.items()
        ],
        update_conflicts=True,
        unique_fields=["tenant", "membership", "event"],
        update_fields=["in_app", "email", "digest", "push"],
    )


def _within_tenant(path: str, tenant_id: int) -> str:
    """The path with its firm in front, as pages need it and as jobs, which have none, lack it."""
    if not path:
        return ""
    slug = Tenant.objects.values_list("slug", flat=True).get(pk=tenant_id)
    if path.startswith(f"/{slug}/"):
        return path[:300]
    return f"/{slug}/{path.lstrip('/')}"[:300]
