"""Forms of templates and copies: shape only."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms

from psa.core.actor import Actor
from psa.core.web.forms import DateField

from .forms import ReferenceField, offer
from .models import Project, ProjectTemplate
from .selectors import choices
from .selectors.templates import TemplateNeed

_NOBODY: Final[list[tuple[Any, str]]] = [("", "Nobody yet")]
_SCALE_HELP: Final = "1 keeps effort and durations, 1.5 makes them half as much again."


def _scale() -> forms.DecimalField:
    return forms.DecimalField(
        label="Scale", min_value=Decimal("0.1"), max_value=Decimal(10), max_digits=5,
        decimal_places=3, initial=Decimal(1), help_text=_SCALE_HELP,
    )  # fmt: skip


class UseTemplate(forms.Form):
    """A new project; each role of the template asks who it is."""

    name = forms.CharField(label="Name of the project", max_length=160)
    contract = ReferenceField(
        label="Contract",
        required=False,
        help_text="The customer and unit come from it. Leave empty for internal or direct work.",
    )
    manager = ReferenceField(label="Project manager")
    starts_on = DateField(label="Starts")
    scale = _scale()
    is_internal = forms.BooleanField(label="Internal, no customer", required=False)

    def __init__(
        self, *args: Any, actor: Actor, needs: Sequence[TemplateNeed], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.needs = needs
        offer(self, "contract", [("", "None"), *choices.contracts(actor)])
        offer(self, "manager", choices.managers())
        self.fields["manager"].initial = choices.manager_of(actor)
        people = [*_NOBODY, *choices.people()]
        for need in needs:
            hours = f"{need.effort_minutes // 60:,} hours of work in the template."
            self.fields[f"role_{need.id}"] = ReferenceField(
                label=need.name, required=False, help_text=hours
            )
            offer(self, f"role_{need.id}", people)

    def values(self) -> dict[str, Any]:
        """The service's arguments."""
        found = dict(self.cleaned_data)
        given = {need.id: found.pop(f"role_{need.id}") for need in self.needs}
        found["contract_id"] = found.pop("contract")
        found["manager_id"] = found.pop("manager")
        found["people"] = {role_id: who for role_id, who in given.items() if who is not None}
        return found


class SaveTemplate(forms.Form):
    """A project's plan for the library, as a new template or the next version of one."""

    name = forms.CharField(label="Name", max_length=120)
    replaces = ReferenceField(
        label="As the next version of",
        required=False,
        help_text="Only templates that you keep. Projects made from it stay as they are.",
    )
    description = forms.CharField(label="What it is for", widget=forms.Textarea, required=False)
    owner = ReferenceField(label="Owner", help_text="Who keeps it up to date.")
    review_on = DateField(label="Look at it again on", required=False)

    def __init__(
        self, *args: Any, project: Project, mine: Sequence[ProjectTemplate], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "replaces", [("", "A new template"), *((t.pk, t.name) for t in mine)])
        offer(self, "owner", choices.people())
        self.fields["name"].initial = project.name[:120]
        self.fields["owner"].initial = project.manager_id

    def values(self) -> dict[str, Any]:
        """The service's arguments."""
        found = dict(self.cleaned_data)
        found["template_id"] = found.pop("replaces")
        found["owner_id"] = found.pop("owner")
        return found


class EditTemplate(forms.Form):
    """What the library says of a template; its plan comes from a project."""

    lock_version = forms.IntegerField(widget=forms.HiddenInput)
    name = forms.CharField(label="Name", max_length=120)
    description = forms.CharField(label="What it is for", widget=forms.Textarea, required=False)
    owner = ReferenceField(label="Owner", required=False, help_text="Who keeps it up to date.")
    review_on = DateField(label="Look at it again on", required=False)

    def __init__(self, *args: Any, template: ProjectTemplate, **kwargs: Any) -> None:
        initial = {
            "lock_version": template.lock_version,
            "name": template.name,
            "description": template.description,
            "owner": template.owner_id,
            "review_on": template.review_on,
        }
        super().__init__(*args, **(kwargs | {"initial": initial}))
        offer(self, "owner", [*_NOBODY, *choices.people()])

    def values(self) -> dict[str, Any]:
        """The service's arguments."""
        found = dict(self.cleaned_data)
        found["owner_id"] = found.pop("owner")
        return found


class CopyProject(forms.Form):
    """The plan of a project once more."""

    name = forms.CharField(label="Name of the copy", max_length=160)
    starts_on = DateField(label="Starts")
    scale = _scale()
    is_keeping_people = forms.BooleanField(
        label="Assign the same people",
        required=False,
        help_text="Those still with the firm join the team of the copy.",
    )
