"""Forms of winning, losing and amending."""

from typing import Any

from django import forms

from psa.core.web.forms import DateField
from sales.forms.fields import manager_choices
from sales.services.winning import PricingChoice

from .services import NewProject

PRICING = [
    (PricingChoice.SHARE_LISTS.value, "Use the price lists as they change"),
    (PricingChoice.KEEP_QUOTED.value, "Keep the quoted rate of each role"),
    (PricingChoice.COPY_LISTS.value, "Copy today's price lists to the contract"),
]


class WinForm(forms.Form):
    """How a won quote becomes a contract and, if wanted, a project."""

    won_on = DateField(label="Won on")
    pricing_choice = forms.ChoiceField(label="Prices", choices=PRICING, widget=forms.RadioSelect)
    with_project = forms.BooleanField(
        label="Create a project", required=False, initial=True,
        help_text="It needs a name, a manager and a start.",
    )  # fmt: skip
    project_name = forms.CharField(label="Project name", max_length=160, required=False)
    manager = forms.ChoiceField(label="Project manager", required=False)
    project_starts_on = DateField(label="Project starts", required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices = [("", "Choose"), *manager_choices()]
        self.fields["manager"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("with_project"):
            for field, sentence in (
                ("project_name", "Name the project."),
                ("manager", "Choose who manages the project."),
                ("project_starts_on", "Say when the project starts."),
            ):
                if not data.get(field) and field not in self.errors:
                    self.add_error(field, sentence)
        return data

    def project(self) -> NewProject | None:
        data = self.cleaned_data
        if not data["with_project"]:
            return None
        return NewProject(
            name=data["project_name"],
            manager_id=int(data["manager"]),
            starts_on=data["project_starts_on"],
        )


class LoseForm(forms.Form):
    reason = forms.CharField(label="Reason", max_length=200)


class PlainForm(forms.Form):
    """Carries the refusal of an action that has no input."""
