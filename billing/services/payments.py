"""Money received: allocated to open invoices, journalled with realised exchange differences."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from moneyed import Money

from billing import policies
from billing.events import BillingEvent
from billing.models import InvoiceBalance, Payment, PaymentAllocation
from billing.permissions import BillingPermission
from billing.rules.payments import (
    MoreThanOpen,
    OpenItem,
    Settlement,
    allocate_chosen,
    allocate_oldest_first,
)
from billing.selectors import visibility
from billing.services import payment_journals
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError
from psa.core.ledger.rules.journals import Dimensions
from psa.core.ledger.rules.postings import SettledItem, booked_share
from psa.core.ledger.services import journals
from psa.core.money import selectors as money
from psa.core.money.fx import FxQuote
from psa.core.money.rounding import EXACT, currency_of, round_to_minor
from psa.core.org import features
from psa.core.org.models import LegalEntity
from psa.core.org.rules.deployment import Feature
from sales.models import Account

PAYMENT_SERIES = "payment"


class AlreadyReversed(Conflict):
    """The payment was reversed before."""


class RequestKeyUsed(Conflict):
    """The key named another payment before."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """An invoice and how much of the payment settles it."""

    invoice_id: int
    amount: Decimal


@transaction.atomic
def record_payment(
    *,
    request_key: str,
    account_id: int,
    legal_entity_id: int,
    received_on: date,
    amount: Decimal,
    currency: str,
    reference: str = "",
    chosen: Sequence[Chosen] = (),
    actor: Actor,
    at: datetime,
) -> Payment:
    """Record money received and settle invoices: those chosen, else the oldest due first.

    The same `request_key` records once and gives the payment that is there. Bank at the payment's
    rate, receivables at the rate they were booked at, the difference is realised FX; what is over
    is an advance of the customer. Locks the open items, by invoice. Where the firm keeps no books
    (Lite) nothing is journalled, and nothing may be over: there is no account to keep it in.
    Raises  PermissionDenied, NotFound, PeriodClosed, RateMissing, MixedCurrency, RequestKeyUsed;
            DomainError if an item is settled with more than is open, or nothing was received.
    Source  docs/rules/billing.md, B-11; docs/rules/ledger.md, L-8.
    """
    actor.require(BillingPermission.RECORD_PAYMENT)
    known = Payment.objects.filter(request_key=request_key).first()
    if known is not None:
        _check_is_same(known, account_id, legal_entity_id, amount, currency)
        return known
    account: Account = visibility.one(visibility.customers(), account_id, "customer")
    entity: LegalEntity = visibility.one(LegalEntity.objects.all(), legal_entity_id, "legal entity")
    received = _received(amount, currency)
    items = _open_items(account_id, legal_entity_id, currency, chosen)
    settled = _settlements(received, items, chosen, actor)
    quote = _quote(currency, entity.currency, received_on)
    number = _number(entity, received_on, actor)
    settled_items = {s.invoice_id: _settled_item(items[s.invoice_id], s, currency) for s in settled}
    entry = None
    if features.offers_to_writer(Feature.BOOKS):
        draft = payment_journals.entry_of(
            account, entity, number, received, quote.rate, received_on, settled_items.values()
        )
        entry = journals.post_entries(drafts=[draft], actor=actor, at=at)[0]
    else:
        _check_nothing_over(received, settled)
    payment = Payment(
        tenant_id=actor.tenant_id,
        number=number,
        legal_entity=entity,
        account=account,
        received_on=received_on,
        currency=currency,
        amount=received.amount,
        entity_rate=quote.rate,
        entity_rate_on=quote.rate_on,
        entity_amount=round_to_minor(EXACT.multiply(received.amount, quote.rate), entity.currency),
        reference=reference.strip()[:80],
        request_key=request_key,
        recorded_at=at,
        recorded_by_id=actor.membership_id,
        journal_entry=entry,
    )
    _store_once(payment)
    _allocate(payment, settled, items, settled_items)
    _record(payment, settled, actor, at)
    return payment


def _check_is_same(
    known: Payment, account_id: int, legal_entity_id: int, amount: Decimal, currency: str
) -> None:
    """Another payment under a used key is not swallowed: its money would be missing."""
    stored = (known.account_id, known.legal_entity_id, known.amount, known.currency)
    if stored != (account_id, legal_entity_id, amount, currency):
        raise RequestKeyUsed(
            f"This request key recorded {known.number} before, another payment. Send a key of its "
            "own."
        )


def _check_nothing_over(received: Money, settled: Sequence[Settlement]) -> None:
    over = received - sum((one.paid for one in settled), Money(0, received.currency))
    if over.amount > 0:
        raise DomainError(
            "This is more than is open. Record what the open invoices come to, and pay the rest "
            "back: without books there is no account for what customers paid in advance.",
            field="amount",
        )


def _store_once(payment: Payment) -> None:
    """Raises  Conflict when the same request was stored by another hand meanwhile."""
    try:
        with transaction.atomic():
            payment.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            "This payment was recorded a moment ago. Reload the page to see it."
        ) from error


def _allocate(
    payment: Payment,
    settled: Sequence[Settlement],
    items: dict[int, InvoiceBalance],
    settled_items: dict[int, SettledItem],
) -> None:
    """One allocation an invoice, at the value its receivable was booked with."""
    allocations = []
    for settlement in settled:
        balance = items[settlement.invoice_id]
        relieved = booked_share(settled_items[settlement.invoice_id], payment.legal_entity.currency)
        allocations.append(
            PaymentAllocation(
                tenant_id=payment.tenant_id,
                payment=payment,
                invoice_id=settlement.invoice_id,
                amount=settlement.paid.amount,
                booked_entity_amount=relieved,
            )
        )
        _settle(balance, settlement.paid.amount, relieved, payment.received_on)
    PaymentAllocation.objects.bulk_create(allocations)


def _record(payment: Payment, settled: Sequence[Settlement], actor: Actor, at: datetime) -> None:
    """In the trails of the payment and of each invoice that it settles."""
    audit.record(
        actor=actor,
        at=at,
        event=BillingEvent.PAYMENT_RECORDED,
        record_type="billing.Payment",
        record_id=payment.pk,
        sentence=f"Recorded payment {payment.number} of {payment.account.name}",
    )
    audit.record_many(
        actor=actor,
        at=at,
        event=BillingEvent.PAYMENT_RECORDED,
        record_type="billing.Invoice",
        items=[(s.invoice_id, f"Settled with payment {payment.number}", {}) for s in settled],
    )


@transaction.atomic
def reverse_payment(
    *, payment_id: int, reversed_on: date, reason: str, actor: Actor, at: datetime
) -> Payment:
    """Take a payment back: its journal mirrored, its invoices open again as they were.

    Raises  AlreadyReversed, PermissionDenied, NotFound, PeriodClosed, DomainError without a
            reason or for a date before the payment's.
    """
    actor.require(BillingPermission.RECORD_PAYMENT)
    payment = visibility.get_payment(actor=actor, payment_id=payment_id)
    policies.check_can_reverse(payment, reversed_on)
    if not reason.strip():
        raise DomainError("Say why the payment is reversed.", field="reason")
    allocations = list(PaymentAllocation.objects.filter(payment=payment).order_by("invoice_id"))
    balances = _lock_balances([a.invoice_id for a in allocations])
    if Payment.objects.filter(reverses=payment).exists():
        raise AlreadyReversed(f"Payment {payment.number} was reversed before.")
    reversal = _take_back(payment, allocations, reversed_on, reason.strip(), actor, at)
    _open_again(reversal, allocations, balances)
    for record_type, ids in (
        ("billing.Payment", [payment.pk]),
        ("billing.Invoice", [a.invoice_id for a in allocations]),
    ):
        audit.record_many(
            actor=actor, at=at, event=BillingEvent.PAYMENT_REVERSED, record_type=record_type,
            items=[
                (pk, f"Reversed payment {payment.number}: {reason.strip()}", {}) for pk in ids
            ],
        )  # fmt: skip
    return reversal


def _take_back(
    payment: Payment,
    allocations: Sequence[PaymentAllocation],
    reversed_on: date,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Payment:
    """The payment's mirror, with its journal and a number of its own."""
    entity = payment.legal_entity
    number = _number(entity, reversed_on, actor)
    said = f"Reversal of payment {payment.number}: {reason}"[:200]
    entry = None
    if payment.journal_entry_id is not None:
        entry = journals.reverse_entry(
            entry_id=payment.journal_entry_id,
            posting_on=reversed_on,
            actor=actor,
            at=at,
            description=said,
        )
    elif features.offers_to_writer(Feature.BOOKS):
        entry = payment_journals.reverse_unbooked(
            payment, allocations, reversed_on, said, actor, at
        )
    reversal: Payment = Payment.objects.create(
        tenant_id=actor.tenant_id,
        number=number,
        legal_entity=entity,
        account=payment.account,
        received_on=reversed_on,
        currency=payment.currency,
        amount=-payment.amount,
        entity_rate=payment.entity_rate,
        entity_rate_on=payment.entity_rate_on,
        entity_amount=-payment.entity_amount,
        reference=reason[:80],
        request_key=f"reversal of {payment.pk}",
        reverses=payment,
        recorded_at=at,
        recorded_by_id=actor.membership_id,
        journal_entry=entry,
    )
    return reversal


def _open_again(
    reversal: Payment,
    allocations: Sequence[PaymentAllocation],
    balances: dict[int, InvoiceBalance],
) -> None:
    """What the payment settled is open again, at the value that it relieved."""
    PaymentAllocation.objects.bulk_create(
        PaymentAllocation(
            tenant_id=reversal.tenant_id,
            payment=reversal,
            invoice_id=a.invoice_id,
            amount=-a.amount,
            booked_entity_amount=-a.booked_entity_amount,
        )
        for a in allocations
    )
    for a in allocations:
        _settle(balances[a.invoice_id], -a.amount, -a.booked_entity_amount, reversal.received_on)


def _received(amount: Decimal, currency: str) -> Money:
    if not amount.is_finite() or amount <= 0:
        raise DomainError("A payment is more than 0.", field="amount")
    received = Money(amount, currency_of(currency))
    if round_to_minor(received) != received:
        raise DomainError(f"{amount} has more places than {currency} has.", field="amount")
    return received


def _open_items(
    account_id: int, legal_entity_id: int, currency: str, chosen: Sequence[Chosen]
) -> dict[int, InvoiceBalance]:
    rows = InvoiceBalance.objects.filter(
        invoice__account_id=account_id,
        invoice__legal_entity_id=legal_entity_id,
        invoice__currency=currency,
        open_amount__gt=0,
    )
    if chosen:
        rows = rows.filter(invoice_id__in=[item.invoice_id for item in chosen])
    return _lock_balances(rows.values_list("invoice_id", flat=True))


def _lock_balances(invoice_ids: object) -> dict[int, InvoiceBalance]:
    """The open items under lock, in the order of invoices, so that two payments never deadlock."""
    rows = (
        InvoiceBalance.objects.select_for_update(of=("self",))
        .select_related("invoice__contract")
        .filter(invoice_id__in=invoice_ids)
        .order_by("invoice_id")
    )
    return {row.invoice_id: row for row in rows}


def _settlements(
    received: Money, items: dict[int, InvoiceBalance], chosen: Sequence[Chosen], actor: Actor
) -> tuple[Settlement, ...]:
    currency = received.currency.code
    open_items = [
        OpenItem(
            invoice_id=row.invoice_id,
            number=row.invoice.number,
            due_on=row.invoice.due_on,
            open=Money(row.open_amount, currency),
        )
        for row in items.values()
        if row.open_amount > 0
    ]
    if not chosen:
        return allocate_oldest_first(received, open_items).settlements
    wanted = [(item.invoice_id, Money(item.amount, currency)) for item in chosen]
    try:
        return allocate_chosen(received, open_items, wanted).settlements
    except MoreThanOpen as refusal:
        contract_id = items[refusal.item.invoice_id].invoice.contract_id
        if visibility.sees_bill_rates(actor, contract_id):
            raise
        raise DomainError(
            f"Less than that is open of invoice {refusal.item.number}.", field="amount"
        ) from None


def _settled_item(row: InvoiceBalance, settlement: Settlement, currency: str) -> SettledItem:
    contract = row.invoice.contract
    return SettledItem(
        open=Money(row.open_amount, currency),
        open_entity_amount=row.open_entity_amount,
        paid=settlement.paid,
        dimensions=Dimensions(
            contract_id=contract.pk,
            unit_id=contract.contracting_unit_id,
            customer_id=row.invoice.account_id,
        ),
    )


def _settle(row: InvoiceBalance, paid: Decimal, relieved: Decimal, on: date) -> None:
    row.open_amount -= paid
    row.open_entity_amount -= relieved
    row.settled_on = on if row.open_amount == 0 else None
    row.save(update_fields=["open_amount", "open_entity_amount", "settled_on"])


def _quote(from_currency: str, to_currency: str, on: date) -> FxQuote:
    terms = money.fx_terms()
    table = money.fx_table(
        currencies={from_currency, to_currency}, from_on=on, until_on=on, terms=terms
    )
    return table.rate(from_currency, to_currency, on, terms.base_currency, terms.max_age_days)


def _number(entity: LegalEntity, on: date, actor: Actor) -> str:
    year = journals.fiscal_year_of(entity, on)
    sequence = journals.take_numbers(
        legal_entity_id=entity.pk,
        document_type=PAYMENT_SERIES,
        year=year,
        count=1,
        actor=actor,
    )
    return f"{entity.code}-R{year}-{sequence:05d}"
