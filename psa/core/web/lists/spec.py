"""What a list is made of, as declarations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django import forms
from django.db.models import Q

from psa.core.web.states import State

Kind = Literal[
    "text",
    "link",
    "code",
    "money",
    "hours",
    "minutes",
    "date",
    "datetime",
    "number",
    "percent",
    "meter",
    "state",
    "health",
    "person",
    "flag",
]
# As many as every `bigint` holds.
MOST_DIGITS = 18
NUMERIC: frozenset[str] = frozenset(
    {"money", "hours", "minutes", "number", "percent", "date", "datetime"}
)
Choices = Sequence[tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Edit:
    """That a column's cells may be changed where they stand.

    `field` makes the form field for a request, with the checks the record's own form has; `name` is
    what the record calls the value (default: the column's key).
    """

    field: Callable[[Any], forms.Field]
    name: str = ""
    permission: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column. See docs/ui.md for the kinds and what each expects of the value.

    `value` is a name, a dotted path or a callable of the row (default: `key`); `sort` and `total`
    name queryset fields (`total=True` means the key). A column whose `permission` the actor does
    not hold does not exist for them: not on the page, not in sort, totals, filters or exports.
    `group` offers the column for grouping, which sorts by it (states, people and the like by themselves).
    """

    key: str
    label: str
    kind: Kind = "text"
    value: str | Callable[[Any], Any] | None = None
    sort: str | None = None
    currency: str | None = None
    states: Mapping[Any, State] = field(default_factory=dict)
    total: bool | str = False
    permission: str | None = None
    shown: bool = True
    places: int | None = None
    url: Callable[[Any], str | None] | None = None
    why: Callable[[Any], str | None] | None = None
    hint: str = ""
    phone: bool = True
    group: bool | None = None
    edit: Edit | None = None
    # A sentence: it goes over several lines instead of being cut.
    prose: bool = False

    @property
    def can_group(self) -> bool:
        """Whether rows may be gathered by it: states and the like by themselves, others if asked."""
        if not self.sort or self.group is False:
            return False
        return bool(self.group) or self.kind in ("state", "health", "flag", "person")

    @property
    def total_field(self) -> str | None:
        return self.key if self.total is True else self.total or None

    @property
    def is_numeric(self) -> bool:
        return self.kind in NUMERIC


@dataclass(frozen=True, slots=True)
class ChoiceFilter:
    """One or several of a fixed set; `choices` may be a callable of the request."""

    key: str
    label: str
    choices: Choices | Callable[[Any], Choices]
    field: str | None = None
    permission: str | None = None
    multiple: bool = True


@dataclass(frozen=True, slots=True)
class _FieldFilter:
    """What narrows a list by one field of its rows, its key's unless another is named."""

    key: str
    label: str
    field: str | None = None
    permission: str | None = None


@dataclass(frozen=True, slots=True)
class DateRangeFilter(_FieldFilter):
    """From a day to a day, both included."""


@dataclass(frozen=True, slots=True)
class TextFilter(_FieldFilter):
    """Contains the text; `lookup` may be `startswith`, which an index serves."""

    lookup: str = "icontains"


@dataclass(frozen=True, slots=True)
class NumberFilter(_FieldFilter):
    """The whole number itself, such as a record's; at most what a `bigint` holds."""

    @staticmethod
    def read(text: str) -> int | None:
        """The number that was typed, None where it is none."""
        is_number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
        return int(text) if is_number else None


@dataclass(frozen=True, slots=True)
class BoolFilter(_FieldFilter):
    """Yes or no."""


Filter = ChoiceFilter | DateRangeFilter | TextFilter | NumberFilter | BoolFilter
Where = Q | Callable[[Any], Q] | Callable[[Any], bool] | None


@dataclass(frozen=True, slots=True)
class View:
    """A ready-made cut of the list, shown as a tab. The first one is the list's own.

    `where` is a Q, or a callable of the request that returns one. For a list of plain rows write
    `keep`, a predicate of the row. `group` is the column it is grouped by until somebody says else.
    """

    key: str
    label: str
    where: Q | Callable[[Any], Q] | None = None
    keep: Callable[[Any], bool] | None = None
    order: str | None = None
    permission: str | None = None
    count: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A button of the page head. `url_name` without arguments, or `url`."""

    label: str
    url_name: str = ""
    permission: str | None = None
    key: str = ""
    icon: str = ""
    primary: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class BulkAction:
    """A button of the bulk bar; posts the selection to `url_name`.

    `confirm` is the sentence a dialog shows first, with `{count}` filled in. With `tells_each` the
    view answers `bulk_results`, which a dialog shows over the list.
    """

    label: str
    url_name: str
    permission: str | None = None
    icon: str = ""
    confirm: str = ""
    key: str = ""
    tells_each: bool = False


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty list says: why, and the next action."""

    title: str
    text: str = ""
    action: str = ""
    url_name: str = ""
    permission: str | None = None
    icon: str = "inbox"


@dataclass(frozen=True, slots=True)
class ListSpec:
    """A whole list. `row_url`, `row_label` and `edit_url` are callables of the row; `key` is unique.

    `edit_url` answers `edit_cell` for the columns that have an `edit`; None for a row that stays.
    """

    key: str
    title: str
    noun: tuple[str, str]
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...] = ()
    views: tuple[View, ...] = ()
    search: tuple[str, ...] | Callable[[Any, str], Any] = ()
    search_label: str = "Search this list"
    order: str = "id"
    row_url: Callable[[Any], str | None] | None = None
    row_label: Callable[[Any], str] | None = None
    edit_url: Callable[[Any], str | None] | None = None
    actions: tuple[Action, ...] = ()
    bulk: tuple[BulkAction, ...] = ()
    empty: Empty | None = None
    crumbs: tuple[tuple[str, str | None], ...] = ()
    page_size: int = 50
    export: bool = True
    export_permission: str | None = None

    def column(self, key: str) -> Column | None:
        return next((c for c in self.columns if c.key == key), None)
