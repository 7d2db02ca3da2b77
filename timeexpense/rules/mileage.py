"""What a distance with one's own vehicle is paid, by the year's distance so far."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.money.rounding import EXACT, parse_amount, round_to_minor

MAX_DISTANCE: Final = Decimal(100_000)
ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Tier:
    """From this distance of the year on, so much a mile or kilometre."""

    from_distance: Decimal
    rate_per_unit: Decimal


@dataclass(frozen=True, slots=True, order=True)
class DistanceSpan:
    """A part of the year's distance, half-open."""

    start: Decimal
    end: Decimal

    @property
    def length(self) -> Decimal:
        return self.end - self.start


def distance_of(typed: str) -> Decimal:
    """A distance as typed, with at most one decimal. Raises  DomainError on "distance"."""
    distance = parse_amount(typed, field="distance", max_places=1)
    if not 0 < distance <= MAX_DISTANCE:
        raise DomainError("The distance lies above 0 and within 100,000. Check it.", "distance")
    return distance


def year_of(on: date, *, start_month: int, start_day: int) -> tuple[date, date]:
    """The year of distance that a day lies in, half-open: 5 Apr 2026 with a start on 6 April is in
    the year from 6 Apr 2025."""
    starts_on = date(on.year, start_month, start_day)
    if on < starts_on:
        starts_on = date(on.year - 1, start_month, start_day)
    return starts_on, date(starts_on.year + 1, start_month, start_day)


def free_spans(taken: Iterable[DistanceSpan], distance: Decimal) -> tuple[DistanceSpan, ...]:
    """The lowest parts of the year's distance that no other claim takes, `distance` in all.

    So a year's claims always cover it from 0 on, whatever order they came in, and a claim that was
    removed leaves its place to the next.
    """
    found: list[DistanceSpan] = []
    at, left = ZERO, distance
    for span in sorted(taken):
        if left <= 0:
            break
        if span.start > at:
            length = min(span.start - at, left)
            found.append(DistanceSpan(at, at + length))
            left -= length
        at = max(at, span.end)
    if left > 0:
        found.append(DistanceSpan(at, at + left))
    return tuple(found)


def by_tier(spans: Sequence[DistanceSpan], tiers: Sequence[Tier]) -> list[tuple[Decimal, Decimal]]:
    """(distance, rate) of each tier that the spans touch, lowest first.

    Raises  DomainError on "vehicle" where no tier begins at 0.
    """
    ordered = sorted(tiers, key=lambda tier: tier.from_distance)
    if not ordered or ordered[0].from_distance != 0:
        raise DomainError("The mileage table has no rate from the first mile on.", "vehicle")
    found: list[tuple[Decimal, Decimal]] = []
    for tier, above in zip(ordered, [*ordered[1:], None], strict=True):
        end = above.from_distance if above is not None else None
        distance = ZERO
        for span in spans:
            until = span.end if end is None else min(span.end, end)
            distance += max(until - max(span.start, tier.from_distance), ZERO)
        if distance:
            found.append((distance, tier.rate_per_unit))
    return found


def allowance(spans: Sequence[DistanceSpan], tiers: Sequence[Tier], *, currency: str) -> Money:
    """What the spans are paid, rounded once, half up.

    Source  docs/rules/timeexpense.md, T-20.
    """
    total = ZERO
    for distance, rate in by_tier(spans, tiers):
        total = EXACT.add(total, EXACT.multiply(distance, rate))
    return round_to_minor(Money(total, currency))


def as_text(spans: Sequence[DistanceSpan]) -> str:
    """Spans as they are kept: "9960-10000 10000-10060"."""
    return " ".join(f"{span.start.normalize():f}-{span.end.normalize():f}" for span in spans)


def from_text(text: str) -> tuple[DistanceSpan, ...]:
    """What `as_text` wrote."""
    pairs = (word.split("-") for word in text.split())
    return tuple(DistanceSpan(Decimal(start), Decimal(end)) for start, end in pairs)
