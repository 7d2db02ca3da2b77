"""Forms of the ledger: they check shape only."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest

from psa.core.org.models import LegalEntity
from psa.core.web.forms import DateField

from .lists import FORMAT_CHOICES
from .mappings import MappingLine, MappingPage
from .models import AccountMapping
from .rules.packages import SHAPES, MappedNumber
from .rules.types import PeriodState
from .services.mappings import MappingFacts


class NewExport(forms.Form):
    entity_id = forms.TypedChoiceField(label="Legal entity", coerce=int)
    file_format = forms.ChoiceField(label="Format", choices=FORMAT_CHOICES)
    mapping_id = forms.TypedChoiceField(
        label="Account mapping", required=False, coerce=int, empty_value=None,
        help_text="For an accounting package: whose numbers the accounts get.",
    )  # fmt: skip
    from_on = DateField(
        label="From", required=False, help_text="For an accounting package; else all of it."
    )
    until_on = DateField(label="Until", required=False)

    def __init__(
        self,
        data: object,
        *,
        entities: list[LegalEntity],
        mappings: list[AccountMapping],
        initial: Any = None,
    ) -> None:
        super().__init__(data, initial=initial)  # type: ignore[arg-type]
        self.fields["mapping_id"].choices = [  # type: ignore[attr-defined]
            ("", "–"),
            *((m.pk, f"{m.legal_entity.code} {m.name}") for m in mappings),
        ]
        self.fields["entity_id"].choices = [  # type: ignore[attr-defined]
            (e.pk, f"{e.code} {e.name}") for e in entities
        ]


class Mapping(forms.Form):
    name = forms.CharField(label="Name", max_length=60)
    package = forms.ChoiceField(
        label="Package", choices=[(one.value, shape.title) for one, shape in SHAPES.items()]
    )
    tax_code = forms.CharField(
        label="Tax code", required=False, max_length=20,
        help_text="Of lines whose account has none of its own: Tax Exempt in Xero, T9 in Sage.",
    )  # fmt: skip
    dimension = forms.CharField(
        label="Projects are", required=False, max_length=40,
        help_text="What Xero calls the tracking category that projects go to. Empty: left out.",
    )  # fmt: skip
    consultant_number = forms.CharField(
        label="Consultant number", required=False, max_length=7, help_text="For DATEV."
    )
    client_number = forms.CharField(
        label="Client number", required=False, max_length=5, help_text="For DATEV."
    )


class NewMapping(Mapping):
    legal_entity_id = forms.TypedChoiceField(label="Legal entity", coerce=int)
    starts_with_own = forms.BooleanField(
        label="Start with our own numbers", required=False, initial=True,
        help_text="Where the package can have them.",
    )  # fmt: skip
    field_order = ("legal_entity_id",)

    def __init__(self, data: object, *, entities: list[LegalEntity]) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["legal_entity_id"].choices = [  # type: ignore[attr-defined]
            (e.pk, f"{e.code} {e.name}") for e in entities
        ]

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        given = dict(self.cleaned_data)
        return {
            "legal_entity_id": given.pop("legal_entity_id"),
            "starts_with_own": given.pop("starts_with_own"),
            "facts": MappingFacts(**given),
        }


class ChangeMapping(Mapping):
    """A mapping with the number and tax code of every account."""

    def __init__(self, data: object, *, page: MappingPage) -> None:
        initial = {name: getattr(page, name) for name in Mapping.base_fields}
        for line in page.lines:
            initial[f"number_{line.account_id}"] = line.number
            initial[f"tax_code_{line.account_id}"] = line.tax_code
        super().__init__(data, initial=initial)  # type: ignore[arg-type]
        self._lines = page.lines
        for line in page.lines:
            for name, label in (("number", "Number there"), ("tax_code", "Tax code")):
                self.fields[f"{name}_{line.account_id}"] = forms.CharField(
                    label=label, required=False, max_length=20,
                    widget=forms.TextInput(attrs={"aria-label": f"{line.code} {line.name}"}),
                )  # fmt: skip

    def fact_fields(self) -> list[forms.BoundField]:
        """The mapping's own fields."""
        return [self[name] for name in Mapping.base_fields]

    def rows(self) -> list[tuple[MappingLine, forms.BoundField, forms.BoundField]]:
        """Each account with its two fields."""
        return [
            (line, self[f"number_{line.account_id}"], self[f"tax_code_{line.account_id}"])
            for line in self._lines
        ]

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        given = self.cleaned_data
        return {
            "facts": MappingFacts(**{name: given[name] for name in Mapping.base_fields}),
            "numbers": {
                line.account_id: MappedNumber(number, given[f"tax_code_{line.account_id}"])
                for line in self._lines
                if (number := given[f"number_{line.account_id}"])
            },
        }


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
