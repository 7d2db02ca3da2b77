"""What the file says in sum beside what the system holds of it: the proof of a migration."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class TotalLine:
    """One sum: what is measured ("Hours", "Credit limits"), of what, in which unit or currency."""

    measure: str
    group: str
    unit: str
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        return self.after - self.before

    @property
    def before_minutes(self) -> int:
        """Hours are kept in minutes."""
        return int(self.before)

    @property
    def after_minutes(self) -> int:
        return int(self.after)

    @property
    def difference_minutes(self) -> int:
        return int(self.difference)

    @property
    def agrees(self) -> bool:
        return self.before == self.after


def compared(before: Mapping[Key, Decimal], after: Mapping[Key, Decimal]) -> list[TotalLine]:
    """Both sides line by line, in the order of measure, group and unit; what one lacks is 0."""
    keys = sorted({*before, *after})
    zero = Decimal(0)
    return [TotalLine(*key, before.get(key, zero), after.get(key, zero)) for key in keys]


def summed(items: Iterable[tuple[Key, Decimal]]) -> dict[Key, Decimal]:
    """Sums by key."""
    total: dict[Key, Decimal] = {}
    for key, value in items:
        total[key] = total.get(key, Decimal(0)) + value
    return total


def as_data(totals: Mapping[Key, Decimal]) -> list[list[str]]:
    """Sums as they are stored."""
    return [[*key, format(value, "f")] for key, value in sorted(totals.items())]


def from_data(stored: Sequence[Sequence[str]]) -> dict[Key, Decimal]:
    """Sums as they were stored."""
    return {(row[0], row[1], row[2]): Decimal(row[3]) for row in stored}
