"""Departments of the firm as payers: the account that stands for a unit, made when first named."""

from collections.abc import Collection

from psa.core.errors import DomainError
from psa.core.org.models import OrgUnit
from sales.models import Account, Contract

from . import numbers


def accounts_of(unit_ids: Collection[int], *, contract: Contract) -> dict[int, Account]:
    """Unit → the account it pays with, bearing the unit's present name. Two queries where all are
    known.

    A department is charged by a journal, so it is one of the contract's own legal entity: what
    another entity pays is invoiced.
    Raises  DomainError for a unit that there is not, or of another entity.
    Source  docs/rules/billing.md, B-25.
    """
    if not unit_ids:
        return {}
    units = {
        unit.pk: unit
        for unit in OrgUnit.objects.select_related("legal_entity").filter(pk__in=unit_ids)
    }
    if len(units) < len(set(unit_ids)):
        raise DomainError("There is no such department.", field="shares")
    for unit in units.values():
        if unit.legal_entity_id != contract.legal_entity_id:
            raise DomainError(
                f"{unit.name} is of {unit.legal_entity.name}, and the contract is not. A department "
                "is charged inside one legal entity; choose one of the contract's.",
                field="shares",
            )
    known = {one.org_unit_id: one for one in Account.objects.filter(org_unit__in=units)}
    found = {}
    for unit in units.values():
        account = known.get(unit.pk)
        if account is None:
            account = _made(unit)
        elif account.name != unit.name:
            account.name = unit.name
            account.save(update_fields=["name"])
        found[unit.pk] = account
    return found


def has_department_of_unit(unit_id: int) -> bool:
    """Whether a unit pays contracts of its legal entity. One query."""
    return Account.objects.filter(org_unit_id=unit_id).exists()


def _made(unit: OrgUnit) -> Account:
    account: Account = Account.objects.create(
        tenant_id=unit.tenant_id,
        code=numbers.next_number(kind="department", tenant_id=unit.tenant_id),
        name=unit.name,
        kind=Account.Kind.DEPARTMENT,
        country=unit.legal_entity.country,
        currency=unit.legal_entity.currency,
        org_unit=unit,
    )
    return account
