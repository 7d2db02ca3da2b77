"""The lists around approving: routing rules, deputies, and who has how much waiting."""

from django.urls import reverse

from psa.core.access.permissions import AccessPermission
from psa.core.web import states
from psa.core.web.lists import Action, BoolFilter, Column, Empty, ListSpec, TextFilter
from psa.core.web.states import State

APPROVALS = (("Approvals", None),)
STANDS = {
    "now": State("Now", "ok", icon="circle-check"),
    "coming": State("To begin", icon="clock"),
    "over": State("Ended", icon="circle-minus"),
}

ROUTES = ListSpec(
    key="approval_routes",
    title="Approval routing",
    noun=("rule", "rules"),
    crumbs=(("Set up", None),),
    columns=(
        Column("level", "Level", kind="number", places=0),
        Column("position", "Order", kind="number", places=0, phone=False),
        Column("name", "Rule", kind="link", sort="name"),
        Column("what", "Of", sort="what"),
        Column("decided_by", "Decided by", kind="person", sort="decided_by", phone=False),
        Column("is_active", "State", kind="state", states=states.ON_OFF),
    ),
    filters=(BoolFilter("is_active", "On"), TextFilter("what", "Of")),
    search=("name", "what", "decided_by"),
    search_label="Filter by rule or approver",
    row_url=lambda row: reverse("timeexpense:route", args=[row.id]),
    actions=(
        Action(
            "New rule",
            "timeexpense:route_create",
            permission=AccessPermission.MANAGE_PARAMETERS,
            key="c",
            icon="plus",
            primary=True,
        ),
    ),
    empty=Empty(
        "No routing rules",
        "The project's approvers decide on their projects, managers on work for no customer.",
        "New rule",
        "timeexpense:route_create",
    ),
)

DEPUTIES = ListSpec(
    key="deputies",
    title="Deputies",
    noun=("deputy", "deputies"),
    crumbs=APPROVALS,
    columns=(
        Column("delegate", "Deputy", kind="link", value="delegate.name", sort="delegate__name"),
        Column("approver", "In place of", kind="person", value="approver.name",
               sort="approver__name"),
        Column("from_on", "From", kind="date", sort="from_on", phone=False),
        Column("until_on", "Until", kind="date", sort="until_on"),
        Column("stands", "State", kind="state", states=STANDS),
        Column("reason", "Reason", phone=False),
    ),
    filters=(BoolFilter("is_active", "Now"),),
    search=("delegate__name__icontains", "approver__name__icontains"),
    search_label="Filter by person",
    order="-from_on",
    row_url=lambda row: reverse("timeexpense:deputy", args=[row.id]),
    actions=(
        Action("Name a deputy", "timeexpense:deputy_create", key="c", icon="plus", primary=True),
    ),
    empty=Empty(
        "No deputies",
        "Before your leave, name who approves in your place.",
        "Name a deputy",
        "timeexpense:deputy_create",
    ),
)  # fmt: skip

DESKS = ListSpec(
    key="approval_desks",
    title="Waiting for approval",
    noun=("approver", "approvers"),
    crumbs=APPROVALS,
    columns=(
        Column("name", "Approver", kind="link", sort="name"),
        Column(
            "past_cutoff",
            "Past the cut-off",
            kind="number",
            places=0,
            sort="past_cutoff",
            phone=False,
        ),
        Column("count", "Entries", kind="number", places=0, sort="count", total=True),
        Column("journeys", "Journeys", kind="number", places=0, sort="journeys", total=True),
        Column("oldest_on", "Oldest work", kind="date", sort="oldest_on"),
        Column(
            "waiting_since", "Waiting since", kind="datetime", sort="waiting_since", phone=False
        ),
    ),
    search=("name",),
    search_label="Filter by approver",
    row_url=lambda row: reverse("timeexpense:desk", args=[row.id]),
    empty=Empty("Nothing waits", "No entry or journey waits for you or your people."),
)
