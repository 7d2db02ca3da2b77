"""A list as its address asks for it, ready to be drawn."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.translation import gettext

from psa.core.web import formats, sentences
from psa.core.web.lists import cells, parameters, saved, values
from psa.core.web.lists.cells import Cell
from psa.core.web.lists.drawn import (
    Button,
    FilterChip,
    Head,
    ListPage,
    Option,
    Row,
    SavedChoice,
    Tab,
    Total,
)
from psa.core.web.lists.parameters import Parameters, leads, may
from psa.core.web.lists.slices import Slice, Source, TotalRow
from psa.core.web.lists.sources import source_of
from psa.core.web.lists.spec import (
    Action,
    BoolFilter,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    Filter,
    ListSpec,
)
from psa.core.web.states import state_word

COUNT_LIMIT = 10_000
Given = QuerySet[Any] | Sequence[Any]


def row_label(spec: ListSpec, row: Any, columns: Sequence[Column]) -> str:
    """What names a row, as text."""
    if spec.row_label:
        return spec.row_label(row)
    head = next((c for c in columns if c.kind == "link"), columns[0])
    return strip_tags(str(cells.value_html(head, row)))


def edit_address(
    request: HttpRequest, spec: ListSpec, column: Column, row: Any, label: str
) -> tuple[str, str] | None:
    """Where a cell is changed, with the row's name; None where it is not, or not by this reader."""
    if column.edit is None or spec.edit_url is None or not may(request, column.edit.permission):
        return None
    url = spec.edit_url(row)
    return (f"{url}?column={column.key}", label) if url else None


def _rows(
    request: HttpRequest, spec: ListSpec, asked: Parameters, source: Source, found: Sequence[Any]
) -> tuple[Row, ...]:
    columns = asked.columns
    head = next((c for c in columns if c.kind == "link"), columns[0])
    groups = _groups(spec, asked, source, found)
    # The slack goes to words: a date or a number alone in a wide column is hard to follow.
    worded = head.kind in ("link", "text") or "text" not in [c.kind for c in columns]
    wide = head if worded else next(c for c in reversed(columns) if c.kind == "text")
    select = gettext("Select %(row)s")
    rows = []
    for at, row in enumerate(found):
        label = row_label(spec, row, columns)
        rows.append(
            Row(
                id=values.id_of(row),
                label=label,
                url=spec.row_url(row) if spec.row_url else None,
                cells=tuple(
                    cells.cell(
                        spec, c, row, is_head=c is head, is_wide=c is wide,
                        edit=edit_address(request, spec, c, row, label), is_pinned=place < asked.pin,
                    )
                    for place, c in enumerate(columns)
                ),
                groups=groups.get(at, ()),
                select_label=select % {"row": label},
            )
        )  # fmt: skip
    return tuple(rows)


def _groups(
    spec: ListSpec, asked: Parameters, source: Source, found: Sequence[Any]
) -> dict[int, tuple[Total, ...]]:
    """The head rows of groups by the position of the row they stand before.

    Count and sums are those of the whole group, also of its rows on other pages.
    """
    group = asked.group
    if group is None or not found:
        return {}
    name = group.sort or group.key
    totals = source.group_totals(group, asked.columns, found)
    heads: dict[int, tuple[Total, ...]] = {}
    before: Any = object()
    for at, row in enumerate(found):
        value = values.get(row, "list_sort") if source.is_database else values.get(row, name)
        if value != before:
            label = strip_tags(str(cells.value_html(group, row)))
            heads[at] = tuple(
                _total(spec, asked, total, label if not index else "")
                for index, total in enumerate(totals.get(value, ()))
            )
        before = value
    return heads


def _heads(asked: Parameters) -> tuple[Head, ...]:
    found = []
    for at, column in enumerate(asked.columns):
        is_sorted = asked.sort is column
        sort_url = None
        if column.sort:
            descending = not asked.is_descending if is_sorted else False
            sort_url = asked.url(sort=f"-{column.key}" if descending else column.key)
        direction = "descending" if asked.is_descending else "ascending"
        css = " ".join(
            (["psa-pin"] if at < asked.pin else [])
            + ["psa-num"] * column.is_numeric
            + ["psa-desk-c"] * (not column.phone)
        )
        found.append(
            Head(
                sentences.label_told(column.label),
                sentences.told(column.hint),
                css,
                direction if is_sorted else "",
                sort_url,
            )
        )
    return tuple(found)


def _noun(spec: ListSpec, count: int) -> str:
    return gettext(spec.noun[0] if count == 1 else spec.noun[1])


def _count_text(spec: ListSpec, count: int) -> str:
    if count > COUNT_LIMIT:
        return f"{formats.quantity_text(COUNT_LIMIT)}+ {gettext(spec.noun[1])}"
    return f"{formats.quantity_text(count)} {_noun(spec, count)}"


def totals_of(spec: ListSpec, asked: Parameters, source: Source) -> tuple[Total, ...]:
    return tuple(_total(spec, asked, total) for total in source.totals(asked.columns))


def _total(spec: ListSpec, asked: Parameters, total: TotalRow, name: str = "") -> Total:
    span = next((at for at, c in enumerate(asked.columns) if c.total_field), 0)
    span = span or (len(asked.columns) if name else 1)
    where = f" {gettext('in')} {total.currency}" if total.currency else ""
    count = f"{formats.quantity_text(total.count)} {_noun(spec, total.count)}{where}"
    return Total(
        count,
        span,
        tuple(_total_cell(c, total) for c in asked.columns[span:]),
        name,
    )


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
        options = [
            Option(v, lab, v in chosen)
            for v, lab in (("yes", gettext("Yes")), ("no", gettext("No")))
        ]
    elif isinstance(one, DateRangeFilter):
        kind = "dates"
    return FilterChip(
        key=one.key,
        name=name,
        label=sentences.label_told(one.label),
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
    return Button(gettext(action.label), url, action.icon, action.key, action.primary)


def _tabs(
    request: HttpRequest,
    spec: ListSpec,
    asked: Parameters,
    base: Source,
    kept: Sequence[saved.Saved],
) -> tuple[Tab, ...]:
    """The list's own views, then the saved ones; none when there is only the list itself."""
    shown = [v for v in spec.views if may(request, v.permission)]
    counts = base.view_counts(request, shown) if shown else {}
    is_saved = any(one.id == asked.saved for one in kept)
    # With a default view the bare address opens that, so the list's own first view is named.
    bare = "?view=all" if any(one.is_default for one in kept) else "?"
    tabs = [
        Tab(
            state_word(view.label),
            ("?" if bare == "?" else f"?view={view.key}")
            if view is shown[0]
            else f"?view={view.key}",
            view is asked.view and not is_saved,
            counts.get(view.key),
        )
        for view in shown
    ]
    if kept and not tabs:
        tabs.append(Tab(gettext("All"), bare, not is_saved, None))
    tabs += [Tab(one.name, one.url, one.id == asked.saved, None, one.is_shared) for one in kept]
    return tuple(tabs)


def _saved_choice(asked: Parameters, kept: Sequence[saved.Saved]) -> SavedChoice | None:
    one = next((one for one in kept if one.id == asked.saved), None)
    if one is None:
        return None
    is_changed = saved.arranged(asked.url()) != one.query
    return SavedChoice(one.id, one.name, one.is_mine, one.is_shared, one.is_default, is_changed)


def _column_options(asked: Parameters, available: Sequence[Column]) -> tuple[Option, ...]:
    """Those shown, in their order, then the others."""
    rest = [c for c in available if c not in asked.columns]
    return tuple(
        Option(c.key, sentences.label_told(c.label), c in asked.columns)
        for c in (*asked.columns, *rest)
    )


def _empty(request: HttpRequest, spec: ListSpec) -> dict[str, str] | None:
    if spec.empty is None:
        return None
    empty = spec.empty
    is_open = bool(empty.url_name) and leads(request, empty.url_name, empty.permission)
    url = reverse(empty.url_name) if is_open else ""
    return {
        "title": gettext(empty.title),
        "text": gettext(empty.text) if empty.text else "",
        "icon": empty.icon,
        "action": gettext(empty.action) if url else "",
        "url": url,
    }


def export_allowed(request: HttpRequest, spec: ListSpec) -> bool:
    return spec.export and may(request, spec.export_permission)


def build_list(
    request: HttpRequest,
    spec: ListSpec,
    given: Given,
    *,
    notes: tuple[str, ...] = (),
    kept: Sequence[saved.Saved] | None = None,
) -> ListPage:
    """The list as the URL asks for it. Queries: rows, count, totals, tabs, and saved views unless
    they are given as `kept`."""
    asked = parameters.read(request, spec)
    base = source_of(spec, given)
    source = base.narrowed(request, asked)
    found: Slice = source.page(asked, spec.page_size)
    is_whole = not (found.has_before or found.has_after)
    count = len(found.rows) if is_whole else source.count_up_to(COUNT_LIMIT)
    has_totals = any(c.total_field for c in asked.columns)
    late = count > COUNT_LIMIT and has_totals
    totals = totals_of(spec, asked, source) if has_totals and not late and count else ()
    available = parameters.visible_columns(request, spec)
    chips = tuple(_chip(request, asked, f) for f in parameters.visible_filters(request, spec))
    if kept is None:
        kept = saved.views_of(actor=request.actor, list_key=spec.key)  # type: ignore[attr-defined]
    ends = found.cursors or ("", "")
    exportable = export_allowed(request, spec) and bool(found.rows)
    return ListPage(
        key=spec.key,
        title=gettext(spec.title),
        noun=gettext(spec.noun[1]),
        rows=_rows(request, spec, asked, source, found.rows),
        heads=_heads(asked),
        totals=totals,
        totals_url=asked.url(part="totals") if late else "",
        tabs=_tabs(request, spec, asked, base, kept),
        chips=tuple(c for c in chips if c.is_set),
        filters=chips,
        columns=_column_options(asked, available),
        columns_text=gettext("%(shown)s of %(all)s")
        % {"shown": len(asked.columns), "all": len(available)},
        pin=asked.pin,
        ungrouped=parameters.UNGROUPED if asked.view and asked.view.group else "",
        group_options=tuple(
            Option(c.key, sentences.label_told(c.label), c is asked.group)
            for c in available
            if c.can_group
        ),
        saved=_saved_choice(asked, kept),
        query=asked.query,
        search_label=gettext(spec.search_label),
        has_search=bool(spec.search),
        search_hidden=tuple(p for p in asked.pairs if p[0] != "q"),
        filter_hidden=tuple(p for p in asked.pairs if not p[0].startswith("f.")),
        column_hidden=tuple(p for p in asked.pairs if p[0] not in ("columns", "group", "pin")),
        count=count,
        count_text=_count_text(spec, count),
        arranged=saved.arranged(asked.url()),
        previous_url=asked.url(before=ends[0]) if found.has_before and ends[0] else "",
        next_url=asked.url(after=ends[1]) if found.has_after and ends[1] else "",
        csv_url=asked.url(export="csv") if exportable else "",
        xlsx_url=asked.url(export="xlsx") if exportable else "",
        clear_url=asked.url("q", *[n for a in asked.applied for n, _ in a.pairs]),
        actions=tuple(_button(a) for a in spec.actions if leads(request, a.url_name, a.permission)),
        bulk=tuple(
            Button(
                gettext(b.label),
                reverse(b.url_name),
                b.icon,
                b.key,
                confirm=b.confirm,
                tells_each=b.tells_each,
            )
            for b in spec.bulk
            if may(request, b.permission)
        ),
        all_query=asked.url(),
        notes=(*asked.notes, *notes),
        empty=_empty(request, spec),
        is_filtered=bool(asked.query or asked.applied),
        crumbs=tuple(
            (gettext(label), reverse(name) if name else "") for label, name in spec.crumbs
        ),
    )
