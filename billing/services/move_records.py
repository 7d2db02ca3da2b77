"""Recording movements of open invoices: journal, row, what is open, and the trail; one or many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count
from moneyed import Money

from billing.events import BillingEvent
from billing.models import Invoice, InvoiceBalance, ReceivableMove
from billing.rules.receivable_moves import EVENTS, Move, move_entry
from billing.selectors.invoice_facts import receivable_dimensions
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import JournalEntry
from psa.core.ledger.rules.journals import EntryHeader, JournalDraft
from psa.core.ledger.rules.posting_profiles import ProfileBook
from psa.core.ledger.services import journals

Kind = ReceivableMove.Kind


@dataclass(frozen=True, slots=True)
class NewMove:
    """What is to move; positive lowers what is open. `balance` is under lock."""

    invoice: Invoice
    balance: InvoiceBalance
    kind: str
    amount: Decimal
    booked: Decimal
    moved_on: date
    reason: str
    request_key: str


def record_moves(wanted: Sequence[NewMove], *, actor: Actor, at: datetime) -> list[ReceivableMove]:
    """Record movements of different invoices in order. A fixed number of queries, not per row.

    Raises  PeriodClosed; DomainError for a date before the invoice's.
    """
    if not wanted:
        return []
    for new in wanted:
        if new.moved_on < new.invoice.issued_on:
            raise DomainError(
                f"The invoice is dated {new.invoice.issued_on:%-d %b %Y}. Choose that day or a "
                "later one.",
                field="moved_on",
            )
    earlier: dict[int, int] = dict(
        ReceivableMove.objects.filter(invoice__in=[new.invoice.pk for new in wanted])
        .order_by()
        .values_list("invoice_id")
        .annotate(Count("id"))
    )
    book = ledger.profile_book()
    drafts = [_draft(new, earlier.get(new.invoice.pk, 0) + 1, book) for new in wanted]
    entries = journals.post_entries(drafts=drafts, actor=actor, at=at)
    made = ReceivableMove.objects.bulk_create(
        _row(new, entry, actor, at) for new, entry in zip(wanted, entries, strict=True)
    )
    apply([(new.balance, row) for new, row in zip(wanted, made, strict=True)])
    audit.record_many(
        actor=actor, at=at, event=BillingEvent.RECEIVABLE_MOVED, record_type="billing.Invoice",
        items=[(row.invoice_id, _sentence(row), {}) for row in made],
    )  # fmt: skip
    return made


def apply(moved: Sequence[tuple[InvoiceBalance, ReceivableMove]]) -> None:
    """What is open after the movements. One query."""
    for balance, move in moved:
        balance.open_amount -= move.amount
        balance.open_entity_amount -= move.booked_entity_amount
        balance.settled_on = move.moved_on if balance.open_amount == 0 else None
    InvoiceBalance.objects.bulk_update(
        [balance for balance, _ in moved], ["open_amount", "open_entity_amount", "settled_on"]
    )


def _draft(new: NewMove, count: int, book: ProfileBook) -> JournalDraft:
    invoice = new.invoice
    return move_entry(
        EntryHeader(
            event=EVENTS[new.kind][0],
            legal_entity_id=invoice.legal_entity_id,
            currency=invoice.entity_currency,
            posting_on=new.moved_on,
            source_kind="receivable",
            source_ref=f"{invoice.number}/{new.kind}/{count}",
            description=f"{Kind(new.kind).label}: {invoice.number}, {invoice.account.name}"[:200],
        ),
        book,
        Move(
            new.kind,
            Money(new.amount, invoice.currency),
            new.booked,
            receivable_dimensions(invoice.contract, invoice.account_id),
        ),
    )


def _row(new: NewMove, entry: JournalEntry, actor: Actor, at: datetime) -> ReceivableMove:
    return ReceivableMove(
        tenant_id=actor.tenant_id,
        invoice=new.invoice,
        kind=new.kind,
        moved_on=new.moved_on,
        amount=new.amount,
        booked_entity_amount=new.booked,
        reason=new.reason.strip()[:200],
        request_key=new.request_key,
        recorded_at=at,
        recorded_by_id=actor.membership_id,
        journal_entry=entry,
    )


def _sentence(move: ReceivableMove) -> str:
    """Without the amount: more people read the trail than may see the contract's rates."""
    label = str(Kind(move.kind).label)
    return f"{label}: {move.reason}" if move.reason else label
