"""The decision log as a list."""

from django.urls import reverse

from psa.core.access.permissions import AccessPermission
from psa.core.web.lists import Column, DateRangeFilter, Empty, ListSpec, TextFilter
from psa.core.web.lists.spec import Action

DECISIONS = ListSpec(
    key="decisions",
    title="Decision log",
    noun=("decision", "decisions"),
    crumbs=(("Set up", None),),
    columns=(
        Column("about", "About", kind="link", sort="about"),
        Column("decided", "Decided"),
        Column("decided_by", "By", sort="decided_by"),
        Column("decided_on", "On", kind="date", sort="decided_on"),
        Column("asked", "Asked", shown=False),
        Column("considered", "Considered", shown=False),
        Column("why", "Why", shown=False),
        Column("recorded_by", "Recorded by", kind="person"),
    ),
    filters=(TextFilter("about", "About"), DateRangeFilter("decided_on", "On")),
    search=("about", "decided", "asked", "why"),
    order="-decided_on",
    row_url=lambda row: reverse("setup:decision", args=[row.id]),
    actions=(
        Action(
            "Record a decision",
            "setup:decision_create",
            permission=AccessPermission.MANAGE_PARAMETERS,
            key="c",
            icon="plus",
            primary=True,
        ),
    ),
    empty=Empty(
        "No decisions yet",
        "For each parameter: what was asked, considered and decided, why, and by whom.",
        "Record a decision",
        "setup:decision_create",
    ),
)
