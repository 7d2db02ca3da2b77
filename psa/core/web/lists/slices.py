"""A page of rows, where it begins and ends, and sums: what every source of rows answers with."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from django.core import signing
from django.http import HttpRequest

from psa.core.web.lists.parameters import Parameters
from psa.core.web.lists.spec import Column, View

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
    is_database: bool

    def narrowed(self, request: HttpRequest, asked: Parameters) -> "Source": ...
    def page(self, asked: Parameters, size: int) -> Slice: ...
    def count_up_to(self, limit: int) -> int: ...
    def totals(self, columns: Iterable[Column]) -> list[TotalRow]: ...
    def group_totals(
        self, group: Column, columns: Iterable[Column], rows: Sequence[Any]
    ) -> dict[Any, list[TotalRow]]: ...
    def view_counts(self, request: HttpRequest, views: Iterable[View]) -> dict[str, int]: ...
    def rows(self, asked: Parameters, limit: int) -> list[Any]: ...
    def ids(self, limit: int) -> list[Any]: ...
    def first(self) -> Any | None: ...
    def only(self, ids: Sequence[Any]) -> "Source": ...


def cursor_text(order: str, is_descending: bool, value: Any, row_id: Any) -> str:
    kind = type(value).__name__
    plain = value.isoformat() if isinstance(value, date) else value
    plain = str(plain) if isinstance(value, Decimal | UUID) else plain
    return signing.dumps([order, is_descending, kind, plain, str(row_id)], salt=_SALT)


def read_cursor(asked: Parameters, text: str) -> tuple[Any, str] | None:
    """The sort value and the id a cursor stands for; None if it is foreign, stale or forged."""
    try:
        order, is_descending, kind, plain, row_id = signing.loads(text, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if (order, is_descending) != (asked.order, asked.is_descending):
        return None
    reader = _READERS.get(kind)
    return (reader(plain) if reader else plain), row_id
