"""Posting: a notification becomes a row for each channel that wants it, and a row a message."""

import json
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.notifications import events
from psa.core.notifications.listeners import Told
from psa.core.notifications.rules import push_text
from psa.core.web import outgoing, outgoing_tries, sentences
from psa.core.web.middleware import read_in

from ..models import Channel, Post
from ..rules import messages
from ..rules.messages import Words
from .channels import address_of, locked

TRIED = "channels.tried"
BATCH = 200


def wants(event: str) -> bool:
    """Whether a channel takes an event. One query."""
    if events.is_personal(event):
        return False
    return Channel.objects.filter(is_active=True, events__contains=[event]).exists()


def hear(told: Told) -> None:
    """Put a notification on its way to each channel that takes it, once however many are told.

    One query where no channel does; what concerns its reader alone goes to none.
    """
    if events.is_personal(told.event):
        return
    channels = list(Channel.objects.filter(is_active=True, events__contains=[told.event]))
    if channels:
        Post.objects.bulk_create([_post(one, told) for one in channels], ignore_conflicts=True)


@transaction.atomic
def try_channel(*, channel_id: int, actor: Actor, at: datetime) -> Post:
    """Put a message on its way that says no more than that it arrived.

    Asked twice at one instant, it is one message, sent again if it went out already. Raises  as `replay`.
    """
    channel = locked(channel_id, actor)
    title = f"{channel.name} is connected"
    post = _post(channel, Told(TRIED, title, "This is a trial message.", "", at))
    known: Post | None = Post.objects.filter(channel=channel, fingerprint=post.fingerprint).first()
    if known is None:
        post.save()
        return post
    if known.state != Post.State.WAITING:
        outgoing_tries.wait_again(known, at=at)
        known.save(update_fields=["state", "attempts", "next_attempt_at"])
    return known


def due(*, at: datetime) -> list[int]:
    """What to post now, the longest due first. One query."""
    rows = Post.objects.filter(
        state=Post.State.WAITING, next_attempt_at__lte=at, channel__is_active=True
    )
    return list(rows.order_by("next_attempt_at", "id").values_list("id", flat=True)[:BATCH])


@transaction.atomic
def deliver(*, post_id: int, at: datetime) -> Post | None:
    """Try once; None when somebody else has, or is at it. What fails is tried again later."""
    row: Post | None = (
        Post.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("channel__tenant")
        .filter(pk=post_id, state=Post.State.WAITING)
        .first()
    )
    if row is None:
        return None
    outgoing_tries.attempt(
        row,
        partial(_send, row),
        at=at,
        unreadable="Put in the channel's address anew.",
        in_words=partial(messages.said_of, chat=row.channel.get_kind_display()),
        final=messages.GONE,
    )
    row.save()
    return row


@transaction.atomic
def replay(*, post_id: int, actor: Actor, at: datetime) -> Post:
    """Post a message once more, whatever became of it. Raises  PermissionDenied, NotFound."""
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    row: Post | None = Post.objects.select_for_update(of=("self",)).filter(pk=post_id).first()
    if row is None:
        raise NotFound("There is no such message.")
    locked(row.channel_id, actor)
    outgoing_tries.wait_again(row, at=at)
    row.save(update_fields=["state", "attempts", "next_attempt_at"])
    return row


@transaction.atomic
def replay_failed(*, channel_id: int, actor: Actor, at: datetime) -> int:
    """Post all that did not go out once more; how many. Raises  PermissionDenied, NotFound."""
    channel = locked(channel_id, actor)
    failed = Post.objects.filter(channel=channel, state=Post.State.FAILED)
    return failed.update(state=Post.State.WAITING, attempts=0, next_attempt_at=at)


def forget(*, before: datetime, limit: int) -> int:
    """Delete messages from before then that wait for nothing, oldest first; how many."""
    old = Post.objects.exclude(state=Post.State.WAITING).filter(created_at__lt=before)
    ids = list(old.order_by("id").values_list("id", flat=True)[:limit])
    Post.objects.filter(pk__in=ids).delete()
    return len(ids)


def message_of(row: Post) -> dict[str, Any]:
    """What the chat gets: words without an amount in the channel's language, and a link."""
    channel = row.channel
    with read_in(channel.language, channel.tenant.locale):
        title, body = push_text.on_screen(
            title=sentences.told(row.title),
            body=sentences.told(row.body),
            label=sentences.told(_label_of(row.event)),
        )
        link = gettext("Open it")
    url = f"{settings.PSA_PUBLIC_URL}{row.path}" if row.path else ""
    return messages.FORMATS[channel.kind](Words(title, body, url, link))


def message_text(row: Post) -> str:
    """What the chat gets, for people."""
    return json.dumps(message_of(row), indent=2, ensure_ascii=False)


def _label_of(event: str) -> str:
    known = (one.label for one in events.all_events() if one.event == event)
    return next(known, "A notification waits for you")


def _send(row: Post) -> outgoing.Answer:
    return outgoing.post(
        address_of(row.channel),
        body=json.dumps(message_of(row), separators=(",", ":")).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "psa-channels/1"},
    )


def _post(channel: Channel, told: Told) -> Post:
    same = "\n".join((told.event, told.title, told.path, told.at.isoformat()))
    # Kept without amounts as well: whoever sets channels up reads the log.
    title, body = told.title, told.body
    if push_text.names_an_amount(title):
        title = _label_of(told.event)
    if push_text.names_an_amount(body):
        body = ""
    return Post(
        tenant_id=channel.tenant_id,
        channel=channel,
        event=told.event,
        title=title[:160],
        body=body[:600],
        path=told.path,
        fingerprint=sha256(same.encode()).hexdigest(),
        next_attempt_at=told.at,
        created_at=told.at,
    )
