"""The documents of intercompany invoices: made when first opened, then the very bytes are kept."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from moneyed import Money

from billing.selectors.invoice_documents import bank_facts
from psa.core.actor import Actor
from psa.core.documents import services as documents
from psa.core.documents.language import ENGLISH
from psa.core.documents.models import Document
from revenue import intercompany_pdf as pdf
from revenue import intercompany_selectors as selectors
from revenue.models import IntercompanyInvoice

RECORD = "revenue.IntercompanyInvoice"
KIND = "intercompany_invoice"


@transaction.atomic
def document_of(*, intercompany_invoice_id: int, actor: Actor, at: datetime) -> Document:
    """The invoice's PDF. Raises  NotFound, PermissionDenied."""
    invoice = selectors.get_invoice(actor=actor, intercompany_invoice_id=intercompany_invoice_id)
    kept = Document.objects.filter(record_type=RECORD, record_id=invoice.pk, kind=KIND).first()
    if kept is not None:
        return kept
    return documents.store_generated(
        record_type=RECORD,
        record_id=invoice.pk,
        filename=f"{invoice.number}.pdf",
        content=pdf.render(_frozen(invoice)),
        content_type="application/pdf",
        kind=KIND,
        at=at,
    )


def _frozen(invoice: IntercompanyInvoice) -> pdf.Document:
    seller, buyer = invoice.snapshot["seller"], invoice.snapshot["buyer"]
    money = invoice.currency
    return pdf.Document(
        number=invoice.number,
        issued_on=invoice.issued_on,
        worked_until_on=invoice.worked_until_on,
        lender=pdf.Party(
            seller["name"], seller["address"], seller["tax_id"],
            tuple(part for part in (seller["registration"], seller["email"]) if part),
        ),
        borrower=pdf.Party(buyer["name"], buyer["address"], buyer["tax_id"]),
        lines=tuple(
            pdf.WorkLine(row.project, row.role, row.minutes, row.price, row.unit, row.net)
            for row in selectors.lines_of(invoice)
        ),
        net=Money(invoice.net_amount, money),
        taxes=tuple(
            pdf.TaxLine(tax["name"], Decimal(tax["percent"]), Money(Decimal(tax["tax"]), money))
            for tax in invoice.snapshot["taxes"]
        ),
        tax_note=invoice.snapshot["tax_note"],
        total=Money(invoice.total_amount, money),
        bank=bank_facts(seller),
        # Those of before it was kept stay in English.
        language=buyer.get("language", ENGLISH),
    )  # fmt: skip
