"""Forms of repricing: shape only."""

from datetime import date
from typing import Any

from django import forms

from psa.core.actor import Actor

from . import selectors

SCOPES = (
    ("quote", "A quote"), ("backlog", "A contract’s backlog"), ("year", "A year’s actuals"),
)  # fmt: skip
_ASKS = {"quote": "quote", "backlog": "contract", "year": "year"}


def scope_of(text: str) -> str:
    """What is priced again: one of the three, a quote unless another is named."""
    return text if text in _ASKS else "quote"


class Try(forms.Form):
    """Which record of the chosen kind is priced again with the list."""

    scope = forms.ChoiceField(choices=SCOPES, widget=forms.HiddenInput)
    quote = forms.TypedChoiceField(label="Quote", required=False, coerce=int, empty_value=None)
    contract = forms.TypedChoiceField(
        label="Contract", required=False, coerce=int, empty_value=None
    )
    year = forms.IntegerField(label="Year", required=False, min_value=2000, max_value=2099)

    def __init__(self, *args: Any, scope: str, actor: Actor, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["scope"].initial = scope
        for name in {*_ASKS.values()} - {_ASKS[scope]}:
            del fields[name]
        if "quote" in fields:
            fields["quote"].choices = [("", "–"), *selectors.quote_choices(actor)]
        elif "contract" in fields:
            fields["contract"].choices = [("", "–"), *selectors.contract_choices(actor)]
        else:
            fields["year"].initial = today.year

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        needed = _ASKS.get(cleaned.get("scope", ""))
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
