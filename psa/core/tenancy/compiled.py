"""Statements that every page asks, compiled once a process: who asks are their parameters.

The rule stays one queryset. It is built once for stand-ins, and its SQL is kept with the places
where they stood; a question afterwards puts the tenant and its values there.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, models
from django.db.models.query import ModelIterable, get_related_populators
from django_scopes import scope
from django_scopes.exceptions import ScopeError

from .scope import current_tenant_id

Value = int | date | datetime | str
Build = Callable[..., "models.QuerySet[Any, Any]"]
# Numbers, days, instants and words that no row has, and that no rule compares with.
_NUMBERS = tuple(range(-900_000_001, -900_000_033, -1))
_DAYS = tuple(date(1, 1, 1) + timedelta(days=n) for n in range(len(_NUMBERS)))
_INSTANTS = tuple(datetime(1, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(len(_NUMBERS)))
_WORDS = tuple(f"stands in for value {n}" for n in range(len(_NUMBERS)))


@dataclass(frozen=True, slots=True)
class Compiled:
    """`places` says for each parameter which of (tenant, *values) it is; None: as it stands."""

    sql: str
    params: tuple[Any, ...]
    places: tuple[int | None, ...]
    # How the columns of the database become the values of the queryset; None: as they are.
    read: Callable[[list[tuple[Any, ...]]], list[Any]] | None

    def params_for(self, values: tuple[Value, ...]) -> list[Any]:
        return [
            param if place is None else _like(param, values[place])
            for param, place in zip(self.params, self.places, strict=True)
        ]


def _like(param: Any, value: Value) -> Any:
    """A number in the database's own type, which the stand-in has."""
    return type(param)(value) if isinstance(value, int) else value


@dataclass(frozen=True, slots=True)
class Question:
    """A compiled statement with what it is asked for now."""

    sql: str
    params: list[Any]
    read: Callable[[list[tuple[Any, ...]]], list[Any]] | None


# A statement is kept for each number of values, so not for any number.
MOST_VALUES = 24
_compiled: dict[tuple[Hashable, ...], Compiled] = {}
_NOBODY = 0


def rows(name: Hashable, build: Build, *values: Value) -> list[tuple[Any, ...]]:
    """The rows of `build(*values)`, a queryset of values, in the open tenant. One query.

    The values are ids, days, instants and words. What `build` makes may follow from `name` and from
    how many of each there are, and from nothing else: neither from what they are, nor from a clock,
    nor from rows, nor from the reader's time zone, which makes days of instants. A day that follows
    from another is a value of its own.
    Raises  ScopeError outside a tenant's scope.
    """
    return answer(question(name, build, *values))


def records(name: Hashable, build: Build, *values: Value) -> list[Any]:
    """As `rows` of a queryset of records: with what it selects beside them and its annotations."""
    return rows(name, build, *values)


def rows_of_no_tenant(name: Hashable, build: Build, *values: Value) -> list[tuple[Any, ...]]:
    """As `rows` of a table that belongs to no tenant, such as the sessions."""
    found = _known((name, *map(type, values)), build, values, is_of_tenant=False)
    return answer(Question(found.sql, found.params_for((_NOBODY, *values)), found.read))


def question(name: Hashable, build: Build, *values: Value) -> Question:
    """What `rows` would ask; of very many values it is built anew.

    Raises  ScopeError outside a tenant's scope.
    """
    tenant_id = current_tenant_id()
    if tenant_id is None:
        raise ScopeError(f"{name} was asked outside a tenant's scope.")
    if len(values) > MOST_VALUES:
        queryset = build(*values)
        compiler = queryset.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        return Question(sql, list(params), _reading(compiler, _is_of_records(queryset)))
    found = _known((name, *map(type, values)), build, values, is_of_tenant=True)
    return Question(found.sql, found.params_for((tenant_id, *values)), found.read)


def answer(asked: Question) -> list[Any]:
    """The rows or records. One query."""
    with connection.cursor() as cursor:
        cursor.execute(asked.sql, asked.params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return asked.read(found) if asked.read else found


def answers(asked: Sequence[Question]) -> list[list[Any]]:
    """The answers to several questions, which go to the database in one message."""
    found: list[list[Any]] = []
    with connection.cursor() as cursor:
        cursor.execute(
            ";\n".join(one.sql for one in asked), [param for one in asked for param in one.params]
        )
        for one in asked:
            if found:
                cursor.nextset()
            rows_of_one: list[tuple[Any, ...]] = cursor.fetchall()
            found.append(one.read(rows_of_one) if one.read else rows_of_one)
    return found


def _known(
    key: tuple[Hashable, ...], build: Build, values: tuple[Value, ...], *, is_of_tenant: bool
) -> Compiled:
    found = _compiled.get(key)
    if found is None:
        found = _compiled[key] = _compile(build, values, is_of_tenant=is_of_tenant)
    return found


def _compile(build: Build, values: tuple[Value, ...], *, is_of_tenant: bool) -> Compiled:
    stand_ins = (_NUMBERS[0], *(_stand_in(value, at) for at, value in enumerate(values, start=1)))
    with scope(tenant=stand_ins[0]):
        queryset = build(*stand_ins[1:])
        compiler = queryset.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
    places = tuple(
        stand_ins.index(param) if isinstance(param, Value) and param in stand_ins else None
        for param in params
    )
    expected = set(range(len(stand_ins))) if is_of_tenant else set(range(1, len(stand_ins)))
    if set(places) - {None} != expected:
        raise ValueError("A value of this statement is no parameter of its own.")
    return Compiled(sql, tuple(params), places, _reading(compiler, _is_of_records(queryset)))


def _stand_in(value: Value, at: int) -> Value:
    if isinstance(value, str):
        return _WORDS[at]
    if isinstance(value, datetime):
        return _INSTANTS[at]
    return _DAYS[at] if isinstance(value, date) else _NUMBERS[at]


def _is_of_records(queryset: Any) -> bool:
    return issubclass(queryset._iterable_class, ModelIterable)


def _reading(
    compiler: Any, is_of_records: bool
) -> Callable[[list[tuple[Any, ...]]], list[Any]] | None:
    """What the ORM would do with the statement's columns, decided once."""
    width = compiler.col_count if compiler.has_extra_select else None
    converters = list(compiler.get_converters([column[0] for column in compiler.select]).items())
    if not (width or converters or is_of_records):
        return None
    to_records = _to_records(compiler) if is_of_records else None

    def read(found: list[tuple[Any, ...]]) -> list[Any]:
        converted = [_converted(row[:width], converters) for row in found]
        return to_records(converted) if to_records else converted

    return read


def _converted(row: tuple[Any, ...], converters: Iterable[Any]) -> tuple[Any, ...]:
    if not converters:
        return row
    values = list(row)
    for place, (functions, expression) in converters:
        for function in functions:
            values[place] = function(values[place], expression, connection)
    return tuple(values)


def _to_records(compiler: Any) -> Callable[[list[tuple[Any, ...]]], list[Any]]:
    """As the ORM's own iterator makes records; it says so of a queryset at each question."""
    info, alias = compiler.klass_info, connection.alias
    start, end = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column[0].target.attname for column in compiler.select[start:end]]
    beside = get_related_populators(info, compiler.select, alias)  # type: ignore[call-arg]
    annotations = tuple((compiler.annotation_col_map or {}).items())

    def records_of(found: list[tuple[Any, ...]]) -> list[Any]:
        made = []
        for row in found:
            record = info["model"].from_db(alias, names, row[start:end])
            for populator in beside:
                populator.populate(row, record)
            for name, place in annotations:
                setattr(record, name, row[place])
            made.append(record)
        return made

    return records_of
