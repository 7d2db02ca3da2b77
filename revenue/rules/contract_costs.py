"""Costs to obtain and fulfil a contract: written down over its term, and what it can no longer bear."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.money.rounding import allocate
from revenue.rules.recognition import rounded


@dataclass(frozen=True, slots=True)
class Base:
    """What is to be written down evenly by day from `starts_on` until before `until_on`.

    It is the whole cost from its first day; after an impairment, what was left of it.
    `taken` is what was amortised of this amount before.
    """

    amount: Money
    starts_on: date
    until_on: date
    taken: Money

    @property
    def carrying(self) -> Money:
        return self.amount - self.taken


def amortisation_for(base: Base, *, until_on: date) -> Money:
    """What is due up to, not including, `until_on` beyond what was taken before.

    To date = amount × days elapsed ÷ days of the term, rounded half up once; so the periods sum to
    the amount exactly, and a cost that was entered late catches up.
    Raises  DomainError if the term has no day and none was before it.
    Source  docs/rules/revenue.md, R-12.
    """
    zero = Money(0, base.amount.currency)
    if until_on <= base.starts_on:
        return zero
    if until_on >= base.until_on:
        return base.carrying
    days = (base.until_on - base.starts_on).days
    if days <= 0:
        raise DomainError("The term must have at least one day.", field="ends_on")
    elapsed = (until_on - base.starts_on).days
    due = rounded(Fraction(base.amount.amount) * elapsed / days, zero)
    return max(due - base.taken, zero)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a part of a contract is still expected to bring, and to cost, in the entity's currency."""

    consideration: Money
    cost: Money


def recoverable_of(parts: Sequence[Outlook]) -> Money | None:
    """Remaining consideration less remaining cost of a contract, never below zero.

    None if nothing says what the contract will bring: then there is no test.
    Source  docs/rules/revenue.md, R-13.
    """
    if not parts:
        return None
    zero = Money(0, parts[0].consideration.currency)
    return max(sum((one.consideration - one.cost for one in parts), zero), zero)


def impairments_for(carrying: Sequence[Money], recoverable: Money | None) -> list[Money]:
    """What each asset of one contract loses so that together they carry what it can bear.

    In proportion to what each carries; the parts sum to the loss.
    Source  docs/rules/revenue.md, R-13.
    """
    if not carrying:
        return []
    zero = Money(0, carrying[0].currency)
    total = sum(carrying, zero)
    loss = zero if recoverable is None else max(total - recoverable, zero)
    if not loss.amount:
        return [zero for _ in carrying]
    return allocate(loss, [one.amount for one in carrying])
