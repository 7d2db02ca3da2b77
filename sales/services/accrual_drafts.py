"""What one approved entry is to the ledger: the work, how it was judged, and its drafts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from psa.core.ledger.rules.posting_profiles import JournalEvent
from psa.core.ledger.rules.types import ActualDraft, ActualType, TransactionClass
from psa.core.pricing.rules.types import AgreedRate, Resolved
from sales.rules.accrual import AccrualLeg, AmountPolicy
from sales.rules.funding import PaidPart, Payers
from sales.rules.not_to_exceed import WorkSplit

from .accrual_terms import LineTerms

# Between the legs of two payers of one row: a row may have legs of its own.
LEGS_APART = 10
# Rows in the books of whoever lends; all others stand in those of the contract or project.
OF_THE_LENDER = frozenset({ActualType.RESOURCING_UNIT_COST, ActualType.INTER_ORGANISATION_SALES})


# Not frozen: freezing makes each three times as dear, and a close makes a million. Nobody changes one.
@dataclass(slots=True)
class ApprovedWork:
    """One approved entry, with all that its room knows of it.

    Time carries ``minutes`` (and ``billable_minutes`` when the approver bills another amount);
    expenses and materials carry ``quantity`` 1 and their net cost. ``billing_type`` "" leaves the
    decision to the contract line's chargeability matrix.
    """

    source_kind: str
    source_id: int
    revision: int
    transaction_class: TransactionClass
    work_on: date
    project_id: int
    contracting_unit_id: int
    legal_entity_id: int
    resource_id: int
    resourcing_unit_id: int
    role_id: int | None
    posting_event: str
    task_id: int | None = None
    task_path: tuple[int, ...] = ()
    contract_line_id: int | None = None
    category_id: int | None = None
    billing_type: str = ""
    minutes: int | None = None
    billable_minutes: int | None = None
    net_cost_amount: Decimal | None = None
    cost_currency: str = ""
    recoverable_tax: Decimal = Decimal(0)
    description: str = ""
    agreed_bill_rate: AgreedRate | None = None
    price_facts: tuple[tuple[str, str], ...] = ()


# Minutes, price, unit, hours per day and currency → what they come to.
Amounts = dict[tuple[int, Decimal, str, Decimal, str], Decimal]


@dataclass(slots=True)
class Judged:
    """One entry on its way: its line, its legs, and its prices once they are found.

    `lender_id` is the legal entity of a person who works for another's contract or project;
    `is_between_units` says that another unit of the same entity lends the person at a price.
    """

    work: ApprovedWork
    line: LineTerms | None
    legs: tuple[AccrualLeg, ...]
    lender_id: int | None = None
    is_between_units: bool = False
    cost: Resolved | None = None
    cost_trace_id: int | None = None
    transfer: Resolved | None = None
    transfer_trace_id: int | None = None
    sales: Resolved | None = None
    sales_trace_id: int | None = None

    @property
    def payers(self) -> Payers | None:
        """Who pays this work, None for the contract's customer alone."""
        line = self.line
        if line is None or line.funding is None:
            return None
        return line.funding.payers(line.id, self.work.work_on)

    @property
    def borrower_id(self) -> int:
        """The legal entity whose contract or project the work is for."""
        return self.line.legal_entity_id if self.line else self.work.legal_entity_id


def draft_of(row: Judged, leg: AccrualLeg, amounts: Amounts) -> ActualDraft:
    """The row of one leg, in the books of the entity that it is of.

    `amounts` keeps, over a batch, what was worked out for the same minutes at the same price.
    """
    work, line = row.work, row.line
    is_cost = leg.amount_policy is AmountPolicy.COST_PRICE
    found, trace_id = _price_of(row, leg)
    price, unit, currency, amount = _valued(work, leg, found, amounts)
    is_lenders = leg.type in OF_THE_LENDER and row.lender_id is not None
    return ActualDraft(
        type=leg.type,
        work_on=work.work_on,
        legal_entity_id=row.lender_id if is_lenders and row.lender_id else row.borrower_id,
        transaction_class=work.transaction_class,
        currency=currency,
        amount=Decimal(0) if leg.amount_policy is AmountPolicy.ZERO_KEEPING_LIST else amount,
        source_kind=work.source_kind,
        source_id=work.source_id,
        revision=work.revision,
        leg=leg.leg,
        contracting_unit_id=line.contracting_unit_id if line else work.contracting_unit_id,
        resourcing_unit_id=work.resourcing_unit_id,
        project_id=work.project_id,
        task_id=work.task_id,
        contract_id=line.contract_id if line else None,
        contract_line_id=line.id if line else None,
        account_id=line.account_id if line else None,
        resource_id=work.resource_id,
        role_id=work.role_id,
        category_id=work.category_id,
        billing_type=leg.billing_type,
        minutes=leg.minutes,
        quantity=leg.quantity,
        unit=unit,
        price=price,
        list_amount=amount,
        price_trace=trace_id,
        description=work.description,
        posting_event=_event(row, leg),
        recoverable_tax=work.recoverable_tax if is_cost else Decimal(0),
    )


def _event(row: Judged, leg: AccrualLeg) -> str:
    """What a posting run journals the row by; "" for sales to the customer."""
    match leg.type:
        case ActualType.COST:
            is_borrowed = leg.amount_policy is AmountPolicy.TRANSFER_PRICE
            return JournalEvent.BORROWED_COST.value if is_borrowed else row.work.posting_event
        case ActualType.RESOURCING_UNIT_COST:
            # Between units of one entity the cost row has told the books already.
            return "" if row.is_between_units else JournalEvent.LENT_COST.value
        case ActualType.INTER_ORGANISATION_SALES:
            if row.is_between_units:
                return JournalEvent.INTERNAL_LENDING.value
            return JournalEvent.INTERCOMPANY_SALES.value
        case _:
            return ""


def _price_of(row: Judged, leg: AccrualLeg) -> tuple[Resolved | None, int | None]:
    match leg.amount_policy:
        case AmountPolicy.COST_PRICE:
            return row.cost, row.cost_trace_id
        case AmountPolicy.TRANSFER_PRICE:
            return row.transfer, row.transfer_trace_id
        case _:
            return row.sales, row.sales_trace_id


def _valued(
    work: ApprovedWork, leg: AccrualLeg, found: Resolved | None, amounts: Amounts
) -> tuple[Decimal, str, str, Decimal]:
    """Price, its unit, currency and the amount rounded once, of one leg."""
    if leg.amount_policy is AmountPolicy.COST_PRICE and work.net_cost_amount is not None:
        return work.net_cost_amount, "unit", work.cost_currency, work.net_cost_amount
    assert found is not None  # refused rows have left the batch
    if leg.minutes is not None:
        key = (leg.minutes, found.price, found.unit, found.hours_per_day, found.currency)
        known = amounts.get(key)
        if known is None:
            known = amounts[key] = found.amount_for_minutes(leg.minutes).amount
        amount = known
    else:
        amount = found.amount_for_units(leg.quantity or Decimal(1)).amount
    return found.price, found.unit, found.currency, amount


def parts_of(draft: ActualDraft, part: WorkSplit) -> tuple[ActualDraft, ActualDraft]:
    """The accrued and the parked row of work that crossed a limit; together they are the whole.

    Quantities are split as the amounts are, to four places, the rest in the parked part.
    """
    share = part.accrued.amount / draft.amount
    accrued_quantity = None
    parked_quantity = None
    if draft.quantity is not None:
        accrued_quantity = round(draft.quantity * share, 4)
        parked_quantity = draft.quantity - accrued_quantity
    return (
        replace(
            draft,
            amount=part.accrued.amount,
            list_amount=part.accrued.amount,
            minutes=part.accrued_minutes,
            quantity=accrued_quantity,
        ),
        replace(
            draft,
            type=ActualType.PARKED_SALES,
            amount=part.parked.amount,
            list_amount=part.parked.amount,
            minutes=part.parked_minutes,
            quantity=parked_quantity,
        ),
    )


def paid_by(draft: ActualDraft, parts: Sequence[PaidPart]) -> list[ActualDraft]:
    """The rows of work that several pay: one for each, and another for what is parked of theirs."""
    amounts = [part.split.accrued.amount + part.split.parked.amount for part in parts]
    quantities = quantities_of(draft.quantity, amounts)
    rows: list[ActualDraft] = []
    for place, (part, amount, quantity) in enumerate(zip(parts, amounts, quantities, strict=True)):
        minutes = None
        if part.split.accrued_minutes is not None and part.split.parked_minutes is not None:
            minutes = part.split.accrued_minutes + part.split.parked_minutes
        mine = replace(
            draft,
            amount=amount,
            list_amount=amount,
            minutes=minutes,
            quantity=quantity,
            account_id=part.account_id,
            funding_source_id=part.funding_source_id,
            leg=draft.leg + LEGS_APART * place,
        )
        if not part.split.parked.amount:
            rows.append(mine)
            continue
        rows += [row for row in parts_of(mine, part.split) if row.amount]
    return rows


def quantities_of(quantity: Decimal | None, amounts: Sequence[Decimal]) -> list[Decimal | None]:
    """A quantity in proportion to amounts, to four places, the rest in the last."""
    if quantity is None:
        return [None] * len(amounts)
    whole = sum(amounts, Decimal(0))
    found = [round(quantity * amount / whole, 4) for amount in amounts[:-1]]
    return [*found, quantity - sum(found, Decimal(0))]
