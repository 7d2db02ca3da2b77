"""The library of templates as a list."""

from datetime import date
from typing import Any, Final

from django.db.models import Q
from django.urls import reverse

from psa.core.web.lists import Action, Column, Empty, ListSpec, View
from psa.core.web.states import State

from .models import ProjectTemplate
from .permissions import ProjectsPermission

_STATES: Final = {
    "due": State("Review due", "warn", icon="calendar-time"),
    "ok": State("Current", "ok", icon="circle-check"),
}


def _state(as_of: date) -> Any:
    def of(row: ProjectTemplate) -> str:
        return "due" if row.review_on is not None and row.review_on <= as_of else "ok"

    return of


def templates_list(*, as_of: date) -> ListSpec:
    """Templates by name, with work, owner, version and when somebody looks at them again."""
    return ListSpec(
        key="project_templates",
        title="Templates",
        noun=("template", "templates"),
        columns=(
            Column("name", "Template", kind="link", sort="name"),
            Column("task_count", "Tasks", kind="number", sort="task_count"),
            Column("effort", "Effort", kind="hours", sort="effort"),
            Column(
                "owner", "Owner", kind="person", sort="owner__name",
                value=lambda row: row.owner.name if row.owner else "",
            ),
            Column("review_on", "Review", kind="date", sort="review_on"),
            Column("state", "State", kind="state", states=_STATES, value=_state(as_of)),
            Column("version", "Version", kind="number", sort="version"),
        ),
        views=(
            View("all", "All"),
            View("own", "Our own", where=Q(code="")),
            View("shipped", "Shipped", where=~Q(code="")),
            View("due", "Review due", where=Q(review_on__lte=as_of)),
        ),
        search=("name__icontains",),
        search_label="Filter by name",
        order="name",
        row_url=lambda row: reverse("projects:template", args=[row.pk]),
        row_label=lambda row: row.name,
        actions=(
            Action(
                "Add shipped templates", "projects:template_ship",
                permission=ProjectsPermission.MANAGE_ALL, icon="library",
            ),
        ),
        empty=Empty(
            "No templates yet",
            "Save a project's plan as a template, or add those that come with the system.",
            icon="template",
        ),
    )  # fmt: skip
