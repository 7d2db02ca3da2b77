"""Forms of status reports and of what a client accepts."""

from typing import Any

from django import forms

from psa.core.web.forms import DateField

from .models import Cadence, Project, ReportDraft

_TEXT = forms.Textarea(attrs={"rows": 4})


class EditDraft(forms.Form):
    lock_version = forms.IntegerField(widget=forms.HiddenInput)
    as_of = DateField(label="As of", help_text="Figures are read at this day when it is published.")
    health = forms.ChoiceField(label="Status", choices=Project.Health.choices)
    health_comment = forms.CharField(label="Why", max_length=300, required=False)
    summary = forms.CharField(label="Summary", widget=_TEXT, required=False)
    accomplishments = forms.CharField(label="Accomplishments", widget=_TEXT, required=False)
    next_steps = forms.CharField(label="Next steps", widget=_TEXT, required=False)
    decisions_required = forms.CharField(
        label="Decisions required",
        widget=_TEXT,
        required=False,
        help_text="Open decisions of the register are listed by themselves.",
    )

    def __init__(self, *args: Any, draft: ReportDraft, **kwargs: Any) -> None:
        names = (
            "lock_version", "as_of", "health", "health_comment", "summary", "accomplishments",
            "next_steps", "decisions_required",
        )  # fmt: skip
        super().__init__(
            *args, **(kwargs | {"initial": {name: getattr(draft, name) for name in names}})
        )


class SetCadence(forms.Form):
    cadence = forms.ChoiceField(label="Reported on", choices=Cadence.choices)
    starts_on = DateField(label="First report due", required=False)


class SendReport(forms.Form):
    request_key = forms.CharField(widget=forms.HiddenInput, max_length=80)
    recipients = forms.CharField(
        label="Send to", widget=forms.Textarea(attrs={"rows": 2}), help_text="One address a line."
    )
    message = forms.CharField(label="Message", widget=_TEXT, required=False)

    def clean_recipients(self) -> list[str]:
        return list(self.cleaned_data["recipients"].replace(",", "\n").splitlines())


class TaskAcceptanceForm(forms.Form):
    criteria = forms.CharField(
        label="Acceptance criteria", widget=_TEXT, required=False, max_length=5000
    )
    accepted_on = DateField(label="Accepted on", required=False)
    accepted_by_name = forms.CharField(
        label="Accepted by", max_length=120, required=False, help_text="Who of the client said so."
    )
