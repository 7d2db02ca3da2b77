"""Forms of open items: write-off, retention, terms, reminders."""

from decimal import Decimal
from typing import Any

from django import forms

from billing.services.dunning import LevelInput
from psa.core.org.models import LegalEntity, Resource
from psa.core.web.forms import AmountField, DateField


class MoveReceivable(forms.Form):
    """An amount of one open invoice, and the day it moves."""

    request_key = forms.CharField(max_length=80, widget=forms.HiddenInput)
    amount: Any = AmountField(label="Amount", min_value=0)
    moved_on = DateField(label="Date")
    reason = forms.CharField(label="Reason", max_length=200)

    def __init__(self, *args: Any, currency: str, asks_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].currency = currency  # type: ignore[attr-defined]
        if not asks_reason:
            del self.fields["reason"]


class ReverseMove(forms.Form):
    moved_on = DateField(label="Date")


class PayBack(forms.Form):
    """What a person is paid for what they paid themselves."""

    request_key = forms.CharField(max_length=80, widget=forms.HiddenInput)
    resource: Any = forms.ModelChoiceField(None, label="Person")
    legal_entity: Any = forms.ModelChoiceField(None, label="Legal entity")
    currency = forms.CharField(label="Currency", min_length=3, max_length=3)
    amount: Any = AmountField(label="Amount", min_value=0)
    paid_on = DateField(label="Paid on")
    reference = forms.CharField(label="Reference", max_length=80, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["resource"].queryset = Resource.objects.order_by("name")
        fields["legal_entity"].queryset = LegalEntity.objects.order_by("code")

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        given = dict(self.cleaned_data)
        person, entity = given.pop("resource"), given.pop("legal_entity")
        return {**given, "resource_id": person.pk, "legal_entity_id": entity.pk}


class BillingTermsForm(forms.Form):
    """What a contract's invoices hold back, and whether it is reminded."""

    retention_percent = forms.DecimalField(
        label="Retention", min_value=0, max_value=100, decimal_places=4,
        help_text="% of each invoice with tax, held back by the customer until it is released",
    )  # fmt: skip
    is_dunning_stopped = forms.BooleanField(
        label="Stop reminders", required=False, help_text="Of all invoices of this contract."
    )


class DunningLevels(forms.Form):
    """Up to three levels; a level without days is not used."""

    LEVELS = (1, 2, 3)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for level in self.LEVELS:
            self.fields[f"days_{level}"] = forms.IntegerField(
                label=f"Level {level}: days overdue", required=level == 1, min_value=1,
                max_value=999,
            )  # fmt: skip
            self.fields[f"fee_{level}"] = AmountField(
                label="Fee", required=False, min_value=0, currency=currency
            )
            self.fields[f"text_{level}"] = forms.CharField(
                label="Text", required=False, max_length=2000, widget=forms.Textarea
            )

    def levels(self) -> list[LevelInput]:
        """The levels that have days."""
        data = self.cleaned_data
        return [
            LevelInput(data[f"days_{n}"], data[f"text_{n}"], data[f"fee_{n}"] or Decimal(0))
            for n in self.LEVELS
            if data.get(f"days_{n}")
        ]
