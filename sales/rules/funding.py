"""Who pays for what: funding sources with shares and limits, in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.money.rounding import allocate, minor_units


@dataclass(frozen=True, slots=True)
class FundingRule:
    """One step: the sources that share it, with their percentages, which sum to 100."""

    priority: int
    shares: tuple[tuple[int, Decimal], ...]  # (funding source id, percent)


@dataclass(frozen=True, slots=True)
class FundingLeg:
    funding_source_id: int
    amount: Money
    priority: int


@dataclass(frozen=True, slots=True)
class FundingSplit:
    """Legs in the order funded, what no source pays, and the rooms left afterwards."""

    legs: tuple[FundingLeg, ...]
    unfunded: Money
    rooms: Mapping[int, Money]

    def amount_of(self, funding_source_id: int) -> Money:
        """What one source pays in all legs together."""
        amounts = [leg.amount for leg in self.legs if leg.funding_source_id == funding_source_id]
        return sum(amounts, Money(0, self.unfunded.currency))


def check_rules(rules: Sequence[FundingRule]) -> None:
    """Percentages are positive and sum to 100 in each rule. Raises DomainError naming it."""
    for rule in rules:
        if any(percent <= 0 for _source, percent in rule.shares):
            raise DomainError(
                f"Funding rule {rule.priority} has a share of 0 % or less. Remove it.",
                field="percent",
            )
        total = sum((percent for _source, percent in rule.shares), Decimal(0))
        if total != 100:
            raise DomainError(
                f"The shares of funding rule {rule.priority} sum to {total} %, not 100 %.",
                field="percent",
            )
        if len({source for source, _percent in rule.shares}) != len(rule.shares):
            raise DomainError(f"Funding rule {rule.priority} names a source twice.", field="source")


def fund(
    amount: Money, *, rules: Sequence[FundingRule], rooms: Mapping[int, Money]
) -> FundingSplit:
    """Divide one amount over funding sources, rule by rule in order of priority.

    A rule funds as much as every one of its sources can carry at its percentage; the moment
    one is exhausted, the rest goes to the next rule. `rooms` is what is left of each limited
    source; a source not in it has no limit. Shares are largest-remainder, ties by order, so
    sum(legs) + unfunded == amount. A negative amount (a returned expense) goes back by the
    first rule's percentages and restores its sources' room.
    Raises  DomainError if a rule's percentages do not sum to 100.
    Source  docs/rules/sales.md, example S-6.
    """
    check_rules(rules)
    left = dict(rooms)
    remaining = amount
    legs: list[FundingLeg] = []
    for rule in sorted(rules, key=lambda rule: rule.priority):
        if remaining.amount == 0:
            break
        portion = remaining if amount.amount < 0 else min(remaining, _capacity(rule, left, amount))
        if portion.amount == 0:
            continue
        parts = allocate(portion, [percent for _source, percent in rule.shares])
        for (source, _percent), part in zip(rule.shares, parts, strict=True):
            if part.amount == 0:
                continue
            legs.append(FundingLeg(source, part, rule.priority))
            if source in left:
                left[source] -= part
        remaining -= portion
    return FundingSplit(tuple(legs), remaining, left)


def _capacity(rule: FundingRule, rooms: Mapping[int, Money], amount: Money) -> Money:
    """The largest amount this rule's sources can carry together, in whole minor units."""
    minor = Decimal(1).scaleb(-minor_units(amount.currency.code))
    capacity = amount.amount
    for source, percent in rule.shares:
        room = rooms.get(source)
        if room is not None:
            carried = (max(room.amount, Decimal(0)) * 100 / percent).quantize(minor, ROUND_DOWN)
            capacity = min(capacity, carried)
    return Money(capacity, amount.currency)
