"""The same work at two prices: now, and with another list."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from psa.core.money.rounding import EXACT, round_half_up


class PricedPart(NamedTuple):
    """A share of the work: what it is grouped by, cost or sales, and its amount."""

    group: str
    side: str
    currency: str
    amount: Decimal
    minutes: int = 0


class ComparedRow(NamedTuple):
    """One group and side in one currency: now and then."""

    group: str
    side: str
    currency: str
    minutes: int
    now: Decimal
    then: Decimal

    @property
    def difference(self) -> Decimal:
        return EXACT.subtract(self.then, self.now)

    @property
    def percent(self) -> Decimal | None:
        """Of what it is now, half up to two places; None from nothing."""
        if not self.now:
            return None
        return round_half_up(
            EXACT.divide(EXACT.multiply(self.difference, Decimal(100)), self.now), 2
        )


def compared(now: Iterable[PricedPart], then: Iterable[PricedPart]) -> list[ComparedRow]:
    """Both sides added up by group, side and currency; what one lacks is 0.

    Nothing is rounded: the parts are. Minutes are those of the work then.
    """
    sums: dict[tuple[str, str, str], list[Decimal]] = {}
    minutes: dict[tuple[str, str, str], int] = {}
    for place, parts in enumerate((now, then)):
        for part in parts:
            key = (part.group, part.side, part.currency)
            found = sums.setdefault(key, [Decimal(0), Decimal(0)])
            found[place] = EXACT.add(found[place], part.amount)
            if place == 1:
                minutes[key] = minutes.get(key, 0) + part.minutes
    return [
        ComparedRow(*key, minutes.get(key, 0), before, after)
        for key, (before, after) in sorted(sums.items())
    ]


def totals(rows: Iterable[ComparedRow]) -> list[ComparedRow]:
    """The rows added up by side and currency."""
    found: dict[tuple[str, str], ComparedRow] = {}
    for row in rows:
        key = (row.side, row.currency)
        known = found.get(key) or ComparedRow(
            "All", row.side, row.currency, 0, Decimal(0), Decimal(0)
        )
        found[key] = known._replace(
            minutes=known.minutes + row.minutes,
            now=EXACT.add(known.now, row.now),
            then=EXACT.add(known.then, row.then),
        )
    return [found[key] for key in sorted(found)]
