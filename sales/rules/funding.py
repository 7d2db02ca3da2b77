"""Who pays for what: funding sources with shares and limits, in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_DOWN, Decimal

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.money.rounding import allocate, allocate_whole, minor_units

from .not_to_exceed import Limit, LimitLevel, Work, WorkSplit, applies, split_by_limits


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


@dataclass(frozen=True, slots=True)
class Payers:
    """A split: its rules, and the customer behind each funding source."""

    rules: tuple[FundingRule, ...]
    accounts: tuple[tuple[int, int], ...]  # (funding source id, account id)


@dataclass(frozen=True, slots=True)
class FundingTerms:
    """The splits of a contract: the line or None, the day each holds from, latest first."""

    versions: tuple[tuple[int | None, date, Payers], ...]

    def payers(self, line_id: int | None, on: date) -> Payers | None:
        """Who pays a line's work of a day: by the line's own split, else the contract's."""
        own = [found for line, since, found in self.versions if line == line_id and since <= on]
        if own:
            return own[0]
        shared = [found for line, since, found in self.versions if line is None and since <= on]
        return shared[0] if shared else None


@dataclass(frozen=True, slots=True)
class PaidPart:
    """What of one work one payer takes: accrued, and parked over a limit of theirs.

    `funding_source_id` is None for what no payer has room for, or the contract's own limits have
    not: it is parked, and is shared out when there is room.
    """

    funding_source_id: int | None
    account_id: int | None
    split: WorkSplit


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


def pay(
    work: Work, payers: Payers, limits: Sequence[Limit]
) -> tuple[tuple[PaidPart, ...], tuple[Limit, ...]]:
    """Share one work out over its payers, within all limits; the parts, and the limits as used then.

    First what the limits of line and contract have room for, then by the rules what each payer has
    agreed to, then what each customer's own limits let through. One part per payer, in the order in
    which they pay: accrued and parked of all parts sum to the amount, their minutes to the work's.
    Raises  MixedCurrency.
    Source  docs/rules/sales.md, examples S-6 and S-9.
    """
    zero = Money(0, work.amount.currency)
    of_customers = [limit for limit in limits if limit.account_id is not None]
    of_all = [limit for limit in limits if limit.account_id is None]
    [whole] = split_by_limits([work], of_all).splits
    funded = fund(whole.accrued, rules=payers.rules, rooms=rooms_of(limits))
    amounts: dict[int, Money] = {}
    for leg in funded.legs:
        amounts[leg.funding_source_id] = amounts.get(leg.funding_source_id, zero) + leg.amount
    nobodys = whole.parked + funded.unfunded
    minutes = _minutes(work.minutes, [*amounts.values(), nobodys])
    account_of = dict(payers.accounts)
    parts: list[PaidPart] = []
    for (source, amount), share in zip(amounts.items(), minutes, strict=False):
        mine = replace(work, amount=amount, minutes=share, account_id=account_of[source])
        result = split_by_limits([mine], of_customers)
        of_customers = list(result.limits)
        parts.append(PaidPart(source, mine.account_id, result.splits[0]))
    accrued = sum((part.split.accrued for part in parts), zero)
    if nobodys.amount:
        none = None if work.minutes is None else 0
        left = WorkSplit(work.ref, zero, nobodys, none, minutes[-1], whole.stopped_by)
        parts.append(PaidPart(None, work.account_id, left))
    of_all = [
        replace(limit, used=limit.used + accrued) if applies(limit, work) else limit
        for limit in of_all
    ]
    return tuple(parts), (*of_customers, *of_all)


def rooms_of(limits: Sequence[Limit]) -> dict[int, Money]:
    """What is left of each funding source that has a limit, 0 at least."""
    return {
        limit.funding_source_id: max(limit.limit - limit.used, Money(0, limit.limit.currency))
        for limit in limits
        if limit.level is LimitLevel.FUNDING and limit.funding_source_id is not None
    }


def _minutes(minutes: int | None, amounts: Sequence[Money]) -> list[int | None]:
    """The work's minutes in proportion to the amounts, largest remainder; None for none."""
    if minutes is None:
        return [None] * len(amounts)
    return list(allocate_whole(minutes, [abs(amount.amount) for amount in amounts]))
