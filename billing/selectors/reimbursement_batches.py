"""Reimbursement batches, and what waits to go into one."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from moneyed import Money

from billing.models import ReimbursementBatch, ReimbursementBatchEntry
from billing.permissions import BillingPermission
from billing.selectors import visibility
from psa.core.actor import Actor
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual
from psa.core.org.models import LegalEntity
from timeexpense.selectors import bank_accounts

from .reimbursements import own_paid

ZERO = Decimal(0)


def payable_actuals(*, legal_entity_id: int, currency: str) -> "QuerySet[Actual]":
    """Own-paid expenses in the books that stand and that no batch holds, by person."""
    rows = own_paid().filter(
        legal_entity_id=legal_entity_id, currency=currency, resource_id__isnull=False,
        source_kind="expense_entry",
    )  # fmt: skip
    return ledger.unclaimed(ledger.live(rows)).order_by("resource_id", "id")


def batch_currencies() -> list[str]:
    """In which a batch can be made: what waits first, then the entities' own. Two queries."""
    found = _waiting().order_by("currency").values_list("currency", flat=True).distinct()
    own = LegalEntity.objects.order_by("code").values_list("currency", flat=True)
    return list(dict.fromkeys((*found, *own)))


def next_to_pay() -> tuple[int, str] | None:
    """The legal entity and the currency of what waits longest for a batch. One query."""
    rows = _waiting().order_by("work_on", "id").values_list("legal_entity_id", "currency")
    found: tuple[int, str] | None = rows.first()
    return found


def _waiting() -> "QuerySet[Actual]":
    rows = own_paid().filter(resource_id__isnull=False, source_kind="expense_entry")
    return ledger.unclaimed(ledger.live(rows))


def waiting_in_batches(
    resource_id: int,
    legal_entity_id: int,
    currency: str,
    *,
    apart_from: ReimbursementBatch | None = None,
) -> dict[str, Decimal]:
    """What a person is to be paid by batches that are not paid yet, by their numbers. One query."""
    found = (
        ReimbursementBatchEntry.objects.filter(
            resource_id=resource_id, is_live=True, reimbursement__isnull=True,
            batch__legal_entity_id=legal_entity_id, batch__currency=currency,
        )
        .exclude(batch=apart_from)
        .order_by()
        .values_list("batch__number")
        .annotate(total=Sum("amount"))
    )  # fmt: skip
    return dict(found)


def total_of(batch: ReimbursementBatch) -> Decimal:
    """The sum of what is in it. One query."""
    return batch.entries.filter(is_live=True).aggregate(total=Sum("amount"))["total"] or ZERO


def batches(*, actor: Actor) -> "QuerySet[Any]":
    """The rows of the list of batches."""
    rows = ReimbursementBatch.objects.all()
    if not actor.has(BillingPermission.VIEW):
        rows = rows.none()
    return rows.annotate(
        amount=Sum("entries__amount"), people=Count("entries__resource", distinct=True)
    ).values(
        "id", "number", "legal_entity__code", "currency", "execute_on", "state", "paid_on",
        "amount", "people",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PaidPerson:
    """What one person gets of a batch; the account by its end alone."""

    name: str
    amount: Money
    expenses: int
    account: str


@dataclass(frozen=True, slots=True)
class HeldExpense:
    """One expense in a batch."""

    person: str
    on: date
    category: str
    merchant: str
    report: str
    amount: Money


@dataclass(frozen=True, slots=True)
class BatchPage:
    id: int
    number: str
    entity: str
    state: str
    execute_on: date
    paid_on: date | None
    exported_at: datetime | None
    total: Money
    people: tuple[PaidPerson, ...]
    pay_from: str
    expenses: tuple[HeldExpense, ...]

    @property
    def is_draft(self) -> bool:
        return self.state == ReimbursementBatch.State.DRAFT

    @property
    def lacks_accounts(self) -> bool:
        return any(not one.account for one in self.people)


def batch_page(*, actor: Actor, batch_id: int) -> BatchPage:
    """One batch with its people and what each spent. Raises  NotFound."""
    rows = ReimbursementBatch.objects.select_related("legal_entity", "pay_from")
    if not actor.has(BillingPermission.VIEW):
        rows = rows.none()
    batch: ReimbursementBatch = visibility.one(rows, batch_id, "reimbursement batch")
    sums = list(
        batch.entries.order_by("resource__name")
        .values_list("resource_id", "resource__name")
        .annotate(total=Sum("amount"), count=Count("id"))
    )
    accounts = bank_accounts.known_accounts([row[0] for row in sums])
    return BatchPage(
        batch.pk, batch.number, batch.legal_entity.name, batch.state, batch.execute_on,
        batch.paid_on, batch.exported_at,
        Money(sum((row[2] for row in sums), ZERO), batch.currency),
        tuple(
            PaidPerson(
                name, Money(total, batch.currency), count,
                f"… {accounts[pk].number_end}" if pk in accounts else "",
            )
            for pk, name, total, count in sums
        ),
        batch.pay_from.name if batch.pay_from else "",
        tuple(
            HeldExpense(person, on, category, merchant, report, Money(amount, batch.currency))
            for person, on, category, merchant, report, amount in batch.entries.order_by(
                "resource__name", "entry__spent_on", "id"
            ).values_list(
                "resource__name", "entry__spent_on", "entry__category__name", "entry__merchant",
                "entry__report__number", "amount",
            )
        ),
    )  # fmt: skip
