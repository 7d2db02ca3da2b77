"""Paying people back what they paid themselves: employee payable to bank."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from moneyed import Money

from billing.events import BillingEvent
from billing.models import Reimbursement, ReimbursementBatch
from billing.permissions import BillingPermission
from billing.rules.reimbursement import Paid, reimbursement_entry
from billing.selectors import reimbursement_batches as batch_selectors
from billing.selectors import reimbursements as selectors
from billing.selectors import visibility
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import JournalEntry
from psa.core.ledger.rules.journals import NO_DIMENSIONS, EntryHeader, JournalDraft, mirror
from psa.core.ledger.rules.posting_profiles import JournalEvent
from psa.core.ledger.rules.postings import SettledItem, booked_share
from psa.core.ledger.services import journals
from psa.core.money import selectors as money
from psa.core.money.fx import FxQuote
from psa.core.money.rounding import round_to_minor
from psa.core.org import features
from psa.core.org.models import LegalEntity, Resource
from psa.core.org.rules.deployment import Feature

from . import batch_claims

SERIES = "reimbursement"
RECORD = "billing.Reimbursement"


class RequestKeyUsed(Conflict):
    """The key named another payment before."""


# It may be tomorrow already where the bank is.
A_ZONE_AHEAD = timedelta(days=1)


class AlreadyReversed(Conflict):
    """The reimbursement was reversed before."""


@transaction.atomic
def reimburse(
    *,
    request_key: str,
    resource_id: int,
    legal_entity_id: int,
    currency: str,
    amount: Decimal,
    paid_on: date,
    reference: str,
    actor: Actor,
    at: datetime,
    batch: ReimbursementBatch | None = None,
) -> Reimbursement:
    """Pay a person back, all or part of what the books owe them; the same key pays once.

    What another batch than `batch` is about to pay is not paid here too: its file may be with the
    bank already. The payable is relieved at the rates it was booked at, the bank pays at the day's, the rest is
    realised FX. Locks the person.
    Raises  PermissionDenied, NotFound, PeriodClosed, RateMissing; DomainError for more than is owed.
    Source  docs/rules/ledger.md, L-14.
    """
    actor.require(BillingPermission.RECORD_PAYMENT)
    person = _lock(resource_id)
    known = Reimbursement.objects.filter(request_key=request_key).first()
    if known is not None:
        if (known.resource_id, known.currency, known.amount) != (person.pk, currency, amount):
            raise RequestKeyUsed(
                "This request key paid something else before. Send a key of its own."
            )
        return known
    if paid_on > at.date() + A_ZONE_AHEAD:
        raise DomainError("The day has not come yet. Say when the money was paid.", "paid_on")
    entity: LegalEntity = visibility.one(LegalEntity.objects.all(), legal_entity_id, "legal entity")
    owed, booked_owed = _check_owed(person, entity, currency, amount, batch)
    quote = _quote(currency, entity.currency, paid_on)
    paid = Money(amount, currency)
    booked = booked_share(
        SettledItem(Money(owed, currency), booked_owed, paid, NO_DIMENSIONS), entity.currency
    )
    number = _number(entity, paid_on, actor)
    made: Reimbursement = Reimbursement.objects.create(
        tenant_id=actor.tenant_id,
        number=number,
        legal_entity=entity,
        resource=person,
        paid_on=paid_on,
        currency=currency,
        amount=amount,
        entity_rate=quote.rate,
        entity_rate_on=quote.rate_on,
        booked_entity_amount=booked,
        reference=reference.strip()[:80],
        request_key=request_key,
        recorded_at=at,
        recorded_by_id=actor.membership_id,
        journal_entry=(
            journals.post_entries(
                drafts=[entry_of(person, entity, number, Paid(paid, booked, quote.rate), paid_on)],
                actor=actor,
                at=at,
            )[0]
            if features.offers_to_writer(Feature.BOOKS)
            else None
        ),
    )
    audit.record(
        actor=actor, at=at, event=BillingEvent.REIMBURSED, record_type=RECORD, record_id=made.pk,
        sentence=f"Paid {person.name} back with {number}",
    )  # fmt: skip
    return made


def _check_owed(
    person: Resource,
    entity: LegalEntity,
    currency: str,
    amount: Decimal,
    batch: ReimbursementBatch | None,
) -> tuple[Decimal, Decimal]:
    """What the books owe the person, and its booked value.

    Raises  DomainError for more than that, or for what a batch is about to pay.
    """
    owed, booked = selectors.owed(
        resource_id=person.pk, legal_entity_id=entity.pk, currency=currency
    )
    if not amount.is_finite() or not 0 < amount <= owed:
        raise DomainError(
            f"{person.name} is owed {Money(round_to_minor(owed, currency), currency)} at "
            f"{entity.name}. Enter that or less; expenses are owed once their posting run is done.",
            field="amount",
        )
    if round_to_minor(amount, currency) != amount:
        raise DomainError(f"{amount} has more places than {currency} has.", field="amount")
    waiting = batch_selectors.waiting_in_batches(person.pk, entity.pk, currency, apart_from=batch)
    in_batches = sum(waiting.values(), Decimal(0))
    if amount > owed - in_batches:
        raise DomainError(
            f"{Money(round_to_minor(in_batches, currency), currency)} of what {person.name} is owed "
            f"is in {' and '.join(sorted(waiting)[:3])}. Mark that batch as paid, or cancel it, "
            "before you pay it by hand.",
            field="amount",
        )
    return owed, booked


def _quote(from_currency: str, to_currency: str, on: date) -> FxQuote:
    terms = money.fx_terms()
    table = money.fx_table(
        currencies={from_currency, to_currency}, from_on=on, until_on=on, terms=terms
    )
    return table.rate(from_currency, to_currency, on, terms.base_currency, terms.max_age_days)


def entry_of(
    person: Resource, entity: LegalEntity, number: str, paid: Paid, paid_on: date
) -> JournalDraft:
    """The journal of a reimbursement, as it is posted or as it would have been."""
    return reimbursement_entry(
        EntryHeader(
            event=JournalEvent.PAYMENT_MADE,
            legal_entity_id=entity.pk,
            currency=entity.currency,
            posting_on=paid_on,
            source_kind=SERIES,
            source_ref=number,
            description=f"Reimbursement {number}, {person.name}",
        ),
        ledger.profile_book(),
        paid,
    )


@transaction.atomic
def reverse_reimbursement(
    *, reimbursement_id: int, reversed_on: date, reason: str, actor: Actor, at: datetime
) -> Reimbursement:
    """Take a reimbursement back: its journal mirrored, the person owed again.

    Raises  AlreadyReversed, PermissionDenied, NotFound, PeriodClosed; DomainError without a reason,
            for a reversal, or a date before the payment's.
    """
    actor.require(BillingPermission.RECORD_PAYMENT)
    row = selectors.get_reimbursement(actor=actor, reimbursement_id=reimbursement_id)
    _lock(row.resource_id)
    if row.reverses_id is not None:
        raise DomainError(f"{row.number} is itself a reversal. Pay the person back again.")
    if not reason.strip():
        raise DomainError("Say why it is reversed.", field="reason")
    if reversed_on < row.paid_on:
        raise DomainError(
            f"A reversal is dated on {row.paid_on:%-d %b %Y} or later.", field="reversed_on"
        )
    if Reimbursement.objects.filter(reverses=row).exists():
        raise AlreadyReversed(f"{row.number} was reversed before.")
    number = _number(row.legal_entity, reversed_on, actor)
    entry = _reverse(
        row, reversed_on, f"Reversal of {row.number}: {reason.strip()}"[:200], actor, at
    )
    made: Reimbursement = Reimbursement.objects.create(
        tenant_id=actor.tenant_id,
        number=number,
        legal_entity=row.legal_entity,
        resource=row.resource,
        paid_on=reversed_on,
        currency=row.currency,
        amount=-row.amount,
        entity_rate=row.entity_rate,
        entity_rate_on=row.entity_rate_on,
        booked_entity_amount=-row.booked_entity_amount,
        reference=reason.strip()[:80],
        request_key=f"reversal of {row.pk}",
        reverses=row,
        recorded_at=at,
        recorded_by_id=actor.membership_id,
        journal_entry=entry,
    )
    audit.record(
        actor=actor, at=at, event=BillingEvent.REIMBURSED, record_type=RECORD, record_id=row.pk,
        sentence=f"Reversed {row.number}: {reason.strip()}",
    )  # fmt: skip
    batch_claims.let_go(row, at=at)
    return made


def _reverse(
    row: Reimbursement, reversed_on: date, said: str, actor: Actor, at: datetime
) -> JournalEntry | None:
    """Its journal's mirror; of one from before the books, of what it would have posted."""
    if row.journal_entry_id is not None:
        return journals.reverse_entry(
            entry_id=row.journal_entry_id, posting_on=reversed_on, actor=actor, at=at,
            description=said,
        )  # fmt: skip
    if not features.offers_to_writer(Feature.BOOKS):
        return None
    draft = entry_of(row.resource, row.legal_entity, row.number, paid_of(row), row.paid_on)
    booked = journals.entry_id_of_source(draft.header)
    mirrored = mirror(draft, posting_on=reversed_on, reverses_id=booked, description=said)
    if booked is None:
        # The source has no entry of its own: what it opened with stands in the opening entries.
        mirrored = replace(
            mirrored, header=replace(mirrored.header, source_kind=f"{SERIES}_reversal")
        )
    return journals.post_entries(drafts=[mirrored], actor=actor, at=at)[0]


def paid_of(row: Reimbursement) -> Paid:
    return Paid(Money(row.amount, row.currency), row.booked_entity_amount, row.entity_rate)


def _lock(resource_id: int) -> Resource:
    """The person; two payments to one person wait for each other, entries of time do not."""
    person: Resource = visibility.one(Resource.objects.all(), resource_id, "person", lock=True)
    return person


def _number(entity: LegalEntity, on: date, actor: Actor) -> str:
    year = journals.fiscal_year_of(entity, on)
    sequence = journals.take_numbers(
        legal_entity_id=entity.pk, document_type=SERIES, year=year, count=1, actor=actor
    )
    return f"{entity.code}-E{year}-{sequence:05d}"
