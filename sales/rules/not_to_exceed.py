"""Not-to-exceed limits: how much of approved work becomes sales, and what is parked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.ledger.rules.types import TransactionClass


class MixedCurrency(DomainError):
    """Amounts and limits of one decision are in different currencies."""


class LimitLevel(StrEnum):
    """In the order limits are checked and named."""

    LINE_CUSTOMER = "line_customer"
    LINE = "line"
    CONTRACT_CUSTOMER = "contract_customer"
    # What a payer agreed to pay; beyond it the next payer takes over.
    FUNDING = "funding"
    CONTRACT = "contract"


OF_ONE_CUSTOMER = frozenset(
    {LimitLevel.LINE_CUSTOMER, LimitLevel.CONTRACT_CUSTOMER, LimitLevel.FUNDING}
)


@dataclass(frozen=True, slots=True)
class Split:
    """Per amount, in the order given: what accrues as sales, and what is parked."""

    accrued: tuple[Money, ...]
    parked: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of a contract. `used` is unbilled + billed of its scope, without tax.

    A line level names `contract_line_id`, a customer level `account_id`. `classes` empty means
    every transaction class.
    """

    limit_id: int
    level: LimitLevel
    limit: Money
    used: Money
    contract_line_id: int | None = None
    account_id: int | None = None
    classes: frozenset[TransactionClass] = frozenset()
    warning_percent: Decimal = Decimal(80)
    funding_source_id: int | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """Approved work or a parked row, valued at its sales amount. `ref` is the caller's key."""

    ref: int
    amount: Money
    contract_line_id: int
    transaction_class: TransactionClass
    account_id: int | None = None
    minutes: int | None = None
    work_on: date | None = None


@dataclass(frozen=True, slots=True)
class WorkSplit:
    """One work's two legs; either may be 0. `stopped_by` is the limit that left least room."""

    ref: int
    accrued: Money
    parked: Money
    accrued_minutes: int | None
    parked_minutes: int | None
    stopped_by: int | None


@dataclass(frozen=True, slots=True)
class ChainResult:
    """The splits in the order given, and the limits as used afterwards."""

    splits: tuple[WorkSplit, ...]
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class LimitWarning:
    """A limit whose use passed its warning percentage (`is_reached` false) or all of it."""

    limit_id: int
    level: LimitLevel
    used: Money
    limit: Money
    is_reached: bool


def split(amounts: Sequence[Money], *, limit: Money, used: Money) -> Split:
    """Divide work, in the order given, at the point where `used` plus its sum reaches `limit`.

    The amount that crosses is split in two legs; what is over returns in `parked`, never
    dropped: sum(accrued) + sum(parked) == sum(amounts), to the minor unit. A negative amount
    (a returned expense) accrues whole and gives its room to what follows.
    Raises  MixedCurrency; ValueError if limit or used is negative (a programming error).
    Source  docs/rules/sales.md, example S-7.
    """
    if limit.amount < 0 or used.amount < 0:
        raise ValueError("limit and used must not be negative")
    _check_currency([*amounts, used], limit)
    room = limit - used
    zero = Money(0, limit.currency)
    accrued: list[Money] = []
    for amount in amounts:
        part = amount if amount <= zero else min(amount, max(room, zero))
        accrued.append(part)
        room -= part
    return Split(
        tuple(accrued),
        tuple(amount - part for amount, part in zip(amounts, accrued, strict=True)),
    )


def _check_currency(amounts: Iterable[Money], limit: Money) -> None:
    for amount in amounts:
        if amount.currency != limit.currency:
            raise MixedCurrency(
                f"An amount in {amount.currency} cannot be checked against a limit in "
                f"{limit.currency}. Use the contract's currency."
            )


def applies(limit: Limit, work: Work) -> bool:
    """Whether work counts against a limit: its class, and the limit's line and customer."""
    if limit.classes and work.transaction_class not in limit.classes:
        return False
    is_of_line = limit.level in (LimitLevel.LINE, LimitLevel.LINE_CUSTOMER)
    if is_of_line and limit.contract_line_id != work.contract_line_id:
        return False
    if limit.level in OF_ONE_CUSTOMER:
        return limit.account_id == work.account_id
    return True


def split_by_limits(works: Sequence[Work], limits: Sequence[Limit]) -> ChainResult:
    """Split each work by every limit that applies to it: room is the least of theirs.

    Limits are looked at in level order, so of two that leave equal room the narrower is named.
    Work under no limit accrues whole. What one work accrues uses up room for the next.
    Minutes are split in proportion to the two amounts by largest remainder: they sum to the
    work's minutes, and are a measure of the leg, its amount is what counts.
    Raises  MixedCurrency.
    Source  docs/rules/sales.md, example S-8.
    """
    order = list(LimitLevel)
    current = sorted(limits, key=lambda limit: (order.index(limit.level), limit.limit_id))
    splits = []
    for work in works:
        concerned = [index for index, limit in enumerate(current) if applies(limit, work)]
        for index in concerned:
            _check_currency([work.amount], current[index].limit)
        zero = Money(0, work.amount.currency)
        accrued = work.amount
        stopped_by = None
        for index in concerned:
            room = max(current[index].limit - current[index].used, zero)
            if accrued > room:
                accrued, stopped_by = room, current[index].limit_id
        for index in concerned:
            current[index] = replace(current[index], used=current[index].used + accrued)
        parked = work.amount - accrued
        minutes = split_minutes(work.minutes, accrued, parked)
        splits.append(WorkSplit(work.ref, accrued, parked, minutes[0], minutes[1], stopped_by))
    return ChainResult(tuple(splits), tuple(current))


def split_minutes(
    minutes: int | None, accrued: Money, parked: Money
) -> tuple[int | None, int | None]:
    """Minutes of two legs, in proportion to their amounts; a leg of nothing has none."""
    if minutes is None:
        return None, None
    if parked.amount == 0:
        return minutes, 0
    if accrued.amount == 0:
        return 0, minutes
    total = accrued.amount + parked.amount
    exact, remainder = divmod(minutes * accrued.amount, total)
    first = int(exact) + (1 if 2 * remainder >= total else 0)
    return first, minutes - first


def release_parked(parked: Sequence[Work], limits: Sequence[Limit]) -> ChainResult:
    """What of parked work the limits have room for again, oldest first, then by key.

    In each split `accrued` is what is released and `parked` what stays; a row that only partly
    fits is released in part. A row that finds no room does not hold up a later one that is
    under other limits.
    Source  docs/rules/sales.md, example S-7.
    """
    return split_by_limits(oldest_first(parked), limits)


def oldest_first(parked: Iterable[Work]) -> list[Work]:
    """The order in which parked work takes room."""
    return sorted(parked, key=lambda work: (work.work_on or date.min, work.ref))


def release_chosen(chosen: Sequence[Work], limits: Sequence[Limit]) -> ChainResult:
    """`release_parked` for the work a project manager chose, in the order chosen."""
    return split_by_limits(chosen, limits)


def warnings_between(before: Sequence[Limit], after: Sequence[Limit]) -> list[LimitWarning]:
    """Limits that passed their warning percentage or 100 % between two states of use.

    A limit that passes both at once warns once, as reached. Of a limit of 0 nothing can be
    used: it is reached from the start and warns when first seen in `after` only.
    """
    was = {limit.limit_id: warning_stage(limit) for limit in before}
    return [
        LimitWarning(limit.limit_id, limit.level, limit.used, limit.limit, stage == 2)
        for limit in after
        if (stage := warning_stage(limit)) > was.get(limit.limit_id, 0)
    ]


def warning_stage(limit: Limit) -> int:
    """0 below the warning percentage, 1 from it on, 2 when the limit is used up."""
    if limit.used >= limit.limit:
        return 2
    return 1 if limit.used.amount * 100 >= limit.limit.amount * limit.warning_percent else 0


def reached_on(*, room: Money, forecast: Iterable[tuple[date, Money]]) -> date | None:
    """The first day on which forecast work uses up `room`; None if it never does."""
    used = Money(0, room.currency)
    for on, amount in sorted(forecast, key=lambda item: item[0]):
        used += amount
        if used >= room:
            return on
    return None


def room_of(limits: Sequence[Limit], work: Work) -> Money | None:
    """The room left for work like this one, 0 at least; None if no limit applies."""
    rooms = [limit.limit - limit.used for limit in limits if applies(limit, work)]
    if not rooms:
        return None
    return max(min(rooms), Money(0, work.amount.currency))
