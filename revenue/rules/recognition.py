"""Revenue to date and of the period; how a modification and a split price are treated."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.money.rounding import allocate, minor_units, total_of


@dataclass(frozen=True, slots=True)
class Obligation:
    """One performance obligation at a date, in one currency.

    `price` is its allocated transaction price. `uninstalled_total` of the expected cost shows
    no progress and earns revenue equal to itself as `uninstalled_to_date` is delivered.
    """

    price: Money
    progress: Fraction
    recognised_before: Money
    uninstalled_to_date: Money | None = None
    uninstalled_total: Money | None = None
    # Consideration that varied and is earned as it is known: a retainer's overage less refunds.
    variable: Money | None = None


@dataclass(frozen=True, slots=True)
class Recognised:
    to_date: Money
    of_period: Money


@dataclass(frozen=True, slots=True)
class NetPosition:
    """One contract's balance: an asset or a liability, the other is 0."""

    asset: Money
    liability: Money


def recognise(obligation: Obligation) -> Recognised:
    """Revenue to date = price × progress, rounded half up once; the period's is the difference.

    Uninstalled materials: their delivered cost, plus progress on the price without their whole
    expected cost. The period's revenue may be negative.
    Raises  DomainError if progress is not between 0 and 1.
    Source  docs/rules/revenue.md, examples R-1, R-3 and R-4.
    """
    if not 0 <= obligation.progress <= 1:
        raise DomainError("Progress is between 0 % and 100 %.", field="progress")
    zero = Money(0, obligation.price.currency)
    delivered = obligation.uninstalled_to_date or zero
    expected = (
        obligation.uninstalled_total if obligation.uninstalled_total is not None else delivered
    )
    base = Fraction((obligation.price - expected).amount)
    to_date = rounded(Fraction(delivered.amount) + base * obligation.progress, zero)
    to_date += obligation.variable or zero
    return Recognised(to_date, to_date - obligation.recognised_before)


def rounded(amount: Fraction, like: Money) -> Money:
    """An exact amount rounded half up (away from 0) to the minor unit of `like`'s currency."""
    digits = minor_units(like.currency)
    scaled = abs(amount) * 10**digits
    units = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Money(Decimal(-units if amount < 0 else units).scaleb(-digits), like.currency)


def net_position(*, recognised: Money, billed: Money) -> NetPosition:
    """Recognised less billed net of tax, shown on one side."""
    zero = Money(0, recognised.currency)
    net = recognised - billed
    return NetPosition(max(net, zero), max(-net, zero))


def allocate_price(price: Money, standalone_prices: Sequence[Money]) -> list[Money]:
    """The transaction price over obligations by relative stand-alone selling price.

    Largest remainder; parts sum to the price. Raises DomainError without positive prices.
    Source  docs/rules/revenue.md, example R-6.
    """
    if total_of(standalone_prices, price.currency).amount <= 0:
        raise DomainError(
            "Enter a stand-alone selling price for at least one obligation.",
            field="standalone_price",
        )
    return allocate(price, [standalone.amount for standalone in standalone_prices])


class ModificationTreatment(StrEnum):
    SEPARATE_CONTRACT = "separate_contract"
    PROSPECTIVE = "prospective"
    CUMULATIVE_CATCH_UP = "cumulative_catch_up"


def modification_treatment(
    *, adds_distinct_at_standalone_price: bool, remaining_is_distinct: bool
) -> ModificationTreatment:
    """What the two questions about an amendment come to.

    1. Does it add distinct services at their stand-alone selling price? → separate contract.
    2. Otherwise, is what remains distinct from what was delivered? → prospective; if it is part
       of one obligation in progress → cumulative catch-up.
    """
    if adds_distinct_at_standalone_price:
        return ModificationTreatment.SEPARATE_CONTRACT
    if remaining_is_distinct:
        return ModificationTreatment.PROSPECTIVE
    return ModificationTreatment.CUMULATIVE_CATCH_UP


def catch_up(*, price: Money, progress: Fraction, recognised: Money) -> Money:
    """Revenue of the modification's day: the new price at the new progress, less recognised.

    Source  docs/rules/revenue.md, example R-3.
    """
    return recognise(Obligation(price, progress, recognised)).of_period


def prospective_price(*, price: Money, recognised: Money, price_change: Money) -> Money:
    """What is left to recognise over the remaining services, which start at progress 0."""
    return price - recognised + price_change
