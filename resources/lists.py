"""The list of people."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.urls import reverse

from psa.core.access.permissions import OrgPermission
from psa.core.org.models import JobRole, OrgUnit, Resource
from psa.core.web.lists import (
    BoolFilter,
    ChoiceFilter,
    Column,
    Edit,
    Empty,
    ListSpec,
    TextFilter,
    View,
)
from psa.core.web.states import State

_AWAY = {True: State("Away today", "warn", icon="calendar-off"), False: State("Here", icon="user")}
_KINDS = {value: State(str(label), icon="user") for value, label in Resource.Kind.choices}
BOOKING_STATES = {
    "soft": State("Soft", "warn", icon="circle-dashed"),
    "hard": State("Hard", "ok", icon="check"),
}
_EMPLOYED = Q(is_employed=True)


def _one_of(rows: "QuerySet[Any]") -> forms.Field:
    choices = list(rows.order_by("name").values_list("id", "name"))
    return forms.TypedChoiceField(choices=choices, coerce=int)


def _person_url(row: dict[str, Any]) -> str:
    return reverse("resources:person", args=[row["id"]])


PEOPLE = ListSpec(
    key="people",
    title="People",
    noun=("person", "people"),
    crumbs=(("Staff", None),),
    columns=(
        Column("name", "Name", kind="link", sort="name"),
        Column(
            "job_role__name",
            "Role",
            sort="job_role__name",
            edit=Edit(
                lambda _: _one_of(JobRole.objects.filter(is_active=True)),
                name="job_role_id",
                permission=OrgPermission.MANAGE,
            ),
        ),
        Column(
            "org_unit__name",
            "Unit",
            sort="org_unit__name",
            edit=Edit(
                lambda _: _one_of(OrgUnit.objects.all()),
                name="org_unit_id",
                permission=OrgPermission.MANAGE,
            ),
        ),
        Column("manager__name", "Manager", phone=False),
        Column(
            "location",
            "Location",
            sort="location",
            phone=False,
            edit=Edit(
                lambda _: forms.CharField(max_length=80, required=False),
                permission=OrgPermission.MANAGE,
            ),
        ),
        Column("calendar__name", "Calendar", phone=False),
        Column("is_away", "Today", kind="state", states=_AWAY),
        Column("kind", "Kind", kind="state", states=_KINDS, sort="kind", shown=False),
        Column("code", "Code", kind="code", sort="code", shown=False),
        Column("employed_from", "Since", kind="date", sort="employed_from", shown=False),
    ),
    filters=(
        TextFilter("job_role__name", "Role"),
        TextFilter("org_unit__name", "Unit"),
        TextFilter("location", "Location"),
        ChoiceFilter("kind", "Kind", choices=Resource.Kind.choices),
        BoolFilter("is_bookable", "Bookable"),
    ),
    views=(
        View("present", "Present", where=_EMPLOYED),
        View("away", "Away today", where=_EMPLOYED & Q(is_away=True)),
        View("left", "Left", where=~_EMPLOYED),
        View("all", "All"),
    ),
    search=("name__icontains", "code__icontains"),
    search_label="Filter by name or code",
    order="name",
    row_url=_person_url,
    edit_url=lambda row: reverse("resources:person_cell", args=[row["id"]]),
    empty=Empty("Nobody here", "People are added under Set up.", icon="users"),
)
