"""The lists of webhooks, as declarations."""

from django.urls import reverse

from psa.core.access.permissions import AccessPermission
from psa.core.web import states
from psa.core.web.lists.spec import Action, ChoiceFilter, Column, Empty, ListSpec, TextFilter, View

from .models import Delivery

ENDPOINTS = ListSpec(
    key="webhooks",
    title="Webhooks",
    noun=("webhook", "webhooks"),
    crumbs=(("Set up", None),),
    columns=(
        Column("url", "Address", kind="link", sort="url"),
        Column("description", "For", phone=False),
        Column("is_active", "State", kind="state", states=states.ON_OFF),
        Column("waiting", "Waiting", kind="number"),
        Column("failed", "Not sent", kind="number"),
        Column("created_at", "Added", kind="datetime", sort="created_at", phone=False),
    ),
    order="url",
    row_url=lambda row: reverse("webhooks:endpoint", args=[row["id"]]),
    actions=(
        Action(
            "New webhook", "webhooks:endpoint_create",
            permission=AccessPermission.MANAGE_PARAMETERS, key="c", icon="plus", primary=True,
        ),
    ),
    empty=Empty(
        "No webhooks yet", "A webhook tells another system what happens here, as it happens.",
        "New webhook", "webhooks:endpoint_create", icon="send",
    ),
)  # fmt: skip
DELIVERIES = ListSpec(
    key="webhook_deliveries",
    title="Deliveries",
    noun=("delivery", "deliveries"),
    columns=(
        Column("event", "Event", kind="link", sort="event"),
        Column("state", "State", kind="state", sort="state", states=states.SENDING),
        Column("attempts", "Attempts", kind="number", phone=False),
        Column("outcome", "Last", phone=False, prose=True),
        Column("next_attempt_at", "Next", kind="datetime", phone=False),
        Column("sent_at", "Sent", kind="datetime"),
        Column("created_at", "Happened", kind="datetime", sort="created_at"),
    ),
    filters=(
        ChoiceFilter("state", "State", choices=Delivery.State.choices),
        TextFilter("event", "Event", lookup="startswith"),
    ),
    views=(View("all", "All"),),
    order="-created_at",
    row_url=lambda row: reverse("webhooks:delivery", args=[row["id"]]),
    empty=Empty("Nothing told yet", "Events appear here within a minute.", icon="send"),
)
