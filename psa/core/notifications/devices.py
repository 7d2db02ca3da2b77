"""The browsers that members let be written to, and what is on its way to them."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext

from psa.core.access import seals
from psa.core.actor import Actor
from psa.core.errors import DomainError, NotFound
from psa.core.jobs import services as jobs
from psa.core.jobs import system_actor
from psa.core.web import outgoing, sentences
from psa.core.web.middleware import read_by
from psa.core.web.outgoing import RefusedTarget, SendingFailed

from . import decisions, events, push_messages
from .models import Notification, PushDelivery, PushDevice
from .rules import push_text

PUSH_JOB: Final = "notifications.push"
SECRETS: Final = "push-device"
MOST_DEVICES: Final = 10
# After a failure; then it is given up: a day later nobody wants to be told any more.
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 240))
GONE: Final = frozenset({404, 410})
LATER: Final = frozenset({408, 425, 429})


@transaction.atomic
def save_device(
    *, endpoint: str, public_key: str, auth_secret: str, label: str, actor: Actor, at: datetime
) -> PushDevice:
    """Write to this browser for the actor from now on, and for nobody else.

    One that belonged to another member of the firm changes hands with what was on its way to it
    left out. The oldest goes when there are too many.
    Raises  DomainError for an endpoint inside a private network, or keys that are none.
    """
    if actor.membership_id is None or not push_messages.public_key():
        raise DomainError("This installation writes to no device. Ask your operator.")
    outgoing.checked_form(endpoint)
    if len(endpoint) > 1000 or len(public_key) > 100 or len(auth_secret) > 40:
        raise DomainError("This browser's address could not be read. Try again.")
    push_messages.checked_keys(public_key, auth_secret)
    PushDevice.objects.filter(endpoint=endpoint).exclude(membership_id=actor.membership_id).delete()
    device, _ = PushDevice.objects.update_or_create(
        tenant_id=actor.tenant_id,
        endpoint=endpoint,
        defaults={
            "membership_id": actor.membership_id,
            "public_key": public_key,
            "sealed_auth_secret": seals.seal(auth_secret, purpose=SECRETS),
            "auth_secret": "",
            "label": " ".join(label.replace("\0", "").split())[:80] or "Browser",
            "created_at": at,
        },
    )
    own = PushDevice.objects.filter(membership_id=actor.membership_id).order_by(
        "-created_at", "-id"
    )
    kept = list(own.values_list("pk", flat=True)[:MOST_DEVICES])
    own.exclude(pk__in=kept).delete()
    made: PushDevice = device
    return made


def secret_of(device: PushDevice) -> str:
    """What a browser and we share, in the clear. Raises  Unreadable if others sealed it."""
    # One that the former version wrote during an upgrade is newer than what lies sealed.
    return str(device.auth_secret) or seals.unseal(device.sealed_auth_secret, purpose=SECRETS)


def remove_device(*, device_id: int, actor: Actor) -> None:
    """Write to one of the actor's browsers no more. Raises  NotFound."""
    found = PushDevice.objects.filter(pk=device_id, membership_id=actor.membership_id)
    if not found.delete()[0]:
        raise NotFound("There is no such device, or it is not yours.")


def reachable(membership_ids: Sequence[int]) -> dict[int, list[int]]:
    """The members' devices by member. One query; none without a key to send with."""
    found: dict[int, list[int]] = {}
    if not membership_ids or not push_messages.public_key():
        return found
    rows = PushDevice.objects.filter(membership_id__in=membership_ids).order_by("id")
    for membership_id, device_id in rows.values_list("membership_id", "id"):
        found.setdefault(membership_id, []).append(device_id)
    return found


def put_on_their_way(
    rows: Sequence[tuple[Notification, datetime]],
    devices: Mapping[int, Sequence[int]],
    *,
    at: datetime,
) -> None:
    """Queue notifications, each due at its own moment, to all devices of their members."""
    made = [
        PushDelivery(tenant_id=row.tenant_id, notification=row, device_id=device_id, due_at=due_at)
        for row, due_at in rows
        for device_id in devices[row.membership_id]
    ]
    if not made:
        return
    PushDelivery.objects.bulk_create(made, batch_size=2000)
    jobs.start(
        kind=PUSH_JOB,
        key=f"notification {made[0].notification_id}",
        title="Tell devices",
        arguments={},
        actor=system_actor.acting_for(tenant_id=made[0].tenant_id, membership_id=None),
        at=at,
    )


@transaction.atomic
def deliver(*, delivery_id: int, at: datetime, real_now: datetime) -> bool:
    """Send one unless it is under way; whether the push service took it.

    A device that the service knows no more is removed, with all that was on its way to it. What
    was read meanwhile is not sent. Other failures are tried again, then given up.
    """
    row: PushDelivery | None = (
        PushDelivery.objects.select_related("notification__membership", "device")
        .select_for_update(skip_locked=True, of=("self",))
        .filter(pk=delivery_id, due_at__lte=at)
        .first()
    )
    if row is None:
        return False
    told = row.notification
    was_read = told.read_at is not None and told.read_at > told.created_at
    if was_read or not told.membership.is_active:
        return _finish(row, failure="Read before it was sent." if was_read else "Not a member now.")
    try:
        answer = outgoing.post(
            row.device.endpoint,
            body=push_messages.sealed(
                payload_of(told, at=at),
                public_key=row.device.public_key,
                auth_secret=secret_of(row.device),
            ),
            headers=push_messages.headers(row.device.endpoint, topic=f"n{told.pk}", now=real_now),
        )
    except (RefusedTarget, seals.Unreadable):
        row.device.delete()
        return False
    except SendingFailed as error:
        return _again(row, str(error), at)
    if answer.is_accepted:
        PushDevice.objects.filter(pk=row.device_id).update(last_sent_at=at)
        row.sent_at = at
        return _finish(row)
    if answer.status in GONE:
        row.device.delete()
        return False
    if answer.status >= 500 or answer.status in LATER:
        return _again(row, f"The push service answered {answer.status}.", at)
    return _finish(row, failure=f"The push service refused it with {answer.status}.")


def payload_of(told: Notification, *, at: datetime) -> bytes:
    """What the service worker shows: words without an amount, an address inside the firm, and the
    buttons of what may be decided on.
    """
    known = next((one.label for one in events.all_events() if one.event == told.event), "")
    with read_by(told.membership):
        title, body = push_text.on_screen(
            title=sentences.told(told.title),
            body=sentences.told(told.body),
            label=sentences.told(known) or gettext("A notification waits for you"),
        )
        buttons = decisions.shown(told, at=at)
    address = f"{_firm_of(told.path)}notifications/{told.pk}/" if told.path else "/"
    shown = {"title": title, "body": body, "tag": f"n{told.pk}", "address": address, **buttons}
    return json.dumps(shown, ensure_ascii=False).encode()


def _firm_of(path: str) -> str:
    return f"/{path.split('/')[1]}/"


def _again(row: PushDelivery, failure: str, at: datetime) -> bool:
    row.attempts += 1
    is_over = row.attempts > len(PAUSES)
    row.due_at = None if is_over else at + PAUSES[row.attempts - 1]
    row.failure = failure[:300]
    row.save(update_fields=["attempts", "due_at", "failure"])
    return False


def _finish(row: PushDelivery, failure: str = "") -> bool:
    row.due_at = None
    row.attempts += 1
    row.failure = failure
    row.save(update_fields=["attempts", "due_at", "failure", "sent_at"])
    return not failure
