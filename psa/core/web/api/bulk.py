"""Many rows in one request: each is done or refused by itself, and each gets its answer."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import connection, transaction

from psa.core.errors import DomainError

from .schemas import FieldError, In, Out

MAX_ROWS = 500
Row = TypeVar("Row", bound=In)


class RowResult(Out):
    """What became of one row; `index` counts from 0 in the order sent."""

    index: int
    is_done: bool
    id: int | None = None
    errors: list[FieldError] = []


class BulkResult(Out):
    done: int
    refused: int
    rows: list[RowResult]


def each_row(rows: Sequence[Row], call: Callable[[Row], int]) -> BulkResult:
    """Call once per row, in a savepoint of its own; a refusal undoes that row alone."""
    results = []
    for index, row in enumerate(rows):
        try:
            with transaction.atomic():
                made = call(row)
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        except DomainError as refusal:
            error = FieldError(field=refusal.field or "", message=str(refusal))
            results.append(RowResult(index=index, is_done=False, errors=[error]))
        else:
            results.append(RowResult(index=index, is_done=True, id=made))
    return result_of(results)


def result_of(rows: Sequence[RowResult]) -> BulkResult:
    """The results with their counts."""
    done = sum(row.is_done for row in rows)
    return BulkResult(done=done, refused=len(rows) - done, rows=list(rows))


def body_of(row: type[In], name: str) -> Any:
    """The body `{"rows": [...]}` of a bulk endpoint."""
    from pydantic import Field, create_model

    return create_model(
        name,
        __base__=In,
        rows=(list[row], Field(min_length=1, max_length=MAX_ROWS)),  # type: ignore[valid-type]
    )
