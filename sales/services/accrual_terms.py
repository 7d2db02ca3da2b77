"""What accrual needs to know of contracts: locked, loaded in a constant number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Q, Sum
from moneyed import Money

from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import (
    CREDIT_NOTE,
    ActualType,
    BillingMethod,
    BillingType,
    TransactionClass,
)
from psa.core.org.models import TenantParameters
from psa.core.pricing.rules.types import AgreedRate, PriceMethod
from sales.models import (
    ChargeabilityRule as ChargeabilityRow,
)
from sales.models import (
    Contract,
    ContractLimit,
    ContractLine,
    RateOverride,
)
from sales.rules.chargeability import ChargeabilityRule
from sales.rules.not_to_exceed import Limit, LimitLevel

# Sales that use up a limit: accrued and not yet billed, and billed; net of reversals.
USING_LIMITS = (ActualType.UNBILLED_SALES, ActualType.BILLED_SALES)


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


def limits_of(contract_ids: Iterable[int]) -> dict[int, list[Limit]]:
    """Per contract: its limits at all four levels with what is used of each. Four queries.

    Call it under the locks of ``lines_with_terms``: what is used may change otherwise.
    """
    wanted = set(contract_ids)
    default_percent = TenantParameters.objects.values_list(
        "nte_warning_percent", flat=True
    ).first() or Decimal(80)
    line_limits = list(
        ContractLine.objects.filter(contract_id__in=wanted, not_to_exceed_amount__isnull=False)
        .order_by("pk")
        .values_list(
            "id", "contract_id", "contract__currency", "not_to_exceed_amount",
            "not_to_exceed_warning_percent",
        )
    )  # fmt: skip
    others = list(
        ContractLimit.objects.filter(contract_id__in=wanted)
        .order_by("pk")
        .values_list(
            "id", "contract_id", "contract__currency", "limit_amount", "warning_percent",
            "line_id", "account_id", "transaction_classes",
        )
    )  # fmt: skip
    limited = {row[1] for row in line_limits} | {row[1] for row in others}
    used = _used(limited)
    limits: dict[int, list[Limit]] = defaultdict(list)
    for line_id, contract_id, currency, amount, percent in line_limits:
        # A line's own limit has the negative of the line's id: both kinds share one namespace.
        limits[contract_id].append(
            _limit(
                -line_id, LimitLevel.LINE, currency, amount, percent or default_percent, used,
                contract_id, line_id, None, frozenset(),
            )
        )  # fmt: skip
    for limit_id, contract_id, currency, amount, percent, line_id, account_id, classes in others:
        limits[contract_id].append(
            _limit(
                limit_id, _level(line_id, account_id), currency, amount,
                percent or default_percent, used, contract_id, line_id, account_id,
                frozenset(TransactionClass(c) for c in classes),
            )
        )  # fmt: skip
    return dict(limits)


_UsedKey = tuple[int, int, int | None, str]


def _used(contract_ids: Collection[int]) -> dict[_UsedKey, Decimal]:
    if not contract_ids:
        return {}
    rows = (
        Actual.objects.filter(contract_id__in=contract_ids, actual_type__in=USING_LIMITS)
        # What a credit note re-bills sums to 0 in its batch, and what it writes off frees nothing.
        .exclude(batch__kind=CREDIT_NOTE)
        .values_list("contract_id", "contract_line_id", "account_id", "transaction_class")
        .annotate(total=Sum("amount"))
    )
    return {(c, line, account, kind): total for c, line, account, kind, total in rows}


def _level(line_id: int | None, account_id: int | None) -> LimitLevel:
    if line_id is not None:
        return LimitLevel.LINE if account_id is None else LimitLevel.LINE_CUSTOMER
    return LimitLevel.CONTRACT if account_id is None else LimitLevel.CONTRACT_CUSTOMER


def _limit(
    limit_id: int,
    level: LimitLevel,
    currency: str,
    amount: Decimal,
    percent: Decimal,
    used: dict[_UsedKey, Decimal],
    contract_id: int,
    line_id: int | None,
    account_id: int | None,
    classes: frozenset[TransactionClass],
) -> Limit:
    total = sum(
        (
            value
            for (of_contract, of_line, of_account, kind), value in used.items()
            if of_contract == contract_id
            and (line_id is None or of_line == line_id)
            and (account_id is None or of_account == account_id)
            and (not classes or kind in classes)
        ),
        Decimal(0),
    )
    return Limit(
        limit_id=limit_id,
        level=level,
        limit=Money(amount, currency),
        used=Money(max(total, Decimal(0)), currency),
        contract_line_id=line_id,
        account_id=account_id,
        classes=classes,
        warning_percent=percent,
    )
