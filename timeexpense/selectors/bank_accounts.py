"""Bank accounts as pages may show them: the holder and the end of the number."""

from collections.abc import Collection
from dataclasses import dataclass

from timeexpense.models import BankAccount


@dataclass(frozen=True, slots=True)
class KnownAccount:
    holder: str
    number_end: str


def own_account(resource_id: int) -> BankAccount | None:
    """One person's account for themselves; its number stays sealed. One query."""
    found: BankAccount | None = BankAccount.objects.filter(resource_id=resource_id).first()
    return found


def known_account(resource_id: int) -> KnownAccount | None:
    """One person's account, if entered. One query."""
    return known_accounts([resource_id]).get(resource_id)


def known_accounts(resource_ids: Collection[int]) -> dict[int, KnownAccount]:
    """By person. One query."""
    return {
        resource_id: KnownAccount(holder, end)
        for resource_id, holder, end in BankAccount.objects.filter(
            resource_id__in=list(resource_ids)
        ).values_list("resource_id", "holder", "number_end")
    }
