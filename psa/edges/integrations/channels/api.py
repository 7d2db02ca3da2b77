"""Endpoints of channels: where notifications are posted, and what was posted. No address comes back."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Field

from psa.core import clock
from psa.core.access.permissions import AccessPermission
from psa.core.web import personal
from psa.core.web.api import ApiRequest, Endpoints, In, Nothing, Out
from psa.core.web.api.fields import Id, OneOf, Text

from . import lists_of_channels, selectors
from .models import Channel
from .services import channels, deliveries

endpoints = Endpoints("channels", "Channels")
MANAGE = AccessPermission.MANAGE_PARAMETERS


class ChannelOut(Out):
    """A channel of a chat; its address is write-only, `host` is what may be shown of it."""

    id: int
    name: str
    kind: str
    host: str
    language: str
    events: list[str]
    is_active: bool
    created_at: datetime
    lock_version: int


class NewChannelIn(In):
    name: Annotated[str, Text(80, blank=False)]
    kind: Annotated[str, OneOf(*Channel.Kind.values)]
    url: Annotated[str, Text(1000, blank=False)]
    language: Annotated[str, OneOf(*(code for code, _ in personal.LANGUAGES))] = "en"
    events: list[Annotated[str, Text(80)]] = Field(min_length=1, max_length=100)


class ChannelIn(NewChannelIn):
    url: Annotated[str, Text(1000)] = Field("", description="Empty: the one that is kept.")
    is_active: bool = True


class PostOut(Out):
    id: int
    channel_id: int
    event: str
    title: str
    state: str
    attempts: int
    outcome: str
    next_attempt_at: datetime | None
    sent_at: datetime | None


@endpoints.list("/channels", lists_of_channels.CHANNELS, MANAGE, name="Channel")
def list_channels(request: ApiRequest) -> Any:
    """Channels of chats that notifications are posted to."""
    return selectors.channels(actor=request.actor)


@endpoints.read("/channels/{channel_id}", ChannelOut, MANAGE)
def get_channel(request: ApiRequest, channel_id: Id) -> Any:
    """One channel, without its address."""
    return selectors.get_channel(actor=request.actor, channel_id=channel_id)


@endpoints.write("POST", "/channels", ChannelOut, MANAGE, status=201)
def create_channel(request: ApiRequest, body: NewChannelIn) -> Any:
    """Post notifications to a channel from now on."""
    return channels.create_channel(actor=request.actor, at=clock.now(), **body.values())


@endpoints.write(
    "PUT", "/channels/{channel_id}", ChannelOut, MANAGE, of=get_channel, versioned=True
)
def change_channel(request: ApiRequest, channel_id: Id, body: ChannelIn) -> Any:
    """Replace a channel's facts."""
    return channels.change_channel(
        channel_id=channel_id,
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
        **body.values(),
    )


@endpoints.write("DELETE", "/channels/{channel_id}", None, MANAGE, status=204, of=get_channel)
def remove_channel(request: ApiRequest, channel_id: Id) -> Any:
    """Post to a channel no more."""
    channels.remove_channel(channel_id=channel_id, actor=request.actor, at=clock.now())


@endpoints.write("POST", "/channels/{channel_id}/try", PostOut, MANAGE)
def try_channel(request: ApiRequest, channel_id: Id, body: Nothing) -> Any:
    """Send a trial message."""
    return deliveries.try_channel(channel_id=channel_id, actor=request.actor, at=clock.now())


@endpoints.list(
    "/channels/{channel_id}/messages", lists_of_channels.POSTS, MANAGE, name="ChannelMessage"
)
def list_channel_messages(request: ApiRequest, channel_id: Id) -> Any:
    """The log of a channel."""
    return selectors.posts(actor=request.actor, channel_id=channel_id)


@endpoints.write("POST", "/channel-messages/{post_id}/replay", PostOut, MANAGE)
def replay_channel_message(request: ApiRequest, post_id: Id, body: Nothing) -> Any:
    """Send a message once more."""
    return deliveries.replay(post_id=post_id, actor=request.actor, at=clock.now())
