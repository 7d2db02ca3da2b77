"""What a quote earns: cost, price, margin, effective rate and discount, per line and in all."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.money.rounding import EXACT, round_to_minor, total_of

SHARE_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class EstimateRow:
    """One row of the estimate, in the quote's currency.

    `cost`, `price` and `list_price` are amounts; None means that no price was found. `list_price`
    is what the price lists say, `price` what is offered.
    """

    cost: Money | None
    price: Money | None
    list_price: Money | None
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A quote line: its rows, and the agreed value where the method has one."""

    rows: tuple[EstimateRow, ...]
    agreed_price: Money | None = None
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Analysis:
    """Amounts in the quote's currency; shares are fractions of 1 with four places.

    `margin_share` is of the price, `discount_share` of the list price; None where that is 0.
    `hourly_price` is the part of the price that hours earn, `effective_rate` the same per hour.
    `unpriced_rows` counts rows without cost or price: with any, the figures are incomplete.
    """

    cost: Money
    price: Money
    list_price: Money
    margin: Money
    margin_share: Decimal | None
    discount: Money
    discount_share: Decimal | None
    effective_rate: Money | None
    hourly_price: Money
    minutes: int
    unpriced_rows: int

    @property
    def is_complete(self) -> bool:
        return self.unpriced_rows == 0


def analyse_line(line: LineFacts, *, currency: str) -> Analysis:
    """One line's figures: the agreed price against its estimate, or the sum of its rows.

    Rows without a price count as nothing and are reported, so that no zero passes unseen.
    Raises  DomainError if an amount is not in `currency`.
    Source  docs/rules/sales.md, example S-20.
    """
    cost = total_of([row.cost for row in line.rows if row.cost is not None], currency)
    rows_price = total_of([row.price for row in line.rows if row.price is not None], currency)
    list_price = total_of(
        [row.list_price for row in line.rows if row.list_price is not None], currency
    )
    price = rows_price if line.agreed_price is None else line.agreed_price
    minutes = sum(row.minutes or 0 for row in line.rows)
    hourly = price
    if line.agreed_price is None:
        hourly = total_of(
            [row.price for row in line.rows if row.price is not None and row.minutes], currency
        )
    unpriced = sum(1 for row in line.rows if row.cost is None or row.price is None)
    # Without a list price there is nothing that a discount could be measured from.
    discount = list_price - price if list_price.amount else Money(0, price.currency)
    return _figures(cost, price, list_price, hourly, discount, minutes, unpriced)


def analyse_quote(lines: Sequence[LineFacts], *, currency: str) -> Analysis:
    """The quote's figures: the sums of its lines, its shares worked out on the sums.

    Optional lines are left out until the customer takes them.
    Source  docs/rules/sales.md, example S-20.
    """
    counted = [line for line in lines if not line.is_optional]
    parts = [analyse_line(line, currency=currency) for line in counted]
    return _figures(
        total_of([part.cost for part in parts], currency),
        total_of([part.price for part in parts], currency),
        total_of([part.list_price for part in parts], currency),
        total_of([part.hourly_price for part in parts if part.minutes], currency),
        total_of([part.discount for part in parts], currency),
        sum(part.minutes for part in parts),
        sum(part.unpriced_rows for part in parts),
    )


def _figures(
    cost: Money,
    price: Money,
    list_price: Money,
    hourly: Money,
    discount: Money,
    minutes: int,
    unpriced: int,
) -> Analysis:
    margin = price - cost
    return Analysis(
        cost=cost,
        price=price,
        list_price=list_price,
        margin=margin,
        margin_share=_share(margin, price),
        discount=discount,
        discount_share=_share(discount, list_price),
        effective_rate=_per_hour(hourly, minutes),
        hourly_price=hourly,
        minutes=minutes,
        unpriced_rows=unpriced,
    )


def _share(part: Money, whole: Money) -> Decimal | None:
    if not whole.amount:
        return None
    exact = EXACT.divide(part.amount, whole.amount)
    return exact.quantize(SHARE_PLACES, rounding="ROUND_HALF_UP")


def _per_hour(amount: Money, minutes: int) -> Money | None:
    if not minutes:
        return None
    return round_to_minor(Money(EXACT.divide(amount.amount * 60, minutes), amount.currency))


def check_milestones_sum(value: Money, amounts: Sequence[Money]) -> None:
    """A fixed price is scheduled whole: its milestones sum to its value.

    Raises  DomainError with the difference and what to change.
    Source  docs/rules/sales.md, example S-21.
    """
    left = value - total_of(amounts, value.currency)
    if left.amount > 0:
        raise DomainError(
            f"The milestones lack {_said(left)} of the line's value {_said(value)}. "
            "Raise one or add one.",
            field="amount",
        )
    if left.amount < 0:
        raise DomainError(
            f"The milestones exceed the line's value {_said(value)} by {_said(-left)}. Lower one.",
            field="amount",
        )
    if not amounts:
        raise DomainError("A fixed price needs at least one milestone. Add one.", field="amount")
    if any(amount.amount <= 0 for amount in amounts):
        raise DomainError("A milestone's amount must be above 0.", field="amount")


def _said(amount: Money) -> str:
    """1,036,500.00 USD."""
    return f"{amount.amount:,.2f} {amount.currency}"
