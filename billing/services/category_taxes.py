"""Saying which tax code each class and category has at a legal entity."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from billing.models import CategoryTaxCode, TaxCode
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError, NotFound
from psa.core.ledger.rules.types import TransactionClass
from psa.core.org.models import LegalEntity, TransactionCategory


@transaction.atomic
def set_category_taxes(
    *,
    legal_entity_id: int,
    by_class: Mapping[str, int | None],
    by_category: Mapping[int, int | None],
    actor: Actor,
    at: datetime,
) -> int:
    """Give classes and categories their tax code, or none; what is not named stays. How many changed.

    Drafts follow when they are confirmed; invoices keep what they said.
    Raises  PermissionDenied, NotFound; DomainError for an unknown class or category, or a code of
            another entity.
    Source  docs/rules/billing.md, B-21.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    entity = LegalEntity.objects.select_for_update(no_key=True).filter(pk=legal_entity_id).first()
    if entity is None:
        raise NotFound("There is no such legal entity.")
    codes = dict(TaxCode.objects.filter(legal_entity=entity).values_list("id", "code"))
    categories = dict(TransactionCategory.objects.values_list("id", "name"))
    wanted: dict[tuple[str, int | None], int | None] = {}
    for name, code_id in by_class.items():
        if name not in set(TransactionClass):
            raise DomainError(f"There is no class “{name}”.")
        wanted[name, None] = code_id
    for category, code_id in by_category.items():
        if category not in categories:
            raise DomainError("This category does not exist.")
        wanted["", category] = code_id
    if any(code_id is not None and code_id not in codes for code_id in wanted.values()):
        raise DomainError(f"Choose a tax code of {entity.name}.")
    before = {
        (row.transaction_class, row.category_id): row.tax_code_id
        for row in CategoryTaxCode.objects.filter(legal_entity=entity)
    }
    changed = {key: new for key, new in wanted.items() if before.get(key) != new}
    for (name, category_id), code_id in changed.items():
        rows = CategoryTaxCode.objects.filter(
            legal_entity=entity, transaction_class=name, category_id=category_id
        )
        if code_id is None:
            rows.delete()
        elif not rows.update(tax_code_id=code_id):
            CategoryTaxCode.objects.create(
                tenant_id=actor.tenant_id, legal_entity=entity, transaction_class=name,
                category_id=category_id, tax_code_id=code_id,
            )  # fmt: skip
    if changed:
        audit.record(
            actor=actor, at=at, event="billing.category_taxes.saved",
            record_type="org.LegalEntity", record_id=entity.pk,
            sentence=f"Set the tax by category of {entity.code}",
            changes={
                (categories[key[1]] if key[1] is not None else key[0]): (
                    codes.get(before.get(key) or 0), codes.get(new or 0),
                )
                for key, new in changed.items()
            },
        )  # fmt: skip
    return len(changed)
