"""Bank accounts of a legal entity beside its main one."""

from datetime import datetime

from django.db import IntegrityError, transaction

from psa.core.access.permissions import OrgPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.money.rounding import currency_of
from psa.core.org import bank_accounts
from psa.core.org.models import EntityBankAccount, LegalEntity
from psa.core.org.rules.account_numbers import bank_code_of, end_of, number_of


@transaction.atomic
def save_account(
    *,
    account_id: int | None,
    legal_entity_id: int,
    name: str,
    currency: str,
    bank_name: str,
    number: str,
    bic: str,
    is_default: bool,
    actor: Actor,
    at: datetime,
    is_active: bool = True,
) -> EntityBankAccount:
    """Add an account (`account_id` None) or change one; a new default takes over from the former.

    `number` empty leaves the number of an account that is there as it is. Invoices already confirmed
    keep what they said. The trail names the account, and its number by the end alone.
    Raises  PermissionDenied, NotFound; Conflict if the entity has the number already; DomainError on
            the field that does not fit.
    """
    actor.require(OrgPermission.MANAGE)
    entity = LegalEntity.objects.select_for_update().filter(pk=legal_entity_id).first()
    if entity is None:
        raise NotFound("This legal entity does not exist.")
    if is_default and not is_active:
        raise DomainError("An account that is not in use takes no payments.", "is_default")
    row = (
        EntityBankAccount(tenant_id=actor.tenant_id, legal_entity=entity)
        if account_id is None
        else bank_accounts.stored(legal_entity_id, account_id)
    )
    before = _facts(row)
    row.name, row.bank_name = name.strip(), bank_name.strip()
    if not row.name:
        raise DomainError("Name the account, such as “Euro account”.", "name")
    row.currency = currency_of(currency).code
    if number.strip() or account_id is None:
        row.bank_iban = number_of(number)
    row.bank_bic = bank_code_of(bic)
    row.is_default, row.is_active = is_default, is_active
    if is_default:
        EntityBankAccount.objects.filter(
            legal_entity=entity, currency=row.currency, is_default=True
        ).exclude(pk=row.pk).update(is_default=False)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "entity_account_number" not in str(error):
            raise
        raise Conflict(f"{entity.name} has an account of this number already.", "number") from None
    after = _facts(row)
    audit.record(
        actor=actor, at=at, event="org.bank_account_saved", record_type="org.LegalEntity",
        record_id=entity.pk, sentence=f"Saved the bank account {row.name} of {entity.name}.",
        changes={key: (before[key], after[key]) for key in after if before[key] != after[key]},
    )  # fmt: skip
    return row


def _facts(row: EntityBankAccount) -> dict[str, object]:
    return {
        "name": row.name,
        "currency": row.currency,
        "bank": row.bank_name,
        "number": end_of(row.bank_iban),
        "bic": row.bank_bic,
        "default": row.is_default,
        "used": row.is_active,
    }
