"""Which rows of the ledger an approved entry makes, before anything is priced."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from psa.core.errors import DomainError
from psa.core.ledger.rules.types import ActualType, BillingMethod, BillingType, TransactionClass


class AmountPolicy(StrEnum):
    """How the caller values a leg."""

    COST_PRICE = "cost_price"
    SALES_PRICE = "sales_price"
    TRANSFER_PRICE = "transfer_price"
    ZERO_KEEPING_LIST = "zero_keeping_list"  # amount 0, list_amount at the sales price


@dataclass(frozen=True, slots=True)
class ApprovedEntry:
    """Approved work. Time carries minutes, anything else a quantity; exactly one is given.

    `billable_*` is what the approver bills when that differs from what was worked.
    `is_borrowed`: the resource belongs to another legal entity. `is_between_units`: it belongs to
    another unit of the same one, and the two have agreed a price.
    """

    transaction_class: TransactionClass
    billing_type: BillingType
    billing_method: BillingMethod | None  # None: no contract line covers the work
    minutes: int | None = None
    quantity: Decimal | None = None
    billable_minutes: int | None = None
    billable_quantity: Decimal | None = None
    is_borrowed: bool = False
    is_between_units: bool = False


@dataclass(frozen=True, slots=True)
class AccrualLeg:
    """One row to post. `leg` numbers the parts of one split, per type, from 1."""

    type: ActualType
    leg: int
    billing_type: BillingType
    minutes: int | None
    quantity: Decimal | None
    amount_policy: AmountPolicy


def legs_for(entry: ApprovedEntry) -> tuple[AccrualLeg, ...]:
    """The rows of one approved entry, cost first.

    Time and material: cost and unbilled sales. Retainer: cost and retainer consumption. Fixed
    price, non-chargeable, internal: cost alone. Complimentary work, and what an approver left
    unbilled, is a sales leg of amount 0 that keeps its list value. More billed than worked is
    one sales leg; cost is always what was worked. Borrowed resources add the lender's cost and
    inter-organisation sales, and cost the borrower the transfer price. Between units of one entity
    the work keeps its real cost, and the same two rows stand beside it.
    Raises  DomainError if not exactly one of minutes and quantity is given, or one is negative
            where it may not be.
    Source  docs/rules/sales.md, tables S-4, S-25 and S-26.
    """
    _check(entry)
    legs = list(_cost_legs(entry))
    sales_type = _sales_type(entry)
    if sales_type is None:
        return tuple(legs)
    if entry.billing_type is BillingType.COMPLIMENTARY:
        legs.append(
            _leg(
                entry,
                sales_type,
                1,
                BillingType.COMPLIMENTARY,
                _worked(entry),
                AmountPolicy.ZERO_KEEPING_LIST,
            )
        )
        return tuple(legs)
    worked, billed = _worked(entry), _billed(entry)
    number = 1
    if billed != 0:
        legs.append(
            _leg(
                entry,
                sales_type,
                number,
                BillingType.CHARGEABLE,
                billed,
                AmountPolicy.SALES_PRICE,
            )
        )
        number += 1
    if billed < worked:
        legs.append(
            _leg(
                entry,
                sales_type,
                number,
                BillingType.NON_CHARGEABLE,
                worked - billed,
                AmountPolicy.ZERO_KEEPING_LIST,
            )
        )
    return tuple(legs)


def legs_for_due_amount(*, quantity: Decimal = Decimal(1)) -> tuple[AccrualLeg, ...]:
    """The row of a milestone ready to invoice, a retainer period due, or a fee."""
    return (
        AccrualLeg(
            ActualType.UNBILLED_SALES,
            1,
            BillingType.CHARGEABLE,
            None,
            quantity,
            AmountPolicy.SALES_PRICE,
        ),
    )


def _check(entry: ApprovedEntry) -> None:
    if (entry.minutes is None) == (entry.quantity is None):
        raise DomainError("An approved entry has either minutes or a quantity.")
    if (entry.transaction_class is TransactionClass.TIME) != (entry.minutes is not None):
        raise DomainError("Time is approved in minutes, anything else by quantity.")
    if entry.minutes is not None and entry.minutes <= 0:
        raise DomainError("Approved time must be more than 0 minutes.", field="minutes")
    billed = entry.billable_minutes if entry.minutes is not None else entry.billable_quantity
    if billed is not None and billed * _worked(entry) < 0:
        raise DomainError("What is billed cannot be negative.", field="billable_minutes")


def _worked(entry: ApprovedEntry) -> int | Decimal:
    value = entry.minutes if entry.minutes is not None else entry.quantity
    assert value is not None  # _check
    return value


def _billed(entry: ApprovedEntry) -> int | Decimal:
    value = entry.billable_minutes if entry.minutes is not None else entry.billable_quantity
    return _worked(entry) if value is None else value


def _sales_type(entry: ApprovedEntry) -> ActualType | None:
    if entry.billing_type is BillingType.NON_CHARGEABLE:
        return None
    if entry.billing_method is BillingMethod.TIME_AND_MATERIAL:
        return ActualType.UNBILLED_SALES
    if entry.billing_method is BillingMethod.RETAINER:
        return ActualType.RETAINER_CONSUMPTION
    return None


def _cost_legs(entry: ApprovedEntry) -> tuple[AccrualLeg, ...]:
    worked, kind = _worked(entry), entry.billing_type
    own, transfer = AmountPolicy.COST_PRICE, AmountPolicy.TRANSFER_PRICE
    cost = _leg(
        entry, ActualType.COST, 1, kind, worked, transfer if entry.is_borrowed else own
    )  # fmt: skip
    if not (entry.is_borrowed or entry.is_between_units):
        return (cost,)
    return (
        cost,
        _leg(entry, ActualType.RESOURCING_UNIT_COST, 1, kind, worked, own),
        _leg(entry, ActualType.INTER_ORGANISATION_SALES, 1, kind, worked, transfer),
    )


def _leg(
    entry: ApprovedEntry,
    type_: ActualType,
    leg: int,
    billing_type: BillingType,
    amount: int | Decimal,
    policy: AmountPolicy,
) -> AccrualLeg:
    is_time = entry.minutes is not None
    return AccrualLeg(
        type=type_,
        leg=leg,
        billing_type=billing_type,
        minutes=int(amount) if is_time else None,
        quantity=None if is_time else Decimal(amount),
        amount_policy=policy,
    )
