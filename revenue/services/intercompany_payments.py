"""Paying a sister company: one payment, in the books of both at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import JournalEntry
from psa.core.ledger.rules.conversion import converted
from psa.core.ledger.rules.journals import EntryHeader
from psa.core.ledger.rules.posting_profiles import JournalEvent
from psa.core.ledger.services import journals
from psa.core.money import selectors as money
from psa.core.money.rounding import currency_of, round_to_minor
from psa.core.org.models import LegalEntity
from revenue import intercompany_payment_selectors as selectors
from revenue.events import RevenueEvent
from revenue.intercompany_selectors import check_may_see
from revenue.models import IntercompanyInvoice, IntercompanyPayment, IntercompanySettlement
from revenue.permissions import RevenuePermission
from revenue.rules.intercompany_payments import Bank, Settled, payee_entry, payer_entry, settle

SERIES = "intercompany_payment"
SOURCE = "intercompany_payment"
RECORD = "revenue.IntercompanyPayment"
INVOICE_RECORD = "revenue.IntercompanyInvoice"
ZERO = Decimal(0)


class RequestKeyUsed(Conflict):
    """The key recorded another payment before."""


class AlreadyReversed(Conflict):
    """The payment was taken back before."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to be settled of an invoice, in its currency; of a credit, a negative amount."""

    invoice_id: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class _Parties:
    lender: LegalEntity
    borrower: LegalEntity
    currency: str


@transaction.atomic
def record_payment(
    *,
    chosen: Sequence[Chosen],
    paid_on: date,
    request_key: str,
    actor: Actor,
    at: datetime,
    paid: Money | None = None,
    reference: str = "",
) -> IntercompanyPayment:
    """Record what a borrower paid a lender, in part or whole, in the books of both on one day.

    All invoices are of one pair and currency. `paid` is what went from bank to bank where that is
    in another currency than the invoices; without it, the sum settled. Each book values it at its
    own rate of the day and relieves what the invoices are booked with; the rest is realised FX.
    Either both journals are posted or none. The same `request_key` records once.
    Locks the two legal entities, by id, as issuing does.
    Raises  PermissionDenied, NotFound, PeriodClosed, RateMissing, PostingProfileMissing,
            RequestKeyUsed; DomainError for invoices of different pairs, more than is open, or a day
            before an invoice's.
    Source  docs/rules/ledger.md, L-21.
    """
    actor.require(RevenuePermission.POST)
    check_may_see(actor)
    invoices = _invoices(chosen)
    parties = _locked(invoices[0])
    # Behind the lock: two requests with one key record once.
    known = IntercompanyPayment.objects.filter(request_key=request_key).first()
    if known is not None:
        return _same(known, chosen, paid_on)
    _check_days(invoices, paid_on)
    settled = _settled(chosen, invoices, parties)
    total = sum((one.paid.amount for one in settled), ZERO)
    bank = _checked(paid, Money(total, currency_of(parties.currency)))
    lender_bank = _in_books(bank, parties.lender, paid_on)
    borrower_bank = _in_books(bank, parties.borrower, paid_on)
    number = _number(parties.borrower, paid_on, actor)
    book = ledger.profile_book()
    received = f"Intercompany payment {number} from {parties.borrower.name}"
    sent = f"Intercompany payment {number} to {parties.lender.name}"
    entries = journals.post_entries(
        drafts=[
            payee_entry(
                _header(parties.lender, number, received, paid_on), book, settled, lender_bank
            ),
            payer_entry(
                _header(parties.borrower, number, sent, paid_on), book, settled, borrower_bank
            ),
        ],
        actor=actor, at=at,
    )  # fmt: skip
    payment: IntercompanyPayment = IntercompanyPayment.objects.create(
        tenant_id=actor.tenant_id,
        number=number,
        lender=parties.lender,
        borrower=parties.borrower,
        paid_on=paid_on,
        currency=parties.currency,
        amount=total,
        paid_currency=bank.currency.code,
        paid_amount=bank.amount,
        lender_entity_amount=lender_bank.entity_amount,
        borrower_entity_amount=borrower_bank.entity_amount,
        reference=reference.strip()[:80],
        request_key=request_key,
        lender_entry=entries[0],
        borrower_entry=entries[1],
        recorded_at=at,
        recorded_by_id=actor.membership_id,
    )
    IntercompanySettlement.objects.bulk_create(
        IntercompanySettlement(
            tenant_id=actor.tenant_id,
            payment=payment,
            invoice_id=one.invoice_id,
            amount=one.paid.amount,
            lender_booked_amount=one.lender_relieved,
            borrower_booked_amount=one.borrower_relieved,
        )
        for one in settled
    )
    words = f"Recorded {number}: {parties.borrower.code} paid {parties.lender.code}"
    _audit(payment, invoices, RevenueEvent.SISTER_PAID, words, actor, at)
    return payment


@transaction.atomic
def reverse_payment(
    *, intercompany_payment_id: int, reversed_on: date, reason: str, actor: Actor, at: datetime
) -> IntercompanyPayment:
    """Take a payment back: both journals mirrored on one day, its invoices open as they were.

    Raises  AlreadyReversed, PermissionDenied, NotFound, PeriodClosed; DomainError without a reason,
            for a reversal, or for a day before the payment's.
    Source  docs/rules/ledger.md, L-21.
    """
    actor.require(RevenuePermission.POST)
    payment = selectors.get_payment(actor=actor, intercompany_payment_id=intercompany_payment_id)
    if not reason.strip():
        raise DomainError("Say why the payment is reversed.", field="reason")
    if payment.reverses_id is not None:
        raise DomainError(f"{payment.number} is itself a reversal. Record the payment again.")
    if reversed_on < payment.paid_on:
        raise DomainError(
            f"A reversal is dated on or after the payment ({payment.paid_on:%-d %b %Y}).",
            field="reversed_on",
        )
    _lock(payment.lender_id, payment.borrower_id)
    if IntercompanyPayment.objects.filter(reverses=payment).exists():
        raise AlreadyReversed(f"Payment {payment.number} was reversed before.")
    number = _number(payment.borrower, reversed_on, actor)
    words = f"Reversal of payment {payment.number}: {reason.strip()}"[:200]
    entries: list[JournalEntry] = [
        journals.reverse_entry(
            entry_id=entry_id, posting_on=reversed_on, actor=actor, at=at, description=words
        )
        for entry_id in (payment.lender_entry_id, payment.borrower_entry_id)
    ]
    reversal: IntercompanyPayment = IntercompanyPayment.objects.create(
        tenant_id=actor.tenant_id,
        number=number,
        lender=payment.lender,
        borrower=payment.borrower,
        paid_on=reversed_on,
        currency=payment.currency,
        amount=-payment.amount,
        paid_currency=payment.paid_currency,
        paid_amount=-payment.paid_amount,
        lender_entity_amount=-payment.lender_entity_amount,
        borrower_entity_amount=-payment.borrower_entity_amount,
        reference=reason.strip()[:80],
        request_key=f"reversal of {payment.pk}",
        reverses=payment,
        lender_entry=entries[0],
        borrower_entry=entries[1],
        recorded_at=at,
        recorded_by_id=actor.membership_id,
    )
    rows = list(payment.settlements.select_related("invoice").order_by("id"))
    IntercompanySettlement.objects.bulk_create(
        IntercompanySettlement(
            tenant_id=actor.tenant_id,
            payment=reversal,
            invoice_id=row.invoice_id,
            amount=-row.amount,
            lender_booked_amount=-row.lender_booked_amount,
            borrower_booked_amount=-row.borrower_booked_amount,
        )
        for row in rows
    )
    _audit(
        payment, [row.invoice for row in rows], RevenueEvent.SISTER_PAYMENT_REVERSED,
        f"Reversed payment {payment.number}: {reason.strip()}", actor, at,
    )  # fmt: skip
    return reversal


def _same(
    known: IntercompanyPayment, chosen: Sequence[Chosen], paid_on: date
) -> IntercompanyPayment:
    """Another payment under a used key is not swallowed: its money would be missing."""
    stored = {row.invoice_id: row.amount for row in known.settlements.all()}
    if stored != {one.invoice_id: one.amount for one in chosen} or known.paid_on != paid_on:
        raise RequestKeyUsed(
            f"This request key recorded {known.number} before, another payment. Send a key of its "
            "own."
        )
    return known


def _invoices(chosen: Sequence[Chosen]) -> list[IntercompanyInvoice]:
    """Those chosen, in order; of one pair and currency. One query."""
    if not chosen:
        raise DomainError("Choose what the payment settles.", field="amount")
    found = IntercompanyInvoice.objects.in_bulk([one.invoice_id for one in chosen])
    if len(found) < len({one.invoice_id for one in chosen}):
        raise NotFound("There is no such intercompany invoice, or it is not yours to see.")
    if len(found) < len(chosen):
        raise DomainError("A payment settles each invoice at most once.", field="amount")
    rows = [found[one.invoice_id] for one in chosen]
    if len({(row.lender_id, row.borrower_id, row.currency) for row in rows}) > 1:
        raise DomainError(
            "A payment is between two legal entities, for invoices in one currency.",
            field="amount",
        )
    return rows


def _lock(*entity_ids: int) -> dict[int, LegalEntity]:
    """The entities under lock, by id: payments of one pair and issuing take turns."""
    rows = LegalEntity.objects.select_for_update(no_key=True).filter(pk__in=entity_ids)
    return {row.pk: row for row in rows.order_by("pk")}


def _locked(invoice: IntercompanyInvoice) -> _Parties:
    entities = _lock(invoice.lender_id, invoice.borrower_id)
    return _Parties(entities[invoice.lender_id], entities[invoice.borrower_id], invoice.currency)


def _check_days(invoices: Sequence[IntercompanyInvoice], paid_on: date) -> None:
    latest = max(invoices, key=lambda row: row.issued_on)
    if paid_on < latest.issued_on:
        raise DomainError(
            f"{latest.number} is of {latest.issued_on:%-d %b %Y}: it is paid on that day or later.",
            field="paid_on",
        )


def _settled(
    chosen: Sequence[Chosen], invoices: Sequence[IntercompanyInvoice], parties: _Parties
) -> list[Settled]:
    open_ones = selectors.open_invoices(invoices)
    found = []
    for one, invoice in zip(chosen, invoices, strict=True):
        item = open_ones.get(one.invoice_id)
        if item is None:
            raise DomainError(f"Nothing is open of {invoice.number}.", field="amount")
        found.append(
            settle(
                item, one.amount, lender_currency=parties.lender.currency,
                borrower_currency=parties.borrower.currency,
            )
        )  # fmt: skip
    return found


def _checked(paid: Money | None, total: Money) -> Money:
    """What went from bank to bank; it has the sign of what it settles."""
    if paid is None or paid.currency == total.currency:
        if paid is not None and paid != total:
            raise DomainError(
                f"The invoices settled come to {total}, the payment to {paid}.", field="amount"
            )
        return total
    is_alike = paid.amount.is_finite() and paid.amount * total.amount > 0
    if not is_alike or round_to_minor(paid) != paid:
        raise DomainError(
            f"{paid} cannot have settled {total}. Say what the bank paid, in its currency.",
            field="paid_amount",
        )
    return paid


def _in_books(paid: Money, entity: LegalEntity, on: date) -> Bank:
    """Its value in an entity's currency at the rate of the day. Raises  RateMissing."""
    code = paid.currency.code
    if code == entity.currency:
        return Bank(paid, paid.amount, Decimal(1))
    terms = money.fx_terms()
    table = money.fx_table(currencies={code, entity.currency}, from_on=on, until_on=on, terms=terms)
    rate = table.rate(code, entity.currency, on, terms.base_currency, terms.max_age_days).rate
    return Bank(paid, converted(paid.amount, rate, entity.currency), rate)


def _number(payer: LegalEntity, on: date, actor: Actor) -> str:
    year = journals.fiscal_year_of(payer, on)
    sequence = journals.take_numbers(
        legal_entity_id=payer.pk, document_type=SERIES, year=year, count=1, actor=actor
    )
    return f"{payer.code}-IP{year}-{sequence:05d}"


def _header(entity: LegalEntity, number: str, words: str, on: date) -> EntryHeader:
    return EntryHeader(
        event=JournalEvent.INTERCOMPANY_PAYMENT,
        legal_entity_id=entity.pk,
        currency=entity.currency,
        posting_on=on,
        source_kind=SOURCE,
        source_ref=number,
        description=words[:200],
    )


def _audit(
    payment: IntercompanyPayment,
    invoices: Sequence[IntercompanyInvoice],
    event: RevenueEvent,
    sentence: str,
    actor: Actor,
    at: datetime,
) -> None:
    """In the trails of the payment and of each invoice that it settles."""
    audit.record(
        actor=actor, at=at, event=event, record_type=RECORD, record_id=payment.pk,
        sentence=sentence,
    )  # fmt: skip
    audit.record_many(
        actor=actor, at=at, event=event, record_type=INVOICE_RECORD,
        items=[(row.pk, sentence, {}) for row in invoices],
    )  # fmt: skip
