"""The journal that opens with an invoice from before the books began."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from moneyed import Money

from psa.core.ledger.rules.journals import (
    ZERO,
    Dimensions,
    EntryHeader,
    EntryLines,
    JournalDraft,
)
from psa.core.ledger.rules.posting_profiles import JournalEvent, ProfileBook, Slot

# What goes on after the books began; the rest of an invoice was told by the books before these.
KEPT: Final = frozenset({Slot.RECEIVABLE, Slot.CONTRACT_ASSET, Slot.CONTRACT_LIABILITY})


def opening_entry(
    full: JournalDraft,
    book: ProfileBook,
    *,
    begin_on: date,
    cleared: Money,
    booked_cleared: Decimal,
    receivable_dimensions: Dimensions,
) -> JournalDraft | None:
    """What an invoice's whole journal leaves on the day the books begin, None for nothing.

    Its receivable less what payments `cleared` before, and its contract's position, against opening
    equity: revenue, tax, bank and exchange differences of the time before are in the balances that
    the firm opens its books with.
    Raises  Unbalanced, PostingProfileMissing.
    Source  docs/rules/ledger.md, L-24.
    """
    header = replace(full.header, event=JournalEvent.OPENING_BALANCE, posting_on=begin_on)
    entry = EntryLines(header, book)
    equity = ZERO
    for line in full.lines:
        amount, transaction = line.amount, line.transaction_amount
        if line.slot not in KEPT:
            equity += amount
            continue
        if line.slot is Slot.RECEIVABLE:
            amount, transaction = amount - booked_cleared, transaction - cleared.amount
            equity += booked_cleared
        entry.debit(
            line.slot,
            amount,
            dimensions=line.dimensions,
            transaction=Money(transaction, line.transaction_currency),
            rate=line.rate,
            gl_account_id=line.gl_account_id,
        )
    entry.debit(Slot.OPENING_EQUITY, equity, dimensions=receivable_dimensions)
    if not entry.has_lines:
        return None
    return entry.entry()


def payables_entry(
    header: EntryHeader, book: ProfileBook, owed: dict[str, tuple[Decimal, Decimal]]
) -> JournalDraft | None:
    """What people were owed when the books began: by currency, in it and in the entity's. None for
    nothing."""
    entry = EntryLines(header, book)
    for currency, (amount, booked) in sorted(owed.items()):
        entry.credit(Slot.EMPLOYEE_PAYABLE, booked, transaction=Money(amount, currency))
    entry.debit(Slot.OPENING_EQUITY, sum((booked for _, booked in owed.values()), ZERO))
    return entry.entry() if entry.has_lines else None
