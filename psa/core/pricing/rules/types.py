"""What goes into price resolution and what comes out. Plain frozen values, no rows."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.money import rounding

HOUR: Final = "hour"
DAY: Final = "day"
TIME_UNITS: Final = frozenset({HOUR, DAY})
DEFAULT_HOURS_PER_DAY: Final = Decimal(8)

ROLE: Final = "role"
RESOURCING_UNIT: Final = "resourcing_unit"

# ("contract", 12), ("account", 7), ("unit", 3), ("tenant", 1): the caller's word and id.
OwnerKey = Hashable
DimensionValue = int | str


class PriceContext(StrEnum):
    COST = "cost"
    SALES = "sales"
    PURCHASE = "purchase"
    TRANSFER = "transfer"


class LineKind(StrEnum):
    """What a line prices: time of a role, an expense or fee of a category, or an item."""

    TIME = "time"
    CATEGORY = "category"
    ITEM = "item"


class PriceMethod(StrEnum):
    PRICE = "price"
    MARKUP_PERCENT = "markup_percent"
    AT_COST = "at_cost"


class Reason(StrEnum):
    """Why something has no price."""

    NO_LIST = "no_list"
    NO_LINE = "no_line"
    COST_MISSING = "cost_missing"
    RATE_MISSING = "rate_missing"
    UNIT_MISMATCH = "unit_mismatch"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One thing a price may depend on; a lower `priority` number counts for more.

    An amount dimension chooses the base price. One with `multiplies` (overtime) marks up the
    price that the amount dimensions found.
    """

    code: str
    priority: int
    contexts: frozenset[PriceContext] = frozenset(PriceContext)
    multiplies: bool = False


DEFAULT_DIMENSIONS: Final = (Dimension(ROLE, 1), Dimension(RESOURCING_UNIT, 2))


class PriceList(NamedTuple):
    """One usable list (drafts are not handed over); `valid_until` is exclusive, None is open."""

    id: int
    context: PriceContext
    owner: OwnerKey
    currency: str
    name: str = ""
    unit: str = HOUR
    hours_per_day: Decimal = DEFAULT_HOURS_PER_DAY
    valid_from: date | None = None
    valid_until: date | None = None


class PriceLine(NamedTuple):
    """One line: `values` holds (dimension code, value) for what is not *any*.

    `subject_id` is the category or item; None in a category line means any category.
    `value` is a price for PRICE, a percentage for MARKUP_PERCENT, and None for AT_COST.
    `unit` None means the list's unit for time, and whatever unit is asked for otherwise.
    """

    id: int
    list_id: int
    value: Decimal | None
    values: tuple[tuple[str, DimensionValue], ...] = ()
    method: PriceMethod = PriceMethod.PRICE
    kind: LineKind = LineKind.TIME
    subject_id: int | None = None
    unit: str | None = None


class BaseCost(NamedTuple):
    """The cost that *at cost* and *markup %* build on, per `unit`."""

    price: Decimal
    currency: str
    unit: str = HOUR
    hours_per_day: Decimal = DEFAULT_HOURS_PER_DAY


class AgreedRate(NamedTuple):
    """A rate agreed outside any list: on an assignment, a contract line, or a pair of units."""

    source: str
    record_id: int
    value: Decimal
    currency: str
    unit: str = HOUR
    method: PriceMethod = PriceMethod.PRICE
    hours_per_day: Decimal = DEFAULT_HOURS_PER_DAY


class FixedRate(NamedTuple):
    """An exchange rate a contract agreed: `to_currency` per 1 `from_currency`."""

    from_currency: str
    to_currency: str
    rate: Decimal
    agreed_on: date


# Queries and answers are named tuples, not dataclasses: a year holds a million of them, and they
# are made, hashed and compared several times faster.
class PriceQuery(NamedTuple):
    """What is to be priced.

    `owners` is the ordered chain of list owners, nearest first; the caller knows the tree.
    `values` are sorted (dimension code, value) pairs; `values_of` makes them.
    `unit` None keeps the line's own unit, which loses nothing; `currency` None keeps the list's.
    `overrides` come before all lists, and the first of them wins (assignment, team member,
    contract line); `last_resort` comes after all lists (the lender's cost plus a pair's markup).
    """

    context: PriceContext
    on: date
    owners: tuple[OwnerKey, ...]
    values: tuple[tuple[str, DimensionValue], ...] = ()
    currency: str | None = None
    unit: str | None = None
    kind: LineKind = LineKind.TIME
    subject_id: int | None = None
    cost: BaseCost | None = None
    overrides: tuple[AgreedRate, ...] = ()
    last_resort: AgreedRate | None = None
    fixed_rates: tuple[FixedRate, ...] = ()


def values_of(**values: DimensionValue | None) -> tuple[tuple[str, DimensionValue], ...]:
    """Dimension values as a query or a line holds them: sorted, without the unknown ones."""
    return tuple(sorted((code, value) for code, value in values.items() if value is not None))


class TraceStep(NamedTuple):
    """One thing the resolver did: a code and its facts as text, fit to be stored."""

    code: str
    facts: tuple[tuple[str, str], ...]


class Resolved(NamedTuple):
    """A price, where it came from, and how.

    `price` has at most six places, in `currency`, per `unit`. `list_id` and `line_id` are None
    for an agreed rate. `fx_rate` is None where no conversion took place.
    """

    price: Decimal
    unit: str
    currency: str
    hours_per_day: Decimal
    list_id: int | None
    line_id: int | None
    fx_rate: Decimal | None
    fx_rate_on: date | None
    trace: tuple[TraceStep, ...]

    def amount_for_minutes(self, minutes: int) -> Money:
        """What `minutes` come to at this price, rounded once to the minor unit."""
        return rounding.amount_for_minutes(
            minutes, self.price, self.unit, self.hours_per_day, self.currency
        )

    def amount_for_units(self, units: Decimal) -> Money:
        """What a quantity comes to at this price, rounded once to the minor unit."""
        exact = rounding.EXACT.multiply(units, self.price)
        return rounding.round_to_minor(Money(exact, self.currency))


@dataclass(frozen=True, slots=True)
class SearchedList:
    """A list that was effective and looked into, with its lines for the same kind of work."""

    list_id: int
    name: str
    lines_compared: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """A list or line that could not be used, and why."""

    list_id: int
    line_id: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Unpriced:
    """No price, never a silent zero: what was searched, what was dropped, and what is missing.

    Only `trace` may hold prices; the rest may be shown to those who may not see rates.
    """

    reason: Reason
    missing: str
    searched: tuple[SearchedList, ...]
    dropped: tuple[Dropped, ...]
    trace: tuple[TraceStep, ...]


class PriceListInvalid(DomainError):
    """Lists and lines that contradict each other; the database refuses them too."""
