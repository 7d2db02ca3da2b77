"""Not-to-exceed limits of contracts with what is used of each."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from decimal import Decimal

from django.db.models import Exists, QuerySet, Sum
from moneyed import Money

from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import CREDIT_NOTE, ActualType, TransactionClass
from psa.core.org.models import TenantParameters
from sales.models import ContractLimit, ContractLine, FundingSource
from sales.rules.not_to_exceed import Limit, LimitLevel

# Limits of lines have negative ids, those of payers begin here: all share one namespace.
FIRST_FUNDING_ID = 1 << 62
# Sales that use up a limit: accrued and not yet billed, and billed; net of reversals.
USING_LIMITS = (ActualType.UNBILLED_SALES, ActualType.BILLED_SALES)


def limits_of(contract_ids: Iterable[int]) -> dict[int, list[Limit]]:
    """Per contract: its limits at all levels with what is used of each. Four queries, five where a
    payer has a limit.

    What is used may change while it is read: who decides by it holds the contracts' locks
    (`services.accrual_terms.lines_with_terms`).
    """
    wanted = set(contract_ids)
    limited_payers = FundingSource.objects.filter(
        contract_id__in=wanted, limit_amount__isnull=False
    )
    found = (
        TenantParameters.objects.annotate(has_payers=Exists(limited_payers))
        .values_list("nte_warning_percent", "has_payers")
        .first()
    )
    default_percent, has_payers = found or (None, True)
    default_percent = default_percent or Decimal(80)
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
    payers = _payers(limited_payers) if has_payers else []
    limited = {row[1] for row in (*line_limits, *others, *payers)}
    used = _used(limited)
    limits: dict[int, list[Limit]] = defaultdict(list)
    for line_id, contract_id, currency, amount, percent in line_limits:
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
    for source_id, contract_id, currency, amount, account_id in payers:
        limit = _limit(
            FIRST_FUNDING_ID + source_id, LimitLevel.FUNDING, currency, amount, default_percent,
            used, contract_id, None, account_id, frozenset(),
        )  # fmt: skip
        limits[contract_id].append(replace(limit, funding_source_id=source_id))
    return dict(limits)


def _payers(limited: QuerySet[FundingSource]) -> list[tuple[int, int, str, Decimal, int]]:
    rows = limited.order_by("pk").values_list(
        "id", "contract_id", "contract__currency", "limit_amount", "account_id"
    )
    return [
        (source_id, contract_id, currency, amount, account_id)
        for source_id, contract_id, currency, amount, account_id in rows
        if amount is not None
    ]


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
