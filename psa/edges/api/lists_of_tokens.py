"""The lists of tokens, as declarations."""

from typing import Any

from django.db.models import Q
from django.urls import reverse

from psa.core.access.permissions import AccessPermission
from psa.core.web.lists.spec import Action, ChoiceFilter, Column, Empty, ListSpec, View
from psa.core.web.states import State

from .models import ApiToken

STATES = {
    "active": State("Active", "ok", "circle-check"),
    "expired": State("Expired", "warn", "clock-exclamation"),
    "revoked": State("Revoked", icon="circle-minus"),
}
KINDS = {"personal": State("Personal"), "service": State("Service", "go")}


def _scopes(row: Any) -> str:
    return ", ".join(row["scopes"])


def _ending(row: Any) -> str:
    return f"…{row['ending']}"


_COLUMNS = (
    Column("name", "Name", kind="link", sort="name"),
    Column("ending", "Ends in", kind="code", value=_ending, phone=False),
    Column("scopes", "Scopes", value=_scopes, phone=False),
    Column("state", "State", kind="state", states=STATES),
    Column("created_at", "Made", kind="datetime", sort="created_at", phone=False),
    Column("expires_at", "Expires", kind="datetime", sort="expires_at"),
    Column("last_used_at", "Last used", kind="datetime", sort="last_used_at"),
)
_VIEWS = (
    View("active", "Active", where=Q(state="active")),
    View("all", "All"),
)


def _row_url(row: Any) -> str:
    return reverse("api:token", args=[row["id"]])


OWN_TOKENS = ListSpec(
    key="own_tokens",
    title="My API tokens",
    noun=("token", "tokens"),
    columns=_COLUMNS,
    views=_VIEWS,
    order="-created_at",
    row_url=_row_url,
    actions=(
        Action("New token", "api:token_create", key="c", icon="plus", primary=True),
        Action("API reference", url="/api/v1/docs", icon="file-text"),
    ),
    empty=Empty(
        "No tokens yet",
        "A token lets a program work here in your name.",
        "New token",
        "api:token_create",
        icon="lock",
    ),
    export=False,
)
TOKENS = ListSpec(
    key="tokens",
    title="API tokens",
    noun=("token", "tokens"),
    crumbs=(("Set up", None),),
    columns=(
        *_COLUMNS[:2],
        Column("membership__name", "Acts as", kind="person", sort="membership__name"),
        Column("kind", "Kind", kind="state", sort="kind", states=KINDS),
        *_COLUMNS[2:],
    ),
    filters=(ChoiceFilter("kind", "Kind", choices=ApiToken.Kind.choices),),
    views=_VIEWS,
    search=("name__icontains", "membership__name__icontains"),
    search_label="Find by name or person",
    order="-created_at",
    row_url=_row_url,
    actions=(
        Action(
            "New service token",
            "api:service_token_create",
            permission=AccessPermission.MANAGE_USERS,
            key="c",
            icon="plus",
            primary=True,
        ),
        Action("API reference", url="/api/v1/docs", icon="file-text"),
    ),
    empty=Empty(
        "No tokens yet",
        "A service token lets another system work here with roles of its own.",
        "New service token",
        "api:service_token_create",
        icon="lock",
    ),
    export=False,
)
