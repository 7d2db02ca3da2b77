"""Who pays contracts: splits in force for accrual, and what each payer has had so far."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum
from moneyed import Money

from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType
from sales.models import Account, Contract, ContractLine, FundingShare, FundingSource
from sales.rules.funding import FundingRule, FundingTerms, Payers

_BALANCES = (ActualType.BILLED_SALES, ActualType.UNBILLED_SALES, ActualType.PARKED_SALES)


@dataclass(frozen=True, slots=True)
class PayerView:
    """One payer of a contract; balances are without tax, in the contract's currency.

    `share_percent` is that of the first step of the contract's latest split, None outside it.
    """

    id: int
    position: int
    account: Account
    share_percent: Decimal | None
    limit_amount: Decimal | None
    invoiced: Money
    unbilled: Money
    parked: Money
    room: Money | None


@dataclass(frozen=True, slots=True)
class ShareView:
    priority: int
    account: Account
    percent: Decimal


@dataclass(frozen=True, slots=True)
class SplitView:
    """One split: of the contract or a line, from which day on, and who takes what in which step."""

    line: ContractLine | None
    valid_from: date
    shares: list[ShareView]


def terms_of(contract_ids: Collection[int]) -> dict[int, FundingTerms]:
    """Per contract that several pay, or somebody else than its customer: its splits. One query."""
    rows = FundingShare.objects.filter(contract_id__in=contract_ids).order_by(
        "-valid_from", "priority", "position", "id"
    )
    splits: dict[tuple[int, int | None, date], dict[int, list[tuple[int, Decimal]]]] = {}
    accounts: dict[tuple[int, int | None, date], dict[int, int]] = defaultdict(dict)
    for contract_id, line_id, since, priority, source_id, percent, account_id in rows.values_list(
        "contract_id", "line_id", "valid_from", "priority", "source_id", "percent",
        "source__account_id",
    ):  # fmt: skip
        key = (contract_id, line_id, since)
        splits.setdefault(key, {}).setdefault(priority, []).append((source_id, percent))
        accounts[key][source_id] = account_id
    versions: dict[int, list[tuple[int | None, date, Payers]]] = defaultdict(list)
    for key, steps in splits.items():
        rules = tuple(FundingRule(priority, tuple(shares)) for priority, shares in steps.items())
        payers = Payers(rules, tuple(accounts[key].items()))
        versions[key[0]].append((key[1], key[2], payers))
    return {contract_id: FundingTerms(tuple(found)) for contract_id, found in versions.items()}


def splits_of(contract: Contract) -> list[SplitView]:
    """Latest first, the contract's before those of its lines. One query."""
    found: dict[tuple[int | None, date], SplitView] = {}
    for row in (
        FundingShare.objects.filter(contract=contract)
        .select_related("line", "source__account")
        .order_by("line__position", "-valid_from", "priority", "position", "id")
    ):
        view = found.setdefault(
            (row.line_id, row.valid_from), SplitView(row.line, row.valid_from, [])
        )
        view.shares.append(ShareView(row.priority, row.source.account, row.percent))
    return sorted(found.values(), key=lambda one: one.line is not None)


def payers_of(contract: Contract, splits: Sequence[SplitView]) -> list[PayerView]:
    """The payers in order. One query, and one more where there are several."""
    sources = list(
        FundingSource.objects.filter(contract=contract)
        .select_related("account")
        .order_by("position")
    )
    sums = _sums(contract) if splits else {}
    latest = next((one for one in splits if one.line is None), None)
    first = min((share.priority for share in latest.shares), default=0) if latest else 0
    percents = {
        share.account.pk: share.percent
        for share in (latest.shares if latest else ())
        if share.priority == first
    }
    views = []
    for source in sources:
        mine = {
            kind: Money(sums.get((source.account_id, kind.value), Decimal(0)), contract.currency)
            for kind in _BALANCES
        }
        billed, unbilled = mine[ActualType.BILLED_SALES], mine[ActualType.UNBILLED_SALES]
        limit = source.limit_amount
        room = None
        if limit is not None:
            left = Money(limit, contract.currency) - billed - unbilled
            room = max(left, Money(0, contract.currency))
        views.append(
            PayerView(
                source.pk, source.position, source.account,
                percents.get(source.account_id) if splits else source.share_percent,
                limit, billed, unbilled, mine[ActualType.PARKED_SALES], room,
            )
        )  # fmt: skip
    return views


def _sums(contract: Contract) -> dict[tuple[int | None, str], Decimal]:
    # By way of the lines: the ledger's index leads with the contract line.
    rows = (
        Actual.objects.filter(
            contract_line_id__in=ContractLine.objects.filter(contract=contract).values("pk"),
            actual_type__in=_BALANCES,
            currency=contract.currency,
        )
        .order_by()
        .values_list("account_id", "actual_type")
        .annotate(total=Sum("amount"))
    )
    return {(account_id, kind): total for account_id, kind, total in rows}
