"""What people send about time and expenses: shapes only; services decide the rest."""

from typing import Any

from django import forms

from psa.core.org.models import TransactionCategory
from psa.core.web.forms import DateField
from timeexpense.models import ExpenseEntry
from timeexpense.selectors.expenses import expense_categories
from timeexpense.selectors.weeks import Choice

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


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class Files(forms.FileField):
    """Any number of files; their content is judged where they are stored."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data]
        return [super(Files, self).clean(one, initial) for one in given if one]


BILLING_CHOICES = (
    ("", "As agreed for the task"),
    ("chargeable", "Chargeable"),
    ("non_chargeable", "Not chargeable"),
)


class Expense(forms.Form):
    category: "forms.ModelChoiceField[TransactionCategory]" = forms.ModelChoiceField(
        label="Category", queryset=None, empty_label=None
    )
    spent_on = DateField(label="Date")
    amount = forms.CharField(
        label="Amount", max_length=40, help_text="With tax, as on the receipt."
    )
    currency = forms.CharField(label="Currency", max_length=3, min_length=3)
    tax_amount = forms.CharField(
        label="Tax in it", required=False, max_length=40, help_text="What the firm can recover."
    )
    payment_method = forms.ChoiceField(
        label="Paid", choices=ExpenseEntry.PaymentMethod.choices, widget=forms.RadioSelect
    )
    work = forms.ChoiceField(label="Project and task")
    billing_type = forms.ChoiceField(label="Charge on", choices=BILLING_CHOICES, required=False)
    merchant = forms.CharField(label="Merchant", required=False, max_length=120)
    description = forms.CharField(
        label="Purpose", required=False, max_length=400, help_text="Prints on the invoice."
    )
    internal_note = forms.CharField(label="Internal comment", required=False, max_length=400)
    receipts = Files(label="Receipts", required=False, help_text="Photos or PDF, up to 25 MB each.")
    lock_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, choices: tuple[Choice, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].queryset = expense_categories()  # type: ignore[attr-defined]
        groups: dict[str, list[tuple[str, str]]] = {}
        for choice in choices:
            groups.setdefault(choice.project_name, []).append((choice.value, choice.label))
        self.fields["work"].choices = list(groups.items())  # type: ignore[attr-defined]
