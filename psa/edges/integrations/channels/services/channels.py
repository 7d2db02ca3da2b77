"""Where to post: adding, changing, trying and ending channels."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from psa.core.access import seals
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.notifications import events as known_events
from psa.core.web import outgoing, personal

from ..models import Channel

SECRETS: Final = "channel"
MAX_CHANNELS: Final = 20


@transaction.atomic
def create_channel(
    *,
    name: str,
    kind: str,
    url: str,
    language: str,
    events: Sequence[str],
    is_active: bool = True,
    actor: Actor,
    at: datetime,
) -> Channel:
    """Post these notifications to a channel of a chat from now on.

    One that is not active yet is looked up when it is switched on.
    Raises  PermissionDenied; RefusedTarget for an address in a private network or without https;
            DomainError for no event, a personal one, a name that is taken, or too many channels.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    if Channel.objects.count() >= MAX_CHANNELS:
        raise DomainError(f"There are {MAX_CHANNELS} channels already, the most a firm may have.")
    if is_active:
        target = outgoing.checked_target(url)
    else:
        target = outgoing.checked_form(url)
    channel: Channel = Channel.objects.create(
        tenant_id=actor.tenant_id,
        name=_free_name(name, None),
        kind=_kind(kind),
        sealed_url=seals.seal(url.strip(), purpose=SECRETS),
        host=target.host[:120],
        language=_language(language),
        events=_checked(events),
        is_active=is_active,
        created_at=at,
    )
    _record(actor, at, channel, "channels.added", f"Added the channel {channel.name}.")
    return channel


@transaction.atomic
def change_channel(
    *,
    channel_id: int,
    name: str,
    kind: str,
    url: str,
    language: str,
    events: Sequence[str],
    is_active: bool,
    lock_version: int,
    actor: Actor,
    at: datetime,
) -> Channel:
    """Replace a channel's facts; without `url` its address stays.

    Raises  as above; NotFound, Conflict.
    """
    channel = locked(channel_id, actor)
    if channel.lock_version != lock_version:
        raise Conflict("Somebody changed this channel meanwhile. Reload it and look again.")
    if url.strip():
        channel.host = outgoing.checked_target(url).host[:120]
        channel.sealed_url = seals.seal(url.strip(), purpose=SECRETS)
    elif is_active and not channel.is_active:
        outgoing.checked_target(address_of(channel))
    channel.name, channel.kind = _free_name(name, channel.pk), _kind(kind)
    channel.language, channel.events = _language(language), _checked(events)
    channel.is_active = is_active
    channel.lock_version += 1
    channel.save()
    _record(actor, at, channel, "channels.changed", f"Changed the channel {channel.name}.")
    return channel


@transaction.atomic
def remove_channel(*, channel_id: int, actor: Actor, at: datetime) -> None:
    """Post there no more, and forget what was posted. Raises  PermissionDenied, NotFound."""
    channel = locked(channel_id, actor)
    _record(actor, at, channel, "channels.removed", f"Removed the channel {channel.name}.")
    channel.delete()


def locked(channel_id: int, actor: Actor) -> Channel:
    """The row, for whoever manages parameters. Raises  PermissionDenied, NotFound."""
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    found: Channel | None = Channel.objects.select_for_update().filter(pk=channel_id).first()
    if found is None:
        raise NotFound("There is no such channel.")
    return found


def address_of(channel: Channel) -> str:
    """Its address in the clear, for posting alone: no page and no answer has it.

    Raises  Unreadable when another installation sealed it.
    """
    return seals.unseal(channel.sealed_url, purpose=SECRETS)


def _free_name(name: str, own_id: int | None) -> str:
    wanted = " ".join(name.split())
    if not wanted:
        raise DomainError("Give it a name, such as that of the channel.", "name")
    if Channel.objects.filter(name=wanted).exclude(pk=own_id).exists():
        raise DomainError(f"There is a channel “{wanted}” already.", "name")
    return wanted[:80]


def _kind(kind: str) -> str:
    if kind not in Channel.Kind.values:
        raise DomainError("Choose Slack or Microsoft Teams.", "kind")
    return kind


def _language(language: str) -> str:
    if language not in dict(personal.LANGUAGES):
        raise DomainError("Choose the language of its messages.", "language")
    return language


def _checked(events: Sequence[str]) -> list[str]:
    known = {one.event for one in known_events.shared_events()}
    found = [event for event in dict.fromkeys(events) if event in known]
    if not found or len(found) < len(set(events)):
        raise DomainError("Choose what goes there.", "events")
    return found


def _record(actor: Actor, at: datetime, channel: Channel, event: str, sentence: str) -> None:
    audit.record(
        actor=actor, at=at, event=event, record_type="channels.Channel",
        record_id=channel.pk, sentence=sentence,
    )  # fmt: skip
