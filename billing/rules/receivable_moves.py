"""The journal of what moves an open invoice: write-off, retention, dunning fee."""

from dataclasses import dataclass
from decimal import Decimal

from moneyed import Money

from psa.core.ledger.rules.journals import (
    Dimensions,
    EntryHeader,
    JournalDraft,
    ProfileLine,
    profile_entry,
)
from psa.core.ledger.rules.posting_profiles import JournalEvent, ProfileBook, Slot

# Kind → its event, and where the other side of the receivable is.
EVENTS = {
    "write_off": (JournalEvent.WRITE_OFF, Slot.WRITE_OFF),
    "retention_withheld": (JournalEvent.RETENTION, Slot.RETENTION_RECEIVABLE),
    "retention_released": (JournalEvent.RETENTION, Slot.RETENTION_RECEIVABLE),
    "dunning_fee": (JournalEvent.DUNNING_FEE, Slot.FEE_INCOME),
}


@dataclass(frozen=True, slots=True)
class Move:
    """Positive lowers the receivable; `booked` is its part in the entity's currency."""

    kind: str
    amount: Money
    booked: Decimal
    dimensions: Dimensions


def move_entry(header: EntryHeader, book: ProfileBook, move: Move) -> JournalDraft:
    """Other side debit, receivable credit; mirrored when the amount is negative.

    Source  docs/rules/ledger.md, L-13.
    """
    other = EVENTS[move.kind][1]
    return profile_entry(
        header,
        book,
        [
            ProfileLine(other, move.booked, move.dimensions, move.amount),
            ProfileLine(Slot.RECEIVABLE, -move.booked, move.dimensions, -move.amount),
        ],
    )
