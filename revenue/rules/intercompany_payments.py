"""Settling an invoice between legal entities: what is relieved, and the entry in either book."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.ledger.rules.journals import EntryHeader, JournalDraft, ProfileLine, profile_entry
from psa.core.ledger.rules.posting_profiles import JournalEvent, ProfileBook, Slot
from psa.core.money.rounding import allocate, round_to_minor

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """What is open of an invoice (a credit: negative), and the value it is booked with in each book."""

    invoice_id: int
    number: str
    open: Money
    lender_booked: Decimal
    borrower_booked: Decimal


@dataclass(frozen=True, slots=True)
class Settled:
    """What is settled of one invoice, and the booked value that this relieves in each book."""

    invoice_id: int
    paid: Money
    lender_relieved: Decimal
    borrower_relieved: Decimal


@dataclass(frozen=True, slots=True)
class Bank:
    """What one bank paid and the other got, and its value in an entity's own currency."""

    paid: Money
    entity_amount: Decimal
    rate: Decimal


def settle(
    item: OpenInvoice, amount: Decimal, *, lender_currency: str, borrower_currency: str
) -> Settled:
    """Settle `amount` of an invoice; the last part takes all of the booked values that is left.

    A credit is settled with a negative amount. A part relieves in proportion to what is open.
    Raises  DomainError for nothing, another sign, more than is open, or too many decimals.
    Source  docs/rules/ledger.md, L-21.
    """
    currency = item.open.currency.code
    paid = Money(amount, item.open.currency)
    is_within = amount.is_finite() and amount * item.open.amount > 0 and abs(paid) <= abs(item.open)
    if not is_within:
        raise DomainError(
            f"{item.open} is open of {item.number}. Settle that or less.", field="amount"
        )
    if round_to_minor(amount, currency) != amount:
        raise DomainError(f"{amount} has more places than {currency} has.", field="amount")
    rest = item.open.amount - amount

    def relieved(booked: Decimal, own: str) -> Decimal:
        part: Decimal = allocate(Money(booked, own), [abs(amount), abs(rest)])[0].amount
        return part

    return Settled(
        item.invoice_id,
        paid,
        relieved(item.lender_booked, lender_currency),
        relieved(item.borrower_booked, borrower_currency),
    )


def payee_entry(
    header: EntryHeader, book: ProfileBook, settled: Sequence[Settled], bank: Bank
) -> JournalDraft:
    """The lender's: bank at the day's rate against receivables as booked; the rest is realised FX.

    Source  docs/rules/ledger.md, L-21.
    """
    items = [(one.paid, one.lender_relieved) for one in settled]
    return _entry(header, book, items, bank, sign=1, slot=Slot.INTERCOMPANY_RECEIVABLE)


def payer_entry(
    header: EntryHeader, book: ProfileBook, settled: Sequence[Settled], bank: Bank
) -> JournalDraft:
    """The borrower's: payables as booked against bank at the day's rate; the rest is realised FX.

    Source  docs/rules/ledger.md, L-21.
    """
    items = [(one.paid, one.borrower_relieved) for one in settled]
    return _entry(header, book, items, bank, sign=-1, slot=Slot.INTERCOMPANY_PAYABLE)


def _entry(
    header: EntryHeader,
    book: ProfileBook,
    items: Sequence[tuple[Money, Decimal]],
    bank: Bank,
    *,
    sign: int,
    slot: Slot,
) -> JournalDraft:
    """`sign` 1 for who is paid, whose bank is debited; -1 for who pays, the mirror."""
    # Where the invoice stands: it was booked under its own event.
    account_id = book.account_for(
        slot, event=JournalEvent.INTERCOMPANY_INVOICE, legal_entity_id=header.legal_entity_id
    )
    lines = [
        ProfileLine(
            Slot.BANK, sign * bank.entity_amount, transaction=sign * bank.paid, rate=bank.rate
        )
    ]
    lines += [
        ProfileLine(slot, -sign * relieved, transaction=-sign * paid, gl_account_id=account_id)
        for paid, relieved in items
    ]
    difference = bank.entity_amount - sum((relieved for _, relieved in items), ZERO)
    lines.append(ProfileLine(Slot.REALISED_FX, -sign * difference))
    return profile_entry(header, book, lines)


def paid_of_net(net: Money, *, settled: Decimal, total: Decimal) -> Money:
    """The part of an invoice's net that payments settled, as they settled `settled` of its `total`.

    `net` may be in another currency than they are. All of it where nothing is open.
    Source  docs/rules/ledger.md, L-23.
    """
    if settled == total:
        return net
    return round_to_minor(net * (settled / total))
