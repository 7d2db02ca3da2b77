"""Forms of webhooks: shape only."""

from typing import Any

from django import forms

from .models import Endpoint


class EndpointForm(forms.Form):
    url = forms.CharField(
        label="Address", max_length=500, help_text="https, and not in a private network."
    )
    description = forms.CharField(label="For", max_length=120, required=False)
    events = forms.CharField(
        label="Events",
        max_length=2000,
        required=False,
        widget=forms.Textarea,
        help_text="One a line, or its beginning, such as billing.invoice. Empty: all.",
    )
    is_active = forms.BooleanField(label="On", required=False, initial=True)
    lock_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def clean_events(self) -> list[str]:
        return str(self.cleaned_data["events"]).split()

    @staticmethod
    def initial_of(endpoint: Endpoint) -> dict[str, Any]:
        return {
            "url": endpoint.url,
            "description": endpoint.description,
            "events": "\n".join(endpoint.events),
            "is_active": endpoint.is_active,
            "lock_version": endpoint.lock_version,
        }
