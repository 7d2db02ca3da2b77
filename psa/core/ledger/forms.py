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


class OpeningBalances(forms.Form):
    legal_entity = forms.TypedChoiceField(label="Legal entity", coerce=int)
    opened_on = DateField(label="As of", help_text="The first day of the books.")
    lines = forms.CharField(
        label="Balances",
        max_length=20_000,
        widget=forms.Textarea,
        help_text="One account a line: its code and its balance in the entity's currency, a credit "
        "with a minus: 1000 12500.00. What they differ by is opening equity.",
    )

    def __init__(self, data: object, *, entities: list[LegalEntity], initial: Any = None) -> None:
        super().__init__(data, initial=initial)  # type: ignore[arg-type]
        self.fields["legal_entity"].choices = [  # type: ignore[attr-defined]
            (e.pk, f"{e.code} {e.name}") for e in entities
        ]

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        given = dict(self.cleaned_data)
        return {"legal_entity_id": given.pop("legal_entity"), **given}


class ReverseOpening(forms.Form):
    reason = forms.CharField(label="Reason", max_length=150)


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
