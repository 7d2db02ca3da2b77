"""Endpoints of payments between legal entities."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import uuid4

from moneyed import Money
from ninja import Field

from psa.core import clock
from psa.core.money.rounding import currency_of
from psa.core.web.api import ApiRequest, In, Out, shape
from psa.core.web.api.fields import Day, Id, Number, Text
from revenue import intercompany_payment_selectors as selectors
from revenue import lists as room_lists
from revenue.models import IntercompanyPayment
from revenue.permissions import RevenuePermission
from revenue.services import intercompany_payments
from revenue.services.intercompany_payments import Chosen

from .area import VIEW, endpoints

SettlementOut = shape(selectors.SettlementRow, "IntercompanySettlement")


class IntercompanyPaymentOut(Out):
    """What a borrower paid a lender, in both books; the entity amounts are what the banks moved.

    `amount` is what was settled, in the invoices' currency. A reversal is negative.
    """

    id: int
    number: str
    lender_id: int
    borrower_id: int
    paid_on: date
    currency: str
    amount: Number
    paid_currency: str
    paid_amount: Number
    lender_entity_amount: Number
    borrower_entity_amount: Number
    reference: str
    reverses_id: int | None
    lender_entry_id: int
    borrower_entry_id: int
    recorded_at: datetime
    settlements: list[SettlementOut]  # type: ignore[valid-type]

    @staticmethod
    def resolve_settlements(row: IntercompanyPayment) -> list[selectors.SettlementRow]:
        return selectors.settlements_of(payment=row)


class SettledIn(In):
    """Of one invoice, in its currency; of a credit, a negative amount."""

    invoice_id: Id
    amount: Decimal


class IntercompanyPaymentIn(In):
    """Invoices of one pair of legal entities and currency."""

    settled: list[SettledIn] = Field(min_length=1, max_length=500)
    paid_on: Day
    paid_currency: Annotated[str, Text(3)] = Field(
        "", description="Where the bank paid in another currency than the invoices'."
    )
    paid_amount: Decimal | None = None
    reference: Annotated[str, Text(80)] = ""
    request_key: Annotated[str, Text(80)] = Field(
        "", description="The same key records one payment."
    )


class ReverseIntercompanyPaymentIn(In):
    reversed_on: Day
    reason: Annotated[str, Text(80, blank=False)]


@endpoints.list(
    "/intercompany-payments", room_lists.INTERCOMPANY_PAYMENTS, VIEW, name="IntercompanyPaymentRow"
)
def list_intercompany_payments(request: ApiRequest) -> Any:
    """Payments between legal entities."""
    return selectors.payments(actor=request.actor)


@endpoints.read("/intercompany-payments/{intercompany_payment_id}", IntercompanyPaymentOut, VIEW)
def get_intercompany_payment(request: ApiRequest, intercompany_payment_id: Id) -> Any:
    """One payment between legal entities, with what it settles."""
    return selectors.get_payment(
        actor=request.actor, intercompany_payment_id=intercompany_payment_id
    )


@endpoints.write(
    "POST", "/intercompany-payments", IntercompanyPaymentOut, RevenuePermission.POST, status=201
)
def record_intercompany_payment(request: ApiRequest, body: IntercompanyPaymentIn) -> Any:
    """Record what a borrower paid a lender: once, in the books of both on one day."""
    paid = None
    if body.paid_currency and body.paid_amount is not None:
        paid = Money(body.paid_amount, currency_of(body.paid_currency))
    return intercompany_payments.record_payment(
        chosen=[Chosen(one.invoice_id, one.amount) for one in body.settled],
        paid=paid,
        paid_on=body.paid_on,
        reference=body.reference,
        request_key=body.request_key or uuid4().hex,
        actor=request.actor,
        at=clock.now(),
    )


@endpoints.write(
    "POST",
    "/intercompany-payments/{intercompany_payment_id}/reverse",
    IntercompanyPaymentOut,
    RevenuePermission.POST,
    status=201,
    of=get_intercompany_payment,
)
def reverse_intercompany_payment(
    request: ApiRequest, intercompany_payment_id: Id, body: ReverseIntercompanyPaymentIn
) -> Any:
    """Take a payment back in both books; the answer is the reversal."""
    return intercompany_payments.reverse_payment(
        intercompany_payment_id=intercompany_payment_id,
        actor=request.actor,
        at=clock.now(),
        **body.values(),
    )
