"""Invoices and credit notes: reading, documents, sending, crediting."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import uuid4

from django.http import HttpResponse
from ninja import Field, Query

from billing.invoice_pdf import Detail
from billing.permissions import BillingPermission
from billing.rules.types import Remainder
from billing.selectors import invoices as selectors
from billing.services import credits, deliveries, documents
from billing.services.credits import CreditLine
from billing.views import lists as specs
from psa.core import clock
from psa.core.documents.models import Document
from psa.core.documents.selectors import open_content
from psa.core.notifications.mailing import DeliveryView
from psa.core.web.api import ApiRequest, In, Named, Nothing, Out, shape
from psa.core.web.api.fields import Day, Email, Id, Number, OneOf, PositiveAmount, Text

from .area import SEES, JobStarted, endpoints

LineOut = shape(selectors.InvoiceLineView, "InvoiceLineOut")
TaxOut = shape(selectors.TaxView, "InvoiceTax")
PaidOut = shape(selectors.PaidView, "InvoicePaid")
DeliveryOut = shape(DeliveryView, "InvoiceDelivery")
_DETAIL = Annotated[str, OneOf(*Detail)]


class InvoiceOut(Out):
    """A numbered invoice or credit note. Amounts are null unless you may see the contract's rates."""

    id: int = Field(alias="invoice.id")
    kind: str = Field(alias="invoice.kind")
    number: str = Field(alias="invoice.number")
    state: str
    account: Named = Field(alias="invoice.account")
    contract_id: int = Field(alias="invoice.contract_id")
    legal_entity_id: int = Field(alias="invoice.legal_entity_id")
    corrects_id: int | None = Field(alias="invoice.corrects_id")
    issued_on: date = Field(alias="invoice.issued_on")
    due_on: date = Field(alias="invoice.due_on")
    currency: str = Field(alias="invoice.currency")
    net_amount: Number | None
    tax_amount: Number | None
    total_amount: Number | None
    open_amount: Number | None
    reason: str = Field(alias="invoice.reason")
    confirmed_at: datetime = Field(alias="invoice.confirmed_at")
    lines: list[LineOut]  # type: ignore[valid-type]
    taxes: list[TaxOut]  # type: ignore[valid-type]
    payments: list[PaidOut]  # type: ignore[valid-type]
    corrections: list[tuple[int, str, date, Number | None]]
    documents: list[tuple[int, str]]
    deliveries: list[DeliveryOut]  # type: ignore[valid-type]


class StaysIn(In):
    invoice_line_id: Id
    stays: PositiveAmount = Field(Decimal(0), description="Of the line's net amount.")


class CreditIn(In):
    """Lines that are named keep what stays; what is credited is billed again or written off."""

    lines: list[StaysIn] = Field(min_length=1, max_length=5000)
    remainder: Annotated[str, OneOf(*Remainder)] = "backlog"
    reason: Annotated[str, Text(200, blank=False)] = Field(description="The customer reads it.")
    credited_on: Day


class FullCreditIn(In):
    remainder: Annotated[str, OneOf(*Remainder)] = "backlog"
    reason: Annotated[str, Text(200, blank=False)]
    credited_on: Day


class SendIn(In):
    recipients: list[Email] = Field(min_length=1, max_length=20)
    message: Annotated[str, Text(4000, blank=False)]
    detail: _DETAIL = documents.DEFAULT_DETAIL.value
    with_backup: bool = True


class SendManyIn(In):
    invoice_ids: list[Id] = Field(min_length=1, max_length=5000)


@endpoints.list("/invoices", specs.INVOICES, *SEES, name="Invoice")
def list_invoices(request: ApiRequest) -> Any:
    """Invoices and credit notes."""
    return selectors.invoices(actor=request.actor, today=clock.today())


@endpoints.read("/invoices/{invoice_id}", InvoiceOut, *SEES)
def get_invoice(request: ApiRequest, invoice_id: Id) -> Any:
    """One invoice with lines, taxes and what was paid."""
    return selectors.invoice_page(actor=request.actor, invoice_id=invoice_id, today=clock.today())


@endpoints.file("/invoices/{invoice_id}/document", "application/pdf", *SEES)
def get_invoice_document(
    request: ApiRequest, invoice_id: Id, detail: _DETAIL = Query(documents.DEFAULT_DETAIL.value)
) -> Any:
    """The invoice as PDF at this level of detail; the very same bytes each time."""
    document = documents.invoice_pdf_of(
        invoice_id=invoice_id, detail=Detail(detail), actor=request.actor, at=clock.now()
    )
    return _bytes_of(document)


@endpoints.file("/invoices/{invoice_id}/backup", "application/pdf", *SEES)
def get_invoice_backup(request: ApiRequest, invoice_id: Id) -> Any:
    """The timesheets and receipts behind the invoice, as PDF."""
    document = deliveries.invoice_backup_of(
        invoice_id=invoice_id, actor=request.actor, at=clock.now()
    )
    return _bytes_of(document)


@endpoints.write(
    "POST",
    "/invoices/{invoice_id}/credit",
    InvoiceOut,
    BillingPermission.CREDIT,
    status=201,
    of=get_invoice,
)
def credit_invoice(request: ApiRequest, invoice_id: Id, body: CreditIn) -> Any:
    """Issue a credit note on some lines; it is the answer."""
    note = credits.credit_invoice(
        invoice_id=invoice_id,
        lines=[
            CreditLine(one.invoice_line_id, one.stays, Remainder(body.remainder))
            for one in body.lines
        ],
        reason=body.reason,
        credited_on=body.credited_on,
        actor=request.actor,
        at=clock.now(),
    )
    return get_invoice(request, invoice_id=note.pk)


@endpoints.write(
    "POST",
    "/invoices/{invoice_id}/credit-all",
    InvoiceOut,
    BillingPermission.CREDIT,
    status=201,
    of=get_invoice,
)
def credit_whole_invoice(request: ApiRequest, invoice_id: Id, body: FullCreditIn) -> Any:
    """Issue a credit note on all that stands of the invoice; it is the answer."""
    note = credits.full_credit(
        invoice_id=invoice_id,
        remainder=Remainder(body.remainder),
        reason=body.reason,
        credited_on=body.credited_on,
        actor=request.actor,
        at=clock.now(),
    )
    return get_invoice(request, invoice_id=note.pk)


@endpoints.write(
    "POST",
    "/invoices/{invoice_id}/send",
    InvoiceOut,
    BillingPermission.CONFIRM,
    of=get_invoice,
)
def send_invoice(request: ApiRequest, invoice_id: Id, body: SendIn) -> Any:
    """Mail the invoice to these addresses."""
    deliveries.send_invoice(
        invoice_id=invoice_id,
        recipients=body.recipients,
        message=body.message,
        detail=Detail(body.detail),
        with_backup=body.with_backup,
        request_key=_key_of(request),
        actor=request.actor,
        at=clock.now(),
    )
    return get_invoice(request, invoice_id=invoice_id)


@endpoints.write("POST", "/invoices/send", JobStarted, BillingPermission.CONFIRM, status=201)
def send_invoices(request: ApiRequest, body: SendManyIn) -> Any:
    """Start a job that mails each invoice to its customer."""
    return deliveries.start_sending(
        invoice_ids=body.invoice_ids, actor=request.actor, at=clock.now()
    )


@endpoints.write(
    "POST", "/invoice-deliveries/{delivery_id}/retry", InvoiceOut, BillingPermission.CONFIRM
)
def retry_delivery(request: ApiRequest, delivery_id: Id, body: Nothing) -> Any:
    """Try a failed delivery again."""
    delivery = deliveries.retry_delivery(
        delivery_id=delivery_id, actor=request.actor, at=clock.now()
    )
    return get_invoice(request, invoice_id=delivery.invoice_id)


def _key_of(request: ApiRequest) -> str:
    """The service's own key against doubles: the caller's, or one for this request alone."""
    return request.headers.get("Idempotency-Key", "")[:80] or uuid4().hex


def _bytes_of(document: Document) -> HttpResponse:
    with open_content(document) as content:
        response = HttpResponse(content.read(), content_type=document.content_type)
    response["Content-Disposition"] = f'attachment; filename="{document.filename}"'
    return response
