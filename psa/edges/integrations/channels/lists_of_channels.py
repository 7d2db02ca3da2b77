"""The lists of channels, as declarations."""

from django.urls import reverse

from psa.core.access.permissions import AccessPermission
from psa.core.web import states
from psa.core.web.lists.spec import Action, ChoiceFilter, Column, Empty, ListSpec, View
from psa.core.web.states import State

from .models import Channel, Post

KINDS = {value: State(label, icon="send") for value, label in Channel.Kind.choices}
CHANNELS = ListSpec(
    key="channels",
    title="Channels",
    noun=("channel", "channels"),
    crumbs=(("Set up", None),),
    columns=(
        Column("name", "Channel", kind="link", sort="name"),
        Column("kind", "Chat", kind="state", states=KINDS),
        Column("host", "Sent to", phone=False),
        Column("is_active", "State", kind="state", states=states.ON_OFF),
        Column("waiting", "Waiting", kind="number", phone=False),
        Column("failed", "Not sent", kind="number"),
        Column("last_sent_at", "Last sent", kind="datetime"),
    ),
    order="name",
    row_url=lambda row: reverse("channels:channel", args=[row["id"]]),
    actions=(
        Action(
            "New channel", "channels:channel_create",
            permission=AccessPermission.MANAGE_PARAMETERS, key="c", icon="plus", primary=True,
        ),
    ),
    empty=Empty(
        "No channels yet",
        "A channel of Slack or Teams is told what waits for a decision, with a link to it.",
        "New channel", "channels:channel_create", icon="send",
    ),
)  # fmt: skip
POSTS = ListSpec(
    key="channel_posts",
    title="Messages",
    noun=("message", "messages"),
    columns=(
        Column("title", "Message", kind="link"),
        Column("state", "State", kind="state", sort="state", states=states.SENDING),
        Column("attempts", "Attempts", kind="number", phone=False),
        Column("outcome", "Last", phone=False, prose=True),
        Column("next_attempt_at", "Next", kind="datetime", phone=False),
        Column("sent_at", "Sent", kind="datetime"),
        Column("created_at", "Happened", kind="datetime", sort="created_at"),
    ),
    filters=(ChoiceFilter("state", "State", choices=Post.State.choices),),
    views=(View("all", "All"),),
    order="-created_at",
    row_url=lambda row: reverse("channels:post", args=[row["id"]]),
    empty=Empty("Nothing sent yet", "Messages go out within a minute.", icon="send"),
)
