"""A customer's account over a period: what was open, what moved it, what is open by age."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class EntryKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    PAYMENT_REVERSED = "payment_reversed"
    WRITE_OFF = "write_off"
    RETENTION_WITHHELD = "retention_withheld"
    RETENTION_RELEASED = "retention_released"
    DUNNING_FEE = "dunning_fee"


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement of the account; above 0 is what the customer owes more."""

    on: date
    kind: EntryKind
    number: str
    amount: Decimal
    record_id: int
    due_on: date | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """An entry, and what is open after it."""

    entry: Entry
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Ageing:
    """What is open by days overdue; `unallocated` are payments not set against an invoice, below 0."""

    not_due: Decimal
    days_30: Decimal
    days_60: Decimal
    days_90: Decimal
    older: Decimal
    unallocated: Decimal

    @property
    def total(self) -> Decimal:
        return (
            self.not_due
            + self.days_30
            + self.days_60
            + self.days_90
            + self.older
            + self.unallocated
        )


@dataclass(frozen=True, slots=True)
class Statement:
    """Of one customer, legal entity and currency, both days included. `ageing` sums to `closing`."""

    from_on: date
    until_on: date
    opening: Decimal
    rows: tuple[Row, ...]
    invoiced: Decimal
    credited: Decimal
    paid: Decimal
    other: Decimal
    closing: Decimal
    ageing: Ageing


def statement(
    *,
    opening: Decimal,
    entries: Sequence[Entry],
    open_items: Sequence[tuple[date, Decimal]],
    from_on: date,
    until_on: date,
) -> Statement:
    """The account from its balance before `from_on` to the end of `until_on`.

    `open_items` are (due date, amount) of each invoice as it stood on that day. What the account has
    and no item has is money that was not set against an invoice.
    Source  docs/rules/billing.md, B-24.
    """
    rows: list[Row] = []
    balance = opening
    for entry in sorted(entries, key=lambda one: (one.on, _ORDER[one.kind], one.number)):
        balance += entry.amount
        rows.append(Row(entry, balance))

    def of(*kinds: EntryKind) -> Decimal:
        return sum((row.entry.amount for row in rows if row.entry.kind in kinds), ZERO)

    invoiced = of(EntryKind.INVOICE)
    credited = of(EntryKind.CREDIT_NOTE)
    paid = of(EntryKind.PAYMENT, EntryKind.PAYMENT_REVERSED)
    return Statement(
        from_on=from_on,
        until_on=until_on,
        opening=opening,
        rows=tuple(rows),
        invoiced=invoiced,
        credited=credited,
        paid=paid,
        other=balance - opening - invoiced - credited - paid,
        closing=balance,
        ageing=_ageing(open_items, balance, until_on),
    )


_ORDER = {kind: place for place, kind in enumerate(EntryKind)}


def _ageing(open_items: Sequence[tuple[date, Decimal]], closing: Decimal, as_of: date) -> Ageing:
    sums = [ZERO] * 5
    for due_on, amount in open_items:
        days = (as_of - due_on).days
        sums[0 if days <= 0 else min(4, (days + 29) // 30)] += amount
    not_due, days_30, days_60, days_90, older = sums
    return Ageing(not_due, days_30, days_60, days_90, older, closing - sum(sums, ZERO))
