"""The lists of identity, as declarations."""

from django.urls import reverse

from psa.core.access.permissions import AccessPermission
from psa.core.web.lists import Action, ChoiceFilter, Column, DateRangeFilter, Empty, ListSpec
from psa.core.web.states import State

SET_UP = (("Set up", None),)
INVITATION_STATES = {
    "open": State("Open", "go", "mail"),
    "accepted": State("Accepted", "ok", "circle-check"),
    "expired": State("Expired", "warn", "clock-pause"),
    "withdrawn": State("Withdrawn", icon="circle-minus"),
}
INVITATIONS = ListSpec(
    key="invitations",
    title="Invitations",
    noun=("invitation", "invitations"),
    crumbs=SET_UP,
    columns=(
        Column("name", "Name", kind="link", sort="name"),
        Column("email", "E-mail", sort="email"),
        Column("state", "State", kind="state", states=INVITATION_STATES),
        Column("invited_by__name", "Invited by"),
        Column("sent_at", "Sent", kind="datetime", sort="sent_at"),
        Column("expires_at", "Works until", kind="datetime", sort="expires_at"),
    ),
    filters=(
        ChoiceFilter(
            "state", "State", choices=[(k, s.label) for k, s in INVITATION_STATES.items()]
        ),
        DateRangeFilter("sent_at", "Sent"),
    ),
    search=("name__icontains", "email__startswith"),
    search_label="Filter by name or e-mail",
    order="-sent_at",
    row_url=lambda row: reverse("identity:invitation", args=[row["id"]]),
    actions=(
        Action(
            "Invite",
            "setup:user_create",
            permission=AccessPermission.MANAGE_USERS,
            key="c",
            icon="plus",
            primary=True,
        ),
        Action("Users", "setup:user_list", permission=AccessPermission.MANAGE_USERS),
    ),
    empty=Empty(
        "Nobody is invited",
        "An invitation is a link by e-mail with which somebody joins with the roles you choose.",
        "Invite",
        "setup:user_create",
    ),
)

ROLES = ListSpec(
    key="security_roles",
    title="Rights",
    noun=("role", "roles"),
    crumbs=SET_UP,
    columns=(
        Column("name", "Role", kind="link", sort="name"),
        Column("rights", "Rights", kind="number", sort="rights", places=0),
        Column("members", "Members", kind="number", sort="members", places=0),
    ),
    search=("name__icontains",),
    order="name",
    row_url=lambda row: reverse("identity:role", args=[row["id"]]),
    actions=(
        Action(
            "New role",
            "identity:role_create",
            permission=AccessPermission.MANAGE_USERS,
            key="c",
            icon="plus",
            primary=True,
        ),
    ),
)
