"""The answer a page's dataclass makes, read from its annotations.

Pages and API then show the same fields to the same people: what a selector leaves out for
somebody (a rate is None) is null here too.
"""

import dataclasses
import types
import typing
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Union
from uuid import UUID

from django.db.models import Model
from moneyed import Money as MoneyValue
from pydantic import create_model

from .fields import Money, Number
from .schemas import Out

_PLAIN = (str, bool, int, date, datetime, UUID)


def shape(
    source: type[Any],
    name: str,
    *,
    without: Collection[str] = (),
    **instead: Any,
) -> type[Out]:
    """A schema named `name` with the fields of a dataclass, nested ones included.

    `without` leaves fields out, those that hold database rows among them; `instead` gives a
    field another type, or adds one that the object has as an attribute.
    """
    hints = typing.get_type_hints(source)
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(source):
        if field.name in without or field.name in instead:
            continue
        fields[field.name] = (_type_of(hints[field.name], f"{name}.{field.name}"), ...)
    for key, kind in instead.items():
        fields[key] = (kind, ...)
    doc = (source.__doc__ or "").strip().split("\n")[0]
    if doc.startswith(f"{source.__name__}("):
        doc = ""
    made: type[Out] = create_model(name, __base__=Out, __doc__=doc or None, **fields)
    return made


@cache
def _nested(source: type[Any], outer: str) -> type[Out]:
    """Named within its outermost schema: rooms have rows of the same name."""
    return shape(source, f"{outer.removesuffix('Out')}{source.__name__}")


def _type_of(hint: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        members = [None if a is type(None) else _type_of(a, where) for a in arguments]
        return Union[tuple(members)]  # noqa: UP007
    if origin is tuple and (len(arguments) != 2 or arguments[1] is not Ellipsis):
        return tuple[tuple(_type_of(a, where) for a in arguments)]  # type: ignore[misc]
    if origin in (list, tuple, set, frozenset, Sequence, Collection):
        return list[_type_of(arguments[0], where)]  # type: ignore[misc]
    if origin in (dict, Mapping):
        return dict[str, _type_of(arguments[1], where)]  # type: ignore[misc]
    if not isinstance(hint, type):
        raise TypeError(f"{where}: no answer can be made of {hint!r}; name it in `instead`")
    if issubclass(hint, Enum):
        return str
    if hint in _PLAIN:
        return hint
    if issubclass(hint, Decimal):
        return Number
    if issubclass(hint, MoneyValue):
        return Money
    if dataclasses.is_dataclass(hint) and not issubclass(hint, Model):
        return _nested(hint, where.partition(".")[0])
    raise TypeError(f"{where}: no answer can be made of {hint.__name__}; leave it out")
