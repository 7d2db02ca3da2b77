"""The definitions of custom fields as a list, as a declaration."""

from django.urls import reverse

from psa.core.access.permissions import AccessPermission
from psa.core.web.lists import Action, BoolFilter, Column, Empty, ListSpec, TextFilter
from psa.core.web.states import State

IN_USE = {True: State("In use", "ok", icon="circle-check"), False: State("Retired", icon="lock")}

FIELDS = ListSpec(
    key="custom_fields",
    title="Custom fields",
    noun=("field", "fields"),
    crumbs=(("Set up", None),),
    columns=(
        Column("label", "Field", kind="link", sort="label"),
        Column("record", "On", sort="record"),
        Column("kind", "Kind", sort="kind"),
        Column("key", "Key", kind="code", shown=False),
        Column("is_required", "Needed", value=lambda row: "yes" if row.is_required else "no"),
        Column("is_active", "State", kind="state", states=IN_USE),
    ),
    filters=(TextFilter("record", "On"), BoolFilter("is_active", "In use")),
    search=("label", "record"),
    order="record",
    row_url=lambda row: reverse("custom_fields:field", args=[row.id]),
    actions=(
        Action(
            "New field",
            "custom_fields:field_create",
            permission=AccessPermission.MANAGE_PARAMETERS,
            key="c",
            icon="plus",
            primary=True,
        ),
    ),
    empty=Empty("No fields yet", "Add what your firm records beside the built-in fields.",
                "New field", "custom_fields:field_create"),
)  # fmt: skip
