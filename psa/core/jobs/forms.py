"""Forms of schedules: shape only."""

import re
from typing import Any

from django import forms

from .models import JobSchedule

_TIME = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$")


class ChangeSchedule(forms.Form):
    is_active = forms.BooleanField(label="Runs by itself", required=False)
    how = forms.ChoiceField(
        label="How often",
        choices=[("daily", "Daily, at a time of day"), ("every", "Every so many minutes")],
    )
    time_of_day = forms.CharField(
        label="Time of day", required=False, max_length=5, help_text="UTC, for example 02:30."
    )
    every_minutes = forms.IntegerField(
        label="Minutes between",
        required=False,
        min_value=1,
        max_value=10_080,
        help_text="Between 1 and 10,080, which is a week.",
    )

    def clean_time_of_day(self) -> int | None:
        text = self.cleaned_data["time_of_day"].strip()
        if not text:
            return None
        match = _TIME.match(text)
        if match is None:
            raise forms.ValidationError(f"“{text}” is not a time of day. Try 02:30.")
        return int(match[1]) * 60 + int(match[2])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        wanted = {"daily": "time_of_day", "every": "every_minutes"}.get(cleaned.get("how", ""))
        if wanted and wanted not in self.errors and cleaned.get(wanted) is None:
            words = {"time_of_day": "a time of day", "every_minutes": "the number of minutes"}
            self.add_error(wanted, f"Give {words[wanted]}.")
        return cleaned

    def timing(self) -> dict[str, Any]:
        """What was chosen, as the service takes it."""
        daily = self.cleaned_data["how"] == "daily"
        return {
            "is_active": self.cleaned_data["is_active"],
            "every_minutes": None if daily else self.cleaned_data["every_minutes"],
            "daily_at_minute": self.cleaned_data["time_of_day"] if daily else None,
        }


def initial_of(schedule: JobSchedule) -> dict[str, Any]:
    """The form's fields as the schedule stands."""
    minute = schedule.daily_at_minute
    return {
        "is_active": schedule.is_active,
        "how": "daily" if minute is not None else "every",
        "time_of_day": "" if minute is None else f"{minute // 60:02d}:{minute % 60:02d}",
        "every_minutes": schedule.every_minutes,
    }
