"""Of which kind the categories of expenses are."""

from datetime import datetime
from typing import Final

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError, NotFound
from psa.core.org.models import TransactionCategory
from timeexpense.models import CategoryKind, ExpenseCategory
from timeexpense.permissions import TimeExpensePermission

# The kinds of the categories that a tenant starts with, by code.
SEEDED: Final = {
    "mileage": CategoryKind.MILEAGE,
    "per_diem": CategoryKind.PER_DIEM,
    "lodging": CategoryKind.LODGING,
    "entertainment": CategoryKind.ENTERTAINMENT,
}


@transaction.atomic
def set_kind(*, category_id: int, kind: str, actor: Actor, at: datetime) -> None:
    """Say what an expense of this category is asked; entered ones stay as they are.

    Raises  PermissionDenied, NotFound; DomainError for an unknown kind.
    """
    actor.require(TimeExpensePermission.MANAGE_POLICY)
    if kind not in CategoryKind.values:
        raise DomainError("Choose one of the kinds.", "kind")
    category = TransactionCategory.objects.filter(
        pk=category_id, transaction_class="expense"
    ).first()
    if category is None:
        raise NotFound("There is no such expense category.")
    ExpenseCategory.objects.update_or_create(
        tenant_id=actor.tenant_id, category_id=category.pk, defaults={"kind": kind}
    )
    audit.record(
        actor=actor, at=at, event="timeexpense.category_kind_set",
        record_type="org.TransactionCategory", record_id=category.pk,
        sentence=f"Expenses of {category.name} are asked as {CategoryKind(kind).label.lower()}.",
    )  # fmt: skip


def seed_kinds(*, tenant_id: int) -> int:
    """Kinds of the categories that a tenant starts with; how many had none. A kind chosen stays."""
    rows = TransactionCategory.objects.filter(code__in=SEEDED, transaction_class="expense").exclude(
        pk__in=ExpenseCategory.objects.values("category_id")
    )
    made = ExpenseCategory.objects.bulk_create(
        ExpenseCategory(tenant_id=tenant_id, category_id=row.pk, kind=SEEDED[row.code])
        for row in rows
    )
    return len(made)
