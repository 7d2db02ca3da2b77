"""Forms of imports: shape only."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django import forms

from psa.core.actor import Actor
from psa.core.audit.wording import counted
from psa.core.documents.tables import MAX_BYTES
from psa.core.org import selectors as org
from psa.core.pricing import owners
from psa.core.pricing.models import PriceList
from psa.core.web.forms import DateField

from . import kind_registry
from .kind_registry import Kind
from .models import ImportRun
from .rules import cells
from .unknown_names import UnknownName

DATE_ORDERS: Final = [
    (cells.ISO, "2026-12-31"),
    (cells.DAY_FIRST, "31/12/2026, the day first"),
    (cells.MONTH_FIRST, "12/31/2026, the month first"),
]
DECIMALS: Final = [
    (cells.AUTO, "As it stands; what reads two ways is refused"),
    (cells.POINT, "1,234.50 with a point"),
    (cells.COMMA, "1.234,50 with a comma"),
]
DURATIONS: Final = [
    (cells.HOURS, "hours"),
    (cells.MINUTES, "minutes"),
    (cells.SECONDS, "seconds"),
]


class NewImport(forms.Form):
    kind = forms.ChoiceField(label="What the file holds")
    profile = forms.ChoiceField(
        label="Where it comes from",
        required=False,
        help_text="Recognised by its columns; say it when that goes wrong.",
    )
    file = forms.FileField(
        label="File",
        help_text=f"CSV or XLSX with a header row, up to {MAX_BYTES // 1024**2} MB.",
        error_messages={"empty": "The file is empty. Choose it again."},
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = kind_registry.kinds_for(actor)
        self.fields["kind"].choices = [(kind.code, kind.title) for kind in kinds]  # type: ignore[attr-defined]
        profiles = [profile for kind in kinds for profile in kind.profiles]
        self.fields["profile"].choices = [  # type: ignore[attr-defined]
            ("", "Recognise it"),
            *((profile.name, f"{profile.name.capitalize()} (time)") for profile in profiles),
        ]
        if not profiles:
            del self.fields["profile"]

    def clean_file(self) -> Any:
        uploaded = self.cleaned_data["file"]
        if uploaded.size > MAX_BYTES:
            raise forms.ValidationError(
                f"The file is larger than {MAX_BYTES // 1024**2} MB. Split it, or save it as CSV."
            )
        return uploaded

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        given = self.cleaned_data
        uploaded = given["file"]
        return {
            "kind_code": given["kind"],
            "profile": given.get("profile") or "",
            "filename": uploaded.name,
            "content": uploaded.read(),
        }


class Columns(forms.Form):
    """Which column is what, how its values are written, and what the kind asks besides."""

    lock_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        run: ImportRun,
        kind: Kind,
        unknown: Sequence[UnknownName] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._kind = kind
        self._told = run.options.get("names", {})
        self._unknown = {f"name_{at}": one for at, one in enumerate(unknown)}
        for field_name, one in self._unknown.items():
            self.fields[field_name] = forms.ChoiceField(
                label=f"{one.label} “{one.name[:60]}”",
                required=False,
                choices=[("", "–"), *one.choices],
                initial=self._told.get(one.of, {}).get(one.key, ""),
                help_text=counted(one.rows, "row", "rows"),
            )
        choices = [("", "–"), *((str(place), name) for place, name in enumerate(run.header))]
        for target in kind.targets:
            self.fields[f"to_{target.code}"] = forms.ChoiceField(
                label=target.label,
                required=target.is_required,
                error_messages={"required": f"Say which column holds: {target.label}."},
                choices=choices,
                initial=str(run.mapping.get(target.code, "")),
                help_text=target.help_text,
            )
        for name, field in _options_of(kind).items():
            self.fields[name] = field
            if name in run.options:
                field.initial = run.options[name]

    def column_fields(self) -> list[forms.BoundField]:
        """The fields that name columns."""
        return [self[name] for name in self.fields if name.startswith("to_")]

    def name_fields(self) -> list[forms.BoundField]:
        """The fields that say what a name in the file means here."""
        return [self[name] for name in self._unknown]

    def option_fields(self) -> list[forms.BoundField]:
        """The other fields."""
        return [self[name] for name in self.fields if self._is_option(name)]

    def _is_option(self, name: str) -> bool:
        return not name.startswith("to_") and name != "lock_version" and name not in self._unknown

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        given = self.cleaned_data
        mapping = {
            target.code: int(given[f"to_{target.code}"])
            for target in self._kind.targets
            if given.get(f"to_{target.code}")
        }
        options = {
            name: as_stored(value)
            for name, value in given.items()
            if self._is_option(name) and value not in (None, "")
        }
        if self._unknown:
            options["names"] = self._names_told()
        return {"mapping": mapping, "options": options, "lock_version": given["lock_version"]}

    def _names_told(self) -> dict[str, dict[str, str]]:
        """What was told before and is not asked here, and what was chosen."""
        asked = {(one.of, one.key) for one in self._unknown.values()}
        told = {
            code: {name: value for name, value in names.items() if (code, name) not in asked}
            for code, names in self._told.items()
        }
        for field_name, one in self._unknown.items():
            if chosen := self.cleaned_data.get(field_name):
                told.setdefault(one.of, {})[one.key] = chosen
        return told


def as_stored(value: Any) -> Any:
    """An option as an import keeps it."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


class Apply(forms.Form):
    skips_bad_rows = forms.BooleanField(
        label="Leave out the rows that cannot be imported", required=False
    )


class Nothing(forms.Form):
    """A button."""


def _options_of(kind: Kind) -> Mapping[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    targets = {target.code for target in kind.targets}
    if targets & {"work_on", "employed_from", "starts_on", "spent_on"}:
        fields["date_order"] = forms.ChoiceField(label="Dates are written", choices=DATE_ORDERS)
    if targets & {"time", "value", "credit_limit_amount", "amount"}:
        fields["decimal"] = forms.ChoiceField(label="Numbers are written", choices=DECIMALS)
    if "time" in targets:
        fields["duration"] = forms.ChoiceField(
            label="A bare number of time is in", choices=DURATIONS
        )
        fields["hours_per_day"] = forms.DecimalField(
            label="Hours of a day", required=False, min_value=1, max_value=24, decimal_places=2,
            help_text="What 1d stands for; 8 when nothing is said. A week has five days.",
        )  # fmt: skip
    return fields | _own_options(kind.code)


def _own_options(code: str) -> dict[str, forms.Field]:
    if code == "accounts":
        return {
            "country": forms.CharField(
                label="Country where none is given", required=False, max_length=2
            ),
            "currency": forms.CharField(
                label="Currency where none is given", required=False, max_length=3
            ),
            "allows_duplicates": forms.BooleanField(
                label="Create accounts whose name or tax number is there already", required=False
            ),
        }
    if code == "expenses":
        return {
            "currency": forms.CharField(
                label="Currency where none is given", required=False, max_length=3
            )
        }
    if code == "resources":
        units = [(unit.code, unit.name) for unit in org.unit_tree()]
        roles = org.active_roles().values_list("code", "name")
        return {
            "unit": _choice("Unit where none is given", units),
            "role": _choice("Role where none is given", list(roles)),
            "employed_from": DateField(
                label="Employed from, where nothing is given", required=False
            ),
        }
    if code == "chart":
        return {
            "changes_accounts": forms.BooleanField(
                label="Change the accounts that are there already",
                required=False,
                help_text="Name and kind; of one that is posted to, the name alone.",
            )
        }
    if code == "price_lists":
        units = [(f"{owners.UNIT}:{unit.id}", f"Unit {unit.name}") for unit in org.unit_tree()]
        return {
            "name": forms.CharField(label="Name of the price list", max_length=120),
            "context": forms.ChoiceField(label="Price list for", choices=PriceList.Context.choices),
            "currency": forms.CharField(label="Currency", min_length=3, max_length=3),
            "owner": forms.ChoiceField(
                label="For", choices=[(f"{owners.TENANT}:0", "Whole firm"), *units]
            ),
            "valid_from": DateField(label="Effective from"),
            "valid_until": DateField(label="Until, exclusive", required=False),
            "time_unit": forms.ChoiceField(
                label="Time is priced per, where nothing is given",
                choices=[("hour", "hour"), ("day", "day")],
            ),
            "create_roles": forms.BooleanField(
                label="Create roles that are missing", required=False
            ),
        }
    return {}


def _choice(label: str, choices: Sequence[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=[("", "–"), *choices])
