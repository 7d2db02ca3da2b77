"""What people are owed for what they paid themselves, and what was paid back."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, Min, Q, QuerySet, Sum

from billing.models import Reimbursement, ReimbursementBatchEntry
from billing.permissions import BillingPermission
from billing.rules.reimbursement import oldest_open
from billing.selectors import visibility
from psa.core.actor import Actor
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.posting_profiles import JournalEvent
from psa.core.org import features
from psa.core.org.models import LegalEntity, Resource

ZERO = Decimal(0)
# A person, a legal entity and a currency.
Key = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Owed:
    """One person's open expenses at one entity in one currency."""

    id: int
    resource_id: int
    person: str
    legal_entity_id: int
    entity: str
    currency: str
    amount: Decimal
    booked: Decimal
    oldest_on: date | None
    # What batches that are not paid yet hold of it, and their numbers.
    in_batches: Decimal | None = None
    batches: str = ""


def own_paid() -> "QuerySet[Actual]":
    """Expenses that people paid, as the books owe them: in the journals already. Where no books are
    kept, as soon as they are approved. One query to know that, none beside others of a page."""
    found = Actual.objects.filter(posting_event=JournalEvent.EXPENSE_OWN_PAID)
    return found.filter(batch__journalled_at__isnull=False) if features.books().are_kept else found


def owed_to_people(*, actor: Actor) -> list[Owed]:
    """Who is owed what, the oldest first; settled ones are left out.

    Five queries, and two more where somebody was paid back a part.
    """
    if not actor.has(BillingPermission.VIEW):
        return []
    found: dict[Key, list[Any]] = defaultdict(lambda: [ZERO, ZERO, None])
    paid: dict[Key, Decimal] = {}
    for person_id, entity_id, currency, amount, booked, oldest in (
        own_paid()
        .filter(resource_id__isnull=False)
        .order_by()
        .values_list("resource_id", "legal_entity_id", "currency")
        .annotate(
            total=Sum(F("amount") + F("recoverable_tax")),
            booked=Sum(F("entity_amount") + F("entity_recoverable_tax")),
            oldest=Min("work_on"),
        )
    ):
        found[person_id, entity_id, currency][:] = [amount, booked, oldest]
    for person_id, entity_id, currency, amount, booked in (
        Reimbursement.objects.order_by()
        .values_list("resource_id", "legal_entity_id", "currency")
        .annotate(Sum("amount"), Sum("booked_entity_amount"))
    ):
        row = found[person_id, entity_id, currency]
        row[0] -= amount
        row[1] -= booked
        paid[person_id, entity_id, currency] = amount
    part = {key: amount for key, amount in paid.items() if amount and found[key][0]}
    for key, oldest in _oldest_after(part).items():
        found[key][2] = oldest
    names = dict(
        Resource.objects.filter(pk__in={key[0] for key in found}).values_list("id", "name")
    )
    entities = dict(LegalEntity.objects.values_list("id", "code"))
    held = _held_by_batches()
    rows = [
        Owed(
            person_id, person_id, names.get(person_id, ""), entity_id, entities.get(entity_id, ""),
            currency, amount, booked, oldest,
            *held.get((person_id, entity_id, currency), (None, "")),
        )
        for (person_id, entity_id, currency), (amount, booked, oldest) in found.items()
        if amount
    ]  # fmt: skip
    rows.sort(key=lambda row: (row.oldest_on or date.max, row.person))
    return rows


def _oldest_after(paid: Mapping[Key, Decimal]) -> dict[Key, date | None]:
    """The oldest open expense of each who was paid a part. Two queries, none without them.

    A batch says which expenses it paid; what was paid beside batches went to the oldest.
    """
    if not paid:
        return {}
    people = {key[0] for key in paid}
    beside = dict(paid)
    settled = set()
    for person_id, entity_id, currency, entry_id, amount in ReimbursementBatchEntry.objects.filter(
        resource_id__in=people, is_live=True, reimbursement__isnull=False
    ).values_list("resource_id", "batch__legal_entity_id", "batch__currency", "entry_id", "amount"):
        if (key := (person_id, entity_id, currency)) in beside:
            beside[key] -= amount
            settled.add(entry_id)
    spent: dict[Key, list[tuple[date, Decimal]]] = {key: [] for key in paid}
    for person_id, entity_id, currency, kind, source_id, on, amount in (
        own_paid()
        .filter(resource_id__in=people)
        .order_by()
        .values_list(
            "resource_id", "legal_entity_id", "currency", "source_kind", "source_id", "work_on"
        )
        .annotate(total=Sum(F("amount") + F("recoverable_tax")))
        .exclude(total=0)
    ):
        key = (person_id, entity_id, currency)
        if key in spent and not (kind == "expense_entry" and source_id in settled):
            spent[key].append((on, amount))
    return {key: oldest_open(rows, beside[key]) for key, rows in spent.items()}


def _held_by_batches() -> dict[tuple[int, int, str], tuple[Decimal, str]]:
    """By person, entity and currency: what batches are about to pay, and their numbers. One query."""
    found: dict[tuple[int, int, str], tuple[Decimal, str]] = {}
    for *key, number, amount in (
        ReimbursementBatchEntry.objects.filter(is_live=True, reimbursement__isnull=True)
        .order_by("batch__number")
        .values_list("resource_id", "batch__legal_entity_id", "batch__currency", "batch__number")
        .annotate(total=Sum("amount"))
    ):
        person_id, entity_id, currency = key
        before, numbers = found.get((person_id, entity_id, currency), (ZERO, ""))
        said = ", ".join(filter(None, (numbers, number)))
        found[person_id, entity_id, currency] = (before + amount, said)
    return found


def owed(*, resource_id: int, legal_entity_id: int, currency: str) -> tuple[Decimal, Decimal]:
    """What one person is owed, and its booked value. Two queries."""
    key = Q(resource_id=resource_id, legal_entity_id=legal_entity_id, currency=currency)
    spent = (
        own_paid()
        .filter(key)
        .aggregate(
            amount=Sum(F("amount") + F("recoverable_tax")),
            booked=Sum(F("entity_amount") + F("entity_recoverable_tax")),
        )
    )
    paid = Reimbursement.objects.filter(key).aggregate(
        amount=Sum("amount"), booked=Sum("booked_entity_amount")
    )
    return (
        (spent["amount"] or ZERO) - (paid["amount"] or ZERO),
        (spent["booked"] or ZERO) - (paid["booked"] or ZERO),
    )


def reimbursements(*, actor: Actor) -> "QuerySet[Any]":
    """The rows of the list of what was paid back."""
    return visible(actor).annotate(is_reversed=Q(reversed_by__isnull=False)).values(
        "id", "number", "resource__name", "legal_entity__code", "paid_on", "currency", "amount",
        "reference", "reverses_id", "is_reversed",
    )  # fmt: skip


def visible(actor: Actor) -> "QuerySet[Reimbursement]":
    rows = Reimbursement.objects.all()
    return rows if actor.has(BillingPermission.VIEW) else rows.none()


def get_reimbursement(*, actor: Actor, reimbursement_id: int) -> Reimbursement:
    """Raises  NotFound."""
    rows = visible(actor).select_related("resource", "legal_entity")
    found: Reimbursement = visibility.one(rows, reimbursement_id, "reimbursement")
    return found
