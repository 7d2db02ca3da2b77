"""Paying a person back: its journal, and what it leaves open.

The payable goes at its booked value, the bank at the day's rate.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from moneyed import Money

from psa.core.ledger.rules.conversion import converted
from psa.core.ledger.rules.journals import EntryHeader, JournalDraft, ProfileLine, profile_entry
from psa.core.ledger.rules.posting_profiles import ProfileBook, Slot


@dataclass(frozen=True, slots=True)
class Paid:
    """`booked` is the payable's part in the entity's currency, `rate` the payment's."""

    amount: Money
    booked: Decimal
    rate: Decimal


def reimbursement_entry(header: EntryHeader, book: ProfileBook, paid: Paid) -> JournalDraft:
    """Employee payable debit, bank credit; the difference of rates is realised FX.

    Source  docs/rules/ledger.md, L-14.
    """
    bank = converted(paid.amount.amount, paid.rate, header.currency)
    return profile_entry(
        header,
        book,
        [
            ProfileLine(Slot.EMPLOYEE_PAYABLE, paid.booked, transaction=paid.amount),
            ProfileLine(Slot.REALISED_FX, bank - paid.booked),
            ProfileLine(Slot.BANK, -bank, transaction=-paid.amount, rate=paid.rate),
        ],
    )


def oldest_open(spent: Iterable[tuple[date, Decimal]], paid: Decimal) -> date | None:
    """The day of the oldest expense that `paid` did not settle: payments go to the oldest first."""
    left = paid
    for on, amount in sorted(spent):
        left -= amount
        if left < 0:
            return on
    return None
