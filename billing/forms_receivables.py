"""Forms of open items: write-off, retention, terms, reminders."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from billing.services.dunning import LevelInput
from psa.core.notifications.addresses import typed_addresses
from psa.core.org.models import EntityBankAccount, LegalEntity, Resource
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


class MakeBatch(forms.Form):
    """Whose debts to people are paid, in which currency, and when the bank is to do it."""

    legal_entity: Any = forms.ModelChoiceField(None, label="Legal entity", empty_label=None)
    currency = forms.ChoiceField(
        label="Currency", help_text="Those in which something waits, and the entities’ own."
    )
    pay_from: Any = forms.ModelChoiceField(
        None,
        label="Paid from",
        required=False,
        empty_label="The account of the currency",
        help_text="One of the legal entity’s bank accounts.",
    )
    execute_on = DateField(label="To be paid on")

    def __init__(self, *args: Any, currencies: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["legal_entity"].queryset = LegalEntity.objects.order_by("code")
        fields["currency"].choices = [(code, code) for code in currencies]
        accounts = EntityBankAccount.objects.filter(is_active=True)
        fields["pay_from"].queryset = accounts.select_related("legal_entity").order_by(
            "legal_entity__code", "currency", "name"
        )
        fields["pay_from"].label_from_instance = lambda row: (
            f"{row.legal_entity.code}: {row.name}, {row.currency} … {row.bank_iban[-4:]}"
        )


class PaidOn(forms.Form):
    paid_on = DateField(label="Paid on")


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
            self.fields[f"german_{level}"] = forms.CharField(
                label="Text in German", required=False, max_length=2000, widget=forms.Textarea,
                help_text="For customers who read German. Empty: the text above.",
            )  # fmt: skip

    def levels(self) -> list[LevelInput]:
        """The levels that have days."""
        data = self.cleaned_data
        return [
            LevelInput(
                data[f"days_{n}"],
                data[f"text_{n}"],
                data[f"fee_{n}"] or Decimal(0),
                data[f"german_{n}"],
            )
            for n in self.LEVELS
            if data.get(f"days_{n}")
        ]


class StatementForm(forms.Form):
    """Which account of a customer, and which days of it."""

    ledger = forms.RegexField(
        r"^\d{1,18}-[A-Z]{3}$", label="Account", required=False, widget=forms.HiddenInput
    )
    from_on = DateField(label="From", required=False)
    until_on = DateField(label="Until")

    def entity_and_currency(self) -> tuple[int | None, str]:
        """The legal entity's id and the currency; blank for those of the latest invoice."""
        entity_id, _, currency = self.cleaned_data["ledger"].partition("-")
        return int(entity_id) if entity_id else None, currency


class SendStatement(forms.Form):
    """To whom a statement goes, and with which words."""

    request_key = forms.CharField(max_length=80, widget=forms.HiddenInput)
    recipients = forms.CharField(
        label="Send to", max_length=1000, help_text="E-mail addresses, with commas between them"
    )
    message = forms.CharField(label="Text", max_length=4000, widget=forms.Textarea)

    def clean_recipients(self) -> list[str]:
        return typed_addresses(self.cleaned_data["recipients"])
