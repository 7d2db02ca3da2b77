"""Reading a list's URL: allow-listed parameters, each wrong value dropped and said."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict

from psa.core.org import features
from psa.core.web import formats
from psa.core.web.lists.spec import (
    BoolFilter,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    Filter,
    ListSpec,
    NumberFilter,
    TextFilter,
    View,
)
from psa.core.web.navigation import feature_of
from psa.core.web.sentences import AsWritten
from psa.core.web.states import state_word

MAX_TEXT = 200
MOST_PINNED = 3
# Of a view that groups by itself: no grouping. An empty value would not survive in the address.
UNGROUPED = "-"


@dataclass(frozen=True, slots=True)
class Applied:
    """A filter in force: what to compare with, and how the chip says it."""

    filter: Filter
    value: Any
    text: str
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the URL asks for, cleaned. The first `pin` columns stay while the rest scrolls."""

    query: str
    view: View | None
    sort: Column | None
    order: str
    is_descending: bool
    columns: tuple[Column, ...]
    group: Column | None
    saved: int | None
    applied: tuple[Applied, ...]
    after: str
    before: str
    export: str
    notes: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    pin: int = 0

    def url(self, *drop: str, **change: str) -> str:
        """The query string with some parameters changed and others dropped; never a cursor."""
        kept = [(k, v) for k, v in self.pairs if k not in change and k not in drop]
        kept += [(k, v) for k, v in change.items() if v]
        return "?" + urlencode(kept)

    def url_without(self, applied: Applied) -> str:
        gone = {k for k, _ in applied.pairs}
        return "?" + urlencode([(k, v) for k, v in self.pairs if k not in gone])


def leads(request: HttpRequest, url_name: str, permission: str | None) -> bool:
    """Whether this person may go there, and the firm's deployment model has such a page."""
    feature = feature_of(url_name) if url_name else None
    return may(request, permission) and (feature is None or features.offers(feature))


def may(request: HttpRequest, permission: str | None) -> bool:
    return permission is None or request.actor.has(permission)  # type: ignore[attr-defined]


def visible_columns(request: HttpRequest, spec: ListSpec) -> tuple[Column, ...]:
    """The columns that exist for this person."""
    return tuple(c for c in spec.columns if may(request, c.permission))


def visible_filters(request: HttpRequest, spec: ListSpec) -> tuple[Filter, ...]:
    """The filters that exist for this person: not one over a column they may not see."""
    hidden = {c.key for c in spec.columns if not may(request, c.permission)}
    return tuple(f for f in spec.filters if may(request, f.permission) and f.key not in hidden)


def choices_of(request: HttpRequest, choice: ChoiceFilter) -> list[tuple[str, str]]:
    given = choice.choices(request) if callable(choice.choices) else choice.choices
    return [
        (str(value), label if isinstance(label, AsWritten) else state_word(str(label)))
        for value, label in given
    ]


def _day(text: str, label: str, notes: list[str]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        notes.append(f"“{text[:20]}” is not a date, so {label} is not filtered by it.")
        return None


def _choice(
    request: HttpRequest, given: QueryDict, choice: ChoiceFilter, notes: list[str]
) -> Applied | None:
    name = f"f.{choice.key}"
    known = dict(choices_of(request, choice))
    asked = [v for v in given.getlist(name) if v]
    unknown = [v for v in asked if v not in known]
    if unknown:
        notes.append(f"{choice.label} has no value “{unknown[0][:40]}”; it is left out.")
    values = list(dict.fromkeys(v for v in asked if v in known))
    if not values:
        return None
    text = ", ".join(known[v] for v in values)
    return Applied(choice, tuple(values), text, tuple((name, v) for v in values))


def _range(given: QueryDict, dates: DateRangeFilter, notes: list[str]) -> Applied | None:
    names = (f"f.{dates.key}.from", f"f.{dates.key}.to")
    start, end = (_day(given.get(name, ""), dates.label, notes) for name in names)
    if start is None and end is None:
        return None
    if start and end and start > end:
        notes.append(f"{dates.label} begins after it ends, so it is not filtered by it.")
        return None
    day = formats.day_text
    if start and end:
        text = f"{day(start)} to {day(end)}"
    elif start:
        text = f"from {day(start)}"
    else:
        assert end is not None
        text = f"to {day(end)}"
    pairs = [(n, d.isoformat()) for n, d in zip(names, (start, end), strict=True) if d]
    return Applied(dates, (start, end), text, tuple(pairs))


def _applied(
    request: HttpRequest, given: QueryDict, one: Filter, notes: list[str]
) -> Applied | None:
    name = f"f.{one.key}"
    if isinstance(one, ChoiceFilter):
        return _choice(request, given, one, notes)
    if isinstance(one, DateRangeFilter):
        return _range(given, one, notes)
    text = given.get(name, "").replace("\x00", "").strip()[:MAX_TEXT]
    if isinstance(one, TextFilter):
        return Applied(one, text, f"“{text}”", ((name, text),)) if text else None
    if isinstance(one, NumberFilter):
        return _number(one, name, text, notes)
    assert isinstance(one, BoolFilter)
    if text not in ("yes", "no"):
        if text:
            notes.append(f"{one.label} is yes or no, not “{text[:20]}”.")
        return None
    return Applied(one, text == "yes", text, ((name, text),))


def _number(one: NumberFilter, name: str, text: str, notes: list[str]) -> Applied | None:
    number = one.read(text)
    if number is None:
        if text:
            label = one.label
            notes.append(f"“{text[:20]}” is not a number, so {label} is not filtered by it.")
        return None
    return Applied(one, number, text, ((name, text),))


def _columns(
    given: QueryDict, available: tuple[Column, ...]
) -> tuple[tuple[Column, ...], list[tuple[str, str]]]:
    """Chosen columns in the order asked for; either `columns=a,b` or `columns=a&columns=b`."""
    by_key = {c.key: c for c in available}
    asked = [k for part in given.getlist("columns") for k in part.split(",")]
    chosen = tuple(by_key[k] for k in dict.fromkeys(asked) if k in by_key)
    if not chosen:
        return tuple(c for c in available if c.shown), []
    return chosen, [("columns", ",".join(c.key for c in chosen))]


def read(request: HttpRequest, spec: ListSpec) -> Parameters:
    """Everything the list's URL says, with unknown parameters ignored and wrong values noted."""
    given, notes = request.GET, list[str]()
    pairs: list[tuple[str, str]] = []
    saved = given.get("saved", "")
    saved_id = int(saved) if saved.isascii() and saved.isdigit() and len(saved) < 19 else None
    if saved_id:
        pairs.append(("saved", saved))
    available = visible_columns(request, spec)
    views = [v for v in spec.views if may(request, v.permission)]
    view = next((v for v in views if v.key == given.get("view")), views[0] if views else None)
    if view and view is not views[0]:
        pairs.append(("view", view.key))
    query = given.get("q", "").replace("\x00", "").strip()[:MAX_TEXT]
    if query:
        pairs.append(("q", query))
    applied = []
    for one in visible_filters(request, spec):
        found = _applied(request, given, one, notes)
        if found:
            applied.append(found)
            pairs += found.pairs
    order = (view.order if view else None) or spec.order
    is_descending, sort = order.startswith("-"), None
    asked = given.get("sort", "")
    column = next((c for c in available if c.key == asked.removeprefix("-") and c.sort), None)
    if column:
        sort, is_descending, order = column, asked.startswith("-"), column.sort or ""
        pairs.append(("sort", asked))
    else:
        order = order.removeprefix("-")
        sort = next((c for c in available if c.sort == order), None)
    grouped_by = given.get("group", view.group if view else "")
    group = next((c for c in available if c.key == grouped_by and c.can_group), None)
    if group or (view and view.group):
        pairs.append(("group", group.key if group else UNGROUPED))
    if group and sort is not group:
        sort, is_descending, order = group, False, group.sort or ""
    chosen, column_pairs = _columns(given, available)
    pin = given.get("pin", "")
    pinned = int(pin) if pin in [str(n) for n in range(1, MOST_PINNED + 1)] else 0
    if pinned:
        column_pairs.append(("pin", pin))
    export = given.get("export", "")
    return Parameters(
        query=query,
        view=view,
        sort=sort,
        order=order,
        is_descending=is_descending,
        columns=chosen,
        pin=pinned,
        group=group,
        saved=saved_id,
        applied=tuple(applied),
        after=given.get("after", "")[:1000],
        before=given.get("before", "")[:1000],
        export=export if export in ("csv", "xlsx") else "",
        notes=tuple(notes),
        pairs=tuple(pairs + column_pairs),
    )
