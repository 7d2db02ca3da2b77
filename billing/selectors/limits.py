"""How far an invoice brings its contract towards a not-to-exceed limit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from billing.models import Proposal, ProposalLine
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType
from sales.models import Contract
from sales.rules.not_to_exceed import Limit
from sales.selectors import limits as contract_limits

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class LimitMeter:
    """The limit with least room, in the proposal's currency; shares are percent of the limit."""

    limit: Decimal
    invoiced_before: Decimal
    this_invoice: Decimal
    warning_percent: Decimal

    @property
    def left(self) -> Decimal:
        return self.limit - self.invoiced_before - self.this_invoice

    @property
    def before_percent(self) -> Decimal:
        return _share(self.invoiced_before, self.limit)

    @property
    def this_percent(self) -> Decimal:
        return _share(self.this_invoice, self.limit)

    @property
    def used_percent(self) -> Decimal:
        return self.before_percent + self.this_percent


def meter_of(proposal: Proposal, rows: Sequence[ProposalLine]) -> LimitMeter | None:
    """The meter of the limit that this invoice comes closest to; None without any limit."""
    limits = contract_limits.limits_of([proposal.contract_id]).get(proposal.contract_id, ())
    meters = [
        meter
        for limit in limits
        if limit.account_id in (None, proposal.account_id)
        and (meter := _meter(limit, proposal, rows)) is not None
    ]
    return max(meters, key=lambda meter: meter.used_percent, default=None)


def _meter(limit: Limit, proposal: Proposal, rows: Sequence[ProposalLine]) -> LimitMeter | None:
    mine = [row for row in rows if _covers(limit, row)]
    if not mine:
        return None
    billed = Actual.objects.filter(
        contract_id=proposal.contract_id, actual_type=ActualType.BILLED_SALES
    )
    if limit.contract_line_id is not None:
        billed = billed.filter(contract_line_id=limit.contract_line_id)
    if limit.account_id is not None:
        billed = billed.filter(account_id=limit.account_id)
    if limit.classes:
        billed = billed.filter(transaction_class__in=[c.value for c in limit.classes])
    before = billed.aggregate(total=Sum("amount"))["total"] or Decimal(0)
    this = sum(
        (row.amount for row in mine if row.treatment == ProposalLine.Treatment.CHARGEABLE),
        Decimal(0),
    )
    if proposal.state == Proposal.State.CONFIRMED:
        before -= this
    return LimitMeter(limit.limit.amount, before, this, limit.warning_percent)


@dataclass(frozen=True, slots=True)
class OrderMeter:
    """How much of the customer's purchase order is used, in the contract's currency, net."""

    number: str
    order: Decimal
    invoiced_before: Decimal
    this_invoice: Decimal

    @property
    def left(self) -> Decimal:
        return self.order - self.invoiced_before - self.this_invoice

    @property
    def used_percent(self) -> Decimal:
        return _share(self.invoiced_before + self.this_invoice, self.order)


def order_meter_of(proposal: Proposal, rows: Sequence[ProposalLine]) -> OrderMeter | None:
    """The purchase order's meter; None when the contract names no amount. One query at most."""
    contract = proposal.contract
    if contract.po_amount is None:
        return None
    this = sum(
        (row.amount for row in rows if row.treatment == ProposalLine.Treatment.CHARGEABLE),
        Decimal(0),
    )
    before = billed_of(contract.pk)
    if proposal.state == Proposal.State.CONFIRMED:
        before -= this
    return OrderMeter(contract.po_number, contract.po_amount, before, this)


def billed_of(contract_id: int) -> Decimal:
    """What stands invoiced of a contract, net of tax and credits. One query."""
    total: Decimal | None = Actual.objects.filter(
        contract_id=contract_id, actual_type=ActualType.BILLED_SALES
    ).aggregate(total=Sum("amount"))["total"]
    return total or Decimal(0)


def exhausted_orders(contracts: Iterable[Contract]) -> dict[int, str]:
    """Contract → why the customer's order takes no further invoice. One query at most."""
    ordered = {c.pk: c for c in contracts if c.po_amount is not None}
    if not ordered:
        return {}
    billed = dict(
        Actual.objects.filter(contract_id__in=ordered, actual_type=ActualType.BILLED_SALES)
        .values_list("contract_id")
        .annotate(total=Sum("amount"))
    )
    return {
        pk: f"The purchase order {contract.po_number} is used up".replace("  ", " ")
        for pk, contract in ordered.items()
        if billed.get(pk, Decimal(0)) >= contract.po_amount
    }


def _covers(limit: Limit, row: ProposalLine) -> bool:
    if limit.contract_line_id not in (None, row.contract_line_id):
        return False
    return not limit.classes or row.transaction_class in {c.value for c in limit.classes}


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return part / whole * HUNDRED if whole else HUNDRED
