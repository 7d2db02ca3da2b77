"""The journal of a payment: as it is posted, as it would have been, and its mirror."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from moneyed import Money

from billing.models import Invoice, Payment, PaymentAllocation
from billing.selectors import invoice_facts
from psa.core.actor import Actor
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import JournalEntry
from psa.core.ledger.rules.journals import Dimensions, EntryHeader, JournalDraft, mirror
from psa.core.ledger.rules.posting_profiles import JournalEvent
from psa.core.ledger.rules.postings import SettledItem, payment_entry
from psa.core.ledger.services import journals
from psa.core.org.models import LegalEntity
from sales.models import Account


def entry_of(
    account: Account,
    entity: LegalEntity,
    number: str,
    received: Money,
    rate: Decimal,
    received_on: date,
    items: Iterable[SettledItem],
) -> JournalDraft:
    """The journal of a payment, as it is posted or as it would have been."""
    return payment_entry(
        EntryHeader(
            event=JournalEvent.PAYMENT_RECEIVED,
            legal_entity_id=entity.pk,
            currency=entity.currency,
            posting_on=received_on,
            source_kind="payment",
            source_ref=number,
            description=f"Payment {number}, {account.name}",
        ),
        ledger.profile_book(),
        received=received,
        rate=rate,
        items=list(items),
        dimensions=Dimensions(customer_id=account.pk),
    )


def reverse_unbooked(
    payment: Payment,
    allocations: Sequence[PaymentAllocation],
    reversed_on: date,
    said: str,
    actor: Actor,
    at: datetime,
) -> JournalEntry:
    """The mirror of what a payment from before the books would have posted, or did when they began:
    bank against receivable either way."""
    draft = entry_of(
        payment.account, payment.legal_entity, payment.number,
        Money(payment.amount, payment.currency), payment.entity_rate, payment.received_on,
        settled_before(allocations),
    )  # fmt: skip
    booked = journals.entry_id_of_source(draft.header)
    mirrored = mirror(draft, posting_on=reversed_on, reverses_id=booked, description=said)
    if booked is None:
        # The source has no entry of its own: what it opened with stands in the opening entries.
        mirrored = replace(
            mirrored, header=replace(mirrored.header, source_kind="payment_reversal")
        )
    return journals.post_entries(drafts=[mirrored], actor=actor, at=at)[0]


def settled_before(allocations: Sequence[PaymentAllocation]) -> list[SettledItem]:
    """What allocations cleared (a reversal's: opened again), at that value. One query."""
    invoices = Invoice.objects.select_related("contract").in_bulk(
        [one.invoice_id for one in allocations]
    )
    return [_cleared(one, invoices[one.invoice_id]) for one in allocations]


def _cleared(allocation: PaymentAllocation, invoice: Invoice) -> SettledItem:
    amount = Money(abs(allocation.amount), invoice.currency)
    return SettledItem(
        open=amount,
        open_entity_amount=abs(allocation.booked_entity_amount),
        paid=amount,
        dimensions=invoice_facts.receivable_dimensions(invoice.contract, invoice.account_id),
    )
