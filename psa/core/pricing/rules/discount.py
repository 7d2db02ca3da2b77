"""What a discount does to the margin."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.money.rounding import EXACT, round_half_up, round_to_minor

from .list_difference import percent_of


class Discounted(NamedTuple):
    """A price with a discount, beside the cost that does not change."""

    discount_percent: Decimal
    price: Money
    given_away: Money
    margin: Money
    margin_percent: Decimal | None


def discounted(price: Money, cost: Money, percent: Decimal) -> Discounted:
    """`price` less `percent`, rounded once to the minor unit, and what is left above `cost`.

    Raises  DomainError for a discount below 0 or above 100 %, or two currencies.
    Source  docs/rules/pricing.md, P-18.
    """
    if not percent.is_finite() or not 0 <= percent <= 100:
        raise DomainError("A discount is between 0 and 100 %.", "discount_percent")
    if price.currency != cost.currency:
        raise DomainError("Price and cost are in two currencies and cannot be compared.")
    factor = EXACT.divide(EXACT.subtract(Decimal(100), percent), Decimal(100))
    less = round_to_minor(Money(EXACT.multiply(price.amount, factor), price.currency))
    margin = less - cost
    return Discounted(percent, less, price - less, margin, percent_of(margin.amount, less.amount))


def break_even_percent(price: Money, cost: Money) -> Decimal | None:
    """The discount at which nothing is left, half up to two places; None without a price, or
    where the cost is above it already."""
    if price.amount <= 0 or cost.amount > price.amount:
        return None
    return percent_of((price - cost).amount, price.amount)


def ladder(price: Money, cost: Money, steps: Sequence[Decimal]) -> list[Discounted]:
    """The same price with several discounts."""
    return [discounted(price, cost, step) for step in steps]


def to_keep_margin(price: Money, cost: Money, margin_percent: Decimal) -> Decimal | None:
    """The largest discount that leaves `margin_percent`; None if even the price does not have it."""
    if price.amount <= 0 or not 0 <= margin_percent < 100:
        return None
    needed = EXACT.divide(
        EXACT.multiply(cost.amount, Decimal(100)), EXACT.subtract(Decimal(100), margin_percent)
    )
    if needed > price.amount:
        return None
    share = EXACT.divide(EXACT.subtract(price.amount, needed), price.amount)
    return round_half_up(EXACT.multiply(share, Decimal(100)), 2)
