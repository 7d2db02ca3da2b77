"""The preferences form: for each event, in the application and by e-mail."""

from collections.abc import Sequence
from typing import Any

from django import forms

from .selectors import Preference

WAYS = [("in_app", "In the application"), ("email", "By e-mail")]


class Preferences(forms.Form):
    """One group of two boxes an event; the fields come from the registered events."""

    def __init__(self, *args: Any, preferences: Sequence[Preference], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._events = {f"event_{n}": p.event for n, p in enumerate(preferences)}
        for name, preference in zip(self._events, preferences, strict=True):
            self.fields[name] = forms.MultipleChoiceField(
                label=preference.label,
                choices=WAYS,
                required=False,
                widget=forms.CheckboxSelectMultiple,
                initial=[way for way, _ in WAYS if getattr(preference, way)],
            )

    def choices(self) -> dict[str, tuple[bool, bool]]:
        """(in the application, by e-mail) for each event."""
        return {
            event: ("in_app" in self.cleaned_data[name], "email" in self.cleaned_data[name])
            for name, event in self._events.items()
        }
