"""Which bank account of a legal entity money is paid into, and paid from."""

from collections.abc import Sequence
from dataclasses import dataclass

from psa.core.errors import NotFound
from psa.core.org.models import EntityBankAccount, LegalEntity


@dataclass(frozen=True, slots=True)
class BankDetails:
    """An account as documents and payment files name it."""

    bank_name: str
    bank_iban: str
    bank_bic: str

    def as_dict(self) -> dict[str, str]:
        """As documents keep it among the facts of who sells."""
        return {
            "bank_name": self.bank_name,
            "bank_iban": self.bank_iban,
            "bank_bic": self.bank_bic,
        }


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account beside the main one; of the number its end alone."""

    id: int
    name: str
    currency: str
    bank_name: str
    number_end: str
    bic: str
    is_default: bool
    is_active: bool


def account_for(entity: LegalEntity, currency: str) -> BankDetails:
    """The entity's account that is the default of the currency, else its main one. One query."""
    found = EntityBankAccount.objects.filter(
        legal_entity_id=entity.pk, currency=currency, is_default=True
    ).first()
    return details_of(found or entity)


def details_of(holder: EntityBankAccount | LegalEntity) -> BankDetails:
    """What is kept of an account, or of an entity's main one."""
    return BankDetails(holder.bank_name, holder.bank_iban, holder.bank_bic)


def accounts_of(entity_id: int) -> Sequence[AccountRow]:
    """The accounts beside the main one, those in use first, by currency. One query."""
    rows = EntityBankAccount.objects.filter(legal_entity_id=entity_id)
    return [_row(row) for row in rows.order_by("-is_active", "currency", "-is_default", "name")]


def account(entity_id: int, account_id: int) -> AccountRow:
    """One of them. Raises  NotFound."""
    return _row(stored(entity_id, account_id))


def stored(entity_id: int, account_id: int) -> EntityBankAccount:
    """One of them with its number. Raises  NotFound."""
    found: EntityBankAccount | None = EntityBankAccount.objects.filter(
        pk=account_id, legal_entity_id=entity_id
    ).first()
    if found is None:
        raise NotFound("This bank account does not exist.")
    return found


def _row(row: EntityBankAccount) -> AccountRow:
    return AccountRow(
        row.pk, row.name, row.currency, row.bank_name, row.bank_iban[-4:], row.bank_bic,
        row.is_default, row.is_active,
    )  # fmt: skip
