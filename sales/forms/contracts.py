"""Forms of contracts."""

from typing import Any

from django import forms

from psa.core.ledger.rules.types import BillingType
from psa.core.web.forms import AmountField
from sales.models import Contract
from sales.services.contracts import HeaderFacts

from .fields import category_choices, member_choices, role_choices


class HeaderForm(forms.Form):
    """Facts of a contract that are no terms."""

    name = forms.CharField(label="Name", max_length=160)
    owner = forms.ChoiceField(label="Owner")
    bill_to_name = forms.CharField(label="Bill to", max_length=160, required=False)
    bill_to_address = forms.CharField(
        label="Address", required=False, max_length=1000, widget=forms.Textarea
    )
    bill_to_email = forms.EmailField(label="E-mail", required=False)
    po_number = forms.CharField(label="Purchase order", max_length=40, required=False)
    po_amount = AmountField(label="Order amount", required=False, min_value=0)
    lock_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, currency: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = member_choices()  # type: ignore[attr-defined]
        self.fields["po_amount"].currency = currency  # type: ignore[attr-defined]

    def facts(self) -> HeaderFacts:
        data = self.cleaned_data
        return HeaderFacts(
            name=data["name"],
            owner_id=int(data["owner"]),
            bill_to_name=data["bill_to_name"],
            bill_to_address=data["bill_to_address"],
            bill_to_email=data["bill_to_email"],
            po_number=data["po_number"],
            po_amount=data["po_amount"],
        )

    @staticmethod
    def initial_of(contract: Contract) -> dict[str, Any]:
        names = (
            "name", "bill_to_name", "bill_to_address", "bill_to_email", "po_number", "po_amount",
            "lock_version",
        )  # fmt: skip
        return {**{name: getattr(contract, name) for name in names}, "owner": contract.owner_id}


class HoldForm(forms.Form):
    reason = forms.CharField(
        label="Reason", max_length=200, help_text="Shown to everybody who is stopped by it"
    )


class NotToExceedForm(forms.Form):
    """A higher limit of a line."""

    limit_amount = AmountField(label="New limit", min_value=0)
    reason = forms.CharField(label="Reason", max_length=200, help_text="Who agreed, and why")

    def __init__(self, *args: Any, currency: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["limit_amount"].currency = currency  # type: ignore[attr-defined]


class LimitForm(forms.Form):
    """The limit of the whole contract."""

    limit_amount = AmountField(label="Limit", min_value=0)
    warning_percent = forms.DecimalField(
        label="Warn at", required=False, min_value=1, max_value=100, help_text="% of the limit"
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["limit_amount"].currency = currency  # type: ignore[attr-defined]


class ChargeabilityForm(forms.Form):
    """Which work of a line is charged how; blank means any."""

    role = forms.ChoiceField(label="Role", required=False)
    category = forms.ChoiceField(label="Category", required=False)
    billing_type = forms.ChoiceField(
        label="Is",
        choices=[(b.value, b.value.replace("_", "-").capitalize()) for b in BillingType],
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = role_choices(blank="Any")  # type: ignore[attr-defined]
        self.fields["category"].choices = category_choices(blank="Any")  # type: ignore[attr-defined]


class RateForm(forms.Form):
    """The agreed rate of a role on a line."""

    role = forms.ChoiceField(label="Role")
    price = AmountField(label="Rate", min_value=0, max_digits=20, decimal_places=6)
    unit = forms.ChoiceField(label="Per", choices=[("hour", "Hour"), ("day", "Day")])

    def __init__(self, *args: Any, currency: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = role_choices(blank="Choose")  # type: ignore[attr-defined]
        self.fields["price"].currency = currency  # type: ignore[attr-defined]
