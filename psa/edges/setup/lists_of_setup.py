"""The lists of setting a firm up, as declarations."""

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext

from psa.core.access.permissions import AccessPermission, OrgPermission
from psa.core.money import fx
from psa.core.money import selectors as money
from psa.core.org.models import Resource
from psa.core.web.lists import (
    Action,
    BoolFilter,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    Empty,
    ListSpec,
    TextFilter,
    View,
)
from psa.core.web.states import State

KINDS = dict(Resource.Kind.choices)
SET_UP = (("Set up", None),)
ACCESS = {
    True: State("Active", "ok", "circle-check"),
    False: State("No access", icon="circle-minus"),
}
CARRIED = {
    True: State("Carried on", "warn", "clock-exclamation"),
    False: State("Published", "ok", "check"),
}
CAN_BE_GIVEN = {True: State("In use", "ok", "circle-check"), False: State("Retired", icon="lock")}


def _rate_type(row: Any) -> str:
    """A rate type by its name; a firm's own is named by its code."""
    code = str(row["rate_type"])
    return dict(fx.RATE_TYPES).get(code, code.replace("_", " ").capitalize())


def _to(name: str) -> Any:
    return lambda row: reverse(
        f"setup:{name}", args=[row["id"] if isinstance(row, dict) else row.id]
    )


def _new(label: str, url_name: str, permission: str) -> Action:
    return Action(label, url_name, permission=permission, key="c", icon="plus", primary=True)


ENTITIES = ListSpec(
    key="entities",
    title="Legal entities",
    noun=("legal entity", "legal entities"),
    crumbs=SET_UP,
    columns=(
        Column("name", "Name", kind="link", sort="name"),
        Column("code", "Code", kind="code", sort="code"),
        Column("currency", "Currency", kind="code"),
        Column("country", "Country", kind="code"),
        Column("tax_id", "Tax number"),
    ),
    search=("name__icontains", "code__startswith"),
    order="name",
    row_url=_to("entity"),
    actions=(_new("New entity", "setup:entity_create", OrgPermission.MANAGE),),
)
UNITS = ListSpec(
    key="units",
    title="Units",
    noun=("unit", "units"),
    crumbs=SET_UP,
    columns=(
        Column("label", "Name", kind="link"),
        Column("code", "Code", kind="code"),
        Column("legal_entity_name", "Legal entity"),
    ),
    filters=(TextFilter("legal_entity_name", "Legal entity"),),
    search=("name", "code"),
    order="position",
    row_url=_to("unit"),
    actions=(_new("New unit", "setup:unit_create", OrgPermission.MANAGE),),
)
ROLES = ListSpec(
    key="job_roles",
    title="Roles",
    noun=("role", "roles"),
    crumbs=SET_UP,
    columns=(
        Column("name", "Name", kind="link", sort="name"),
        Column("code", "Code", kind="code", sort="code"),
        Column("billing_type", "Work is"),
        Column("target_utilisation_percent", "Target %", kind="number", places=0),
        Column("is_active", "State", kind="state", states=CAN_BE_GIVEN),
    ),
    filters=(BoolFilter("is_active", "In use"),),
    search=("name__icontains", "code__startswith"),
    order="name",
    row_url=_to("role"),
    actions=(_new("New role", "setup:role_create", OrgPermission.MANAGE),),
)
PEOPLE = ListSpec(
    key="people",
    title="People",
    noun=("person", "people"),
    crumbs=SET_UP,
    columns=(
        Column("name", "Name", kind="link", sort="name"),
        Column("code", "Code", kind="code", sort="code"),
        Column("kind", "Kind", value=lambda row: gettext(KINDS[row["kind"]])),
        Column("role_name", "Role", sort="job_role__name"),
        Column("unit_name", "Unit", sort="org_unit__name"),
        Column("manager_name", "Manager"),
        Column("employed_from", "From", kind="date", sort="employed_from"),
        Column("employed_until", "Until", kind="date", shown=False),
        Column("location", "Office", shown=False),
        Column(
            "calendar",
            "Calendar",
            kind="link",
            value=lambda row: gettext("Days off"),
            url=lambda row: reverse("setup:person_calendar", args=[row["id"]]),
            permission=OrgPermission.MANAGE_CALENDARS,
        ),
    ),
    filters=(
        ChoiceFilter("kind", "Kind", choices=Resource.Kind.choices),
        TextFilter("role_name", "Role", field="job_role__name"),
        TextFilter("unit_name", "Unit", field="org_unit__name"),
    ),
    search=("name__icontains", "code__startswith"),
    search_label="Filter by name or code",
    order="name",
    row_url=_to("person"),
    actions=(_new("New person", "setup:person_create", OrgPermission.MANAGE),),
    empty=Empty(
        "Nobody yet",
        "People are planned, booked and paid for.",
        "New person",
        "setup:person_create",
    ),
)
USERS = ListSpec(
    key="users",
    title="Users",
    noun=("user", "users"),
    crumbs=SET_UP,
    columns=(
        Column("name", "Name", kind="link", sort="name"),
        Column("email", "E-mail", sort="email"),
        Column("role_names", "Roles"),
        Column("is_active", "Access", kind="state", states=ACCESS),
    ),
    filters=(TextFilter("role_names", "Roles", field="role_links__role__name"),),
    views=(
        View("active", "Active", where=Q(is_active=True)),
        View("ended", "No access", where=Q(is_active=False)),
    ),
    search=("name__icontains", "email__startswith"),
    search_label="Filter by name or e-mail",
    order="name",
    row_url=_to("user"),
    actions=(
        _new("Invite", "setup:user_create", AccessPermission.MANAGE_USERS),
        Action("Invitations", "identity:invitation_list", permission=AccessPermission.MANAGE_USERS),
    ),
)
CALENDARS = ListSpec(
    key="calendars",
    title="Calendars",
    noun=("calendar", "calendars"),
    crumbs=SET_UP,
    columns=(
        Column("name", "Name", kind="link", sort="name"),
        Column("country", "Country", kind="code"),
        Column("subdivision", "Region", kind="code"),
        Column("time_zone", "Time zone"),
    ),
    search=("name__icontains",),
    order="name",
    row_url=_to("calendar"),
    actions=(_new("New calendar", "setup:calendar_create", OrgPermission.MANAGE_CALENDARS),),
)
RATES = ListSpec(
    key="rates",
    title="Exchange rates",
    noun=("rate", "rates"),
    crumbs=SET_UP,
    columns=(
        Column("on", "Day", kind="date", sort="on"),
        Column("from_currency", "1", kind="code", sort="from_currency"),
        Column("to_currency", "Is so many", kind="code", sort="to_currency"),
        Column("rate", "Rate", kind="number", places=6),
        Column("rate_type", "Rate type", value=_rate_type, sort="rate_type"),
        Column("is_carried", "State", kind="state", states=CARRIED),
        Column("source", "Source"),
    ),
    filters=(
        TextFilter("to_currency", "Currency", lookup="startswith"),
        ChoiceFilter("rate_type", "Rate type", choices=lambda request: money.rate_types()),
        DateRangeFilter("on", "Day"),
        BoolFilter("is_carried", "Carried on"),
    ),
    search=("to_currency__startswith", "from_currency__startswith"),
    search_label="Filter by currency code",
    order="-on",
    actions=(
        Action(
            "New rate",
            "setup:rate_create",
            permission=AccessPermission.MANAGE_PARAMETERS,
            key="c",
            icon="plus",
            primary=True,
        ),
        Action(
            "Import",
            "setup:rate_import",
            permission=AccessPermission.MANAGE_PARAMETERS,
            icon="file-text",
        ),
    ),
    empty=Empty(
        "No exchange rates yet",
        "Import a history, or enter one by hand.",
        "Import",
        "setup:rate_import",
    ),
)
