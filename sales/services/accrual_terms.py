"""What accrual needs to know of contracts: locked, loaded in a constant number of queries."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Q

from psa.core.ledger.rules.types import BillingMethod, BillingType
from psa.core.pricing.rules.types import AgreedRate, PriceMethod
from sales.models import (
    ChargeabilityRule as ChargeabilityRow,
)
from sales.models import (
    Contract,
    ContractLine,
    RateOverride,
)
from sales.rules.chargeability import ChargeabilityRule


@dataclass(frozen=True, slots=True)
class LineTerms:
    """A contract line as accrual sees it, with what its contract says."""

    id: int
    name: str
    contract_id: int
    contract_number: str
    account_id: int
    contracting_unit_id: int
    legal_entity_id: int
    currency: str
    status: str
    method: BillingMethod
    covers: frozenset[str]
    expense_policy: str
    expense_markup_percent: Decimal
    chargeability: tuple[ChargeabilityRule, ...]
    rate_overrides: dict[int, AgreedRate] = field(hash=False)


def lines_with_terms(
    line_ids: Collection[int], *, contract_ids: Collection[int] = ()
) -> dict[int, LineTerms]:
    """Lock the contracts, then their lines by id, and return the lines' terms. Five queries.

    The locks are what keeps two approvals from passing one limit together; always in this order.
    """
    found = set(
        ContractLine.objects.filter(pk__in=line_ids).values_list("contract_id", flat=True)
    ) | set(contract_ids)
    contracts = {
        c.pk: c
        for c in Contract.objects.select_for_update(no_key=True).filter(pk__in=found).order_by("pk")
    }
    lines = list(
        ContractLine.objects.select_for_update(no_key=True)
        .filter(Q(pk__in=line_ids) | Q(contract_id__in=contract_ids))
        .order_by("pk")
    )
    rules: dict[int, list[ChargeabilityRule]] = defaultdict(list)
    for row in ChargeabilityRow.objects.filter(line_id__in=[line.pk for line in lines]):
        rules[row.line_id].append(
            ChargeabilityRule(
                BillingType(row.billing_type),
                row.resource_id,
                row.task_id,
                row.role_id,
                row.category_id,
            )
        )
    overrides: dict[int, dict[int, AgreedRate]] = defaultdict(dict)
    for override in RateOverride.objects.filter(line_id__in=[line.pk for line in lines]):
        currency = next(
            contracts[line.contract_id].currency for line in lines if line.pk == override.line_id
        )
        overrides[override.line_id][override.role_id] = AgreedRate(
            "contract_line", override.pk, override.price, currency, override.unit
        )
    return {
        line.pk: LineTerms(
            id=line.pk,
            name=line.name,
            contract_id=line.contract_id,
            contract_number=contracts[line.contract_id].number,
            account_id=contracts[line.contract_id].account_id,
            contracting_unit_id=contracts[line.contract_id].contracting_unit_id,
            legal_entity_id=contracts[line.contract_id].legal_entity_id,
            currency=contracts[line.contract_id].currency,
            status=contracts[line.contract_id].status,
            method=BillingMethod(line.billing_method),
            covers=frozenset(line.transaction_classes),
            expense_policy=line.expense_policy,
            expense_markup_percent=line.expense_markup_percent,
            chargeability=tuple(rules[line.pk]),
            rate_overrides=overrides[line.pk],
        )
        for line in lines
    }


def expense_rate(terms: LineTerms) -> AgreedRate:
    """What the line's expense policy makes of an expense's cost."""
    if terms.expense_policy == "markup":
        return AgreedRate(
            "contract_line",
            terms.id,
            terms.expense_markup_percent,
            terms.currency,
            "unit",
            PriceMethod.MARKUP_PERCENT,
        )
    return AgreedRate(
        "contract_line", terms.id, Decimal(0), terms.currency, "unit", PriceMethod.AT_COST
    )
