"""What people send about expenses: shapes only, by the kind of the category."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django import forms
from moneyed import Money

from psa.core.org.models import TransactionCategory
from psa.core.web.forms import DateField
from timeexpense.models import CategoryKind, ExpenseEntry
from timeexpense.rules.per_diem import FULL, LONGEST_DAYS, MEALS, PARTIAL
from timeexpense.selectors.expenses import expense_categories
from timeexpense.selectors.rate_tables import MileageTable, PerDiemTable
from timeexpense.selectors.rows import Choice
from timeexpense.words import place_told

MAX_FILE_BYTES: Final = 5 * 1024 * 1024


PHOTOS_AND_PDF: Final = "image/*,application/pdf"


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class Files(forms.FileField):
    """Any number of files; their content is judged where they are stored."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data]
        return [super(Files, self).clean(one, initial) for one in given if one]


class Receipts(forms.Form):
    file = Files(
        label="Receipts",
        help_text="Photos or PDF, up to 25 MB each, twenty at once.",
        widget=ManyFiles(attrs={"accept": PHOTOS_AND_PDF}),
    )


class Words(forms.Field):
    """Ticked boxes of one name, as they are; the service says what they mean."""

    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> list[str]:
        words = [str(word) for word in value or []]
        if len(words) > LONGEST_DAYS * len(MEALS) or any(len(word) > 30 for word in words):
            raise forms.ValidationError("Choose meals from the table.")
        return words


BILLING_CHOICES: Final = (
    ("", "As agreed for the task"),
    ("chargeable", "Chargeable"),
    ("non_chargeable", "Not chargeable"),
)
DAY_PARTS: Final = ((PARTIAL, "Partial, arriving or leaving"), (FULL, "Full, 24 hours"))
_TYPED: Final = frozenset({"amount", "currency", "tax_amount", "payment_method", "merchant"})
# What each kind shows beside what all of them do.
FIELDS_OF: Final[Mapping[str, frozenset[str]]] = {
    CategoryKind.STANDARD: _TYPED | {"attendees"},
    CategoryKind.MILEAGE: frozenset({"vehicle", "from_place", "to_place", "distance"}),
    CategoryKind.PER_DIEM: frozenset(
        {"place", "ends_on", "first_day_part", "last_day_part", "meals"}
    ),
    CategoryKind.LODGING: _TYPED | {"place", "nights"},
    CategoryKind.ENTERTAINMENT: _TYPED | {"client", "attendees"},
}
_OF_SOME: Final = frozenset().union(*FIELDS_OF.values())


@dataclass(frozen=True, slots=True)
class MealRow:
    """One day of a journey with its boxes: (value, label, whether ticked)."""

    on: date
    boxes: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class ComesTo:
    """What a table pays for what is filled in so far, and how it comes about."""

    amount: Money | None = None
    how: str = ""


class Expense(forms.Form):
    # Only of kinds whose amount comes from a table.
    comes_to: ComesTo | None = None
    category: "forms.ModelChoiceField[TransactionCategory]" = forms.ModelChoiceField(
        label="Category", queryset=None, empty_label=None
    )
    spent_on = DateField(label="Date")
    ends_on = DateField(label="Last day", required=False)
    place = forms.ChoiceField(label="Where")
    first_day_part = forms.ChoiceField(label="First day was", choices=DAY_PARTS, required=False)
    last_day_part = forms.ChoiceField(label="Last day was", choices=DAY_PARTS, required=False)
    meals = Words(label="Meals that were provided", required=False)
    vehicle = forms.ChoiceField(label="Vehicle")
    from_place = forms.CharField(label="From where", max_length=120)
    to_place = forms.CharField(label="Where to", max_length=120)
    distance = forms.CharField(label="Distance", max_length=40)
    nights = forms.IntegerField(label="Nights", min_value=1, max_value=366, initial=1)
    client = forms.CharField(label="Client", max_length=120)
    attendees = forms.CharField(
        label="Who was there",
        required=False,
        max_length=400,
        help_text="Names beside yours, with commas between.",
    )
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
    justification = forms.CharField(
        label="Why it was necessary",
        required=False,
        max_length=400,
        help_text="Where the expense policy asks for it; the approver reads it.",
    )
    internal_note = forms.CharField(label="Internal comment", required=False, max_length=400)
    receipts = Files(
        label="Receipts",
        required=False,
        help_text="Photos or PDF, up to 25 MB each.",
        widget=ManyFiles(attrs={"accept": PHOTOS_AND_PDF}),
    )
    lock_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        choices: tuple[Choice, ...],
        kind: str = CategoryKind.STANDARD,
        vehicles: Mapping[str, MileageTable] | None = None,
        places: Mapping[str, PerDiemTable] | None = None,
        held: Choice | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        for name in _OF_SOME - FIELDS_OF[kind]:
            del self.fields[name]
        self.fields["category"].queryset = expense_categories()  # type: ignore[attr-defined]
        groups: dict[str, list[tuple[str, str]]] = {}
        for choice in choices:
            groups.setdefault(choice.project_name, []).append((choice.value, choice.label))
        if held and held.value not in {choice.value for choice in choices}:
            # Or the browser would choose another one, unseen.
            own = groups.setdefault(held.project_name, [])
            own.insert(0, (held.value, held.label))
        # Nothing is chosen for the person but what they chose last: the first is seldom right.
        self.fields["work"].choices = [("", "Choose"), *groups.items()]  # type: ignore[attr-defined]
        self._name_dates(kind)
        if "vehicle" in self.fields:
            tables = list((vehicles or {}).values())
            self.fields["vehicle"].choices = [  # type: ignore[attr-defined]
                (table.vehicle, table.vehicle) for table in tables
            ]
            if tables:
                unit = "miles" if tables[0].unit == "mi" else "kilometres"
                self.fields["distance"].label = f"Distance in {unit}"
        if "place" in self.fields:
            own = [(table.value, place_told(table.label)) for table in (places or {}).values()]
            is_optional = kind == CategoryKind.LODGING
            self.fields["place"].choices = [  # type: ignore[attr-defined]
                *([("", "No place of the rate table")] if is_optional else []), *own
            ]  # fmt: skip
            self.fields["place"].required = not is_optional
        if kind == CategoryKind.ENTERTAINMENT:
            for name in ("attendees", "description"):
                self.fields[name].required = True

    def _name_dates(self, kind: str) -> None:
        words = {CategoryKind.PER_DIEM: "First day", CategoryKind.LODGING: "Arrival"}
        self.fields["spent_on"].label = words.get(kind, "Date")  # type: ignore[arg-type,call-overload]

    @property
    def meal_rows(self) -> list[MealRow]:
        """The days between the dates in the form, with their boxes; none while a date is missing."""
        starts_on, ends_on = self._day("spent_on"), self._day("ends_on")
        if starts_on is None or "meals" not in self.fields:
            return []
        ticked = {str(word) for word in self["meals"].value() or ()}
        count = min(((ends_on or starts_on) - starts_on).days + 1, LONGEST_DAYS)
        days = [starts_on + timedelta(days=n) for n in range(max(count, 0))]
        return [
            MealRow(
                day,
                tuple(
                    (word := f"{day.isoformat()}:{meal}", meal.capitalize(), word in ticked)
                    for meal in MEALS
                ),
            )
            for day in days
        ]

    def _day(self, name: str) -> date | None:
        value = self[name].value() if name in self.fields else None
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(str(value))
        except ValueError:
            return None
        return day if 2000 <= day.year < 2100 else None


class RateFile(forms.Form):
    file = forms.FileField(
        label="File",
        help_text="CSV or XLSX with the columns of the export; the first row names them.",
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE_BYTES:
            raise forms.ValidationError("A rate table has at most 5 MB.")
        return file


class KindOfCategory(forms.Form):
    kind = forms.ChoiceField(
        label="Kind",
        choices=CategoryKind.choices,
        help_text="Decides what is asked of an expense. Those entered before stay as they are.",
    )


def typed_kind_fields(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """What a form holds of the fields that only some kinds have."""
    names: Sequence[str] = (
        "vehicle", "from_place", "to_place", "distance", "place", "ends_on", "first_day_part",
        "last_day_part", "meals", "nights", "client", "attendees", "justification",
    )  # fmt: skip
    return {name: cleaned[name] for name in names if cleaned.get(name) not in (None, "")}
