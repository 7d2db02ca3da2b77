"""The list as a file: what is on the page, typed, and harmless to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from psa.core.web.lists import values
from psa.core.web.lists.spec import Column, ListSpec
from psa.core.web.states import HEALTH_LABELS

MAX_ROWS = 10_000
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """The text with an apostrophe before anything a spreadsheet would run as a formula."""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def headings(columns: Iterable[Column]) -> list[str]:
    found = []
    for column in columns:
        found.append(column.label)
        if column.kind == "money":
            found.append(f"{column.label}, currency")
    return found


def _values(columns: Iterable[Column], row: Any) -> list[tuple[str, Any]]:
    """(kind, value) for each cell of the file; money is an amount and a code."""
    found: list[tuple[str, Any]] = []
    for column in columns:
        if column.kind == "money":
            amount, code = values.money_of(row, column) or (None, None)
            found += [("number", amount), ("text", code)]
            continue
        value = values.value_of(row, column)
        if value is not None and column.kind in ("state", "flag"):
            known = column.states.get(value)
            value = known.label if known else str(value)
        elif value is not None and column.kind == "health":
            value = HEALTH_LABELS.get(value, value)
        found.append((column.kind, value))
    return found


def _csv_text(kind: str, value: Any) -> str:
    if value is None:
        return ""
    if kind in ("hours", "minutes"):
        sign = "-" if value < 0 else ""
        return f"{sign}{abs(value) // 60}:{abs(value) % 60:02d}"
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M") if value.tzinfo else str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    return harmless(str(value))


def as_csv(columns: Sequence[Column], rows: Iterable[Any]) -> bytes:
    """UTF-8 with a mark, so that spreadsheets read accents right."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([harmless(h) for h in headings(columns)])
    for row in rows:
        writer.writerow([_csv_text(kind, value) for kind, value in _values(columns, row)])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(spec: ListSpec, columns: Sequence[Column], rows: Iterable[Any]) -> bytes:
    """A typed sheet with a frozen, filterable head; text is never a formula or a link."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
    )
    sheet = book.add_worksheet(spec.title[:31].translate(str.maketrans("[]:*?/\\", "       ")))
    head = book.add_format({"bold": True, "bottom": 1})
    styles = {
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "datetime": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        "hours": book.add_format({"num_format": "[h]:mm"}),
        "number": book.add_format({"num_format": "#,##0.00##"}),
    }
    titles = headings(columns)
    sheet.freeze_panes(1, 0)
    for at, title in enumerate(titles):
        sheet.set_column(at, at, max(12, min(40, len(title) + 4)))
        sheet.write_string(0, at, title, head)
    last = 0
    for last, row in enumerate(rows, start=1):
        for at, (kind, value) in enumerate(_values(columns, row)):
            _write(sheet, last, at, kind, value, styles)
    sheet.autofilter(0, 0, last, max(len(titles) - 1, 0))
    book.close()
    return out.getvalue()


def _write(sheet: Any, line: int, at: int, kind: str, value: Any, styles: dict[str, Any]) -> None:
    if value is None:
        return
    if kind in ("hours", "minutes"):
        # A spreadsheet counts time in days; its cell is a binary float by nature.
        sheet.write_number(line, at, float(Decimal(value) / 1440), styles["hours"])
    elif isinstance(value, datetime):
        local = timezone.localtime(value).replace(tzinfo=None) if value.tzinfo else value
        sheet.write_datetime(line, at, local, styles["datetime"])
    elif isinstance(value, date):
        sheet.write_datetime(line, at, value, styles["date"])
    elif isinstance(value, bool):
        sheet.write_boolean(line, at, value)
    elif isinstance(value, int | Decimal | float):
        style = styles["number"] if kind in ("number", "percent") and value % 1 else None
        sheet.write_number(line, at, float(value), style)
    else:
        sheet.write_string(line, at, str(value))


def response(
    kind: str, spec: ListSpec, columns: Sequence[Column], rows: Iterable[Any]
) -> HttpResponse:
    if kind == "csv":
        body, content_type = as_csv(columns, rows), "text/csv; charset=utf-8"
    else:
        body, content_type = as_xlsx(spec, columns, rows), XLSX_TYPE
    answer = HttpResponse(body, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{spec.key}.{kind}"'
    answer["Cache-Control"] = "no-store"
    return answer
