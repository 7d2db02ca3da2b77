"""What people send about company cards and pay: shapes only."""

import base64
import binascii
from datetime import date
from typing import Any, Final

from django import forms

from psa.core.org.models import LegalEntity, Resource
from psa.core.web.forms import DateField
from timeexpense.rules.card_statement import TARGETS, Reading

MAX_BYTES: Final = 2 * 1024 * 1024


class Card(forms.Form):
    resource: Any = forms.ModelChoiceField(None, label="Carried by", empty_label=None)
    ending = forms.CharField(label="Last four digits", min_length=4, max_length=4)
    name = forms.CharField(label="Name", max_length=80, help_text="Such as Visa, travel.")
    currency = forms.CharField(label="Currency", min_length=3, max_length=3)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["resource"].queryset = Resource.objects.filter(membership__isnull=False).order_by(
            "name"
        )

    def arguments(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        return {**given, "resource_id": given.pop("resource").pk}


class Statement(forms.Form):
    """A statement to look at, and the same one again to import."""

    file = forms.FileField(
        label="Statement", required=False, help_text="CSV, XLSX or OFX, up to 2 MB."
    )
    day_order = forms.ChoiceField(
        label="Dates",
        required=False,
        choices=[
            ("iso", "Year first: 2026-07-09"),
            ("day_first", "Day first: 09.07.2026"),
            ("month_first", "Month first: 07/09/2026"),
        ],
    )
    sign = forms.ChoiceField(
        label="Purchases",
        required=False,
        choices=[("above", "Above 0"), ("below", "Below 0, as debits")],
        help_text="In a table; OFX says it itself.",
    )
    currency = forms.CharField(
        label="Currency",
        max_length=3,
        required=False,
        help_text="Where the table has no column of it.",
    )
    date_column = forms.CharField(label="Column of the date", required=False, max_length=80)
    amount_column = forms.CharField(label="Column of the amount", required=False, max_length=80)
    currency_column = forms.CharField(label="Column of the currency", required=False, max_length=80)
    merchant_column = forms.CharField(label="Column of the merchant", required=False, max_length=80)
    card_column = forms.CharField(label="Column of the card", required=False, max_length=80)
    reference_column = forms.CharField(
        label="Column of the reference", required=False, max_length=80
    )
    step = forms.ChoiceField(choices=[("look", "Look"), ("import", "Import")], required=False)
    kept = forms.CharField(widget=forms.HiddenInput, required=False, max_length=3 * 1024 * 1024)
    kept_name = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        file, kept = cleaned.get("file"), cleaned.get("kept")
        if file is not None:
            if file.size > MAX_BYTES:
                self.add_error("file", "A statement has at most 2 MB.")
                return cleaned
            cleaned["content"], cleaned["kept_name"] = file.read(), file.name
        elif kept:
            try:
                cleaned["content"] = base64.b64decode(kept, validate=True)
            except (binascii.Error, ValueError):
                self.add_error("file", "Choose the file again.")
        else:
            self.add_error("file", "Choose a file.")
        return cleaned

    def keep_file(self) -> None:
        """Send the file back with what was wrong about it, so that nobody chooses it again."""
        content, name = self.cleaned_data.get("content"), self.cleaned_data.get("kept_name", "")
        if content is None:
            return
        kept = base64.b64encode(content).decode()
        self.data = {**self.data.dict(), "kept": kept, "kept_name": name}  # type: ignore[attr-defined]
        self["file"].help_text = f"“{name}” is kept; choose another file to replace it."

    def arguments(self) -> dict[str, Any]:
        """What the service takes."""
        typed = self.cleaned_data
        return {
            "content": typed["content"],
            "filename": typed["kept_name"] or "statement",
            "reading": Reading(
                typed["day_order"] or "iso", typed["sign"] == "below", typed["currency"]
            ),
            "mapping": {target: typed[f"{target}_column"] for target in TARGETS},
        }


class Match(forms.Form):
    entry = forms.IntegerField(label="Expense", min_value=1, max_value=2**62)


class PayPeriod(forms.Form):
    legal_entity: Any = forms.ModelChoiceField(None, label="Legal entity", empty_label=None)
    starts_on = DateField(label="First day")
    last_on = DateField(label="Last day")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["legal_entity"].queryset = LegalEntity.objects.order_by("code")

    def period(self) -> tuple[date, date]:
        return self.cleaned_data["starts_on"], self.cleaned_data["last_on"]
