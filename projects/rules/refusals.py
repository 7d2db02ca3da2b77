"""What a file's rows are refused for, all of them at once, so that they are mended in one go."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from psa.core.errors import DomainError


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row, called as its file calls it, and the sentence that says what is wrong with it."""

    record: str
    reason: str


class RefusedRows(DomainError):
    """Several rows of a file cannot be taken; `rows` holds each with its own sentence."""

    def __init__(self, rows: Sequence[RefusedRow]) -> None:
        super().__init__(f"{len(rows):,} rows cannot be taken. The first: {rows[0].reason}", "file")
        self.rows = tuple(rows)


@dataclass(slots=True)
class Refusals:
    """Collects what single rows are refused for while the others are still being read."""

    found: list[tuple[str, DomainError]] = field(default_factory=list)

    @contextmanager
    def of(self, record: str) -> Iterator[None]:
        """A refusal of what is done inside belongs to `record`; the next row is read all the same."""
        try:
            yield
        except DomainError as error:
            self.found.append((record, error))

    def check(self) -> None:
        """Let pass when every row was taken. Raises  the one refusal; RefusedRows when several."""
        if len(self.found) == 1:
            raise self.found[0][1]
        if self.found:
            raise RefusedRows([RefusedRow(name, error.message) for name, error in self.found])


def refused_rows(error: DomainError) -> tuple[RefusedRow, ...]:
    """What a refusal says of single rows; of the file as a whole when it is one sentence."""
    if isinstance(error, RefusedRows):
        return error.rows
    return (RefusedRow("", error.message),)
