"""Words of the ledger of actuals, and the frozen record every room hands to it."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from psa.core.errors import DomainError

REVERSAL = "reversal"
# Kinds of batch that a limit's use tells apart: what a credit note writes off keeps the room that
# it had, unless whoever credits gives it back.
CREDIT_NOTE = "credit_note"
CREDIT_NOTE_GIVING_ROOM = "credit_note_room"


class ActualType(StrEnum):
    COST = "cost"
    UNBILLED_SALES = "unbilled_sales"
    BILLED_SALES = "billed_sales"
    INTER_ORGANISATION_SALES = "inter_organisation_sales"
    RESOURCING_UNIT_COST = "resourcing_unit_cost"
    PARKED_SALES = "parked_sales"
    RETAINER_CONSUMPTION = "retainer_consumption"


# Kept for the record, part of no balance.
OUTSIDE_BALANCES = frozenset({ActualType.PARKED_SALES, ActualType.RETAINER_CONSUMPTION})


class TransactionClass(StrEnum):
    TIME = "time"
    EXPENSE = "expense"
    MATERIAL = "material"
    FEE = "fee"


class BillingType(StrEnum):
    CHARGEABLE = "chargeable"
    NON_CHARGEABLE = "non_chargeable"
    COMPLIMENTARY = "complimentary"


class BillingMethod(StrEnum):
    TIME_AND_MATERIAL = "time_and_material"
    FIXED_PRICE = "fixed_price"
    RETAINER = "retainer"


class PeriodState(StrEnum):
    OPEN = "open"
    SOFT_CLOSED = "soft_closed"
    CLOSED = "closed"


# Not frozen: freezing makes each three times as dear, and a close makes a million. Nobody changes one.
@dataclass(slots=True)
class ActualDraft:
    """One financial effect, ready to post. Amounts are rounded to their currency's minor unit.

    `amount` is in `currency`; `entity_amount` and `tenant_amount` are its value in the legal
    entity's and the tenant's currency at the stored rate. `list_amount` is what the work would
    have been worth at its price when `amount` says less (complimentary work, hours not billed).
    Time carries `minutes`; everything else `quantity` and `unit`.
    """

    type: ActualType
    work_on: date
    legal_entity_id: int
    transaction_class: TransactionClass
    currency: str
    amount: Decimal
    source_kind: str
    source_id: int
    revision: int = 1
    leg: int = 1
    contracting_unit_id: int | None = None
    resourcing_unit_id: int | None = None
    project_id: int | None = None
    task_id: int | None = None
    contract_id: int | None = None
    contract_line_id: int | None = None
    funding_source_id: int | None = None
    account_id: int | None = None
    resource_id: int | None = None
    role_id: int | None = None
    category_id: int | None = None
    billing_type: BillingType | None = None
    minutes: int | None = None
    quantity: Decimal | None = None
    unit: str = ""
    price: Decimal | None = None
    list_amount: Decimal | None = None
    entity_amount: Decimal | None = None
    entity_currency: str = ""
    entity_rate: Decimal | None = None
    entity_rate_on: date | None = None
    tenant_amount: Decimal | None = None
    tenant_currency: str = ""
    tenant_rate: Decimal | None = None
    price_trace: object = None
    reversal_of_id: int | None = None
    description: str = ""
    item: str = ""
    # The event that a posting run journals this row by; empty for rows that make no journal.
    posting_event: str = ""
    recoverable_tax: Decimal = Decimal(0)
    entity_recoverable_tax: Decimal | None = None


def actual_key(draft: ActualDraft) -> tuple[str, int, int, ActualType, int]:
    """What may exist once per tenant: (source kind, source id, revision, type, leg)."""
    return (draft.source_kind, draft.source_id, draft.revision, draft.type, draft.leg)


def _negated(value: Decimal | None) -> Decimal | None:
    return None if value is None else -value


def reverse(actual_id: int, posted: ActualDraft) -> ActualDraft:
    """The exact mirror of a posted actual: same dimensions, price and rates, opposite signs.

    Its key is `(reversal, actual_id, 1, type, 1)`, so the same row cannot be reversed twice.
    Raises  DomainError if the row is itself a reversal: what it undid is posted anew instead.
    Source  docs/rules/ledger.md, L-1.
    """
    if posted.source_kind == REVERSAL:
        raise DomainError(
            f"Actual {actual_id} is itself a reversal and cannot be reversed. "
            "Post the work again as a new record."
        )
    return replace(
        posted,
        source_kind=REVERSAL,
        source_id=actual_id,
        revision=1,
        leg=1,
        reversal_of_id=actual_id,
        amount=-posted.amount,
        minutes=None if posted.minutes is None else -posted.minutes,
        quantity=_negated(posted.quantity),
        list_amount=_negated(posted.list_amount),
        entity_amount=_negated(posted.entity_amount),
        tenant_amount=_negated(posted.tenant_amount),
        recoverable_tax=-posted.recoverable_tax,
        entity_recoverable_tax=_negated(posted.entity_recoverable_tax),
    )
