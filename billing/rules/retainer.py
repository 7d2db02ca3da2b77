"""Reconciling a retainer period: what its use means for this bill and the next allowance."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.money.rounding import EXACT, round_to_minor


class OveragePolicy(StrEnum):
    CARRY_FORWARD = "carry_forward"
    BILL = "bill"
    WRITE_OFF = "write_off"


class UnderusePolicy(StrEnum):
    EXPIRE = "expire"
    ROLL_OVER = "roll_over"
    REFUND = "refund"


class Measure(StrEnum):
    """What an allowance is counted in: whole minutes, or an amount at bill value."""

    MINUTES = "minutes"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class RetainerTerms:
    """One line's terms. `included` is minutes or an amount, as `measure` says.

    `rollover_periods` is in how many later periods an unused part may still be used (None:
    no end), `rollover_limit` how much may be rolled over in all.
    """

    period_amount: Money
    measure: Measure
    included: Decimal
    overage: OveragePolicy
    underuse: UnderusePolicy
    overage_rate_per_hour: Money | None = None
    refund_percent: Decimal = Decimal(0)
    rollover_periods: int | None = None
    rollover_limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RolledOver:
    """An unused part of an earlier period, and in how many periods it may still be used."""

    quantity: Decimal
    periods_left: int | None


@dataclass(frozen=True, slots=True)
class RetainerOpening:
    """What earlier periods left: parts rolled over, oldest first, or an overage owed."""

    rolled_over: tuple[RolledOver, ...] = ()
    overage_owed: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class RetainerResult:
    """A period reconciled. Quantities are in the terms' measure.

    `next_allowance` is the next period's included quantity with what rolls over, less the
    overage it repays; `invoiced` is the period's amount and any overage billed.
    """

    allowance: Decimal
    used: Decimal
    overage: Decimal
    unused: Decimal
    overage_billed: Money
    overage_written_off: Decimal
    expired: Decimal
    refund: Money
    invoiced: Money
    closing: RetainerOpening
    next_allowance: Decimal


def allowance_of(terms: RetainerTerms, opening: RetainerOpening) -> Decimal:
    """What may be used in a period, 0 at least: included + rolled over − overage owed."""
    rolled = sum((lot.quantity for lot in opening.rolled_over), Decimal(0))
    return max(terms.included + rolled - opening.overage_owed, Decimal(0))


def reconcile(
    terms: RetainerTerms, *, used: Decimal, opening: RetainerOpening | None = None
) -> RetainerResult:
    """Close one retainer period by its policies.

    Parts rolled over are used before the period's own allowance, oldest first. Overage carried
    forward lowers the next allowance, and the one after when it is more than that. Money is
    rounded half up once.
    Raises  DomainError if overage is billed by the hour and there is no rate, or use is negative.
    Source  docs/rules/billing.md, example B-10.
    """
    if used < 0:
        raise DomainError("Retainer use cannot be negative.", field="used")
    before = opening or RetainerOpening()
    zero_money = Money(0, terms.period_amount.currency)
    allowance = allowance_of(terms, before)
    # An overage larger than a whole allowance is repaid by several periods.
    owed_beyond = max(before.overage_owed - terms.included, Decimal(0))
    overage = max(used - allowance, Decimal(0))
    unused = max(allowance - used, Decimal(0))
    billed, written_off, owed = zero_money, Decimal(0), owed_beyond
    if overage:
        if terms.overage is OveragePolicy.BILL:
            billed = _overage_value(terms, overage)
        elif terms.overage is OveragePolicy.WRITE_OFF:
            written_off = overage
        else:
            owed += overage
    refund, expired, lots = _settle_unused(terms, before, used, unused)
    closing = RetainerOpening(lots, owed)
    return RetainerResult(
        allowance=allowance,
        used=used,
        overage=overage,
        unused=unused,
        overage_billed=billed,
        overage_written_off=written_off,
        expired=expired,
        refund=refund,
        invoiced=terms.period_amount + billed,
        closing=closing,
        next_allowance=allowance_of(terms, closing),
    )


def _overage_value(terms: RetainerTerms, overage: Decimal) -> Money:
    currency = terms.period_amount.currency
    if terms.measure is Measure.AMOUNT:
        return round_to_minor(Money(overage, currency))
    rate = terms.overage_rate_per_hour
    if rate is None:
        raise DomainError(
            "The retainer bills overage and has no overage rate. Add one to the contract line.",
            field="overage_rate_per_hour",
        )
    exact = EXACT.divide(EXACT.multiply(overage, rate.amount), Decimal(60))
    return round_to_minor(Money(exact, currency))


def _settle_unused(
    terms: RetainerTerms, before: RetainerOpening, used: Decimal, unused: Decimal
) -> tuple[Money, Decimal, tuple[RolledOver, ...]]:
    """Refund, what expires, and what rolls over into the next period."""
    none = Money(0, terms.period_amount.currency)
    if unused == 0:
        return none, Decimal(0), ()
    if terms.underuse is UnderusePolicy.EXPIRE:
        return none, unused, ()
    if terms.underuse is UnderusePolicy.REFUND:
        share = EXACT.divide(
            EXACT.multiply(
                EXACT.multiply(unused, terms.period_amount.amount), terms.refund_percent
            ),
            terms.included * 100,
        )
        return round_to_minor(Money(share, terms.period_amount.currency)), Decimal(0), ()
    lots = _after_use(terms, before, used)
    kept = _capped(lots, terms.rollover_limit)
    rolled = sum((lot.quantity for lot in kept), Decimal(0))
    return none, unused - rolled, kept


def _after_use(terms: RetainerTerms, before: RetainerOpening, used: Decimal) -> list[RolledOver]:
    """Unused parts, oldest first, each with a period less to live; those with none are gone."""
    left_to_use = used
    lots = []
    for lot in before.rolled_over:
        taken = min(lot.quantity, left_to_use)
        left_to_use -= taken
        periods_left = None if lot.periods_left is None else lot.periods_left - 1
        if lot.quantity > taken and periods_left != 0:
            lots.append(RolledOver(lot.quantity - taken, periods_left))
    own = max(terms.included - before.overage_owed, Decimal(0)) - left_to_use
    if own > 0 and terms.rollover_periods != 0:
        lots.append(RolledOver(own, terms.rollover_periods))
    return lots


def _capped(lots: Sequence[RolledOver], limit: Decimal | None) -> tuple[RolledOver, ...]:
    """The youngest parts up to the limit, oldest first: what is over expires oldest first."""
    if limit is None:
        return tuple(lots)
    room = limit
    kept: list[RolledOver] = []
    for lot in reversed(lots):
        quantity = min(lot.quantity, room)
        room -= quantity
        if quantity > 0:
            kept.insert(0, RolledOver(quantity, lot.periods_left))
    return tuple(kept)
