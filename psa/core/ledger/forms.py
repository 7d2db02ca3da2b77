"""Forms of the ledger: they check shape only."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest

from psa.core.org.models import LegalEntity
from psa.core.web.forms import DateField

from .lists import FORMAT_CHOICES
from .rules.types import PeriodState


class NewExport(forms.Form):
    entity_id = forms.TypedChoiceField(label="Legal entity", coerce=int)
    file_format = forms.ChoiceField(label="Format", choices=FORMAT_CHOICES)

    def __init__(self, data: object, *, entities: list[LegalEntity]) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["entity_id"].choices = [  # type: ignore[attr-defined]
            (e.pk, f"{e.code} {e.name}") for e in entities
        ]


class ChangePeriod(forms.Form):
    state = forms.ChoiceField(
        label="New state", choices=[(s.value, s.value.replace("_", "-")) for s in PeriodState]
    )
    reason = forms.CharField(
        label="Reason", max_length=300, required=False, help_text="Needed to re-open a period."
    )


class AsOf(forms.Form):
    """Which entity's books, as of which day (and from which, by what)."""

    entity = forms.CharField(required=False)
    as_of = DateField(label="As of", required=False)
    from_on = DateField(label="From", required=False)
    by = forms.CharField(required=False)


def asked(request: HttpRequest, *, today: date) -> dict[str, Any]:
    """What the address asks for; anything unreadable is today, from the first of the year."""
    form = AsOf(request.GET)
    form.is_valid()
    given = form.cleaned_data
    as_of = given.get("as_of") or today
    return {
        "entity": given.get("entity") or "",
        "as_of": as_of,
        "from_on": given.get("from_on") or as_of.replace(month=1, day=1),
        "by": given.get("by") or "project",
    }
