"""Rows in memory, for small sets that a selector returns whole."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from psa.core.web.lists import values
from psa.core.web.lists.parameters import Applied, Parameters
from psa.core.web.lists.slices import Slice, TotalRow, cursor_text, read_cursor
from psa.core.web.lists.spec import (
    BoolFilter,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    ListSpec,
    NumberFilter,
    View,
)


class RowSource:
    """Rows in memory; for small sets a selector returns whole."""

    is_database = False

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
        if isinstance(one, NumberFilter):
            return bool(value == applied.value)
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
            cursor = read_cursor(asked, text) if text else None
            if cursor and cursor[1] in ids:
                at = ids.index(cursor[1])
                start = max(0, at - size) if backwards else at + 1
                break
        shown = rows[start : start + size]
        if not shown:
            return Slice([], has_before=start > 0)
        ends = [
            cursor_text(asked.order, asked.is_descending, None, values.id_of(r))
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

    def group_totals(
        self, group: Column, columns: Iterable[Column], rows: Sequence[Any]
    ) -> dict[Any, list[TotalRow]]:
        name = group.sort or group.key
        return {
            value: RowSource(
                self.spec, [r for r in self.all if values.get(r, name) == value]
            ).totals(columns)
            for value in {values.get(row, name) for row in rows}
        }

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

    def first(self) -> Any | None:
        return self.all[0] if self.all else None

    def only(self, ids: Sequence[Any]) -> "RowSource":
        wanted = {str(i) for i in ids}
        return RowSource(self.spec, [r for r in self.all if str(values.id_of(r)) in wanted])
