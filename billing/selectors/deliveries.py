"""How an invoice went out, and the text it goes out with."""

from dataclasses import dataclass
from datetime import datetime

from moneyed import Money

from billing.models import Invoice, InvoiceDelivery
from psa.core.documents import pdf


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One e-mail: `at` is when it went out, else when it was asked for."""

    id: int
    recipient: str
    state: str
    outcome: str
    at: datetime | None
    by: str

    @property
    def can_retry(self) -> bool:
        return self.state != InvoiceDelivery.State.SENT


def deliveries_of(invoice: Invoice) -> tuple[DeliveryView, ...]:
    """The newest first. One query."""
    rows = InvoiceDelivery.objects.filter(invoice=invoice).select_related("sent_by").order_by("-id")
    return tuple(
        DeliveryView(
            id=row.pk,
            recipient=row.recipient,
            state=row.state,
            outcome=row.outcome,
            at=row.sent_at or row.requested_at,
            by=row.sent_by.name if row.sent_by else "System",
        )
        for row in rows
    )


def first_detail(invoice: Invoice) -> str | None:
    """The detail that the invoice went out with first; None if it never did. One query."""
    first: str | None = (
        InvoiceDelivery.objects.filter(invoice=invoice, state=InvoiceDelivery.State.SENT)
        .order_by("sent_at", "id")
        .values_list("detail", flat=True)
        .first()
    )
    return first


def waiting_ids(limit: int = 200) -> list[int]:
    """E-mails that wait, oldest first. One query."""
    return list(
        InvoiceDelivery.objects.filter(state=InvoiceDelivery.State.WAITING)
        .order_by("id")
        .values_list("id", flat=True)[:limit]
    )


def usual_message(invoice: Invoice) -> str:
    """What an invoice says to its reader when the sender writes nothing else."""
    total = pdf.money(Money(abs(invoice.total_amount), invoice.currency))
    seller = invoice.snapshot["seller"]["name"]
    if invoice.kind == Invoice.Kind.CREDIT_NOTE:
        said = (
            f"please find attached our credit note {invoice.number} over {total} for invoice "
            f"{invoice.snapshot['corrects']}."
        )
    else:
        said = (
            f"please find attached our invoice {invoice.number} over {total}, due on "
            f"{invoice.due_on:%-d %B %Y}."
        )
    return f"Dear Sir or Madam,\n\n{said}\n\nKind regards\n{seller}\n"
