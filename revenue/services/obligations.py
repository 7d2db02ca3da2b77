"""The performance obligations of a contract just won: one a line."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError
from revenue.models import Obligation
from sales.models import Contract, ContractLine
from sales.permissions import SalesPermission


@dataclass(frozen=True, slots=True)
class LineCost:
    """A contract line with its planned cost in the legal entity's currency, if estimated."""

    line: ContractLine
    planned_cost_amount: Decimal | None


@transaction.atomic
def create_obligations(
    *, contract: Contract, lines: Sequence[LineCost], actor: Actor
) -> list[Obligation]:
    """One obligation a line, recognised by the line's method, at the line's value.

    Raises  DomainError for a method that revenue does not know; PermissionDenied (sales.win).
    """
    actor.require(SalesPermission.WIN)
    return _create(contract, lines)


@transaction.atomic
def follow_amendment(
    *,
    contract: Contract,
    added: Sequence[LineCost],
    changed: Sequence[ContractLine],
    actor: Actor,
) -> None:
    """One obligation for each line added; price and dates of the changed lines' obligations.

    The next estimate catches up with a changed price cumulatively: revenue to date is the new price
    times the progress.
    Raises  DomainError for a method that revenue does not know; PermissionDenied (sales.manage).
    """
    actor.require(SalesPermission.MANAGE)
    _create(contract, added)
    for line in changed:
        Obligation.objects.filter(contract_line=line).update(
            price_amount=line.value_amount,
            starts_on=line.starts_on or contract.starts_on,
            ends_on=line.ends_on or contract.ends_on,
        )


def _create(contract: Contract, lines: Sequence[LineCost]) -> list[Obligation]:
    for item in lines:
        if item.line.recognition_method not in Obligation.Method.values:
            raise DomainError(
                f"“{item.line.name}” names no known way to recognise revenue. Choose one.",
                field="recognition_method",
            )
    return Obligation.objects.bulk_create(
        [
            Obligation(
                tenant_id=contract.tenant_id,
                contract_line=item.line,
                legal_entity_id=contract.legal_entity_id,
                method=item.line.recognition_method,
                currency=contract.currency,
                price_amount=item.line.value_amount,
                planned_cost_amount=item.planned_cost_amount,
                starts_on=item.line.starts_on or contract.starts_on,
                ends_on=item.line.ends_on or contract.ends_on,
            )
            for item in lines
        ]
    )
