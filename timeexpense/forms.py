"""What people send about time and expenses: shapes only; services decide the rest."""

from collections.abc import Sequence
from typing import Any

from django import forms

from psa.core.web.forms import DateField
from timeexpense.models import ExpenseEntry
from timeexpense.services.expense_kinds import KindFields

MAX_ENTRIES = 20_000


class Nothing(forms.Form):
    """A button without fields; it carries the refusal, if there is one."""


class Entries(forms.Form):
    """Entries to decide on: "time:12 expense:3", over one field or many."""

    entries = forms.CharField(widget=forms.HiddenInput, max_length=MAX_ENTRIES * 20)

    def clean_entries(self) -> list[tuple[str, int]]:
        found = []
        for word in self.cleaned_data["entries"].split()[:MAX_ENTRIES]:
            kind, _, number = word.partition(":")
            if kind not in ("time", "expense") or not number.isdecimal() or len(number) > 18:
                raise forms.ValidationError("Choose entries from the list.")
            found.append((kind, int(number)))
        return found


class Approve(Entries):
    billable = forms.CharField(label="Chargeable", required=False, max_length=40)
    billable_reason = forms.CharField(label="Reason", required=False, max_length=200)
    comment = forms.CharField(label="Comment", required=False, max_length=400)


class GiveBack(Entries):
    reason = forms.CharField(
        label="What has to be corrected",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=400,
        help_text="The person reads it beside the entry.",
    )


class Reason(forms.Form):
    reason = forms.CharField(
        label="Reason", widget=forms.Textarea(attrs={"rows": 3}), max_length=400
    )


class EditTime(forms.Form):
    """One time entry, for a phone or a browser without scripts."""

    hours = forms.CharField(label="Hours", max_length=40, help_text="7.5, 7:30 or 7h30")
    description = forms.CharField(
        label="External comment",
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Prints on the invoice.",
    )
    internal_note = forms.CharField(
        label="Internal comment",
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Never leaves the firm.",
    )
    lock_version = forms.IntegerField(widget=forms.HiddenInput)


class NewReport(forms.Form):
    title = forms.CharField(
        label="What for", max_length=120, help_text="A trip, a month, a workshop."
    )
    travel_request = forms.TypedChoiceField(
        label="Travel request", required=False, coerce=int, empty_value=None
    )

    def __init__(self, *args: Any, journeys: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not journeys:
            del self.fields["travel_request"]
            return
        self.fields["travel_request"].choices = [("", "None"), *journeys]  # type: ignore[attr-defined]


class PhoneExpense(forms.Form):
    """An expense as the phone sends it, with the id of the change that its browser made."""

    owner = forms.CharField(max_length=80)
    id = forms.UUIDField()
    category = forms.IntegerField(label="Category")
    spent_on = DateField(label="Date")
    amount = forms.CharField(label="Amount", required=False, max_length=40)
    currency = forms.CharField(label="Currency", required=False, max_length=3, min_length=3)
    project = forms.IntegerField(label="Project and task")
    task = forms.IntegerField(required=False)
    payment_method = forms.ChoiceField(label="Paid", choices=ExpenseEntry.PaymentMethod.choices)
    merchant = forms.CharField(label="Merchant", required=False, max_length=120)
    description = forms.CharField(label="Purpose", required=False, max_length=400)
    # What only some kinds of category ask for: the service says what is missing.
    vehicle = forms.CharField(label="Vehicle", required=False, max_length=60)
    from_place = forms.CharField(label="From where", required=False, max_length=120)
    to_place = forms.CharField(label="Where to", required=False, max_length=120)
    distance = forms.CharField(label="Distance", required=False, max_length=40)
    place = forms.CharField(label="Where", required=False, max_length=200)
    ends_on = DateField(label="Last day", required=False)
    first_day_part = forms.CharField(label="First day", required=False, max_length=10)
    last_day_part = forms.CharField(label="Last day was", required=False, max_length=10)
    meals = forms.CharField(label="Meals that were provided", required=False, max_length=3000)
    nights = forms.IntegerField(label="Nights", required=False, min_value=1, max_value=366)
    client = forms.CharField(label="Client", required=False, max_length=120)
    attendees = forms.CharField(label="Who was there", required=False, max_length=400)

    def kind_fields(self) -> KindFields:
        given = self.cleaned_data
        names = (
            "vehicle", "from_place", "to_place", "distance", "place", "ends_on", "first_day_part",
            "last_day_part", "nights", "client", "attendees",
        )  # fmt: skip
        return KindFields(
            **{name: given[name] for name in names}, meals=tuple(given["meals"].split())
        )
