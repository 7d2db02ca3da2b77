"""The journal of paying a person back: payable at its booked value, bank at the day's rate."""

from dataclasses import dataclass
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
