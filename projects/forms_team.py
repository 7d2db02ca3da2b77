"""Forms of the team: shape only."""

from typing import Any

from django import forms
from django.http import QueryDict

from .forms import ReferenceField, offer
from .models import Project
from .selectors import choices


class ReplaceRole(forms.Form):
    """Which role of the team, by whom, on all its tasks or on one."""

    role = ReferenceField(label="Role")
    person = ReferenceField(label="Person")
    task = ReferenceField(label="Tasks", required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def __init__(self, data: QueryDict | None, *, project: Project, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        roles = choices.roles_on_team(project.pk)
        tasks = choices.tasks_of_roles(project.pk)
        offer(self, "role", roles)
        offer(self, "person", choices.named_people())
        offer(self, "task", [("", "All with work left"), *tasks])

    def values(self) -> dict[str, Any]:
        """The service's arguments."""
        found = self.cleaned_data
        return {
            "role_resource_id": found["role"],
            "person_id": found["person"],
            "task_ids": [found["task"]] if found["task"] else [],
        }


def asked(wanted: QueryDict) -> QueryDict | None:
    """What was asked for once both are chosen; a link that names one of them asks nothing yet."""
    return wanted if wanted.get("role") and wanted.get("person") else None
