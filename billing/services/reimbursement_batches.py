"""Reimbursement batches: approved own-paid expenses, paid to many people by one file."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import Sum
from moneyed import Money

from billing import payment_schema
from billing.events import BillingEvent
from billing.models import ReimbursementBatch, ReimbursementBatchEntry
from billing.permissions import BillingPermission
from billing.rules import payment_file
from billing.rules.payment_file import Account, PaymentOrder, Transfer
from billing.selectors import reimbursement_batches as selectors
from billing.selectors import reimbursements as owed_selectors
from billing.selectors import visibility
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.audit.wording import counted
from psa.core.errors import Conflict, DomainError
from psa.core.ledger.models import Actual
from psa.core.ledger.services import claims, journals
from psa.core.ledger.services.claims import ActualHeld
from psa.core.org.bank_accounts import account_for, details_of
from psa.core.org.models import EntityBankAccount, LegalEntity, Resource
from timeexpense.rules.bank_accounts import is_iban
from timeexpense.services import bank_accounts, recalls

from . import reimbursements
from .batch_claims import HOLDER

RECORD: Final = "billing.ReimbursementBatch"
State = ReimbursementBatch.State


@dataclass(frozen=True, slots=True)
class Made:
    """The batch, and in words who was left out of it."""

    batch: ReimbursementBatch
    left_out: tuple[str, ...]


@transaction.atomic
def make_batch(
    *,
    legal_entity_id: int,
    currency: str,
    execute_on: date,
    actor: Actor,
    at: datetime,
    pay_from_id: int | None = None,
) -> Made:
    """Gather what one entity owes people in one currency and no other batch holds.

    An expense is in one live batch alone, and cannot be recalled while it is. Who was paid a part by
    hand is left out, as it is not known which expense that was.
    `pay_from_id` is one of the entity's bank accounts; without it the one of the currency pays.
    Raises  PermissionDenied, NotFound; Conflict when another took the same; DomainError when nothing
            is owed, or the account is not one of the entity's in use.
    Source  docs/rules/billing.md, B-22.
    """
    actor.require(BillingPermission.RECORD_PAYMENT)
    entity: LegalEntity = visibility.one(LegalEntity.objects.all(), legal_entity_id, "legal entity")
    pay_from = _account(entity, pay_from_id)
    by_person = _payable(entity, currency)
    names = dict(Resource.objects.filter(pk__in=by_person).values_list("id", "name"))
    left_out = []
    for resource_id in sorted(by_person):
        total = sum((_gross(one) for one in by_person[resource_id]), Decimal(0))
        owed, _ = owed_selectors.owed(
            resource_id=resource_id, legal_entity_id=entity.pk, currency=currency
        )
        others = selectors.waiting_in_batches(resource_id, entity.pk, currency)
        if total > owed - sum(others.values(), Decimal(0)):
            left_out.append(f"{names[resource_id]}: a part was paid by hand. Pay the rest by hand.")
            del by_person[resource_id]
    if not by_person:
        raise DomainError(
            left_out[0]
            if left_out
            else f"{entity.name} owes nobody {currency} that is not in a batch."
        )
    batch = ReimbursementBatch.objects.create(
        tenant_id=actor.tenant_id, number=_number(entity, execute_on, actor), legal_entity=entity,
        currency=currency, pay_from=pay_from, execute_on=execute_on, made_at=at, made_by_id=actor.membership_id,
    )  # fmt: skip
    _hold(batch, [one for rows in by_person.values() for one in rows], actor)
    audit.record(
        actor=actor, at=at, event=BillingEvent.BATCH_MADE, record_type=RECORD, record_id=batch.pk,
        sentence=f"Made the reimbursement batch {batch.number} for "
        f"{counted(len(by_person), 'person', 'people')}.",
    )  # fmt: skip
    return Made(batch, tuple(left_out))


def _account(entity: LegalEntity, account_id: int | None) -> EntityBankAccount | None:
    if account_id is None:
        return None
    found: EntityBankAccount | None = EntityBankAccount.objects.filter(
        pk=account_id, legal_entity=entity, is_active=True
    ).first()
    if found is None:
        raise DomainError(f"{entity.name} has no such bank account in use.", "pay_from")
    return found


def _payable(entity: LegalEntity, currency: str) -> dict[int, list[Actual]]:
    """What is to be paid, by person: read under the locks of people and expenses, so that nobody
    is paid by hand and no expense is taken back while it goes into the batch."""
    rows = selectors.payable_actuals(legal_entity_id=entity.pk, currency=currency)
    first = list(rows.values_list("resource_id", "source_id"))
    list(
        Resource.objects.select_for_update(no_key=True)
        .filter(pk__in={resource_id for resource_id, _ in first})
        .order_by("pk")
        .values_list("pk")
    )
    recalls.lock_expenses({entry_id for _, entry_id in first})
    found: dict[int, list[Actual]] = defaultdict(list)
    locked = {entry_id for _, entry_id in first}
    for actual in rows.all():
        if actual.resource_id is not None and actual.source_id in locked:
            found[actual.resource_id].append(actual)
    return found


def _gross(actual: Actual) -> Decimal:
    amount: Decimal = actual.amount + actual.recoverable_tax
    return amount


def _hold(batch: ReimbursementBatch, actuals: Sequence[Actual], actor: Actor) -> None:
    sums: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for one in actuals:
        assert one.resource_id is not None
        sums[one.source_id, one.resource_id] += _gross(one)
    try:
        claims.claim(
            actual_ids=[one.pk for one in actuals], holder_kind=HOLDER, holder_id=batch.pk,
            actor=actor,
        )  # fmt: skip
    except ActualHeld:
        raise Conflict(
            "Somebody made a batch of the same expenses. Reload and look again."
        ) from None
    ReimbursementBatchEntry.objects.bulk_create(
        ReimbursementBatchEntry(
            tenant_id=actor.tenant_id, batch=batch, entry_id=entry_id, resource_id=resource_id,
            amount=amount,
        )
        for (entry_id, resource_id), amount in sums.items()
    )  # fmt: skip


def _number(entity: LegalEntity, on: date, actor: Actor) -> str:
    year = journals.fiscal_year_of(entity, on)
    sequence = journals.take_numbers(
        legal_entity_id=entity.pk, document_type=HOLDER, year=year, count=1, actor=actor
    )
    return f"{entity.code}-RB{year}-{sequence:05d}"


@transaction.atomic
def write_file(*, batch_id: int, format: str, actor: Actor, at: datetime) -> bytes:
    """The batch as the bank's file, "xml" (pain.001.001.09) or "csv"; the trail says who wrote it.

    Raises  PermissionDenied, NotFound; DomainError for a cancelled batch, naming who has no account
            or the entity without one, or for what the message or its schema does not take.
    """
    actor.require(BillingPermission.RECORD_PAYMENT)
    batch = _locked(batch_id)
    if batch.state == State.CANCELLED:
        raise DomainError(f"{batch.number} was cancelled. Make another.")
    order = _order(batch, at)
    if format == "xml":
        content = payment_file.as_pain_001(order)
        payment_schema.check_fits(content)
    else:
        content = payment_file.as_csv(order)
    batch.exported_at = at
    batch.save(update_fields=["exported_at"])
    audit.record(
        actor=actor, at=at, event=BillingEvent.BATCH_WRITTEN, record_type=RECORD,
        record_id=batch.pk,
        sentence=f"Wrote {batch.number} as a payment file, with people's bank accounts.",
    )  # fmt: skip
    return content


def _order(batch: ReimbursementBatch, at: datetime) -> PaymentOrder:
    entity = batch.legal_entity
    payer_account = (
        details_of(batch.pay_from) if batch.pay_from else account_for(entity, batch.currency)
    )
    payer = payer_account.bank_iban.replace(" ", "")
    if not payer:
        raise DomainError(
            f"{entity.name} has no bank account. Enter it under Set-up, Legal entities."
        )
    rows = list(
        batch.entries.filter(is_live=True)
        .order_by("resource__name")
        .values_list("resource_id", "resource__name")
        .annotate(total=Sum("amount"))
    )
    accounts = bank_accounts.accounts_for_payment([row[0] for row in rows])
    missing = [name for resource_id, name, _ in rows if resource_id not in accounts]
    if missing:
        raise DomainError(
            f"No bank account of {', '.join(missing[:5])}. They enter it under Expenses, My bank account."
        )
    return PaymentOrder(
        batch.number, at, batch.execute_on, batch.currency,
        Account(entity.name, payer, payer_account.bank_bic, is_iban(payer)),
        [
            Transfer(
                Account(
                    accounts[pk].holder, accounts[pk].number, accounts[pk].bic, accounts[pk].is_iban
                ),
                total, f"{batch.number}-{pk}", f"Expenses {batch.number}",
            )
            for pk, _, total in rows
        ],
    )  # fmt: skip


@transaction.atomic
def mark_paid(*, batch_id: int, paid_on: date, actor: Actor, at: datetime) -> ReimbursementBatch:
    """Record that the bank has paid the batch: a reimbursement for each person, journals and all.

    Raises  PermissionDenied, NotFound, PeriodClosed; DomainError when it is not a draft any more.
    """
    actor.require(BillingPermission.RECORD_PAYMENT)
    batch = _locked(batch_id)
    _check_draft(batch)
    for resource_id, total in (
        batch.entries.filter(is_live=True)
        .order_by("resource_id")
        .values_list("resource_id")
        .annotate(total=Sum("amount"))
    ):
        paid = reimbursements.reimburse(
            request_key=f"batch {batch.pk} person {resource_id}", resource_id=resource_id,
            legal_entity_id=batch.legal_entity_id, currency=batch.currency, amount=total,
            paid_on=paid_on, reference=batch.number, actor=actor, at=at, batch=batch,
        )  # fmt: skip
        batch.entries.filter(resource_id=resource_id, is_live=True).update(reimbursement=paid)
    batch.state, batch.paid_on, batch.paid_by_id = State.PAID, paid_on, actor.membership_id
    batch.save(update_fields=["state", "paid_on", "paid_by"])
    audit.record(
        actor=actor, at=at, event=BillingEvent.BATCH_PAID, record_type=RECORD, record_id=batch.pk,
        sentence=f"Marked {batch.number} as paid, {Money(selectors.total_of(batch), batch.currency)}.",
    )  # fmt: skip
    return batch


@transaction.atomic
def cancel_batch(*, batch_id: int, actor: Actor, at: datetime) -> ReimbursementBatch:
    """Let go of what a draft holds; its expenses go into another.

    Raises  PermissionDenied, NotFound; DomainError when it is not a draft any more.
    """
    actor.require(BillingPermission.RECORD_PAYMENT)
    batch = _locked(batch_id)
    _check_draft(batch)
    claims.release(holder_kind=HOLDER, holder_ids=[batch.pk], at=at)
    batch.entries.update(is_live=False)
    batch.state = State.CANCELLED
    batch.save(update_fields=["state"])
    audit.record(
        actor=actor, at=at, event=BillingEvent.BATCH_CANCELLED, record_type=RECORD,
        record_id=batch.pk, sentence=f"Cancelled {batch.number}.",
    )  # fmt: skip
    return batch


def _locked(batch_id: int) -> ReimbursementBatch:
    rows = ReimbursementBatch.objects.select_related("legal_entity")
    batch: ReimbursementBatch = visibility.one(rows, batch_id, "reimbursement batch", lock=True)
    return batch


def _check_draft(batch: ReimbursementBatch) -> None:
    if batch.state != State.DRAFT:
        raise DomainError(f"{batch.number} is {batch.get_state_display().lower()} already.")
