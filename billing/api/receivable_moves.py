"""What moves open invoices beside payments, retainers' periods, and paying people back."""

from datetime import date
from typing import Annotated, Any
from uuid import uuid4

from ninja import Field

from billing.permissions import BillingPermission
from billing.selectors import dunning as due
from billing.selectors import receivable_moves as selectors
from billing.selectors import reimbursements as owed
from billing.selectors import retainers as retainer_selectors
from billing.services import dunning, receivable_moves, reimbursements, retainers
from billing.views import dunning as reminder_lists
from billing.views import lists_of_retainers
from billing.views import reimbursements as reimbursement_lists
from psa.core import clock
from psa.core.web.api import ApiRequest, In, Named, Out
from psa.core.web.api.fields import CurrencyCode, Day, Id, Number, PositiveAmount, Text

from .area import SEES, endpoints


class MoveOut(Out):
    id: int
    kind: str
    moved_on: date
    amount: Number | None
    reason: str
    reverses_id: int | None


class InvoiceMovesOut(Out):
    """The movements of one invoice, what is open and what is held back.

    Amounts are null without the right to see the contract's bill rates.
    """

    invoice_id: int = Field(alias="invoice.id")
    open_amount: Number | None
    retained: Number | None
    moves: list[MoveOut]


class ReceivableMoveIn(In):
    amount: PositiveAmount
    moved_on: Day


class WriteOffIn(ReceivableMoveIn):
    reason: Annotated[str, Text(200, blank=False)]


class ReconciliationOut(Out):
    """One retainer period reconciled; quantities are minutes, or an amount.

    Amounts are null without the right to see the contract's bill rates.
    """

    id: int
    period_id: int
    measure: str
    allowance: Number | None
    used: Number | None
    overage: Number | None
    unused: Number | None
    next_allowance: Number | None


class RemindIn(In):
    invoice_ids: list[Id] = Field(min_length=1, max_length=1000)


class ReminderOut(Out):
    """One invoice reminded of; without a recipient it is to be sent by hand."""

    id: int
    invoice_id: int
    level: int
    raised_on: date
    days_overdue: int
    recipient: str


class RemindersOut(Out):
    reminders: list[ReminderOut]


class PayBackIn(In):
    resource_id: Id
    legal_entity_id: Id
    currency: CurrencyCode
    amount: PositiveAmount
    paid_on: Day
    reference: Annotated[str, Text(80)] = ""


class ReimbursementOut(Out):
    id: int
    number: str
    resource: Named
    legal_entity_id: int
    paid_on: date
    currency: str
    amount: Number
    reference: str
    reverses_id: int | None


@endpoints.read("/invoices/{invoice_id}/moves", InvoiceMovesOut, *SEES)
def get_invoice_moves(request: ApiRequest, invoice_id: Id) -> Any:
    """Write-offs, retentions and dunning fees of one invoice."""
    return selectors.invoice_moves(actor=request.actor, invoice_id=invoice_id)


def _key(request: ApiRequest) -> str:
    return request.headers.get("Idempotency-Key", "")[:80] or uuid4().hex


@endpoints.write(
    "POST", "/invoices/{invoice_id}/write-off", InvoiceMovesOut, BillingPermission.RECORD_PAYMENT,
    of=get_invoice_moves,
)  # fmt: skip
def write_off(request: ApiRequest, invoice_id: Id, body: WriteOffIn) -> Any:
    """Give up a rest of an open invoice, within the firm's limit."""
    receivable_moves.write_off(
        invoice_id=invoice_id, request_key=_key(request), actor=request.actor, at=clock.now(),
        **body.values(),
    )  # fmt: skip
    return get_invoice_moves(request, invoice_id=invoice_id)


@endpoints.write(
    "POST", "/invoices/{invoice_id}/withhold", InvoiceMovesOut, BillingPermission.CONFIRM,
    of=get_invoice_moves,
)  # fmt: skip
def withhold_retention(request: ApiRequest, invoice_id: Id, body: ReceivableMoveIn) -> Any:
    """Take what the customer holds back off the open invoice."""
    receivable_moves.withhold_retention(
        invoice_id=invoice_id, request_key=_key(request), actor=request.actor, at=clock.now(),
        **body.values(),
    )  # fmt: skip
    return get_invoice_moves(request, invoice_id=invoice_id)


@endpoints.write(
    "POST", "/invoices/{invoice_id}/release", InvoiceMovesOut, BillingPermission.RECORD_PAYMENT,
    of=get_invoice_moves,
)  # fmt: skip
def release_retention(request: ApiRequest, invoice_id: Id, body: ReceivableMoveIn) -> Any:
    """Make a retention open on its invoice again."""
    receivable_moves.release_retention(
        invoice_id=invoice_id, request_key=_key(request), actor=request.actor, at=clock.now(),
        **body.values(),
    )  # fmt: skip
    return get_invoice_moves(request, invoice_id=invoice_id)


@endpoints.list("/reminders", reminder_lists.REMINDERS, BillingPermission.VIEW, name="DueReminder")
def list_reminders(request: ApiRequest) -> Any:
    """Overdue invoices whose next level of reminders is reached."""
    return due.due_reminders(actor=request.actor, today=clock.today())


@endpoints.write("POST", "/reminders", RemindersOut, BillingPermission.RECORD_PAYMENT, status=201)
def remind(request: ApiRequest, body: RemindIn) -> Any:
    """Raise overdue invoices to their next level, all or none: fees charged, texts e-mailed."""
    now = clock.now()
    made = dunning.raise_many(
        invoice_ids=body.invoice_ids, today_on=now.date(), actor=request.actor, at=now
    )
    return {"reminders": made}


@endpoints.list("/retainers", lists_of_retainers.RETAINERS, *SEES, name="Retainer")
def list_retainers(request: ApiRequest) -> Any:
    """Retainer lines, with how many ended periods wait to be reconciled."""
    return retainer_selectors.retainers(actor=request.actor, today=clock.today())


@endpoints.write("POST", "/retainer-periods/{period_id}/reconcile", ReconciliationOut, *SEES)
def reconcile_period(request: ApiRequest, period_id: Id) -> Any:
    """Reconcile one ended period by its line's policies; again gives what is there."""
    now = clock.now()
    made = retainers.reconcile_period(
        period_id=period_id, today_on=now.date(), actor=request.actor, at=now
    )
    quantities = retainer_selectors.quantities_of(actor=request.actor, result=made)
    return {"id": made.pk, "period_id": made.period_id, "measure": made.measure, **quantities}


@endpoints.list(
    "/reimbursements", reimbursement_lists.PAID, BillingPermission.VIEW, name="Reimbursement"
)
def list_reimbursements(request: ApiRequest) -> Any:
    """What people were paid back."""
    return owed.reimbursements(actor=request.actor)


@endpoints.write(
    "POST", "/reimbursements", ReimbursementOut, BillingPermission.RECORD_PAYMENT, status=201
)
def reimburse(request: ApiRequest, body: PayBackIn) -> Any:
    """Pay a person back what they paid themselves."""
    return reimbursements.reimburse(
        request_key=_key(request), actor=request.actor, at=clock.now(), **body.values()
    )
