"""Reads of channels."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.errors import NotFound

from .models import Channel, Post

State = Post.State


@dataclass(frozen=True, slots=True)
class Standing:
    """How a channel does: the last message it took, what waits, and the last thing that went wrong."""

    last_sent_at: datetime | None
    waiting: int
    failed: int
    trouble: str


def channels(*, actor: Actor) -> QuerySet[Any]:
    """All channels, with how they do. One query. Raises  PermissionDenied."""
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    return Channel.objects.annotate(
        waiting=Count("posts", filter=Q(posts__state=State.WAITING)),
        failed=Count("posts", filter=Q(posts__state=State.FAILED)),
        last_sent_at=Max("posts__sent_at"),
    ).values("id", "name", "kind", "host", "is_active", "waiting", "failed", "last_sent_at")


def get_channel(*, actor: Actor, channel_id: int) -> Channel:
    """One channel, its address sealed. Raises  PermissionDenied, NotFound."""
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    found: Channel | None = Channel.objects.filter(pk=channel_id).first()
    if found is None:
        raise NotFound("There is no such channel.")
    return found


def standing_of(channel: Channel) -> Standing:
    """Two queries."""
    own = Post.objects.filter(channel=channel)
    count = own.aggregate(
        last=Max("sent_at"),
        waiting=Count("id", filter=Q(state=State.WAITING)),
        failed=Count("id", filter=Q(state=State.FAILED)),
    )
    trouble = (
        own.exclude(state=State.SENT)
        .exclude(outcome="")
        .order_by("-id")
        .values_list("outcome", flat=True)
        .first()
    )
    return Standing(count["last"], count["waiting"], count["failed"], trouble or "")


def posts(*, actor: Actor, channel_id: int) -> QuerySet[Any]:
    """The log of a channel. Raises  PermissionDenied, NotFound."""
    get_channel(actor=actor, channel_id=channel_id)
    return Post.objects.filter(channel_id=channel_id).values(
        "id", "title", "event", "state", "attempts", "outcome", "next_attempt_at", "sent_at",
        "created_at",
    )  # fmt: skip


def get_post(*, actor: Actor, post_id: int) -> Post:
    """One message with its channel and firm. Raises  PermissionDenied, NotFound."""
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    found: Post | None = Post.objects.select_related("channel__tenant").filter(pk=post_id).first()
    if found is None:
        raise NotFound("There is no such message.")
    return found
