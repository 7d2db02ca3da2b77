"""Forms of retainers."""

from typing import Any

from django import forms

from psa.core.web.forms import AmountField, DateField, MinutesField


class RetainerTermsForm(forms.Form):
    """What the policies of a retainer work by."""

    overage_rate_per_hour = AmountField(
        label="Rate of hours over",
        required=False,
        min_value=0,
        help_text="Per hour. Empty: what the work over is worth at the line's rates.",
    )
    refund_percent = forms.DecimalField(
        label="Refund of unused hours", min_value=0, max_value=100, decimal_places=4,
        help_text="% of their share of the period's amount",
    )  # fmt: skip
    rollover_periods = forms.IntegerField(
        label="Rolled-over hours last", required=False, min_value=0, max_value=120,
        help_text="Periods. Empty: without end.",
    )  # fmt: skip
    rollover_limit: Any = AmountField(
        label="Roll over at most", required=False, min_value=0, help_text="Empty: no limit."
    )

    def __init__(self, *args: Any, is_minutes: bool, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["overage_rate_per_hour"].currency = currency
        if is_minutes:
            fields["rollover_limit"] = MinutesField(
                label="Roll over at most",
                required=False,
                max_minutes=1_000_000,
                help_text="Hours. Empty: no limit.",
            )
        else:
            del fields["overage_rate_per_hour"]
            fields["rollover_limit"].currency = currency

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        return {"overage_rate_per_hour": None, **self.cleaned_data}


class IssueRefund(forms.Form):
    credited_on = DateField(label="Date of the credit note")
