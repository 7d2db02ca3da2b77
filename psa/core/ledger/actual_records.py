"""Reads of the ledger of actuals for people: the list, and one actual with where it leads.

Cost values are for who may see cost rates, sales values for who may see bill rates; to others the
value is absent, not blank.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Case, DecimalField, F, Q, QuerySet, When
from moneyed import Money

from psa.core.access.permissions import LedgerPermission, PricingPermission
from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.ledger import dimensions
from psa.core.ledger.rules.types import ActualType

from .models import Actual, ActualJournalLine, ActualLink

COST_TYPES = frozenset({ActualType.COST, ActualType.RESOURCING_UNIT_COST})
# A sale between units is cost with a markup: to read it takes both rights.
TRANSFER_TYPES = frozenset({ActualType.INTER_ORGANISATION_SALES})


def sees_cost(actor: Actor) -> bool:
    return actor.has(PricingPermission.VIEW_COST_RATES)


def sees_sales(actor: Actor) -> bool:
    return actor.has(PricingPermission.VIEW_BILL_RATES)


def sees_amount(actor: Actor, actual_type: str) -> bool:
    """Whether this type's amounts are the actor's to see."""
    if actual_type in COST_TYPES:
        return sees_cost(actor)
    return sees_sales(actor) and (actual_type not in TRANSFER_TYPES or sees_cost(actor))


_FIELDS = (
    "id", "actual_type", "work_on", "posted_on", "recorded_at", "transaction_class",
    "billing_type", "minutes", "quantity", "unit", "currency", "description", "source_kind",
    "source_id", "revision", "project_id", "contract_id", "resource_id", "legal_entity_id",
    "reversal_of_id",
)  # fmt: skip


def actual_rows(*, actor: Actor, journal_line_id: int | None = None) -> "QuerySet[Actual]":
    """All actuals as plain rows; `cost` and `sales` hold the amount where the actor may see it.

    With `journal_line_id`: those that one line of the general ledger is made of.
    """
    actor.require(LedgerPermission.VIEW_ACTUALS)
    rows = Actual.objects.all()
    if journal_line_id is not None:
        rows = rows.filter(
            pk__in=ActualJournalLine.objects.filter(journal_line_id=journal_line_id).values(
                "actual_id"
            )
        )
    values = {}
    amount = DecimalField(max_digits=19, decimal_places=4)
    if sees_cost(actor):
        values["cost"] = Case(
            When(Q(actual_type__in=COST_TYPES), then=F("amount")), output_field=amount
        )
    if sees_sales(actor):
        hidden = COST_TYPES if sees_cost(actor) else COST_TYPES | TRANSFER_TYPES
        values["sales"] = Case(
            When(~Q(actual_type__in=hidden), then=F("amount")), output_field=amount
        )
    return rows.annotate(**values).values(*_FIELDS, *values)


@dataclass(frozen=True, slots=True)
class LinkedActual:
    id: int
    what: str
    actual_type: str
    posted_on: date
    amount: Money | None

    @property
    def kind_label(self) -> str:
        return self.actual_type.replace("_", " ")


@dataclass(frozen=True, slots=True)
class ActualPage:
    """One actual: what it says, why its number, and what it is tied to in both directions."""

    id: int
    actual_type: str
    work_on: date
    posted_on: date
    recorded_at: datetime
    period_name: str
    minutes: int | None
    quantity: Decimal | None
    unit: str
    description: str
    source: str
    transaction_class: str
    billing_type: str
    amount: Money | None
    price: Money | None
    entity_amount: Money | None
    entity_rate: Decimal | None
    entity_rate_on: date
    price_trace_id: int | None
    names: tuple[tuple[str, str], ...]
    related: tuple[LinkedActual, ...]
    entries: tuple[tuple[int, str], ...]


_NAMED = (
    ("Legal entity", "legal_entity_id"), ("Project", "project_id"), ("Task", "task_id"),
    ("Contract", "contract_id"), ("Contract line", "contract_line_id"),
    ("Customer", "account_id"), ("Resource", "resource_id"), ("Role", "role_id"),
    ("Category", "category_id"), ("Contracting unit", "contracting_unit_id"),
    ("Resourcing unit", "resourcing_unit_id"),
)  # fmt: skip


def actual_page(*, actor: Actor, actual_id: int) -> ActualPage:
    """All of one actual. Raises  NotFound."""
    actor.require(LedgerPermission.VIEW_ACTUALS)
    row = Actual.objects.select_related("period").filter(pk=actual_id).first()
    if row is None:
        raise NotFound("There is no such actual.")
    is_visible = sees_amount(actor, row.actual_type)
    names = tuple(
        (label, found.get(value, ""))
        for label, field in _NAMED
        if (value := getattr(row, field)) is not None
        and (found := dimensions.names(field, [value]))
    )
    entries = tuple(
        ActualJournalLine.objects.filter(actual_id=row.pk)
        .order_by("id")
        .values_list("journal_line__entry_id", "journal_line__entry__number")
    )
    return ActualPage(
        id=row.pk,
        actual_type=row.actual_type,
        work_on=row.work_on,
        posted_on=row.posted_on,
        recorded_at=row.recorded_at,
        period_name=row.period.title,
        minutes=row.minutes,
        quantity=row.quantity,
        unit=row.unit,
        description=row.description,
        source=f"{row.source_kind.replace('_', ' ')} {row.source_id}, revision {row.revision}",
        transaction_class=row.transaction_class,
        billing_type=row.billing_type.replace("_", " "),
        amount=Money(row.amount, row.currency) if is_visible else None,
        price=Money(row.price, row.currency) if is_visible else None,
        entity_amount=Money(row.entity_amount, row.entity_currency) if is_visible else None,
        entity_rate=row.entity_rate if row.currency != row.entity_currency else None,
        entity_rate_on=row.entity_rate_on,
        price_trace_id=row.price_trace_id if is_visible else None,
        names=names,
        related=tuple(_related(actor, row)),
        entries=entries,
    )


def _related(actor: Actor, row: Actual) -> list[LinkedActual]:
    found: list[tuple[str, Actual]] = []
    if row.reversal_of_id is not None:
        found += [("Reverses", a) for a in Actual.objects.filter(pk=row.reversal_of_id)]
    found += [("Reversed by", a) for a in Actual.objects.filter(
        source_kind="reversal", source_id=row.pk, actual_type=row.actual_type
    )]  # fmt: skip
    if row.source_kind != "reversal":
        siblings = Actual.objects.filter(
            source_kind=row.source_kind, source_id=row.source_id, revision=row.revision
        ).exclude(pk=row.pk)
        found += [("Same work", a) for a in siblings.order_by("actual_type", "leg")]
    out = ActualLink.objects.filter(from_actual_id=row.pk).select_related("to_actual")
    back = ActualLink.objects.filter(to_actual_id=row.pk).select_related("from_actual")
    found += [(f"Became ({link.kind})", link.to_actual) for link in out]
    found += [(f"Came from ({link.kind})", link.from_actual) for link in back]
    return [
        LinkedActual(
            a.pk, what, a.actual_type, a.posted_on,
            Money(a.amount, a.currency) if sees_amount(actor, a.actual_type) else None,
        )
        for what, a in found
    ]  # fmt: skip
