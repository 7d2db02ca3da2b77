"""A list ready to be drawn: rows, heads, totals and bar as plain values; nothing here can query."""

from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from psa.core.web.lists.cells import Cell


@dataclass(frozen=True, slots=True)
class Row:
    id: Any
    label: str
    url: str | None
    cells: tuple[Cell, ...]
    groups: tuple["Total", ...] = ()
    select_label: str = ""

    @property
    def drawn(self) -> SafeString:
        """Its cells, one after the other."""
        return SafeString("".join(map(str, self.cells)))


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
    """A foot row, or with a `name` a group's head; the label spans the columns before the sums."""

    label: str
    span: int
    cells: tuple[Cell, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    url: str
    is_current: bool
    count: int | None
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class SavedChoice:
    """The saved view that is open: what may be done with it, and whether it was rearranged."""

    id: int
    name: str
    is_mine: bool
    is_shared: bool
    is_default: bool
    is_changed: bool


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
    tells_each: bool = False


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
    pin: int
    ungrouped: str
    group_options: tuple[Option, ...]
    saved: SavedChoice | None
    query: str
    search_label: str
    has_search: bool
    search_hidden: tuple[tuple[str, str], ...]
    filter_hidden: tuple[tuple[str, str], ...]
    column_hidden: tuple[tuple[str, str], ...]
    count: int
    count_text: str
    arranged: str
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
