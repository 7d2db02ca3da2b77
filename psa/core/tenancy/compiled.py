"""Statements that every page asks, compiled once a process: who asks are their parameters.

The rule stays one queryset. It is built once for stand-ins, and its SQL is kept with the places
where they stood; a question afterwards puts the tenant and its values there.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, models
from django_scopes import scope
from django_scopes.exceptions import ScopeError

from .scope import current_tenant_id

Value = int | date
# Numbers and days that no row has, and that no rule compares with.
_NUMBERS = tuple(range(-900_000_001, -900_000_065, -1))
_DAYS = tuple(date(1, 1, 1) + timedelta(days=n) for n in range(len(_NUMBERS)))


@dataclass(frozen=True, slots=True)
class Compiled:
    """`places` says for each parameter which of (tenant, *values) it is; None: as it stands."""

    sql: str
    params: tuple[Any, ...]
    places: tuple[int | None, ...]

    def params_for(self, values: tuple[Value, ...]) -> list[Any]:
        return [
            param if place is None else _like(param, values[place])
            for param, place in zip(self.params, self.places, strict=True)
        ]


def _like(param: Any, value: Value) -> Any:
    """A number in the database's own type, which the stand-in has."""
    return value if isinstance(value, date) else type(param)(value)


_compiled: dict[tuple[Hashable, ...], Compiled] = {}


def rows(
    name: Hashable, build: Callable[..., "models.QuerySet[Any, Any]"], *values: Value
) -> list[tuple[Any, ...]]:
    """The rows of `build(*values)`, a queryset of plain values, in the open tenant. One query.

    The values are ids and days. What `build` makes may follow from `name` and from how many of each
    there are, and from nothing else: neither from what they are, nor from a clock, nor from rows.
    Raises  ScopeError outside a tenant's scope.
    """
    tenant_id = current_tenant_id()
    if tenant_id is None:
        raise ScopeError(f"{name} was asked outside a tenant's scope.")
    key = (name, *map(type, values))
    found = _compiled.get(key)
    if found is None:
        found = _compiled[key] = _compile(build, values)
    with connection.cursor() as cursor:
        cursor.execute(found.sql, found.params_for((tenant_id, *values)))
        asked: list[tuple[Any, ...]] = cursor.fetchall()
    return asked


def _compile(
    build: Callable[..., "models.QuerySet[Any, Any]"], values: tuple[Value, ...]
) -> Compiled:
    if len(values) >= len(_NUMBERS):
        raise ValueError(f"A compiled statement takes fewer than {len(_NUMBERS)} values.")
    stand_ins: tuple[Value, ...] = (
        _NUMBERS[0],
        *(
            _DAYS[at] if isinstance(value, date) else _NUMBERS[at]
            for at, value in enumerate(values, start=1)
        ),
    )
    with scope(tenant=stand_ins[0]):
        sql, params = build(*stand_ins[1:]).query.sql_with_params()
    places = tuple(
        stand_ins.index(param) if isinstance(param, int | date) and param in stand_ins else None
        for param in params
    )
    if set(places) - {None} != set(range(len(stand_ins))):
        raise ValueError("A value of this statement is no parameter of its own.")
    return Compiled(sql, tuple(params), places)
