"""Reads of contracts: the list, one record, and its balances from the ledger."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import selectors as audit
from psa.core.audit.selectors import ActivityRow
from psa.core.ledger.models import Actual, JournalLine
from psa.core.ledger.rules.posting_profiles import Slot
from psa.core.ledger.rules.types import ActualType
from sales import policies
from sales.models import (
    ChargeabilityRule,
    Contract,
    ContractFxRate,
    ContractLimit,
    ContractLine,
    RateOverride,
)

from . import amendments, funding, visibility
from .amendments import AmendmentRow
from .funding import PayerView, SplitView

_BALANCES = (
    ActualType.UNBILLED_SALES.value,
    ActualType.BILLED_SALES.value,
    ActualType.PARKED_SALES.value,
)


@dataclass(frozen=True, slots=True)
class Balance:
    """Sums of the ledger in the contract's currency, without tax."""

    invoiced: Money
    unbilled: Money
    parked: Money

    @property
    def used(self) -> Money:
        """What counts against a not-to-exceed limit."""
        return self.invoiced + self.unbilled


@dataclass(frozen=True, slots=True)
class ContractLineView:
    line: ContractLine
    value: Money
    balance: Balance
    remaining: Money
    not_to_exceed: Money | None
    not_to_exceed_share: Decimal | None
    is_near_limit: bool
    monthly: Money | None


@dataclass(frozen=True, slots=True)
class ContractPage:
    """One contract. `overrides` is empty unless the actor sees its bill rates."""

    contract: Contract
    lines: list[ContractLineView]
    value: Money
    original: Money
    balance: Balance
    remaining: Money
    recognised: Money
    limits: list[ContractLimit]
    funding: list[PayerView]
    splits: list[SplitView]
    rules: list[ChargeabilityRule]
    overrides: list[RateOverride]
    sees_bill: bool
    po_left: Money | None
    fixed_rates: list[ContractFxRate]
    is_live: bool
    amendments: list[AmendmentRow]
    activity: list[ActivityRow]

    @property
    def has_departments(self) -> bool:
        """Whether a payer is a department: those are charged, not invoiced."""
        return any(payer.account.is_department for payer in self.funding)


def has_contracts_of_unit(unit_id: int) -> bool:
    """Whether a contract was made by the unit. One query."""
    return Contract.objects.filter(contracting_unit_id=unit_id).exists()


def contracts(*, actor: Actor) -> QuerySet[Any]:
    """The contracts the actor may see with value, invoiced and unbilled. One query."""
    value = _sum_of_lines()
    return (
        visibility.contracts_visible_to(actor)
        .annotate(
            value_amount=Coalesce(Subquery(value), Value(Decimal(0))),
            invoiced_amount=Coalesce(
                Subquery(_sum_of_actuals(ActualType.BILLED_SALES)), Value(Decimal(0))
            ),
            unbilled_amount=Coalesce(
                Subquery(_sum_of_actuals(ActualType.UNBILLED_SALES)), Value(Decimal(0))
            ),
        )
        .values(
            "id", "number", "name", "account__name", "owner_id", "owner__name", "currency",
            "status", "starts_on", "ends_on", "value_amount", "invoiced_amount", "unbilled_amount",
        )
    )  # fmt: skip


def contract_page(*, actor: Actor, contract_id: int) -> ContractPage:
    """The contract with lines and balances. Raises  NotFound."""
    contract = visibility.get_contract(actor=actor, contract_id=contract_id)
    currency = contract.currency
    lines = list(contract.lines.order_by("position"))
    balances = balances_by_line(contract_line_ids=[line.pk for line in lines], currency=currency)
    views = [_line_view(line, balances[line.pk], currency) for line in lines]
    zero = Money(0, currency)
    value = sum((view.value for view in views), zero)
    whole = Balance(
        invoiced=sum((view.balance.invoiced for view in views), zero),
        unbilled=sum((view.balance.unbilled for view in views), zero),
        parked=sum((view.balance.parked for view in views), zero),
    )
    bill = policies.sees_bill(actor, contract.owner_id)
    splits = funding.splits_of(contract)
    return ContractPage(
        contract=contract,
        lines=views,
        value=value,
        original=Money(contract.original_amount, currency),
        balance=whole,
        remaining=value - whole.used,
        recognised=recognised(contract),
        limits=list(
            contract.limits.select_related("account", "line").order_by("line__position", "id")
        ),
        funding=funding.payers_of(contract, splits),
        splits=splits,
        rules=list(
            ChargeabilityRule.objects.filter(line__contract=contract)
            .select_related("line", "role", "category", "resource")
            .order_by("line__position", "id")
        ),
        overrides=list(
            RateOverride.objects.filter(line__contract=contract)
            .select_related("line", "role")
            .order_by("line__position", "role__name")
        )
        if bill
        else [],
        sees_bill=bill,
        po_left=None
        if contract.po_amount is None
        else Money(contract.po_amount, currency) - whole.used,
        fixed_rates=list(contract.fixed_rates.order_by("from_currency"))
        if contract.fx_policy == "fixed"
        else [],
        is_live=contract.status
        in (Contract.Status.DRAFT, Contract.Status.CONFIRMED, Contract.Status.ON_HOLD),
        amendments=amendments.rows_of(contract),
        activity=audit.activity_of(record_type="sales.Contract", record_id=contract.pk),
    )


def balances_by_line(*, contract_line_ids: list[int], currency: str) -> Mapping[int, Balance]:
    """Invoiced, unbilled and parked per contract line, in the contract's currency. One query."""
    sums: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for line_id, actual_type, total in (
        Actual.objects.filter(
            contract_line_id__in=contract_line_ids, actual_type__in=_BALANCES, currency=currency
        )
        .values_list("contract_line_id", "actual_type")
        .annotate(total=Sum("amount"))
        .order_by()
    ):
        sums[line_id, actual_type] = total
    return {
        line_id: Balance(
            invoiced=Money(sums[line_id, ActualType.BILLED_SALES.value], currency),
            unbilled=Money(sums[line_id, ActualType.UNBILLED_SALES.value], currency),
            parked=Money(sums[line_id, ActualType.PARKED_SALES.value], currency),
        )
        for line_id in contract_line_ids
    }


def recognised(contract: Contract) -> Money:
    """Revenue of the contract in the books, in its legal entity's currency. One query.

    Exchange differences are income of the contract too, and no revenue.
    """
    total = JournalLine.objects.filter(
        contract_id=contract.pk, memo__in=(Slot.REVENUE, Slot.ACCRUED_REVENUE, Slot.FEE_INCOME)
    ).aggregate(total=Sum(F("credit") - F("debit")))["total"]
    return Money(total or Decimal(0), contract.legal_entity.currency)


def _sum_of_lines() -> Any:
    return (
        ContractLine.objects.filter(contract=OuterRef("pk"))
        .order_by()
        .values("contract")
        .annotate(total=Sum("value_amount"))
        .values("total")
    )


def _sum_of_actuals(actual_type: ActualType) -> Any:
    # By way of the lines: the ledger's index leads with the contract line.
    return (
        Actual.objects.filter(
            contract_line_id__in=ContractLine.objects.filter(
                contract=OuterRef(OuterRef("pk"))
            ).values("pk"),
            actual_type=actual_type.value,
            currency=OuterRef("currency"),
        )
        .order_by()
        .values("actual_type")
        .annotate(total=Sum("amount"))
        .values("total")
    )


def _line_view(line: ContractLine, balance: Balance, currency: str) -> ContractLineView:
    value = Money(line.value_amount, currency)
    limit = line.not_to_exceed_amount
    share = None
    if limit:
        share = (balance.used.amount / limit).quantize(Decimal("0.0001"))
    warning = (line.not_to_exceed_warning_percent or Decimal(80)) / 100
    return ContractLineView(
        line=line,
        value=value,
        balance=balance,
        remaining=value - balance.used,
        not_to_exceed=None if limit is None else Money(limit, currency),
        not_to_exceed_share=share,
        is_near_limit=share is not None and share >= warning,
        monthly=None if line.retainer_amount is None else Money(line.retainer_amount, currency),
    )
