"""Where a list's rows come from: the database, or rows already in memory."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Count, DateTimeField, F, Field, Q, QuerySet, Sum
from django.http import HttpRequest

from psa.core.web.lists import values
from psa.core.web.lists.parameters import Applied, Parameters
from psa.core.web.lists.row_source import RowSource
from psa.core.web.lists.slices import Slice, Source, TotalRow, cursor_text, read_cursor
from psa.core.web.lists.spec import (
    BoolFilter,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    ListSpec,
    NumberFilter,
    View,
)


def source_of(spec: ListSpec, given: QuerySet[Any] | Sequence[Any]) -> Source:
    if isinstance(given, QuerySet):
        return QuerySetSource(spec, given)
    return RowSource(spec, list(given))


def _currency_field(column: Column) -> str | None:
    if column.kind != "money":
        return None
    return column.currency or f"{column.total_field}_currency"


def _can_be_grouped(queryset: QuerySet[Any]) -> bool:
    """Whether rows can be added up by group as they are, without a query around the query."""
    query = queryset.query
    return not (
        query.distinct
        or query.combinator
        or query.is_sliced
        or any(one.contains_aggregate for one in query.annotations.values())
    )


class QuerySetSource:
    """Rows of a queryset; each question is one query, whatever the number of rows."""

    is_database = True

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
        if isinstance(one, BoolFilter | NumberFilter):
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
                cursor, reverse = read_cursor(asked, text), backwards
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
        return cursor_text(asked.order, asked.is_descending, value, row_id)

    def count_up_to(self, limit: int) -> int:
        return self.queryset.order_by()[: limit + 1].count()

    def totals(self, columns: Iterable[Column]) -> list[TotalRow]:
        """A row for each currency there is. One query; two where rows can't be added up by group."""
        summed = [c for c in columns if c.total_field]
        fields = list(dict.fromkeys(f for c in summed if (f := _currency_field(c))))
        if not fields or not _can_be_grouped(self.queryset):
            return self._totals_by_filters(fields, summed)
        return self._totals_by_group(fields, summed)

    def _totals_by_group(self, fields: Sequence[str], summed: Sequence[Column]) -> list[TotalRow]:
        """Sums by all currencies of a row; a row counts under the first, a column under its own.

        What has no currency counts only where all have none.
        """
        sums = {f"sum_{at}": Sum(column.total_field) for at, column in enumerate(summed)}
        names = {field: f"list_currency_{at}" for at, field in enumerate(fields)}
        groups = list(
            self.queryset.order_by()
            .values(**{name: F(field) for field, name in names.items()})
            .annotate(n=Count("id"), **sums)
        )
        codes = sorted({group[name] for group in groups for name in names.values()} - {None, ""})
        found = []
        for code in codes or [None]:
            counted = [g["n"] for g in groups if (g[names[fields[0]]] or None) == code]
            added: dict[str, Decimal | None] = {}
            for at, column in enumerate(summed):
                name = names[_currency_field(column) or fields[0]]
                parts = [
                    group[f"sum_{at}"]
                    for group in groups
                    if (group[name] or None) == code and group[f"sum_{at}"] is not None
                ]
                added[column.key] = sum(parts) if parts else None
            found.append(TotalRow(code, sum(counted), added))
        return found

    def _totals_by_filters(self, fields: Sequence[str], summed: Sequence[Column]) -> list[TotalRow]:
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

    def group_totals(
        self, group: Column, columns: Iterable[Column], rows: Sequence[Any]
    ) -> dict[Any, list[TotalRow]]:
        """Count and sums of each whole group that a page shows, by the group's value. One query."""
        name = group.sort or group.key
        values_shown = {values.get(row, "list_sort") for row in rows}
        shown = Q(**{f"{name}__in": values_shown - {None}})
        if None in values_shown:
            shown |= Q(**{f"{name}__isnull": True})
        summed = [c for c in columns if c.total_field]
        currency = next((f for c in summed if (f := _currency_field(c))), None)
        # One currency field a list is added up by; a column in another has no sum here.
        summed = [c for c in summed if _currency_field(c) in (None, currency)]
        by = {"list_group": F(name)}
        if currency:
            by["list_currency"] = F(currency)
        sums = {f"sum_{at}": Sum(c.total_field) for at, c in enumerate(summed)}
        found: dict[Any, list[TotalRow]] = {}
        rows_of_groups = (
            self.queryset.filter(shown).order_by().values(**by).annotate(n=Count("id"), **sums)
        )
        for row in rows_of_groups.order_by(*by):
            total = TotalRow(
                row.get("list_currency"),
                row["n"],
                {c.key: row[f"sum_{at}"] for at, c in enumerate(summed)},
            )
            found.setdefault(row["list_group"], []).append(total)
        return found

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

    def first(self) -> Any | None:
        return self.queryset.order_by("id").first()

    def only(self, ids: Sequence[Any]) -> "QuerySetSource":
        return QuerySetSource(self.spec, self.queryset.filter(id__in=ids))
