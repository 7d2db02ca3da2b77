"""Forms of calendars, absences and new legal entities. Shape only."""

import re
from typing import Any, Final
from zoneinfo import available_timezones

from django import forms

from psa.core.documents.language import LANGUAGES
from psa.core.org.models import WorkCalendar
from psa.core.org.services.personal_calendars import KINDS
from psa.core.web.forms import DateField, MinutesField
from psa.edges.setup.forms import LANGUAGE_OF_DOCUMENTS

WEEKDAYS: Final = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip
MONTHS: Final = [
    (1, "January"), (2, "February"), (3, "March"), (4, "April"), (5, "May"), (6, "June"),
    (7, "July"), (8, "August"), (9, "September"), (10, "October"), (11, "November"),
    (12, "December"),
]  # fmt: skip
_SPAN = re.compile(r"^(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})$")


def zones() -> list[tuple[str, str]]:
    return [(zone, zone) for zone in sorted(available_timezones())]


class HoursField(forms.CharField):
    """Working hours of a day: “9:00-13:00, 14:00-18:00”; cleans to (start, end) minutes."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        found = []
        for part in filter(None, (one.strip() for one in str(text).split(","))):
            match = _SPAN.match(part)
            if match is None:
                raise forms.ValidationError(f"“{part[:30]}” is no span. Try 9:00-13:00.")
            start_hour, start_minute, end_hour, end_minute = (int(one) for one in match.groups())
            found.append((start_hour * 60 + start_minute, end_hour * 60 + end_minute))
        return found


class CalendarForm(forms.Form):
    name = forms.CharField(label="Name", max_length=80)
    country = forms.CharField(
        label="Country of its holidays", max_length=2, required=False,
        help_text="Two letters, such as DE. Empty: none.",
    )  # fmt: skip
    subdivision = forms.CharField(
        label="Region", max_length=10, required=False, help_text="Such as BY for Bavaria."
    )
    time_zone = forms.ChoiceField(label="Time zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = zones()  # type: ignore[attr-defined]
        for number, day in enumerate(WEEKDAYS):
            self.fields[f"day_{number}"] = HoursField(
                label=day, required=False, max_length=80,
                help_text="Such as 9:00-13:00, 14:00-18:00. Empty: off." if number == 0 else "",
            )  # fmt: skip

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        given = self.cleaned_data
        return {
            "name": given["name"],
            "country": given["country"].upper(),
            "subdivision": given["subdivision"].upper(),
            "time_zone": given["time_zone"],
            "intervals": [
                (number, start, end) for number in range(7) for start, end in given[f"day_{number}"]
            ],
        }


class Absence(forms.Form):
    kind = forms.ChoiceField(label="Kind", choices=KINDS)
    name = forms.CharField(label="Shown as", max_length=80, required=False)
    first_on = DateField(label="First day")
    last_on = DateField(label="Last day")
    minutes_off_per_day = MinutesField(
        label="Hours off a day", required=False, max_minutes=1440, help_text="Empty: whole days."
    )


class OneDay(forms.Form):
    """The day that is meant."""

    on = DateField(label="Day")


class DatedCalendar(forms.Form):
    calendar = forms.TypedChoiceField(label="Calendar", coerce=int)
    valid_from = DateField(label="From")
    last_on = DateField(label="Last day", required=False, help_text="Empty: from then on.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["calendar"].choices = list(  # type: ignore[attr-defined]
            WorkCalendar.objects.order_by("name").values_list("id", "name")
        )

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        given = dict(self.cleaned_data)
        calendar_id = given.pop("calendar")
        return {**given, "calendar_id": calendar_id}


class NewEntityForm(forms.Form):
    code = forms.CharField(
        label="Code", max_length=12, help_text="Starts its invoice numbers; stays for good."
    )
    name = forms.CharField(label="Legal name", max_length=120)
    currency = forms.CharField(
        label="Accounting currency", min_length=3, max_length=3, help_text="Stays for good."
    )
    country = forms.CharField(
        label="Country", min_length=2, max_length=2, help_text="Two letters: its holidays and tax."
    )
    subdivision = forms.CharField(label="Region", max_length=10, required=False)
    time_zone = forms.ChoiceField(
        label="Time zone", required=False,
        help_text="Empty: its country's, of several the one most people live in.",
    )  # fmt: skip
    fiscal_year_start_month = forms.TypedChoiceField(
        label="Fiscal year starts in", choices=MONTHS, coerce=int
    )
    language = forms.ChoiceField(
        label="Language", choices=LANGUAGES, required=False, help_text=LANGUAGE_OF_DOCUMENTS
    )
    unit_name = forms.CharField(
        label="Its first unit", max_length=80, required=False, help_text="Empty: its legal name."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = [("", "As its country"), *zones()]  # type: ignore[attr-defined]
