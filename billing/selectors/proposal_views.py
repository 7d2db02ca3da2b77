"""Lines, rows, groups and totals of a proposal, as the review page shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.models import ProposalLine

Treatment = ProposalLine.Treatment


@dataclass(frozen=True, slots=True)
class LineView:
    """One line as the grid shows it. `price` and amounts are None without the right to see rates."""

    id: int
    position: int
    is_added: bool
    person: str
    what: str
    description: str
    worked_on: date
    minutes: int | None
    quantity: Decimal | None
    price: Decimal | None
    original: Decimal | None
    invoiced: Decimal | None
    treatment: str
    treatment_label: str
    reason: str
    flags: tuple[str, ...]

    @property
    def is_changed(self) -> bool:
        return self.original is not None and self.original != self.invoiced


@dataclass(frozen=True, slots=True)
class RowView:
    """Lines alike in person, task, price and treatment, shown as one row that opens."""

    key: str
    lines: tuple[LineView, ...]
    is_open: bool

    @property
    def first(self) -> LineView:
        return self.lines[0]

    @property
    def line_ids(self) -> str:
        return ",".join(str(line.id) for line in self.lines)

    @property
    def is_single(self) -> bool:
        return len(self.lines) == 1

    @property
    def minutes(self) -> int | None:
        return total_minutes(self.lines)

    @property
    def quantity(self) -> Decimal | None:
        return self.first.quantity if self.is_single else Decimal(len(self.lines))

    @property
    def original(self) -> Decimal | None:
        return total(line.original for line in self.lines)

    @property
    def invoiced(self) -> Decimal | None:
        return total(line.invoiced for line in self.lines)

    @property
    def is_changed(self) -> bool:
        return any(line.is_changed for line in self.lines)

    @property
    def is_given_away(self) -> bool:
        return self.first.treatment != Treatment.CHARGEABLE

    @property
    def worked_from(self) -> date:
        return min(line.worked_on for line in self.lines)

    @property
    def worked_until(self) -> date:
        return max(line.worked_on for line in self.lines)

    @property
    def flags(self) -> tuple[str, ...]:
        return self.first.flags

    @property
    def name(self) -> str:
        return f"{self.first.person} {self.first.what}".strip()


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group of the grid: what to look at first, then by role, person or task."""

    label: str
    rows: tuple[RowView, ...]
    is_flagged: bool = False

    @property
    def minutes(self) -> int | None:
        return total_minutes(line for row in self.rows for line in row.lines)

    @property
    def invoiced(self) -> Decimal | None:
        return total(row.invoiced for row in self.rows)


@dataclass(frozen=True, slots=True)
class TotalsView:
    """The rail's figures, in the proposal's currency. Deductions are negative."""

    approved: Decimal
    deductions: tuple[tuple[str, Decimal], ...]
    net: Decimal
    taxes: tuple[tuple[str, Decimal], ...]
    total: Decimal
    problem: str = ""


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None


def total_minutes(lines: Iterable[LineView]) -> int | None:
    known = [line.minutes for line in lines if line.minutes is not None]
    return sum(known) if known else None
