"""Forms of the yearly review: shape only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from psa.core.money.rounding import PRICE_PLACES
from psa.core.org.models import OrgUnit
from psa.core.web.forms import AmountField

from .models import PriceLine, PriceList
from .page_selectors import roles_of
from .services.adjustments import Adjustment

CLASSES = [
    ("", "All"), ("time", "Time"), ("expense", "Expense"), ("material", "Material"), ("fee", "Fee"),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class AdjustChoices:
    """Roles and units that the list's lines name."""

    roles: Mapping[int, str]
    units: Mapping[int, str]


def choices_of(row: PriceList) -> AdjustChoices:
    """What a change of many lines can be limited to. Two queries."""
    units = OrgUnit.objects.filter(
        pk__in=PriceLine.objects.filter(price_list=row).values("resourcing_unit_id")
    )
    return AdjustChoices(roles_of(row), dict(units.order_by("name").values_list("id", "name")))


class Adjust(forms.Form):
    lock_version = forms.IntegerField(widget=forms.HiddenInput)
    roles = forms.TypedMultipleChoiceField(
        label="Roles",
        required=False,
        coerce=int,
        help_text="None chosen: all.",
        widget=forms.CheckboxSelectMultiple,
    )
    units = forms.TypedMultipleChoiceField(
        label="Units of the person",
        required=False,
        coerce=int,
        help_text="None chosen: all.",
        widget=forms.CheckboxSelectMultiple,
    )
    transaction_class = forms.ChoiceField(label="Class", choices=CLASSES, required=False)
    percent = forms.DecimalField(
        label="Raise by percent",
        required=False,
        max_digits=7,
        decimal_places=3,
        help_text="Negative lowers.",
    )
    value = AmountField(
        label="Or set all to", required=False, max_digits=20, decimal_places=PRICE_PLACES
    )
    round_to = forms.DecimalField(
        label="Round to a multiple of",
        required=False,
        max_digits=10,
        decimal_places=4,
        help_text="Half up. Empty: six decimals.",
    )

    def __init__(self, *args: Any, choices: AdjustChoices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = list(choices.roles.items())  # type: ignore[attr-defined]
        self.fields["units"].choices = list(choices.units.items())  # type: ignore[attr-defined]
        if not choices.units:
            del self.fields["units"]

    def adjustment(self) -> Adjustment:
        """The cleaned values as the service takes them."""
        given = self.cleaned_data
        return Adjustment(
            role_ids=given["roles"],
            resourcing_unit_ids=given.get("units") or (),
            transaction_class=given["transaction_class"],
            percent=given["percent"],
            value=given["value"],
            round_to=given["round_to"],
        )


class Compare(forms.Form):
    other = forms.IntegerField(required=False, min_value=1, max_value=2**62)
