"""Forms of the register: an entry has the fields of its kind, and amounts only for who sees them."""

from typing import Any

from django import forms

from psa.core.web.forms import AmountField, DateField

from .forms import ReferenceField, offer
from .models import RegisterEntry
from .rules import register as rules
from .rules.register import PROBABILITY_PERCENT, STATUSES
from .selectors import choices
from .selectors.projects import Sight

_NONE: list[tuple[Any, Any]] = [("", "–")]
PROBABILITIES = [
    (level, f"{level} – {word}, {PROBABILITY_PERCENT[level]} %")
    for level, word in enumerate(("rare", "unlikely", "possible", "likely", "expected"), start=1)
]
IMPACTS = [
    (level, f"{level} – {word}")
    for level, word in enumerate(("negligible", "minor", "moderate", "major", "severe"), start=1)
]
_OF_KIND: dict[str, tuple[str, ...]] = {
    rules.RISK: (
        "risk_type", "probability", "impact", "impact_amount", "response", "mitigation",
    ),
    rules.ISSUE: ("priority",),
    rules.ACTION: (),
    rules.DECISION: (),
    rules.CHANGE: ("price_amount", "delay_days", "amendment_reference"),
}  # fmt: skip
_SPECIAL = tuple(name for names in _OF_KIND.values() for name in names)
_RESOLUTION = {
    rules.RISK: "What happened, or why it is closed",
    rules.ISSUE: "Resolution",
    rules.ACTION: "Outcome",
    rules.DECISION: "What was decided, and by whom",
    rules.CHANGE: "Reason of approval or rejection",
}


def statuses_of(kind: str) -> list[tuple[str, str]]:
    """The statuses of a kind, in their order, with their words."""
    return [(value, str(RegisterEntry.Status(value).label)) for value in STATUSES[kind]]


class RegisterForm(forms.Form):
    """An entry of one kind; `values()` are the service's arguments."""

    lock_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    title = forms.CharField(label="Title", max_length=160)
    description = forms.CharField(label="Description", widget=forms.Textarea, required=False)
    risk_type = forms.ChoiceField(label="Type", choices=RegisterEntry.RiskType.choices)
    probability = forms.TypedChoiceField(label="Probability", coerce=int, choices=PROBABILITIES)
    impact = forms.TypedChoiceField(label="Impact", coerce=int, choices=IMPACTS)
    impact_amount = AmountField(
        label="Cost if it happens",
        required=False,
        min_value=0,
        help_text="Weighted by its probability it counts towards the contingency.",
    )
    response = forms.ChoiceField(
        label="Response", choices=[*_NONE, *RegisterEntry.Response.choices], required=False
    )
    mitigation = forms.CharField(label="Mitigation", widget=forms.Textarea, required=False)
    priority = forms.ChoiceField(label="Priority", choices=RegisterEntry.Priority.choices)
    price_amount = AmountField(
        label="Effect on the price", required=False, help_text="In the contract's currency."
    )
    delay_days = forms.IntegerField(
        label="Effect on the finish, in working days",
        required=False,
        min_value=-1000,
        max_value=1000,
    )
    owner = ReferenceField(label="Owner", required=False, help_text="They are told.")
    due_on = DateField(label="Due", required=False)
    status = forms.ChoiceField(label="Status")
    resolution = forms.CharField(label="Resolution", widget=forms.Textarea, required=False)
    amendment_reference = forms.CharField(
        label="Amendment",
        max_length=60,
        required=False,
        help_text="Of the contract, once the approved change is in it.",
    )
    is_client_visible = forms.BooleanField(label="Shown to the client", required=False)

    def __init__(
        self,
        *args: Any,
        kind: str,
        sight: Sight,
        entry: RegisterEntry | None = None,
        has_contract: bool = True,
        **kwargs: Any,
    ) -> None:
        if entry is not None:
            kwargs["initial"] = _initial(entry)
        super().__init__(*args, **kwargs)
        for name in _SPECIAL:
            if name not in _OF_KIND[kind]:
                del self.fields[name]
        if not sight.cost:
            self.fields.pop("impact_amount", None)
        if not sight.bill or not has_contract:
            self.fields.pop("price_amount", None)
        offer(self, "status", statuses_of(kind))
        self.fields["resolution"].label = _RESOLUTION[kind]
        people = choices.people()
        if entry is not None and entry.owner and entry.owner_id not in dict(people):
            people.append((entry.owner.pk, entry.owner.name))
        offer(self, "owner", [*_NONE, *people])
        if entry is None:
            del self.fields["lock_version"]

    def values(self) -> dict[str, Any]:
        found = dict(self.cleaned_data)
        found["owner_id"] = found.pop("owner")
        return found


class ReportOnEntry(forms.Form):
    """What the owner of an entry says about it."""

    lock_version = forms.IntegerField(widget=forms.HiddenInput)
    status = forms.ChoiceField(label="Status")
    resolution = forms.CharField(label="Resolution", widget=forms.Textarea, required=False)

    def __init__(self, *args: Any, entry: RegisterEntry, **kwargs: Any) -> None:
        initial = {
            "lock_version": entry.lock_version,
            "status": entry.status,
            "resolution": entry.resolution,
        }
        super().__init__(*args, **(kwargs | {"initial": initial}))
        offer(self, "status", statuses_of(entry.kind))
        self.fields["resolution"].label = _RESOLUTION[entry.kind]

    def values(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class EscalateIssue(forms.Form):
    to = ReferenceField(label="To")
    reason = forms.CharField(label="Why", max_length=300, widget=forms.Textarea)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "to", [*_NONE, *choices.managers()])


def _initial(entry: RegisterEntry) -> dict[str, Any]:
    names = ("lock_version", "title", "description", "due_on", "status", "resolution",
             "is_client_visible", *_SPECIAL)  # fmt: skip
    return {name: getattr(entry, name) for name in names} | {"owner": entry.owner_id}
