"""Where people are paid: kept sealed, entered by themselves, read only for a payment file."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from psa.core.access import seals
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError
from timeexpense.models import BankAccount
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules import bank_accounts as rules
from timeexpense.selectors import people

PURPOSE: Final = "bank_account"


@dataclass(frozen=True, slots=True)
class PayTo:
    """An account in the clear: for a payment file, never for a page."""

    holder: str
    number: str
    bic: str

    @property
    def is_iban(self) -> bool:
        return rules.is_iban(self.number)


@transaction.atomic
def save_own_account(
    *, holder: str, number: str, bic: str, actor: Actor, at: datetime
) -> BankAccount:
    """Keep where the actor is paid; the number is sealed, and the trail says that it changed alone.

    Raises  NotFound for a member who books nothing; DomainError on the field that does not fit.
    """
    actor.require(TimeExpensePermission.ENTER)
    me = people.my_resource(actor)
    holder = holder.strip()
    if not holder or len(holder) > 70 or "\0" in holder:
        raise DomainError("Name the holder, in at most 70 characters.", "holder")
    plain = rules.number_of(number)
    row, _ = BankAccount.objects.update_or_create(
        tenant_id=actor.tenant_id,
        resource_id=me.pk,
        defaults={
            "holder": holder,
            "sealed_number": seals.seal(plain, purpose=PURPOSE),
            "number_end": plain[-4:],
            "bic": rules.bic_of(bic),
            "changed_at": at,
            "changed_by_id": actor.membership_id,
        },
    )
    audit.record(
        actor=actor, at=at, event="timeexpense.bank_account_saved", record_type="org.Resource",
        record_id=me.pk, sentence="Entered where reimbursements are paid to.",
    )  # fmt: skip
    return row


def accounts_for_payment(resource_ids: Collection[int]) -> dict[int, PayTo]:
    """The accounts of these people in the clear; who has none is left out. One query.

    For whoever writes a payment file, which records that it was written.
    """
    return {
        row.resource_id: PayTo(
            row.holder, seals.unseal(row.sealed_number, purpose=PURPOSE), row.bic
        )
        for row in BankAccount.objects.filter(resource_id__in=list(resource_ids))
    }
