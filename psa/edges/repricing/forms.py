"""Forms of repricing: shape only."""

from datetime import date
from typing import Any

from django import forms

from psa.core.actor import Actor

from . import selectors


class Try(forms.Form):
    """What to price again with the list."""

    scope = forms.ChoiceField(
        label="Price again",
        choices=[
            ("quote", "a quote"), ("backlog", "a contract’s backlog"), ("year", "a year’s actuals"),
        ],
    )  # fmt: skip
    quote = forms.TypedChoiceField(label="Quote", required=False, coerce=int, empty_value=None)
    contract = forms.TypedChoiceField(
        label="Contract", required=False, coerce=int, empty_value=None
    )
    year = forms.IntegerField(label="Year", required=False, min_value=2000, max_value=2099)

    def __init__(self, *args: Any, actor: Actor, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quote"].choices = [("", "–"), *selectors.quote_choices(actor)]  # type: ignore[attr-defined]
        self.fields["contract"].choices = [("", "–"), *selectors.contract_choices(actor)]  # type: ignore[attr-defined]
        self.fields["year"].initial = today.year

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        needed = {"quote": "quote", "backlog": "contract", "year": "year"}.get(
            cleaned.get("scope", "")
        )
        if needed and needed not in self.errors and not cleaned.get(needed):
            self.add_error(needed, f"Choose a {needed}.")
        return cleaned


class Discount(forms.Form):
    percent = forms.DecimalField(
        label="Discount, %", required=False, min_value=0, max_value=100, max_digits=6, decimal_places=3
    )  # fmt: skip
    target = forms.DecimalField(
        label="Margin to keep, %", required=False, min_value=0, max_value=99, max_digits=5,
        decimal_places=2,
    )  # fmt: skip
