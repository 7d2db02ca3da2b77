"""A list endpoint from the list's own declaration: the page and the API show the same columns.

Columns that a role may not see do not exist for it: not in rows, nor in `fields`, `sort` or filters.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core import signing
from django.db.models import F, QuerySet
from django.http import HttpRequest, JsonResponse, QueryDict
from pydantic import create_model

from psa.core.web.lists import parameters, values
from psa.core.web.lists.parameters import Applied, Parameters
from psa.core.web.lists.sources import source_of
from psa.core.web.lists.spec import (
    MOST_DIGITS,
    BoolFilter,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    Filter,
    ListSpec,
    NumberFilter,
    TextFilter,
)

from .fields import FIRST_DAY, LAST_DAY, MoneyOut, plain_decimal
from .refusals import InvalidQuery
from .schemas import Out

DEFAULT_LIMIT, MAX_LIMIT, MAX_TEXT = 50, 200, 200
_CURSOR_SALT = "psa.list.cursor"
# The fields that a firm adds to its records: columns of a list by this beginning, one object in a row.
OWN_COLUMN, OWN_FIELDS = "custom_", "custom_fields"
# Per record id, its values by key.
OwnValues = Callable[[Collection[int]], Mapping[int, Mapping[str, Any]]]
_TYPES: dict[str, Any] = {
    "money": MoneyOut,
    "date": date,
    "datetime": datetime,
    "hours": int,
    "minutes": int,
    "number": int | str,
    "percent": int | str,
    "meter": int | str,
    "state": bool | int | str,
    "flag": bool | int | str,
}


@dataclass(frozen=True, slots=True)
class Listing:
    """A list as an endpoint: what it may be asked and what a row is."""

    spec: ListSpec
    name: str
    # Further fields of a row: their names, and where the value is found.
    also: Mapping[str, str] = field(default_factory=dict)
    max_limit: int = MAX_LIMIT
    # The values of the firm's own fields, where the list has records with some.
    own: OwnValues | None = None

    @property
    def row_schema(self) -> type[Out]:
        fields: dict[str, Any] = {"id": (int, ...)}
        for column in self.spec.columns:
            if column.key == "id":
                continue
            kind = _TYPES.get(column.kind, str)
            fields[name_of(column.key)] = (kind | None, None)
        for name in self.also:
            fields[name] = ((int if name.endswith("_id") else str) | None, None)
        if self.own is not None:
            fields[OWN_FIELDS] = (dict[str, str | int | None] | None, None)
        return create_model(f"{self.name}Row", __base__=Out, **fields)

    @property
    def schema(self) -> type[Out]:
        return create_model(
            f"{self.name}Page",
            __base__=Out,
            __doc__="One page; `next` is the cursor of the following one, null on the last.",
            items=(list[self.row_schema], ...),  # type: ignore[name-defined]
            next=(str | None, ...),
        )

    @property
    def field_names(self) -> list[str]:
        columns = [name_of(c.key) for c in self.spec.columns if c.key != "id"]
        return ["id", *columns, *self.also, *([OWN_FIELDS] if self.own else [])]

    def open_api_parameters(self) -> list[dict[str, Any]]:
        """What the address may carry, for the published description."""
        spec = self.spec
        sorts = [s for c in spec.columns if c.sort for s in (name_of(c.key), f"-{name_of(c.key)}")]
        found = [
            _parameter("limit", {"type": "integer", "minimum": 1, "maximum": self.max_limit}),
            _parameter("cursor", {"type": "string", "maxLength": 1000}, "The `next` of a page."),
            _parameter(
                "fields",
                {"type": "array", "items": {"type": "string", "enum": self.field_names}},
                "Only these fields of each row, and its id.",
            )
            | {"style": "form", "explode": False},
        ]
        if sorts:
            found.append(
                _parameter("sort", {"type": "string", "enum": sorts}, "With “-”: descending.")
            )
        if spec.views:
            views = [view.key for view in spec.views]
            found.append(_parameter("view", {"type": "string", "enum": views}))
        if spec.search:
            found.append(_parameter("q", _TEXT, spec.search_label))
        for one in spec.filters:
            found += _filter_parameters(one)
        return found

    def answer(self, request: HttpRequest, given: QuerySet[Any] | Sequence[Any]) -> JsonResponse:
        """The page of rows that the address asks for.

        Raises  InvalidQuery, naming each parameter that is unknown or can't be read.
        """
        asked, limit, fields = _Reading(self, request).parameters()
        if isinstance(given, QuerySet):
            given = self._with_more(given)
        found = source_of(self.spec, given).narrowed(request, asked).page(asked, limit)
        more = found.has_after and found.cursors
        rows = [self._row(row, asked.columns, fields) for row in found.rows]
        if self.own is not None and (not fields or OWN_FIELDS in fields):
            own = self.own([row["id"] for row in rows])
            for row in rows:
                row[OWN_FIELDS] = own[row["id"]]
        return JsonResponse({"items": rows, "next": found.cursors[1] if more else None})  # type: ignore[index]

    def _with_more(self, given: QuerySet[Any]) -> QuerySet[Any]:
        return given.annotate(**{f"also_{name}": F(path) for name, path in self.also.items()})

    def _row(self, row: Any, columns: Sequence[Column], fields: frozenset[str]) -> dict[str, Any]:
        found = {"id": values.id_of(row)}
        for column in columns:
            if column.key != "id" and not self.is_own(column):
                found[name_of(column.key)] = plain_value(column, row)
        for name, path in self.also.items():
            found[name] = _also(row, name, path)
        if fields:
            found = {k: v for k, v in found.items() if k == "id" or k in fields}
        return found

    def is_own(self, column: Column) -> bool:
        """A column of a field that the firm added: told in the row's own object."""
        return self.own is not None and column.key.startswith(OWN_COLUMN)


def name_of(key: str) -> str:
    """A column's name in the API: `account__name` is `account_name`."""
    return key.replace("__", "_")


def _also(row: Any, name: str, path: str) -> Any:
    own = f"also_{name}"
    if (isinstance(row, Mapping) and own in row) or hasattr(row, own):
        return values.get(row, own)
    return values.get(row, path)


def plain_value(column: Column, row: Any) -> Any:
    """The value of a cell as JSON knows it; a decimal is text."""
    if column.kind == "money":
        pair = values.money_of(row, column)
        return {"amount": plain_decimal(pair[0]), "currency": pair[1]} if pair else None
    value = values.value_of(row, column)
    if value is None or isinstance(value, bool | int):
        is_text = column.kind not in _TYPES and value is not None
        return str(value) if is_text else value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return plain_decimal(value)
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    return str(value)


_TEXT = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
_NUMBER = {"type": "integer", "minimum": 0, "maximum": 10**MOST_DIGITS - 1}
_DATE = {"type": "string", "format": "date"}


def _parameter(name: str, shape: dict[str, Any], description: str = "") -> dict[str, Any]:
    found = {"in": "query", "name": name, "required": False, "schema": shape}
    return found | ({"description": description} if description else {})


def _filter_parameters(one: Filter) -> list[dict[str, Any]]:
    name = name_of(one.key)
    if isinstance(one, DateRangeFilter):
        return [
            _parameter(f"{name}_from", _DATE, f"{one.label}, from this day on."),
            _parameter(f"{name}_until", _DATE, f"{one.label}, to this day."),
        ]
    if isinstance(one, BoolFilter):
        return [_parameter(name, {"type": "boolean"}, one.label)]
    if isinstance(one, NumberFilter):
        return [_parameter(name, _NUMBER, one.label)]
    if isinstance(one, ChoiceFilter):
        item: dict[str, Any] = {"type": "string", "maxLength": MAX_TEXT}
        if not callable(one.choices):
            item["enum"] = [str(value) for value, _ in one.choices]
        return [_parameter(name, {"type": "array", "items": item}, f"{one.label}: any of these.")]
    return [_parameter(name, _TEXT, one.label)]


class _Reading:
    """One address read: each parameter checked, all that is wrong said at once."""

    def __init__(self, listing: Listing, request: HttpRequest) -> None:
        self.listing, self.request = listing, request
        self.given: QueryDict = request.GET
        self.errors: list[tuple[str, str]] = []
        self.known: set[str] = set()

    def parameters(self) -> tuple[Parameters, int, frozenset[str]]:
        spec = self.listing.spec
        columns = parameters.visible_columns(self.request, spec)
        sort, order, is_descending = self._sort(columns)
        applied = [
            found
            for one in parameters.visible_filters(self.request, spec)
            if (found := self._filter(one))
        ]
        limit, fields, view = self._limit(), self._fields(columns), self._view()
        query = self._text("q") if spec.search else ""
        cursor = self._cursor(order, is_descending)
        for name in sorted(set(self.given) - self.known):
            self.errors.append((name, "This list has no such parameter."))
        if self.errors:
            names = ", ".join(name for name, _ in self.errors)
            raise InvalidQuery(f"The address was not understood: {names}.", errors=self.errors)
        asked = Parameters(
            query=query,
            view=view,
            sort=sort,
            order=order,
            is_descending=is_descending,
            columns=columns,
            group=None,
            saved=None,
            applied=tuple(applied),
            after=cursor,
            before="",
            export="",
            notes=(),
            pairs=(),
        )
        return asked, limit, fields

    def _take(self, name: str) -> str:
        self.known.add(name)
        return self.given.get(name, "")

    def _text(self, name: str) -> str:
        text = self._take(name)
        if name in self.given and not text:
            self.errors.append((name, "This is empty."))
        if len(text) > MAX_TEXT or "\x00" in text:
            self.errors.append((name, f"This is no text of at most {MAX_TEXT} characters."))
        return text

    def _limit(self) -> int:
        text = self._take("limit")
        if "limit" not in self.given:
            return DEFAULT_LIMIT
        most = self.listing.max_limit
        if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= most):
            self.errors.append(("limit", f"This is a whole number from 1 to {most}."))
            return DEFAULT_LIMIT
        return int(text)

    def _fields(self, columns: Sequence[Column]) -> frozenset[str]:
        self.known.add("fields")
        asked = [f for text in self.given.getlist("fields") for f in text.split(",")]
        shown = (name_of(c.key) for c in columns if not self.listing.is_own(c))
        allowed = {"id", *shown, *self.listing.also}
        if self.listing.own is not None:
            allowed.add(OWN_FIELDS)
        for name in asked:
            if name not in allowed:
                self.errors.append(("fields", f"A row has no field “{name[:60]}”."))
        return frozenset(asked)

    def _sort(self, columns: Sequence[Column]) -> tuple[Column | None, str, bool]:
        asked = self._take("sort")
        if "sort" not in self.given:
            order = self.listing.spec.order
            own = next((c for c in columns if c.sort == order.removeprefix("-")), None)
            return own, order.removeprefix("-"), order.startswith("-")
        key = asked.removeprefix("-")
        column = next((c for c in columns if name_of(c.key) == key and c.sort), None)
        if column is None:
            self.errors.append(("sort", f"This list can't be sorted by “{asked[:60]}”."))
            return None, "id", False
        return column, column.sort or "", asked.startswith("-")

    def _view(self) -> Any:
        spec = self.listing.spec
        if not spec.views:
            return None
        asked = self._take("view")
        if "view" not in self.given:
            return None
        allowed = [v for v in spec.views if parameters.may(self.request, v.permission)]
        view = next((v for v in allowed if v.key == asked), None)
        if view is None:
            self.errors.append(("view", f"This list has no view “{asked[:60]}”."))
        return view

    def _cursor(self, order: str, is_descending: bool) -> str:
        text = self._take("cursor")
        if "cursor" not in self.given:
            return ""
        try:
            made_for = signing.loads(text, salt=_CURSOR_SALT)[:2]
        except (signing.BadSignature, ValueError, TypeError, KeyError):
            made_for = None
        if made_for != [order, is_descending]:
            self.errors.append(
                (
                    "cursor",
                    "This cursor is not of this list in this order. Start from the first page.",
                )
            )
        return text

    def _filter(self, one: Filter) -> Applied | None:
        if isinstance(one, DateRangeFilter):
            return self._range(one)
        if isinstance(one, ChoiceFilter):
            return self._choice(one)
        name = name_of(one.key)
        if isinstance(one, BoolFilter):
            text = self._take(name)
            if name not in self.given:
                return None
            if text not in ("true", "false"):
                self.errors.append((name, "This is true or false."))
            return Applied(one, text == "true", "", ())
        text = self._text(name)
        if isinstance(one, NumberFilter):
            number = one.read(text)
            if name in self.given and text and number is None:
                self.errors.append((name, "This is not a whole number."))
            return Applied(one, number, "", ()) if name in self.given else None
        assert isinstance(one, TextFilter)
        return Applied(one, text, "", ()) if name in self.given else None

    def _choice(self, one: ChoiceFilter) -> Applied | None:
        name = name_of(one.key)
        self.known.add(name)
        asked = self.given.getlist(name)
        known = dict(parameters.choices_of(self.request, one)) if asked else {}
        for value in asked:
            if value not in known:
                self.errors.append((name, f"There is no value “{value[:40]}”."))
        return Applied(one, tuple(dict.fromkeys(asked)), "", ()) if asked else None

    def _range(self, one: DateRangeFilter) -> Applied | None:
        name = name_of(one.key)
        start, end = self._day(f"{name}_from"), self._day(f"{name}_until")
        if start is None and end is None:
            return None
        return Applied(one, (start, end), "", ())

    def _day(self, name: str) -> date | None:
        text = self._take(name)
        if name not in self.given:
            return None
        try:
            on = date.fromisoformat(text) if len(text) == 10 else None
        except ValueError:
            on = None
        if on is None or not FIRST_DAY <= on <= LAST_DAY:
            self.errors.append((name, "This is a date from 1990 to 2100, such as 2026-07-31."))
            return None
        return on
