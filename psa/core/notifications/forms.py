"""The preferences form: for each event, in the application, by e-mail at once, or in a digest."""

from collections.abc import Sequence
from typing import Any

from django import forms

from .models import Rhythm
from .selectors import Preference
from .services import Choice

WAYS = [
    ("in_app", "In the application"),
    ("push", "On my devices"),
    ("email", "By e-mail at once"),
    (Rhythm.DAILY.value, "In a mail each morning"),
    (Rhythm.WEEKLY.value, "In a mail on Mondays"),
]
_RHYTHMS = (Rhythm.DAILY.value, Rhythm.WEEKLY.value)


class Preferences(forms.Form):
    """One group of boxes an event; the fields come from the registered events."""

    def __init__(self, *args: Any, preferences: Sequence[Preference], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quiet_from"] = forms.TimeField(
            label="Quiet hours from",
            required=False,
            widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            help_text="Mails and devices wait until they end, in your time zone. The list does not wait.",
        )
        self.fields["quiet_until"] = forms.TimeField(
            label="Quiet hours until",
            required=False,
            widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        )
        self._events = {f"event_{n}": p.event for n, p in enumerate(preferences)}
        for name, preference in zip(self._events, preferences, strict=True):
            self.fields[name] = forms.MultipleChoiceField(
                label=preference.label,
                choices=WAYS,
                required=False,
                widget=forms.CheckboxSelectMultiple,
                initial=[
                    way
                    for way, _ in WAYS
                    if way == preference.digest
                    or (way not in _RHYTHMS and getattr(preference, way))
                ],
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in self._events:
            if len([way for way in cleaned.get(name, ()) if way in (*_RHYTHMS, "email")]) > 1:
                self.add_error(
                    name, "Choose one kind of mail: at once, each morning or on Mondays."
                )
        return cleaned

    def quiet_minutes(self) -> dict[str, int | None]:
        """The quiet hours as the service takes them."""
        return {
            f"{end}_minute": given.hour * 60 + given.minute if given is not None else None
            for end in ("from", "until")
            for given in [self.cleaned_data[f"quiet_{end}"]]
        }

    def choices(self) -> dict[str, Choice]:
        """What was chosen for each event."""
        return {
            event: Choice(
                in_app="in_app" in self.cleaned_data[name],
                push="push" in self.cleaned_data[name],
                email="email" in self.cleaned_data[name],
                digest=next((r for r in _RHYTHMS if r in self.cleaned_data[name]), ""),
            )
            for name, event in self._events.items()
        }
