"""Sending a quote: what the customer gets is frozen as a document."""

from datetime import datetime

from django.db import transaction
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.documents import services as documents
from psa.core.errors import DomainError
from sales import quote_pdf
from sales.models import Quote, QuoteLine
from sales.rules.quote_analysis import check_milestones_sum
from sales.selectors import quote_documents
from sales.services import changes, estimates, quotes

DOCUMENT_KIND = "quote"


@transaction.atomic
def send_quote(*, quote_id: int, actor: Actor, at: datetime) -> Quote:
    """Freeze a draft as a PDF and mark it sent; from then on only a revision changes it.

    Raises  DomainError naming the line that is not ready: no lines, a row without a price,
            milestones that do not sum to the value.
    """
    quote = quotes.draft_for_edit(quote_id=quote_id, actor=actor)
    check_is_complete(quote)
    quote.status = Quote.Status.SENT
    quote.sent_at = at
    changes.save(quote, {"status": None, "sent_at": None})
    document = quote_documents.quote_document(quote)
    documents.store_generated(
        record_type=quotes.RECORD,
        record_id=quote.pk,
        filename=f"{quote.number}-v{quote.version}.pdf",
        content=quote_pdf.render(document),
        content_type="application/pdf",
        kind=DOCUMENT_KIND,
        at=at,
    )
    audit.record(
        actor=actor, at=at, event="sales.quote.sent", record_type=quotes.RECORD,
        record_id=quote.pk, sentence=f"sent {quote.number} version {quote.version}",
        changes={"status": (Quote.Status.DRAFT.value, Quote.Status.SENT.value)},
    )  # fmt: skip
    return quote


def check_is_complete(quote: Quote) -> None:
    """Raises  DomainError with the first thing that the quote lacks to be offered."""
    lines = list(quote.lines.order_by("position").prefetch_related("details", "milestones"))
    if not lines:
        raise DomainError(f"Quote {quote.number} has no lines. Add what is offered.")
    for line in lines:
        rows = line.details.all()
        if estimates.missing_prices(rows):
            raise DomainError(
                f"The estimate of “{line.name}” has a row without a price. Add the price to a "
                "list and price anew, or agree a rate with a reason."
            )
        if line.billing_method == QuoteLine.Method.TIME_AND_MATERIAL and not rows:
            raise DomainError(f"“{line.name}” has no estimate. Estimate it by role.")
        if line.billing_method == QuoteLine.Method.FIXED_PRICE:
            value = Money(line.value_amount, quote.currency)
            amounts = [Money(m.amount, quote.currency) for m in line.milestones.all()]
            try:
                check_milestones_sum(value, amounts)
            except DomainError as error:
                raise DomainError(f"“{line.name}”: {error.message}") from error
