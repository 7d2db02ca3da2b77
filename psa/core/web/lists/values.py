"""Finding a row's value, whatever a row is: instance, dict or dataclass."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from psa.core.web.lists.spec import Column


def get(row: Any, path: str) -> Any:
    """The value at a dotted or double-underscored path; None where the path ends early."""
    if isinstance(row, Mapping) and path in row:
        return row[path]
    if hasattr(row, path):
        return getattr(row, path)
    value = row
    for name in path.replace("__", ".").split("."):
        if value is None:
            return None
        value = value[name] if isinstance(value, Mapping) else getattr(value, name)
    return value


def value_of(row: Any, column: Column) -> Any:
    source: str | Callable[[Any], Any] = column.value or column.key
    return source(row) if callable(source) else get(row, source)


def money_of(row: Any, column: Column) -> tuple[Decimal, str] | None:
    """Amount and currency code of a money cell; None when there is no amount.

    Raises  TypeError when the amount has no currency beside it.
    """
    value = value_of(row, column)
    if value is None:
        return None
    if hasattr(value, "amount"):
        return Decimal(value.amount), str(value.currency)
    if column.currency is None:
        message = f"column {column.key!r} shows money without saying where its currency is"
        raise TypeError(message)
    return Decimal(value), str(get(row, column.currency))


def id_of(row: Any) -> Any:
    return get(row, "id")
