"""Transaction categories: what kind of time, expense, material or fee, and its accounts."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from psa.core.access.permissions import OrgPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.org.models import TransactionCategory

CLASSES = ("time", "expense", "material", "fee")


@transaction.atomic
def save_category(
    *,
    category_id: int | None,
    code: str,
    name: str,
    transaction_class: str,
    revenue_account_code: str,
    cost_account_code: str,
    receipt_required_over: Decimal | None,
    is_active: bool,
    actor: Actor,
    at: datetime,
) -> TransactionCategory:
    """Make a category (`category_id` None) or change one; what was booked on it stays.

    The receipt limit is in the firm's own currency. Raises  PermissionDenied, NotFound; Conflict
    if the code is taken; DomainError for an unknown class, a changed one, or a limit below 0.
    """
    actor.require(OrgPermission.MANAGE)
    if transaction_class not in CLASSES:
        raise DomainError("Choose what kind of transaction it is.", "transaction_class")
    if receipt_required_over is not None and not (
        receipt_required_over.is_finite() and receipt_required_over >= 0
    ):
        raise DomainError("The limit is 0 or more, or empty.", "receipt_required_over")
    row = TransactionCategory(tenant_id=actor.tenant_id, transaction_class=transaction_class)
    if category_id is not None:
        found = TransactionCategory.objects.select_for_update().filter(pk=category_id).first()
        if found is None:
            raise NotFound("This category does not exist.")
        row = found
        if row.transaction_class != transaction_class:
            raise DomainError(
                "A category stays of its class, as work is booked on it. Make another.",
                "transaction_class",
            )
    values: dict[str, Any] = {
        "code": code.strip(),
        "name": name.strip(),
        "revenue_account_code": revenue_account_code,
        "cost_account_code": cost_account_code,
        "receipt_required_over": receipt_required_over,
        "is_active": is_active,
    }
    changes = {k: (getattr(row, k), v) for k, v in values.items() if getattr(row, k) != v}
    for field, value in values.items():
        setattr(row, field, value)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "transaction_category_code" not in str(error):
            raise
        raise Conflict(f"There is a category “{row.code}” already.", "code") from None
    audit.record(
        actor=actor, at=at, event="org.category_saved", record_type="org.TransactionCategory",
        record_id=row.pk, sentence=f"Saved the category {row.name}.",
        changes=changes if category_id else {},
    )  # fmt: skip
    return row
