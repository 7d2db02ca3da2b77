"""Forms of one's own arrangements: settings, saved views."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from psa.core.web import personal
from psa.core.web.models import PersonalSettings

_HOURS = [("clock", "7:30"), ("decimal", "7.5")]
_WEEKDAYS = [
    ("", _("As in my region")),
    ("0", _("Monday")),
    ("5", _("Saturday")),
    ("6", _("Sunday")),
]


class Settings(forms.Form):
    language = forms.ChoiceField(label=_("Language"), required=False, choices=())
    locale = forms.ChoiceField(
        label=_("Region"),
        required=False,
        choices=(),
        help_text=_("How numbers and dates are written."),
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=personal.time_zone_choices)
    week_starts_on = forms.TypedChoiceField(
        label=_("Week begins on"), required=False, choices=_WEEKDAYS, coerce=int, empty_value=None
    )
    hours = forms.ChoiceField(label=_("Hours"), choices=_HOURS, widget=forms.RadioSelect)
    theme = forms.ChoiceField(label=_("Theme"), choices=PersonalSettings.Theme.choices)
    density = forms.ChoiceField(label=_("Lists"), choices=PersonalSettings.Density.choices)
    has_letter_keys = forms.BooleanField(
        label=_("Single letters work as shortcuts"),
        required=False,
        help_text=_("Switch this off if you speak to your computer or press keys by accident."),
    )

    def __init__(self, *args: Any, firm_region: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = dict(personal.region_choices()).get(firm_region, firm_region)
        languages: Any = self.fields["language"]
        languages.choices = [("", _("As the firm")), *personal.LANGUAGES]
        regions: Any = self.fields["locale"]
        regions.choices = [
            ("", _("As the firm (%(region)s)") % {"region": named}),
            *personal.region_choices(),
        ]

    def values(self) -> dict[str, Any]:
        """What was chosen, by the names of the settings."""
        chosen = dict(self.cleaned_data)
        return chosen | {"hours_as_decimal": chosen.pop("hours") == "decimal"}


class SaveView(forms.Form):
    list_key = forms.SlugField(max_length=60)
    name = forms.CharField(label=_("Name"), max_length=60)
    query = forms.CharField(max_length=6000, required=False)
    is_shared = forms.BooleanField(label=_("Share with everybody"), required=False)
    is_default = forms.BooleanField(label=_("Open the list with it"), required=False)


class ChangeView(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=60)
    is_shared = forms.BooleanField(label=_("Share with everybody"), required=False)
    is_default = forms.BooleanField(label=_("Open the list with it"), required=False)
