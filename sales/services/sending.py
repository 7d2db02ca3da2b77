"""Sending a quote: what the customer gets is frozen as a document, and mailed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.documents import services as documents
from psa.core.documents.models import Document
from psa.core.errors import Conflict, DomainError, PermissionDenied
from psa.core.notifications import document_mails
from psa.core.notifications.document_mails import Letter
from psa.core.notifications.models import DocumentMail
from sales import policies, quote_pdf
from sales.models import Quote, QuoteLine
from sales.permissions import SalesPermission
from sales.rules.quote_analysis import check_milestones_sum
from sales.selectors import quote_documents, quote_mails, visibility
from sales.services import changes, estimates, quotes

DOCUMENT_KIND = "quote"


@dataclass(frozen=True, slots=True)
class QuoteMail:
    """To whom a quote goes, and with which words; the same `request_key` asks once."""

    recipients: Sequence[str]
    message: str
    request_key: str


@transaction.atomic
def send_quote(
    *, quote_id: int, actor: Actor, at: datetime, mail: QuoteMail | None = None
) -> Quote:
    """Freeze a draft as a PDF and mark it sent; from then on only a revision changes it.

    With `mail` that PDF goes out by e-mail after the commit; without, somebody hands it over.
    Raises  DomainError naming the line that is not ready: no lines, a row without a price,
            milestones that do not sum to the value; or without an address to mail to.
    """
    quote = quotes.draft_for_edit(quote_id=quote_id, actor=actor)
    check_is_ready(quote, at.date())
    quote.status = Quote.Status.SENT
    quote.sent_at = at
    changes.save(quote, {"status": None, "sent_at": None})
    document = quote_documents.quote_document(quote)
    frozen = documents.store_generated(
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
    if mail is not None:
        _mail(quote, frozen, mail, actor, at)
    return quote


@transaction.atomic
def mail_quote(*, quote_id: int, mail: QuoteMail, actor: Actor, at: datetime) -> list[DocumentMail]:
    """Mail the frozen PDF of a quote that counts as sent, once more or for the first time.

    Raises  NotFound, PermissionDenied; Conflict unless it is sent and waits for its answer;
            DomainError without an address, with too many or a wrong one.
    """
    actor.require(SalesPermission.MANAGE)
    quote = visibility.get_quote(actor=actor, quote_id=quote_id, lock=True)
    if quote.status != Quote.Status.SENT:
        raise Conflict(
            f"Quote {quote.number} version {quote.version} is {quote.get_status_display().lower()}. "
            "Only a quote that waits for its answer is mailed."
        )
    frozen = (
        Document.objects.filter(record_type=quotes.RECORD, record_id=quote.pk, kind=DOCUMENT_KIND)
        .order_by("-version", "-id")
        .first()
    )
    if frozen is None:
        raise Conflict(f"Quote {quote.number} has no document. Revise it and send the revision.")
    return _mail(quote, frozen, mail, actor, at)


@transaction.atomic
def retry_mail(*, mail_id: int, actor: Actor, at: datetime) -> DocumentMail:
    """Try a quote's e-mail that did not go out again, now.

    Raises  PermissionDenied, NotFound, Conflict when it went out.
    """
    actor.require(SalesPermission.MANAGE)
    quote_id = document_mails.record_of(quotes.RECORD, mail_id)
    visibility.get_quote(actor=actor, quote_id=quote_id)
    return document_mails.retry(mail_id=mail_id, actor=actor, at=at)


def _mail(
    quote: Quote, frozen: Document, mail: QuoteMail, actor: Actor, at: datetime
) -> list[DocumentMail]:
    opportunity = quote.opportunity
    if not policies.sees_bill(actor, opportunity.owner_id):
        raise PermissionDenied(
            "The document shows prices, which your role may not see for this quote. Ask "
            f"{opportunity.owner.name} to send it."
        )
    letter = Letter(
        recipients=mail.recipients,
        message=mail.message,
        request_key=mail.request_key,
        subject=quote_mails.subject_of(quote),
        reply_to=opportunity.owner.email,
    )
    return document_mails.send(document=frozen, letter=letter, actor=actor, at=at)


def check_is_ready(quote: Quote, on: date) -> None:
    """Raises  DomainError if it lacks something to be offered, or its last day is over."""
    check_is_complete(quote)
    if quote.valid_until is not None and quote.valid_until < on:
        raise DomainError(
            f"Quote {quote.number} is valid until {quote.valid_until:%-d %b %Y}, which is past. Set "
            "another day under Scope and terms."
        )


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
