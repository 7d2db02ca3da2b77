"""How an invoice went out, and the text it goes out with."""

from moneyed import Money

from billing.models import Invoice, InvoiceDelivery
from psa.core.documents import pdf
from psa.core.documents.language import ENGLISH, long_day, said, written_in
from psa.core.notifications.mailing import DeliveryView, views_of


def deliveries_of(invoice: Invoice) -> tuple[DeliveryView, ...]:
    """The newest first. One query."""
    rows = InvoiceDelivery.objects.filter(invoice=invoice).select_related("sent_by").order_by("-id")
    return views_of(rows)


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
    """What an invoice says to its reader, in its language, when the sender writes nothing else."""
    with written_in(language_of_invoice(invoice)):
        return _usual_message(invoice)


def subject_of(invoice: Invoice) -> str:
    """The subject of the e-mail that it goes out with, in its language."""
    seller = invoice.snapshot["seller"]["name"]
    with written_in(language_of_invoice(invoice)):
        if invoice.kind == Invoice.Kind.CREDIT_NOTE:
            return said("Credit note {number} from {seller}", number=invoice.number, seller=seller)
        return said("Invoice {number} from {seller}", number=invoice.number, seller=seller)


def language_of_invoice(invoice: Invoice) -> str:
    """The language its documents and mails are written in, as it was when it was confirmed."""
    return str(invoice.snapshot.get("language", ENGLISH))


def _usual_message(invoice: Invoice) -> str:
    total = pdf.money(Money(abs(invoice.total_amount), invoice.currency))
    seller = invoice.snapshot["seller"]["name"]
    if invoice.kind == Invoice.Kind.CREDIT_NOTE:
        sentence = said(
            "please find attached our credit note {number} over {total} for invoice {corrects}.",
            number=invoice.number, total=total, corrects=invoice.snapshot["corrects"],
        )  # fmt: skip
    else:
        sentence = said(
            "please find attached our invoice {number} over {total}, due on {day}.",
            number=invoice.number, total=total, day=long_day(invoice.due_on),
        )  # fmt: skip
    return f"{said('Dear Sir or Madam,')}\n\n{sentence}\n\n{said('Kind regards')}\n{seller}\n"
