"""The documents of invoices: made once, then the very bytes are kept."""

from datetime import datetime

from django.db import transaction

from billing import invoice_pdf, policies
from billing.invoice_pdf import Detail
from billing.models import Invoice
from billing.selectors import visibility
from billing.selectors.invoice_documents import invoice_document
from psa.core.actor import Actor
from psa.core.documents import services as documents
from psa.core.documents.models import Document
from psa.core.errors import PermissionDenied
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun

RECORD = "billing.Invoice"
PDF_JOB = "billing.invoice_pdf"
DEFAULT_DETAIL = Detail.BY_ROLE


def queue_invoice_pdf(*, invoice: Invoice, actor: Actor, at: datetime) -> JobRun:
    """Have the document made after the commit; once per invoice."""
    return jobs.start(
        kind=PDF_JOB,
        key=f"invoice {invoice.pk}",
        title=f"Document of {invoice.number}",
        arguments={"invoice_id": invoice.pk},
        actor=actor,
        at=at,
    )


@transaction.atomic
def invoice_pdf_of(
    *, invoice_id: int, detail: Detail = DEFAULT_DETAIL, actor: Actor, at: datetime
) -> Document:
    """The invoice's document at a level of detail: rendered when first asked for, then kept.

    Raises  NotFound, PermissionDenied without the right to see the contract's bill rates;
            DomainError for an internal charge.
    """
    invoice = visibility.get_invoice(actor=actor, invoice_id=invoice_id)
    if not visibility.sees_bill_rates(actor, invoice.contract_id):
        raise PermissionDenied(
            "The document shows prices, which your role may not see for this contract. Ask the "
            "contract's owner for it."
        )
    policies.check_is_no_charge(invoice)
    return archived(invoice=invoice, detail=detail, at=at)


def archived(*, invoice: Invoice, detail: Detail, at: datetime) -> Document:
    """The kept document of an invoice, made now if nobody asked before."""
    kind = f"invoice_{detail.value}"
    kept = (
        Document.objects.filter(record_type=RECORD, record_id=invoice.pk, kind=kind)
        .order_by("version")
        .first()
    )
    if kept is not None:
        return kept
    suffix = "" if detail is DEFAULT_DETAIL else f"-{detail.value.replace('_', '-')}"
    return documents.store_generated(
        record_type=RECORD,
        record_id=invoice.pk,
        filename=f"{invoice.number}{suffix}.pdf",
        content=invoice_pdf.render(invoice_document(invoice), detail),
        content_type="application/pdf",
        kind=kind,
        at=at,
        is_client_visible=True,
    )
