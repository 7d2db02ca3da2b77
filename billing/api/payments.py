"""Receivables, payments, contract milestones, and what leaks."""

from datetime import date
from typing import Annotated, Any
from uuid import uuid4

from ninja import Field

from billing.permissions import BillingPermission
from billing.selectors import leakage as leaks
from billing.selectors import milestones, receivables, visibility
from billing.services import milestone_prompts, payments, readiness
from billing.services.payments import Chosen
from billing.views import lists as specs
from psa.core import clock
from psa.core.web.api import ApiRequest, In, Named, Out, shape
from psa.core.web.api.fields import Amount, CurrencyCode, Day, Id, Number, PositiveAmount, Text

from .area import SEES, endpoints

AgeingOut = shape(receivables.AgeingRow, "AgeingRow")
AllocationOut = shape(receivables.AllocationView, "PaymentAllocation")


class PaymentOut(Out):
    """Money received, or taken back, and what it settled."""

    id: int = Field(alias="payment.id")
    number: str = Field(alias="payment.number")
    account: Named = Field(alias="payment.account")
    legal_entity_id: int = Field(alias="payment.legal_entity_id")
    received_on: date = Field(alias="payment.received_on")
    currency: str = Field(alias="payment.currency")
    amount: Number = Field(alias="payment.amount")
    reference: str = Field(alias="payment.reference")
    reverses_id: int | None = Field(alias="payment.reverses_id")
    reversed_by_id: int | None
    allocations: list[AllocationOut]  # type: ignore[valid-type]
    advance: Number

    @staticmethod
    def resolve_reversed_by_id(page: receivables.PaymentPage) -> int | None:
        return page.reversed_by[0] if page.reversed_by else None


class ContractMilestoneOut(Out):
    """A part of a fixed price."""

    id: int
    name: str
    contract_line_id: int
    project_id: int | None
    task_id: int | None
    due_on: date
    amount: Number
    state: str
    ready_on: date | None
    lock_version: int


class ChosenIn(In):
    invoice_id: Id
    amount: PositiveAmount


class PaymentIn(In):
    """Without chosen invoices the oldest due are settled first."""

    account_id: Id
    legal_entity_id: Id
    received_on: Day
    amount: Amount
    currency: CurrencyCode
    reference: Annotated[str, Text(80)] = ""
    chosen: list[ChosenIn] = Field([], max_length=500)


class ReversePaymentIn(In):
    reversed_on: Day
    reason: Annotated[str, Text(80, blank=False)]


class MilestoneReadyIn(In):
    ready_on: Day


class MilestoneTaskIn(In):
    task_id: Id | None


@endpoints.list("/receivables", specs.OPEN_ITEMS, BillingPermission.VIEW, name="OpenItem")
def list_receivables(request: ApiRequest) -> Any:
    """Invoices that are not settled."""
    return receivables.open_items(actor=request.actor, today=clock.today())


@endpoints.report("/receivables/ageing", list[AgeingOut], BillingPermission.VIEW)  # type: ignore[valid-type]
def get_ageing(request: ApiRequest) -> Any:
    """What each customer owes, by how long it is overdue."""
    return receivables.ageing(actor=request.actor, as_of=clock.today())


@endpoints.list("/payments", specs.PAYMENTS, BillingPermission.VIEW, name="Payment")
def list_payments(request: ApiRequest) -> Any:
    """Payments and their reversals."""
    return receivables.payments(actor=request.actor)


@endpoints.read("/payments/{payment_id}", PaymentOut, BillingPermission.VIEW)
def get_payment(request: ApiRequest, payment_id: Id) -> Any:
    """One payment with what it settled."""
    return receivables.payment_page(actor=request.actor, payment_id=payment_id)


@endpoints.write("POST", "/payments", PaymentOut, BillingPermission.RECORD_PAYMENT, status=201)
def record_payment(request: ApiRequest, body: PaymentIn) -> Any:
    """Record money that arrived; its journal entry posts at once."""
    given = body.values()
    chosen = [Chosen(one.invoice_id, one.amount) for one in given.pop("chosen")]
    made = payments.record_payment(
        request_key=request.headers.get("Idempotency-Key", "")[:80] or uuid4().hex,
        chosen=chosen,
        actor=request.actor,
        at=clock.now(),
        **given,
    )
    return get_payment(request, payment_id=made.pk)


@endpoints.write(
    "POST",
    "/payments/{payment_id}/reverse",
    PaymentOut,
    BillingPermission.RECORD_PAYMENT,
    of=get_payment,
)
def reverse_payment(request: ApiRequest, payment_id: Id, body: ReversePaymentIn) -> Any:
    """Take a payment back; what it settled is open again."""
    payments.reverse_payment(
        payment_id=payment_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_payment(request, payment_id=payment_id)


@endpoints.list("/milestones", specs.MILESTONES, *SEES, name="Milestone")
def list_milestones(request: ApiRequest) -> Any:
    """Milestones of fixed-price contract lines."""
    return milestones.milestones(actor=request.actor, today=clock.today())


@endpoints.read("/milestones/{milestone_id}", ContractMilestoneOut, *SEES)
def get_milestone(request: ApiRequest, milestone_id: Id) -> Any:
    """One milestone."""
    return visibility.get_milestone(actor=request.actor, milestone_id=milestone_id)


@endpoints.write(
    "POST", "/milestones/{milestone_id}/ready", ContractMilestoneOut, *SEES, of=get_milestone
)
def mark_milestone_ready(request: ApiRequest, milestone_id: Id, body: MilestoneReadyIn) -> Any:
    """Say that a milestone was reached, so that it is invoiced."""
    readiness.mark_milestone_ready(
        milestone_id=milestone_id,
        ready_on=body.ready_on,
        actor=request.actor,
        at=clock.now(),
    )
    return get_milestone(request, milestone_id=milestone_id)


@endpoints.write(
    "PUT", "/milestones/{milestone_id}/task", ContractMilestoneOut, *SEES, of=get_milestone
)
def link_milestone_task(request: ApiRequest, milestone_id: Id, body: MilestoneTaskIn) -> Any:
    """Say which task of a plan delivers a milestone, or none: its completion prompts to invoice."""
    milestone_prompts.link_milestone_task(
        milestone_id=milestone_id, task_id=body.task_id, actor=request.actor, at=clock.now()
    )
    return get_milestone(request, milestone_id=milestone_id)


@endpoints.list("/leakage", specs.LEAKAGE, *SEES, name="Leakage")
def list_leakage(request: ApiRequest) -> Any:
    """Billable work that is stuck on its way to an invoice, and the next step."""
    return leaks.leakage(actor=request.actor, today=clock.today())
