"""Forms of plans that come from files: shape only."""

from typing import Any

from django import forms

from psa.core.actor import Actor
from psa.core.web.forms import DateField

from .forms import ReferenceField, offer
from .mspdi import conversion
from .mspdi.parsing import MAX_BYTES, too_large
from .selectors import choices


class PlanFile(forms.Form):
    """A file with a plan, and what it does not say."""

    file = forms.FileField(
        label="File",
        help_text="Project XML as Microsoft Project saves it, or CSV or XLSX with a row a task; up "
        f"to {MAX_BYTES // 1024**2} MB and 5,000 tasks.",
        error_messages={"empty": "The file is empty. Choose it again."},
    )
    name = forms.CharField(
        label="Name of the project",
        required=False,
        max_length=160,
        help_text="Empty: the file's title.",
    )
    manager = ReferenceField(label="Project manager")
    starts_on = DateField(
        label="Starts",
        required=False,
        help_text="Of a CSV file or workbook without days; Project XML says its own.",
    )
    is_matching_people = forms.BooleanField(
        label="Assign people of the firm who have the names in the file",
        required=False,
        help_text="They join the team; their own hours and leave then move the plan.",
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if conversion.is_available():
            self.fields["file"].help_text = (
                "Project XML or .mpp as Microsoft Project saves them, or CSV or XLSX with a row a "
                f"task; up to {MAX_BYTES // 1024**2} MB and 5,000 tasks."
            )
        offer(self, "manager", choices.managers())
        self.fields["manager"].initial = choices.manager_of(actor)

    def clean_file(self) -> Any:
        uploaded = self.cleaned_data["file"]
        if uploaded.size > MAX_BYTES:
            raise forms.ValidationError(too_large(uploaded.size))
        return uploaded

    def values(self) -> dict[str, Any]:
        """The service's arguments."""
        found = dict(self.cleaned_data)
        uploaded = found.pop("file")
        found["manager_id"] = found.pop("manager")
        return found | {"content": uploaded, "filename": uploaded.name[:120]}


class ImportIt(forms.Form):
    """Nothing more is asked: what the file would become was shown."""
