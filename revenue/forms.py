"""What a reviewer of estimates enters."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from moneyed import Money

from psa.core.ledger.models import LedgerAccount
from psa.core.money.rounding import currency_of
from psa.core.web.forms import AmountField, DateField
from revenue.models import ContractCost, RevenueEstimate
from revenue.rules.intercompany_payments import OpenInvoice
from revenue.rules.progress import in_percent
from revenue.services.intercompany_payments import Chosen


class AdjustEstimate(forms.Form):
    progress_percent = forms.DecimalField(
        label="Progress in percent", min_value=0, max_value=100, decimal_places=4
    )
    reason = forms.CharField(label="Reason", max_length=300)
    lock_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: object, *, estimate: RevenueEstimate) -> None:
        initial = {
            "progress_percent": in_percent(
                estimate.progress_numerator, estimate.progress_denominator
            ),
            "lock_version": estimate.lock_version,
        }
        super().__init__(data, initial=initial)  # type: ignore[arg-type]


class CompleteObligation(forms.Form):
    completed_on = DateField(label="Completed on")


class ReverseEstimate(forms.Form):
    reason = forms.CharField(label="Reason", max_length=300)


class WithReason(forms.Form):
    reason = forms.CharField(label="Reason", max_length=300)


class WriteOffCost(WithReason):
    written_off_on = DateField(label="Written off on")
    field_order = ("written_off_on", "reason")


class InvoiceLentWork(forms.Form):
    worked_until_on = DateField(label="Work until", help_text="The last day of the work in it.")
    issued_on = DateField(
        label="Dated", help_text="A day in an open period of both legal entities."
    )
    lender_id = forms.TypedChoiceField(label="Lends", coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, lenders: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lender_id"].choices = [  # type: ignore[attr-defined]
            ("", "All legal entities"), *lenders,
        ]  # fmt: skip


class PaySister(forms.Form):
    """What is settled of each open invoice between two entities, and how it was paid."""

    request_key = forms.CharField(max_length=80, widget=forms.HiddenInput)
    paid_on = DateField(
        label="Paid on", help_text="A day in an open period of both legal entities."
    )
    reference = forms.CharField(label="Reference", max_length=80, required=False)
    paid_currency = forms.CharField(
        label="Currency of the bank", max_length=3, required=False,
        help_text="Only where it was paid in another currency than the invoices'.",
    )  # fmt: skip
    paid_amount = forms.DecimalField(
        label="Paid in it", required=False, max_digits=19, decimal_places=4
    )

    def __init__(self, *args: Any, items: Sequence[OpenInvoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = items
        for place, item in enumerate(items):
            self.fields[f"settle_{item.invoice_id}"] = AmountField(
                label=item.number, currency=item.open.currency.code, required=False,
                initial=item.open.amount if place == 0 else None,
                help_text=f"of {item.open.amount:,.2f}",
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("paid_currency")) != (data.get("paid_amount") is not None):
            self.add_error("paid_amount", "Another currency needs the amount paid in it.")
        return data

    def chosen(self) -> list[Chosen]:
        """The invoices with an amount."""
        return [
            Chosen(item.invoice_id, amount)
            for item in self.items
            if (amount := self.cleaned_data.get(f"settle_{item.invoice_id}"))
        ]

    def paid(self) -> Money | None:
        """What went from bank to bank, where that is in another currency."""
        code: str = self.cleaned_data["paid_currency"].strip().upper()
        return Money(self.cleaned_data["paid_amount"], currency_of(code)) if code else None


class ReversePayment(WithReason):
    reversed_on = DateField(label="Date")
    field_order = ("reversed_on", "reason")


class CapitaliseCost(forms.Form):
    kind = forms.ChoiceField(label="Kind", choices=ContractCost.Kind.choices)
    description = forms.CharField(
        label="What for", max_length=200, help_text="Sales commission, set-up of the service…"
    )
    amount = AmountField(label="Amount", min_value=0)
    booked_account_id = forms.TypedChoiceField(
        label="Booked so far to", coerce=int, help_text="The account that it leaves."
    )
    capitalised_on = DateField(label="Capitalised on")
    starts_on = DateField(label="Written down from")
    ends_on = DateField(label="Until", help_text="The last day. Usually the contract's last.")

    def __init__(
        self, *args: Any, accounts: "QuerySet[LedgerAccount]", currency: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["booked_account_id"].choices = [  # type: ignore[attr-defined]
            (row.pk, f"{row.code} {row.name}") for row in accounts
        ]
        self.fields["amount"].currency = currency  # type: ignore[attr-defined]
