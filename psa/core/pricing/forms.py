"""Forms of price lists: shape only."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import permutations
from typing import Any

from django import forms

from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.money.rounding import PRICE_PLACES
from psa.core.org import selectors as org
from psa.core.org.models import JobRole, LegalEntity, OrgUnit, TransactionCategory
from psa.core.web.forms import AmountField, DateField

from . import dimension_text, owners
from .models import PriceLine, PriceList
from .page_selectors import shown_price
from .services import imports
from .services.lines import LineDraft
from .visibility import visible_to

MAX_FILE_BYTES = 2 * 1024 * 1024
UNITS = [("hour", "hour"), ("day", "day")]
CLASSES = [("time", "Time"), ("expense", "Expense"), ("material", "Material"), ("fee", "Fee")]


class DatedList(forms.Form):
    """What a list's head and its next version have in common."""

    name = forms.CharField(label="Name", max_length=120)
    valid_from = DateField(label="Effective from")
    valid_until = DateField(
        label="Until", required=False, help_text="The first day it no longer counts. Empty: open."
    )


class ListHead(DatedList):
    time_unit = forms.ChoiceField(label="Time is priced per", choices=UNITS)
    hours_per_day = forms.DecimalField(
        label="Hours per day",
        max_digits=4,
        decimal_places=2,
        initial=Decimal(8),
        help_text="Turns day prices into hour prices, and back.",
    )


class EditList(ListHead):
    lock_version = forms.IntegerField(widget=forms.HiddenInput)


class NewList(ListHead):
    context = forms.ChoiceField(label="Kind")
    currency = forms.CharField(label="Currency", max_length=3, min_length=3)
    owner = forms.ChoiceField(
        label="For",
        help_text="Lists of contracts, customers and vendors are made on their own pages. A "
        "transfer list is for a pair of legal entities or of units.",
    )
    lending_unit = forms.ChoiceField(
        label="Unit that lends", required=False, help_text="Only for a pair of units."
    )
    borrowing_unit = forms.ChoiceField(label="Unit that borrows", required=False)
    field_order: tuple[str, ...] = (
        "name", "context", "currency", "owner", "lending_unit", "borrowing_unit", "valid_from",
        "valid_until", "time_unit", "hours_per_day",
    )  # fmt: skip

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contexts = PriceList.Context.choices
        if not actor.has("pricing.view_all_lists"):
            contexts = [choice for choice in contexts if choice[0] == "sales"]
        self.fields["context"].choices = contexts  # type: ignore[attr-defined]
        units = org.unit_tree()
        for name in ("lending_unit", "borrowing_unit"):
            self.fields[name].choices = [  # type: ignore[attr-defined]
                ("", ""), *((str(unit.id), unit.name) for unit in units),
            ]  # fmt: skip
        self.fields["owner"].choices = [  # type: ignore[attr-defined]
            (f"{owners.TENANT}:0", "Whole firm"),
            *((f"{owners.UNIT}:{unit.id}", f"Unit {unit.name}") for unit in units),
            (f"{owners.UNIT_PAIR}:0", "A pair of units, named below"),
            *(
                (f"{owners.ENTITY_PAIR}:{owners.pair_id(lender.pk, borrower.pk)}",
                 f"{lender.name} lends to {borrower.name}")
                for lender, borrower in permutations(LegalEntity.objects.order_by("code"), 2)
            ),
        ]  # fmt: skip

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        lender, borrower = cleaned.pop("lending_unit", ""), cleaned.pop("borrowing_unit", "")
        if cleaned.get("owner") != f"{owners.UNIT_PAIR}:0":
            return cleaned
        if not lender or not borrower or lender == borrower:
            self.add_error("lending_unit", "Choose two different units.")
            return cleaned
        pair = owners.pair_id(int(lender), int(borrower))
        cleaned["owner"] = f"{owners.UNIT_PAIR}:{pair}"
        return cleaned

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        given = dict(self.cleaned_data)
        kind, _, owner_id = given.pop("owner").partition(":")
        return {**given, "owner_kind": kind, "owner_id": int(owner_id)}


class ImportList(NewList):
    file = forms.FileField(
        label="File",
        required=False,
        help_text="CSV or XLSX with a header row. Columns for role and price are found by their names.",
    )
    content = forms.CharField(required=False, widget=forms.HiddenInput)
    role_column = forms.CharField(
        label="Role column", required=False, help_text="Only if it is not found by its name."
    )
    value_column = forms.CharField(
        label="Price column", required=False, help_text="Only if it is not found by its name."
    )
    create_roles = forms.BooleanField(label="Create roles that are missing", required=False)
    skip_bad = forms.BooleanField(label="Leave out rows with errors", required=False)
    field_order = (*NewList.field_order, "file", "role_column", "value_column", "create_roles")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        uploaded = cleaned.get("file")
        if uploaded:
            if uploaded.size > MAX_FILE_BYTES:
                self.add_error("file", "The file is larger than 2 MB. Split it.")
                return cleaned
            try:
                cleaned["content"] = imports.card_text(uploaded.read(), uploaded.name)
            except DomainError as error:
                self.add_error("file", error.message)
        elif not cleaned.get("content"):
            self.add_error("file", "Choose a CSV or XLSX file.")
        return cleaned

    def mapping(self) -> dict[str, str]:
        """The columns that were named."""
        given = {"role": "role_column", "value": "value_column"}
        return {k: self.cleaned_data[v] for k, v in given.items() if self.cleaned_data.get(v)}

    def import_arguments(self) -> dict[str, Any]:
        """The cleaned values as the import takes them."""
        given = self.arguments()
        for name in ("file", "role_column", "value_column"):
            given.pop(name, None)
        return {**given, "mapping": self.mapping()}


class NewVersion(DatedList):
    uplift_percent = forms.DecimalField(
        label="Uplift",
        initial=Decimal(0),
        max_digits=7,
        decimal_places=3,
        help_text="Percent added to every price; negative lowers them.",
    )
    round_to = forms.DecimalField(
        label="Round prices to a multiple of",
        required=False,
        max_digits=10,
        decimal_places=4,
        help_text="Half up. Empty: six decimals.",
    )

    def __init__(self, *args: Any, roles: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._roles = roles
        for role_id, name in roles.items():
            self.fields[f"role_{role_id}"] = forms.DecimalField(
                label=f"Uplift for {name}",
                required=False,
                max_digits=7,
                decimal_places=3,
                help_text="Percent; empty takes the general uplift.",
            )

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        given = self.cleaned_data
        by_role = {
            role_id: given[f"role_{role_id}"]
            for role_id in self._roles
            if given.get(f"role_{role_id}") is not None
        }
        names = ("name", "valid_from", "valid_until", "uplift_percent", "round_to")
        return {**{name: given[name] for name in names}, "uplift_percent_by_role": by_role}


class EndList(forms.Form):
    valid_until = DateField(label="Until", help_text="The first day the list no longer counts.")


class PriceLineForm(forms.Form):
    """One row of the grid. Empty choices mean any."""

    line_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    # Items are imported, not typed here; a line keeps the one it has.
    item = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    transaction_class = forms.ChoiceField(label="Class", choices=CLASSES, initial="time")
    role = forms.TypedChoiceField(label="Role", required=False, coerce=int, empty_value=None)
    resourcing_unit = forms.TypedChoiceField(
        label="Unit of the person", required=False, coerce=int, empty_value=None
    )
    category = forms.TypedChoiceField(
        label="Category", required=False, coerce=int, empty_value=None
    )
    unit = forms.CharField(label="Per", required=False, max_length=10)
    method = forms.ChoiceField(label="How", choices=PriceLine.Method.choices, initial="price")
    value = AmountField(label="Price", required=False, max_digits=20, decimal_places=PRICE_PLACES)

    def __init__(self, *args: Any, choices: "LineChoices", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._dimensions = choices.dimensions
        self.fields["role"].choices = choices.roles  # type: ignore[attr-defined]
        self.fields["resourcing_unit"].choices = choices.units  # type: ignore[attr-defined]
        self.fields["category"].choices = choices.categories  # type: ignore[attr-defined]
        for code, name in choices.dimensions:
            self.fields[f"dim_{code}"] = forms.CharField(label=name, required=False, max_length=40)
        further = [f"dim_{code}" for code, _ in choices.dimensions]
        self.order_fields(
            [
                "line_id", "transaction_class", "role", "resourcing_unit", "category", *further,
                "method", "unit", "value",
            ]
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if (
            self.has_changed()
            and cleaned.get("value") is None
            and cleaned.get("method") != PriceLine.Method.AT_COST
            and "value" not in self.errors
        ):
            self.add_error("value", "Enter a price.")
        return cleaned

    def draft(self) -> LineDraft:
        """The row as the service takes it."""
        given = self.cleaned_data
        return LineDraft(
            value=given.get("value") or Decimal(0),
            role_id=given.get("role"),
            resourcing_unit_id=given.get("resourcing_unit"),
            transaction_class=given["transaction_class"],
            category_id=given.get("category"),
            item=given.get("item") or "",
            dimensions={code: given.get(f"dim_{code}", "") for code, _ in self._dimensions},
            unit=given.get("unit") or "",
            method=given["method"],
            line_id=given.get("line_id"),
        )


def _named(model: type[JobRole] | type[TransactionCategory]) -> list[tuple[int, str]]:
    """Records by name; a retired one says so, since a line may still name it."""
    rows = model.objects.order_by("name").values_list("id", "name", "is_active")
    return [(id_, name if active else f"{name} (retired)") for id_, name, active in rows]


class LineChoices:
    """What a line may name, read once for all rows of a grid: three queries."""

    def __init__(self, dimensions: Sequence[tuple[str, str]]) -> None:
        roles = _named(JobRole)
        units = OrgUnit.objects.order_by("name").values_list("id", "name")
        categories = _named(TransactionCategory)
        self.roles = [("", "Any"), *roles]
        self.units = [("", "Any"), *units]
        self.categories = [("", "–"), *categories]
        self.dimensions = tuple(dimensions)


class AddPrice(PriceLineForm):
    """A missing price: in which list, from when."""

    price_list = forms.TypedChoiceField(label="Price list", coerce=int)
    from_on = DateField(
        label="Needed from",
        help_text="A list that was used gets a new version from this day on.",
    )

    def __init__(
        self, *args: Any, actor: Actor, context: str, currency: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        rows = visible_to(actor).exclude(status=PriceList.Status.EXPIRED)
        if context:
            rows = rows.filter(context=context)
        if currency:
            rows = rows.filter(currency=currency)
        self.fields["price_list"].choices = [  # type: ignore[attr-defined]
            (row.pk, f"{row.name}, {row.currency}, from {row.valid_from.isoformat()}")
            for row in rows.order_by("name", "-valid_from")
        ]
        self.order_fields(["price_list", "from_on"])


def initial_of(line: PriceLine) -> dict[str, Any]:
    """A stored line as its row of the grid."""
    dimensions = dimension_text.from_text(line.dimensions)
    return {
        "line_id": line.pk,
        "transaction_class": line.transaction_class,
        "role": line.role_id,
        "resourcing_unit": line.resourcing_unit_id,
        "category": line.category_id,
        "item": line.item,
        "unit": line.unit,
        "method": line.method,
        "value": shown_price(line.value),
        **{f"dim_{code}": value for code, value in dimensions.items()},
    }


def grid_rows(formset: "forms.BaseFormSet[Any]") -> tuple[list[LineDraft], list[int]]:
    """(lines to save, ids of those to remove) of a valid grid; untouched new rows are nothing."""
    kept: list[LineDraft] = []
    removed: list[int] = []
    for form in formset.forms:
        line_id = form.cleaned_data.get("line_id")
        if form.cleaned_data.get("DELETE"):
            if line_id:
                removed.append(line_id)
        elif line_id or form.has_changed():
            kept.append(form.draft())
    return kept, removed
