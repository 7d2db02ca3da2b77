"""A list's lines as a sheet: for the page that edits it, and for the file that goes out."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from psa.core.actor import Actor
from psa.core.web import sentences
from psa.core.web.lists.export import harmless

from .models import PriceLine, PriceList
from .page_selectors import dimension_names, shown_price
from .services.sheet import shown_dimensions
from .sheet_names import SheetNames
from .visibility import visible_list

CLASSES: Final = ("time", "expense", "material", "fee")
METHODS: Final = {"price": "Price", "markup": "Markup", "at_cost": "At cost"}


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column: its code, label, and what may be chosen (empty: free text)."""

    code: str
    label: str
    choices: tuple[str, ...] = ()
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """The lines of a list as text, column by column."""

    price_list: PriceList
    columns: tuple[SheetColumn, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    def as_data(self) -> dict[str, Any]:
        """What the page's script reads."""
        return {
            "lock_version": self.price_list.lock_version,
            "columns": [
                {
                    "code": column.code,
                    "label": sentences.told(column.label),
                    "choices": list(column.choices),
                    "number": column.is_number,
                }
                for column in self.columns
            ],
            "rows": [{"id": pk, "values": list(values)} for pk, values in self.rows],
        }


def sheet(*, actor: Actor, list_id: int) -> Sheet:
    """The lines of a list the actor may see. Six queries, however many lines.

    Raises  NotFound alike if it is absent, another tenant's, or not the actor's to see.
    """
    row = visible_list(actor, list_id)
    names = SheetNames()
    columns = _columns(row, names)
    lines = PriceLine.objects.filter(price_list=row).order_by("pk")
    return Sheet(row, columns, tuple((line.pk, _values(line, columns, names)) for line in lines))


def saved_rows(*, actor: Actor, list_id: int, line_ids: Sequence[int]) -> dict[int, list[str]]:
    """These lines as the sheet shows them, by id: names and units as they were understood."""
    row = visible_list(actor, list_id)
    names = SheetNames()
    columns = _columns(row, names)
    lines = PriceLine.objects.filter(price_list=row, pk__in=list(line_ids))
    return {line.pk: list(_values(line, columns, names)) for line in lines}


def as_csv(found: Sheet) -> bytes:
    """The sheet as a file that the import reads back as it was."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column.label for column in found.columns])
    for _, values in found.rows:
        writer.writerow([harmless(value) for value in values])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(found: Sheet) -> bytes:
    """The sheet as a workbook; prices are text, since a spreadsheet's numbers are not exact."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    page = book.add_worksheet("Prices")
    head = book.add_format({"bold": True, "bottom": 1})
    page.freeze_panes(1, 0)
    for at, column in enumerate(found.columns):
        page.set_column(at, at, max(12, len(column.label) + 4))
        page.write_string(0, at, column.label, head)
    for line, (_, values) in enumerate(found.rows, start=1):
        for at, value in enumerate(values):
            if value:
                page.write_string(line, at, value)
    book.close()
    return out.getvalue()


def _columns(row: PriceList, names: SheetNames) -> tuple[SheetColumn, ...]:
    def choices(labels: Sequence[str]) -> tuple[str, ...]:
        return tuple(sorted(labels, key=str.casefold))

    return (
        SheetColumn("transaction_class", "Class", CLASSES),
        SheetColumn("role", "Role", choices(list(names.roles.labels.values()))),
        SheetColumn(
            "resourcing_unit", "Resourcing unit", choices(list(names.units.labels.values()))
        ),
        SheetColumn("category", "Category", choices(list(names.categories.labels.values()))),
        SheetColumn("item", "Item"),
        *(SheetColumn(f"dim_{code}", name) for code, name in dimension_names()),
        SheetColumn("method", "Method", tuple(METHODS.values())),
        SheetColumn("unit", "Unit", ("hour", "day")),
        SheetColumn("value", "Price", is_number=True),
    )


def _values(line: PriceLine, columns: Sequence[SheetColumn], names: SheetNames) -> tuple[str, ...]:
    price = "" if line.method == PriceLine.Method.AT_COST else f"{shown_price(line.value):f}"
    given = {
        "transaction_class": line.transaction_class,
        # A line of time without a role says so: in a card an empty role is a mistake.
        "role": names.roles.labels.get(
            line.role_id or 0, "Any" if line.transaction_class == "time" else ""
        ),
        "resourcing_unit": names.units.labels.get(line.resourcing_unit_id or 0, ""),
        "category": names.categories.labels.get(line.category_id or 0, ""),
        "item": line.item,
        "method": METHODS[line.method],
        "unit": line.unit,
        "value": price,
        **shown_dimensions(line),
    }
    return tuple(given.get(column.code, "") for column in columns)
