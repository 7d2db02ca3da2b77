"""What a reviewer of estimates enters."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from psa.core.ledger.models import LedgerAccount
from psa.core.web.forms import AmountField, DateField
from revenue.models import ContractCost, RevenueEstimate
from revenue.rules.progress import in_percent


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
