"""What a reviewer of estimates enters."""

from django import forms

from psa.core.web.forms import DateField
from revenue.models import RevenueEstimate
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
