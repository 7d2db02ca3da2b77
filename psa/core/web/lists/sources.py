"""Where a list's rows come from: the database, or rows already in memory."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from django.core import signing
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Count, DateTimeField, F, Field, Q, QuerySet, Sum
from django.http import HttpRequest

from psa.core.web.lists import values
from psa.core.web.lists.parameters import Applied, Parameters
from psa.core.web.lists.spec import (
    BoolFilter,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    ListSpec,
    View,
)

_SALT = "psa.list.cursor"
_READERS: dict[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "Decimal": Decimal,
    "UUID": UUID,
}


@dataclass(frozen=True, slots=True)
class Slice:
    """One page of rows, and whether there are more on either side."""

    rows: list[Any]
    cursors: tuple[str, str] | None = None
    has_before: bool = False
    has_after: bool = False


@dataclass(frozen=True, slots=True)
class TotalRow:
    """Sums of the whole filtered set in one currency; `currency` None when none is involved."""

    currency: str | None
    count: int
    sums: dict[str, Any] = field(default_factory=dict)


class Source(Protocol):
    def narrowed(self, request: HttpRequest, asked: Parameters) -> "Source": ...
    def page(self, asked: Parameters, size: int) -> Slice: ...
    def count_up_to(self, limit: int) -> int: ...
    def totals(self, columns: Iterable[Column]) -> list[TotalRow]: ...
    def view_counts(self, request: HttpRequest, views: Iterable[View]) -> dict[str, int]: ...
    def rows(self, asked: Parameters, limit: int) -> list[Any]: ...
    def ids(self, limit: int) -> list[Any]: ...
    def only(self, ids: Sequence[Any]) -> "Source": ...


def source_of(spec: ListSpec, given: QuerySet[Any] | Sequence[Any]) -> Source:
    if isinstance(given, QuerySet):
        return QuerySetSource(spec, given)
    return RowSource(spec, list(given))


def _cursor(order: str, is_descending: bool, value: Any, row_id: Any) -> str:
    kind = type(value).__name__
    plain = value.isoformat() if isinstance(value, date) else value
    plain = str(plain) if isinstance(value, Decimal | UUID) else plain
    return signing.dumps([order, is_descending, kind, plain, str(row_id)], salt=_SALT)


def _read_cursor(asked: Parameters, text: str) -> tuple[Any, str] | None:
    """The sort value and the id a cursor stands for; None if it is foreign, stale or forged."""
    try:
        order, is_descending, kind, plain, row_id = signing.loads(text, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if (order, is_descending) != (asked.order, asked.is_descending):
        return None
    reader = _READERS.get(kind)
    return (reader(plain) if reader else plain), row_id


def _currency_field(column: Column) -> str | None:
    if column.kind != "money":
        return None
    return column.currency or f"{column.total_field}_currency"


class QuerySetSource:
    """Rows of a queryset; each question is one query, whatever the number of rows."""

    def __init__(self, spec: ListSpec, queryset: QuerySet[Any]) -> None:
        self.spec, self.queryset = spec, queryset

    def narrowed(self, request: HttpRequest, asked: Parameters) -> "QuerySetSource":
        queryset = self.queryset
        if asked.view and asked.view.where is not None:
            where = asked.view.where
            queryset = queryset.filter(where(request) if callable(where) else where)
        for applied in asked.applied:
            queryset = queryset.filter(self._condition(applied))
        if asked.query:
            queryset = self._searched(queryset, asked.query)
        return QuerySetSource(self.spec, queryset)

    def _searched(self, queryset: QuerySet[Any], query: str) -> QuerySet[Any]:
        search = self.spec.search
        if not isinstance(search, tuple):
            found: QuerySet[Any] = search(queryset, query)
            return found
        condition = Q()
        for lookup in search:
            condition |= Q(**{self._lookup(lookup): query})
        return queryset.filter(condition)

    @staticmethod
    def _lookup(name: str) -> str:
        known = ("startswith", "istartswith", "contains", "icontains", "exact", "iexact")
        return name if name.rpartition("__")[2] in known else f"{name}__icontains"

    def _field(self, path: str) -> tuple["Field[Any, Any] | None", bool]:
        """The model field at the path, and whether its value may be NULL on the way there."""
        if path in self.queryset.query.annotations:
            return None, True
        model: Any = self.queryset.model
        nullable, found = False, None
        for name in path.split("__"):
            if model is None:
                return None, True
            try:
                part = model._meta.pk if name == "pk" else model._meta.get_field(name)
            except FieldDoesNotExist:
                return None, True
            if not isinstance(part, Field):
                return None, True
            nullable, found = nullable or part.null, part
            model = part.related_model if part.is_relation else None
        return found, nullable

    def _condition(self, applied: Applied) -> Q:
        one = applied.filter
        name = one.field or one.key
        if isinstance(one, ChoiceFilter):
            return Q(**{f"{name}__in": applied.value})
        if isinstance(one, BoolFilter):
            return Q(**{name: applied.value})
        if isinstance(one, DateRangeFilter):
            return self._between(name, *applied.value)
        return Q(**{f"{name}__{one.lookup}": applied.value})

    def _between(self, name: str, start: date | None, end: date | None) -> Q:
        field, _ = self._field(name)
        condition = Q()
        if isinstance(field, DateTimeField):
            if start:
                condition &= Q(**{f"{name}__gte": datetime.combine(start, time.min, UTC)})
            if end and end < date.max:
                day_after = datetime.combine(end + timedelta(days=1), time.min, UTC)
                condition &= Q(**{f"{name}__lt": day_after})
            return condition
        if start:
            condition &= Q(**{f"{name}__gte": start})
        if end:
            condition &= Q(**{f"{name}__lte": end})
        return condition

    def _ordered(self, asked: Parameters, *, reverse: bool = False) -> QuerySet[Any]:
        descending = asked.is_descending != reverse
        if asked.order in ("id", "pk"):
            return self.queryset.order_by("-id" if descending else "id")
        _, nullable = self._field(asked.order)
        by: Any = F(asked.order).desc() if descending else F(asked.order).asc()
        if nullable:
            # NULLs come last for the reader in both directions, hence first when read backwards.
            where = {"nulls_first": True} if reverse else {"nulls_last": True}
            by = F(asked.order).desc(**where) if descending else F(asked.order).asc(**where)
        queryset = self.queryset.annotate(list_sort=F(asked.order))
        return queryset.order_by(by, "-id" if descending else "id")

    def _beyond(self, asked: Parameters, value: Any, row_id: str, *, reverse: bool) -> Q:
        """Rows after the cursor in reading order (before it, when `reverse`).

        The plain bound on the sort field is redundant and lets an index start at the right place.
        """
        descending = asked.is_descending != reverse
        step = "lt" if descending else "gt"
        past_id = Q(**{f"id__{step}": row_id})
        name = asked.order
        if name in ("id", "pk"):
            return past_id
        _, nullable = self._field(name)
        is_null = Q(**{f"{name}__isnull": True})
        if value is None:
            beyond = is_null & past_id
            return (beyond | ~is_null) if reverse else beyond
        beyond = Q(**{f"{name}__{step}e": value}) & (Q(**{f"{name}__{step}": value}) | past_id)
        return (beyond | is_null) if nullable and not reverse else beyond

    def page(self, asked: Parameters, size: int) -> Slice:
        cursor, reverse = None, False
        for text, backwards in ((asked.after, False), (asked.before, True)):
            if text and cursor is None:
                cursor, reverse = _read_cursor(asked, text), backwards
        if cursor is None:
            reverse = False
        queryset = self._ordered(asked, reverse=reverse)
        if cursor:
            queryset = queryset.filter(self._beyond(asked, *cursor, reverse=reverse))
        rows = list(queryset[: size + 1])
        more, rows = len(rows) > size, rows[:size]
        if reverse:
            rows.reverse()
        if not rows:
            return Slice([], has_before=cursor is not None)
        ends = tuple(self._cursor_of(asked, row) for row in (rows[0], rows[-1]))
        before = more if reverse else cursor is not None
        after = True if reverse else more
        return Slice(rows, (ends[0], ends[1]), before, after)

    def _cursor_of(self, asked: Parameters, row: Any) -> str:
        row_id = values.id_of(row)
        plain = asked.order in ("id", "pk")
        value = row_id if plain else values.get(row, "list_sort")
        return _cursor(asked.order, asked.is_descending, value, row_id)

    def count_up_to(self, limit: int) -> int:
        return self.queryset.order_by()[: limit + 1].count()

    def totals(self, columns: Iterable[Column]) -> list[TotalRow]:
        """Two queries at most: which currencies there are, and one aggregate of everything."""
        summed = [c for c in columns if c.total_field]
        fields = list(dict.fromkeys(f for c in summed if (f := _currency_field(c))))
        plain = self.queryset.order_by()
        codes: list[str | None] = [None]
        if fields:
            found: set[str] = set()
            for tuple_ in plain.values_list(*fields).distinct()[:200]:
                found |= {code for code in tuple_[: len(fields)] if code}
            codes = [*sorted(found)] or [None]
        asked: dict[str, Any] = {}
        for at, code in enumerate(codes):
            main = Q(**{fields[0]: code}) if fields and code else Q()
            asked[f"n{at}"] = Count("id", filter=main)
            for index, column in enumerate(summed):
                name = _currency_field(column)
                same = Q(**{name: code}) if name and code else main
                asked[f"s{at}_{index}"] = Sum(column.total_field, filter=same)
        sums = plain.aggregate(**asked)
        return [
            TotalRow(
                currency=code,
                count=sums[f"n{at}"],
                sums={c.key: sums[f"s{at}_{index}"] for index, c in enumerate(summed)},
            )
            for at, code in enumerate(codes)
        ]

    def view_counts(self, request: HttpRequest, views: Iterable[View]) -> dict[str, int]:
        asked = {}
        for view in views:
            if view.count:
                where = view.where(request) if callable(view.where) else view.where
                asked[f"n_{view.key}"] = Count("id", filter=where or Q())
        if not asked:
            return {}
        counts = self.queryset.order_by().aggregate(**asked)
        return {name.removeprefix("n_"): count for name, count in counts.items()}

    def rows(self, asked: Parameters, limit: int) -> list[Any]:
        return list(self._ordered(asked)[:limit])

    def ids(self, limit: int) -> list[Any]:
        return list(self.queryset.order_by("id").values_list("id", flat=True)[:limit])

    def only(self, ids: Sequence[Any]) -> "QuerySetSource":
        return QuerySetSource(self.spec, self.queryset.filter(id__in=ids))


class RowSource:
    """Rows in memory; for small sets a selector returns whole."""

    def __init__(self, spec: ListSpec, rows: list[Any]) -> None:
        self.spec, self.all = spec, rows

    def narrowed(self, request: HttpRequest, asked: Parameters) -> "RowSource":
        rows = self.all
        if asked.view and asked.view.keep:
            rows = [r for r in rows if asked.view.keep(r)]
        for applied in asked.applied:
            rows = [r for r in rows if self._keeps(applied, r)]
        if asked.query and isinstance(self.spec.search, tuple):
            needle = asked.query.casefold()
            names = [self._plain(n) for n in self.spec.search]
            rows = [r for r in rows if any(needle in self._text(r, n) for n in names)]
        return RowSource(self.spec, rows)

    @staticmethod
    def _plain(name: str) -> str:
        head, _, tail = name.rpartition("__")
        lookups = ("startswith", "istartswith", "contains", "icontains", "exact", "iexact")
        return head if tail in lookups else name

    @staticmethod
    def _text(row: Any, name: str) -> str:
        return str(values.get(row, name) or "").casefold()

    def _keeps(self, applied: Applied, row: Any) -> bool:
        one = applied.filter
        value = values.get(row, one.field or one.key)
        if isinstance(one, ChoiceFilter):
            return str(value) in applied.value
        if isinstance(one, BoolFilter):
            return bool(value) is applied.value
        if isinstance(one, DateRangeFilter):
            start, end = applied.value
            on = value.date() if isinstance(value, datetime) else value
            return on is not None and (not start or start <= on) and (not end or on <= end)
        text = str(value or "").casefold()
        needle = applied.value.casefold()
        return text.startswith(needle) if one.lookup.endswith("startswith") else needle in text

    def _sorted(self, asked: Parameters) -> list[Any]:
        def key(row: Any) -> Any:
            value = values.get(row, asked.order)
            return getattr(value, "amount", value)

        some = [r for r in self.all if key(r) is not None]
        none = [r for r in self.all if key(r) is None]
        return sorted(some, key=key, reverse=asked.is_descending) + none

    def page(self, asked: Parameters, size: int) -> Slice:
        rows = self._sorted(asked)
        ids = [str(values.id_of(r)) for r in rows]
        start = 0
        for text, backwards in ((asked.after, False), (asked.before, True)):
            cursor = _read_cursor(asked, text) if text else None
            if cursor and cursor[1] in ids:
                at = ids.index(cursor[1])
                start = max(0, at - size) if backwards else at + 1
                break
        shown = rows[start : start + size]
        if not shown:
            return Slice([], has_before=start > 0)
        ends = [
            _cursor(asked.order, asked.is_descending, None, values.id_of(r))
            for r in (shown[0], shown[-1])
        ]
        return Slice(shown, (ends[0], ends[1]), start > 0, start + size < len(rows))

    def count_up_to(self, limit: int) -> int:
        return min(len(self.all), limit + 1)

    def totals(self, columns: Iterable[Column]) -> list[TotalRow]:
        summed = [c for c in columns if c.total_field]
        money = [c for c in summed if c.kind == "money"]
        found: dict[str | None, TotalRow] = {}
        for row in self.all:
            first = values.money_of(row, money[0]) if money else None
            code = first[1] if first else None
            home = found.setdefault(code, TotalRow(code, 0))
            found[code] = TotalRow(code, home.count + 1, home.sums)
            for column in summed:
                self._add(found, row, column, code)
        if len(found) > 1:
            found.pop(None, None)
        return sorted(found.values(), key=lambda t: t.currency or "") or [TotalRow(None, 0)]

    @staticmethod
    def _add(found: dict[str | None, TotalRow], row: Any, column: Column, code: str | None) -> None:
        if column.kind == "money":
            pair = values.money_of(row, column)
            if pair is None:
                return
            value, own = pair
            sums = found.setdefault(own, TotalRow(own, 0)).sums
        else:
            value, sums = values.value_of(row, column), found[code].sums
            if value is None:
                return
        sums[column.key] = sums.get(column.key, 0) + value

    def view_counts(self, request: HttpRequest, views: Iterable[View]) -> dict[str, int]:
        return {
            v.key: sum(1 for r in self.all if v.keep is None or v.keep(r)) for v in views if v.count
        }

    def rows(self, asked: Parameters, limit: int) -> list[Any]:
        return self._sorted(asked)[:limit]

    def ids(self, limit: int) -> list[Any]:
        return [values.id_of(r) for r in self.all[:limit]]

    def only(self, ids: Sequence[Any]) -> "RowSource":
        wanted = {str(i) for i in ids}
        return RowSource(self.spec, [r for r in self.all if str(values.id_of(r)) in wanted])
