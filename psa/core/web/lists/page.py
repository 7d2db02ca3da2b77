"""A list's answer to a request: page, part, totals, selection or file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import strip_tags

from psa.core.errors import DomainError
from psa.core.web import formats
from psa.core.web.lists import cells, export, parameters, values
from psa.core.web.lists.cells import Cell
from psa.core.web.lists.parameters import Parameters, may
from psa.core.web.lists.sources import Slice, Source, TotalRow, source_of
from psa.core.web.lists.spec import (
    Action,
    BoolFilter,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    Filter,
    ListSpec,
)
from psa.core.web.pages import render_part, wants_part

COUNT_LIMIT = 10_000
Given = QuerySet[Any] | Sequence[Any]


@dataclass(frozen=True, slots=True)
class Row:
    id: Any
    label: str
    url: str | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head; `sort_url` sorts by it, or turns the order round."""

    label: str
    hint: str
    css: str
    aria_sort: str
    sort_url: str | None


@dataclass(frozen=True, slots=True)
class Total:
    """A foot row: its label spans the columns before the first that is summed."""

    label: str
    span: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    url: str
    is_current: bool
    count: int | None


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class FilterChip:
    """A filter as the bar shows it: set (with `text` and `clear_url`) or one to add."""

    key: str
    name: str
    label: str
    kind: str
    text: str
    clear_url: str
    options: tuple[Option, ...]
    value: str = ""
    start: str = ""
    end: str = ""

    @property
    def is_set(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True, slots=True)
class Button:
    label: str
    url: str
    icon: str
    key: str
    is_primary: bool = False
    confirm: str = ""


@dataclass(frozen=True, slots=True)
class ListPage:
    """All a template needs to draw the list; nothing in it can query."""

    key: str
    title: str
    noun: str
    rows: tuple[Row, ...]
    heads: tuple[Head, ...]
    totals: tuple[Total, ...]
    totals_url: str
    tabs: tuple[Tab, ...]
    chips: tuple[FilterChip, ...]
    filters: tuple[FilterChip, ...]
    columns: tuple[Option, ...]
    columns_text: str
    query: str
    search_label: str
    has_search: bool
    search_hidden: tuple[tuple[str, str], ...]
    filter_hidden: tuple[tuple[str, str], ...]
    column_hidden: tuple[tuple[str, str], ...]
    count: int
    count_text: str
    previous_url: str
    next_url: str
    csv_url: str
    xlsx_url: str
    clear_url: str
    actions: tuple[Button, ...]
    bulk: tuple[Button, ...]
    all_query: str
    notes: tuple[str, ...]
    empty: dict[str, str] | None
    is_filtered: bool
    crumbs: tuple[tuple[str, str], ...]


def _label(spec: ListSpec, row: Any, columns: Sequence[Column]) -> str:
    if spec.row_label:
        return spec.row_label(row)
    head = next((c for c in columns if c.kind == "link"), columns[0])
    return strip_tags(str(cells.value_html(head, row)))


def _rows(spec: ListSpec, columns: Sequence[Column], found: Sequence[Any]) -> tuple[Row, ...]:
    head = next((c for c in columns if c.kind == "link"), columns[0])
    return tuple(
        Row(
            id=values.id_of(row),
            label=_label(spec, row, columns),
            url=spec.row_url(row) if spec.row_url else None,
            cells=tuple(cells.cell(spec, c, row, is_head=c is head) for c in columns),
        )
        for row in found
    )


def _heads(asked: Parameters) -> tuple[Head, ...]:
    found = []
    for column in asked.columns:
        is_sorted = asked.sort is column
        sort_url = None
        if column.sort:
            descending = not asked.is_descending if is_sorted else False
            sort_url = asked.url(sort=f"-{column.key}" if descending else column.key)
        direction = "descending" if asked.is_descending else "ascending"
        css = " ".join(["psa-num"] * column.is_numeric + ["psa-desk-c"] * (not column.phone))
        found.append(Head(column.label, column.hint, css, direction if is_sorted else "", sort_url))
    return tuple(found)


def _noun(spec: ListSpec, count: int) -> str:
    return spec.noun[0] if count == 1 else spec.noun[1]


def _count_text(spec: ListSpec, count: int) -> str:
    if count > COUNT_LIMIT:
        return f"{formats.quantity_text(COUNT_LIMIT)}+ {spec.noun[1]}"
    return f"{formats.quantity_text(count)} {_noun(spec, count)}"


def _totals(spec: ListSpec, asked: Parameters, source: Source) -> tuple[Total, ...]:
    found = []
    span = next((at for at, c in enumerate(asked.columns) if c.total_field), 1) or 1
    for total in source.totals(asked.columns):
        count = formats.quantity_text(total.count)
        where = f" in {total.currency}" if total.currency else ""
        found.append(
            Total(
                f"{count} {_noun(spec, total.count)}{where}",
                span,
                tuple(_total_cell(c, total) for c in asked.columns[span:]),
            )
        )
    return tuple(found)


def _total_cell(column: Column, total: TotalRow) -> Cell:
    html: str = cells.EMPTY
    if column.total_field:
        html = cells.total_html(column, total.sums.get(column.key), total.currency)
    css = ["psa-num"] * column.is_numeric + ["psa-desk-c"] * (not column.phone)
    return Cell(html, " ".join(css))


def _chip(request: HttpRequest, asked: Parameters, one: Filter) -> FilterChip:
    applied = next((a for a in asked.applied if a.filter is one), None)
    given = dict(applied.pairs) if applied else {}
    name = f"f.{one.key}"
    chosen = {v for k, v in applied.pairs} if applied else set()
    options: list[Option] = []
    kind = "text"
    if isinstance(one, ChoiceFilter):
        kind = "choice" if one.multiple else "single"
        options = [Option(v, lab, v in chosen) for v, lab in parameters.choices_of(request, one)]
    elif isinstance(one, BoolFilter):
        kind = "single"
        options = [Option(v, lab, v in chosen) for v, lab in (("yes", "Yes"), ("no", "No"))]
    elif isinstance(one, DateRangeFilter):
        kind = "dates"
    return FilterChip(
        key=one.key,
        name=name,
        label=one.label,
        kind=kind,
        text=applied.text if applied else "",
        clear_url=asked.url_without(applied) if applied else "",
        options=tuple(options),
        value=given.get(name, ""),
        start=given.get(f"{name}.from", ""),
        end=given.get(f"{name}.to", ""),
    )


def _button(action: Action) -> Button:
    url = action.url or reverse(action.url_name)
    return Button(action.label, url, action.icon, action.key, action.primary)


def _tabs(request: HttpRequest, spec: ListSpec, asked: Parameters, base: Source) -> tuple[Tab, ...]:
    shown = [v for v in spec.views if may(request, v.permission)]
    if not shown:
        return ()
    counts = base.view_counts(request, shown)
    return tuple(
        Tab(
            view.label,
            "?" if view is shown[0] else f"?view={view.key}",
            view is asked.view,
            counts.get(view.key),
        )
        for view in shown
    )


def _empty(request: HttpRequest, spec: ListSpec) -> dict[str, str] | None:
    if spec.empty is None:
        return None
    empty = spec.empty
    url = reverse(empty.url_name) if empty.url_name and may(request, empty.permission) else ""
    return {
        "title": empty.title,
        "text": empty.text,
        "icon": empty.icon,
        "action": empty.action if url else "",
        "url": url,
    }


def _export_allowed(request: HttpRequest, spec: ListSpec) -> bool:
    return spec.export and may(request, spec.export_permission)


def build_list(
    request: HttpRequest,
    spec: ListSpec,
    given: Given,
    *,
    notes: tuple[str, ...] = (),
) -> ListPage:
    """The list as the URL asks for it. Queries: rows, count, and two for totals; tabs one more."""
    asked = parameters.read(request, spec)
    base = source_of(spec, given)
    source = base.narrowed(request, asked)
    found: Slice = source.page(asked, spec.page_size)
    is_whole = not (found.has_before or found.has_after)
    count = len(found.rows) if is_whole else source.count_up_to(COUNT_LIMIT)
    has_totals = any(c.total_field for c in asked.columns)
    late = count > COUNT_LIMIT and has_totals
    totals = _totals(spec, asked, source) if has_totals and not late and count else ()
    available = parameters.visible_columns(request, spec)
    chips = tuple(_chip(request, asked, f) for f in parameters.visible_filters(request, spec))
    shown_keys = {c.key for c in asked.columns}
    ends = found.cursors or ("", "")
    exportable = _export_allowed(request, spec) and bool(found.rows)
    return ListPage(
        key=spec.key,
        title=spec.title,
        noun=spec.noun[1],
        rows=_rows(spec, asked.columns, found.rows),
        heads=_heads(asked),
        totals=totals,
        totals_url=asked.url(part="totals") if late else "",
        tabs=_tabs(request, spec, asked, base),
        chips=tuple(c for c in chips if c.is_set),
        filters=chips,
        columns=tuple(Option(c.key, c.label, c.key in shown_keys) for c in available),
        columns_text=f"{len(asked.columns)} of {len(available)}",
        query=asked.query,
        search_label=spec.search_label,
        has_search=bool(spec.search),
        search_hidden=tuple(p for p in asked.pairs if p[0] != "q"),
        filter_hidden=tuple(p for p in asked.pairs if not p[0].startswith("f.")),
        column_hidden=tuple(p for p in asked.pairs if p[0] != "columns"),
        count=count,
        count_text=_count_text(spec, count),
        previous_url=asked.url(before=ends[0]) if found.has_before and ends[0] else "",
        next_url=asked.url(after=ends[1]) if found.has_after and ends[1] else "",
        csv_url=asked.url(export="csv") if exportable else "",
        xlsx_url=asked.url(export="xlsx") if exportable else "",
        clear_url=asked.url("q", *[n for a in asked.applied for n, _ in a.pairs]),
        actions=tuple(_button(a) for a in spec.actions if may(request, a.permission)),
        bulk=tuple(
            Button(b.label, reverse(b.url_name), b.icon, b.key, confirm=b.confirm)
            for b in spec.bulk
            if may(request, b.permission)
        ),
        all_query=asked.url(),
        notes=(*asked.notes, *notes),
        empty=_empty(request, spec),
        is_filtered=bool(asked.query or asked.applied),
        crumbs=tuple((label, reverse(name) if name else "") for label, name in spec.crumbs),
    )


def _file(request: HttpRequest, spec: ListSpec, given: Given) -> HttpResponse | str:
    """The export, or the sentence that says why there is none."""
    asked = parameters.read(request, spec)
    if not _export_allowed(request, spec):
        return "Your role does not include exporting this list."
    source = source_of(spec, given).narrowed(request, asked)
    rows = source.rows(asked, export.MAX_ROWS + 1)
    if len(rows) > export.MAX_ROWS:
        return (
            f"This list has more than {formats.quantity_text(export.MAX_ROWS)} rows, too many for "
            "one file. Narrow it with a filter, such as a date range, and export again."
        )
    return export.response(asked.export, spec, asked.columns, rows)


def list_page(
    request: HttpRequest,
    spec: ListSpec,
    given: Given,
    *,
    template: str = "_lists/page.html",
    part: str = "_components/list_part.html",
    context: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The list's page, its part for htmx, its late totals, or its file.

    A file that is refused answers 422 with the page and the reason in a note.
    """
    notes: tuple[str, ...] = ()
    status = 200
    if request.GET.get("export") in ("csv", "xlsx"):
        answer = _file(request, spec, given)
        if isinstance(answer, HttpResponse):
            return answer
        notes, status = (answer,), 422
    if request.GET.get("part") == "totals" and wants_part(request):
        asked = parameters.read(request, spec)
        source = source_of(spec, given).narrowed(request, asked)
        late = {
            "totals": _totals(spec, asked, source),
            "has_bulk": any(may(request, b.permission) for b in spec.bulk),
        }
        return render_part(request, "_components/list_totals.html", late)
    page = build_list(request, spec, given, notes=notes)
    chosen = part if wants_part(request) else template
    return render_part(request, chosen, {"page": page, **(context or {})}, status=status)


def selected_ids(
    request: HttpRequest, spec: ListSpec, given: Given, *, limit: int = COUNT_LIMIT
) -> list[Any]:
    """The rows a bulk action is for: those ticked, or all the filters in the URL leave.

    Ids that are not in `given` are left out, so a forged one is harmless.
    Raises  DomainError if nothing is chosen, or more than `limit` rows are.
    """
    source = source_of(spec, given)
    if request.POST.get("all") == "1":
        ids = source.narrowed(request, parameters.read(request, spec)).ids(limit + 1)
    else:
        wanted = {int(v) for v in request.POST.getlist("selected") if v.isascii() and v.isdigit()}
        ids = source.only(sorted(wanted)[: limit + 1]).ids(limit + 1) if wanted else []
    if not ids:
        raise DomainError(f"No {spec.noun[1]} are selected. Tick at least one row.")
    if len(ids) > limit:
        raise DomainError(
            f"More than {formats.quantity_text(limit)} {spec.noun[1]} are selected. "
            "Narrow the list with a filter first."
        )
    return ids
