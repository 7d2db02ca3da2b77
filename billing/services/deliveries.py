"""Sending invoices by e-mail: asked for once, tried until it went out, recorded either way."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.urls import reverse

from billing import invoice_backup, policies
from billing.events import BillingEvent
from billing.invoice_pdf import Detail
from billing.models import Invoice, InvoiceBalance, InvoiceDelivery
from billing.permissions import BillingPermission
from billing.selectors import deliveries as selectors
from billing.selectors import invoice_backups, visibility
from billing.services import documents
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.documents import selectors as stored
from psa.core.documents import services as storing
from psa.core.documents.models import Document
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.notifications import mailing
from psa.core.notifications import services as notifications
from psa.core.notifications.addresses import checked_addresses

DELIVERY_JOB = "billing.deliver_invoices"
SEND_MANY = "billing.send_invoices"
BACKUP_KIND = "invoice_backup"
# Most mail servers refuse more; the encoding makes four bytes of three.
MAX_ATTACHED_BYTES = 18 * 1024 * 1024
State = InvoiceDelivery.State


@transaction.atomic
def send_invoice(
    *,
    invoice_id: int,
    recipients: Sequence[str],
    message: str,
    detail: Detail,
    with_backup: bool,
    request_key: str,
    actor: Actor,
    at: datetime,
) -> list[InvoiceDelivery]:
    """Put an invoice on its way to each address; the same `request_key` asks once.

    The e-mail goes out after the commit, when the document is made; the document kept is the one
    that went out first, whoever it is sent to later.
    Raises  PermissionDenied, NotFound; DomainError without an address, with too many or a wrong one.
    """
    actor.require(BillingPermission.CONFIRM)
    invoice = visibility.get_invoice(actor=actor, invoice_id=invoice_id)
    if not visibility.sees_bill_rates(actor, invoice.contract_id):
        raise PermissionDenied(
            "The document shows prices, which your role may not see for this contract. Ask the "
            "contract's owner to send it."
        )
    policies.check_is_no_charge(invoice)
    wanted = checked_addresses(recipients)
    asked, is_new = mailing.asked_once(
        InvoiceDelivery.objects.filter(invoice=invoice, request_key=request_key),
        wanted,
        lambda recipient: InvoiceDelivery.objects.create(
            tenant_id=actor.tenant_id,
            invoice=invoice,
            recipient=recipient,
            message=message.strip(),
            detail=detail.value,
            with_backup=with_backup,
            request_key=request_key,
            requested_at=at,
            sent_by_id=actor.membership_id,
            outcome=mailing.WAITS,
        ),
    )
    if is_new:
        _start(invoice, asked, key=f"{invoice.pk} {request_key}", actor=actor, at=at)
        _record(
            invoice, BillingEvent.INVOICE_SENDING, f"Asked to send it to {', '.join(wanted)}",
            actor, at,
        )  # fmt: skip
    return asked


@transaction.atomic
def send_to_customer(
    *, invoice_id: int, request_key: str, actor: Actor, at: datetime
) -> list[InvoiceDelivery]:
    """Send an invoice to its customer's billing address with the usual text and backup.

    Raises  DomainError when the invoice names no e-mail address, or went out already; as above.
    """
    invoice = visibility.get_invoice(actor=actor, invoice_id=invoice_id)
    policies.check_is_no_charge(invoice)
    recipient = invoice.snapshot["buyer"]["email"]
    if not recipient:
        raise DomainError(
            f"{invoice.number} names no e-mail address of {invoice.account.name}. Send it from its "
            "page, where you can type one."
        )
    if invoice.deliveries.exclude(state=State.FAILED).exists():
        raise DomainError(
            f"{invoice.number} was sent before, or is on its way. Send it again from its page."
        )
    return send_invoice(
        invoice_id=invoice_id,
        recipients=[recipient],
        message=selectors.usual_message(invoice),
        detail=documents.DEFAULT_DETAIL,
        with_backup=True,
        request_key=request_key,
        actor=actor,
        at=at,
    )


@transaction.atomic
def start_sending(*, invoice_ids: Sequence[int], actor: Actor, at: datetime) -> JobRun:
    """Queue the sending of several invoices to their customers, one transaction each.

    Raises  PermissionDenied, DomainError without an invoice.
    """
    actor.require(BillingPermission.CONFIRM)
    if not invoice_ids:
        raise DomainError("Choose at least one invoice.")
    wanted = sorted(set(invoice_ids))
    count = "1 invoice" if len(wanted) == 1 else f"{len(wanted)} invoices"
    return jobs.start(
        kind=SEND_MANY,
        key=f"{wanted[0]}-{wanted[-1]} {len(wanted)} {at.isoformat()} by {actor.membership_id}",
        title=f"Send {count}",
        arguments={"invoice_ids": wanted},
        actor=actor,
        at=at,
    )


@transaction.atomic
def retry_delivery(*, delivery_id: int, actor: Actor, at: datetime) -> InvoiceDelivery:
    """Try a delivery that did not go out again, now.

    Raises  PermissionDenied, NotFound, Conflict when it went out.
    """
    actor.require(BillingPermission.CONFIRM)
    delivery: InvoiceDelivery | None = (
        InvoiceDelivery.objects.select_for_update(of=("self",))
        .filter(pk=delivery_id, invoice__in=visibility.invoices_visible_to(actor).values("pk"))
        .first()
    )
    if delivery is None:
        raise NotFound("There is no such delivery, or it is not yours to see.")
    if delivery.state == State.SENT:
        raise Conflict(f"This e-mail went out to {delivery.recipient} already.")
    mailing.wait_again(delivery)
    key = f"again {delivery.pk} {at.isoformat()}"
    _start(delivery.invoice, [delivery], key=key, actor=actor, at=at)
    return delivery


def _start(
    invoice: Invoice, asked: Sequence[InvoiceDelivery], *, key: str, actor: Actor, at: datetime
) -> None:
    jobs.start(
        kind=DELIVERY_JOB,
        key=key,
        title=f"Send {invoice.number}",
        arguments={"delivery_ids": [row.pk for row in asked]},
        actor=actor,
        at=at,
    )


@transaction.atomic
def deliver(*, delivery_id: int, actor: Actor, at: datetime) -> InvoiceDelivery | None:
    """Send one waiting e-mail; None when it is under way or went out meanwhile.

    A mail server that is away leaves it waiting for the next round, MAX_ATTEMPTS times; an address
    that is refused fails at once. Either is written down, and the sender is told of the end.
    """
    delivery: InvoiceDelivery | None = (
        InvoiceDelivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("invoice__account", "invoice__contract", "sent_by")
        .filter(pk=delivery_id, state=State.WAITING)
        .first()
    )
    if delivery is None:
        return None
    mailing.attempt(delivery, lambda: _mail(delivery, at), at=at)
    if delivery.state == State.SENT:
        InvoiceBalance.objects.filter(invoice=delivery.invoice, sent_at__isnull=True).update(
            sent_at=at
        )
        _record(
            delivery.invoice, BillingEvent.INVOICE_SENT, f"Sent it to {delivery.recipient}",
            actor, at,
        )  # fmt: skip
    elif delivery.state == State.FAILED:
        _tell_failed(delivery, actor, at)
    return delivery


def _mail(delivery: InvoiceDelivery, at: datetime) -> str:
    """Send it; the hash of the invoice's document. Raises  OSError, SMTPException, DomainError."""
    invoice = delivery.invoice
    document = documents.archived(invoice=invoice, detail=Detail(delivery.detail), at=at)
    attached = [document]
    attached += invoice_backups.client_documents(invoice)
    if delivery.with_backup:
        backup = backup_of(invoice=invoice, at=at)
        if backup is not None:
            attached += [backup, *invoice_backups.receipt_files(invoice)]
    if sum(item.size for item in attached) > MAX_ATTACHED_BYTES:
        raise DomainError(
            "The invoice and its receipts are too large for one e-mail. Send it without the backup."
        )
    seller = invoice.snapshot["seller"]
    message = EmailMessage(
        subject=selectors.subject_of(invoice),
        body=delivery.message or selectors.usual_message(invoice),
        to=[delivery.recipient],
        reply_to=[seller["email"]] if seller["email"] else None,
        # Stable, so that a message sent twice around a crash is shown once by most programs.
        headers={"Message-ID": f"<invoice-{delivery.tenant_id}-{delivery.pk}@psa.invalid>"},
        connection=get_connection(timeout=mailing.TIMEOUT_SECONDS),
    )
    for item in attached:
        with stored.open_content(item) as content:
            message.attach(item.filename, content.read(), item.content_type)
    message.send()
    return str(document.sha256)


def backup_of(*, invoice: Invoice, at: datetime) -> Document | None:
    """The kept backup report, made when first asked for; None when nothing lies behind the invoice."""
    kept: Document | None = (
        Document.objects.filter(
            record_type=documents.RECORD, record_id=invoice.pk, kind=BACKUP_KIND
        )
        .order_by("version")
        .first()
    )
    if kept is not None:
        return kept
    report = invoice_backups.backup_report(invoice)
    if report.is_empty:
        return None
    return storing.store_generated(
        record_type=documents.RECORD,
        record_id=invoice.pk,
        filename=f"{invoice.number}-backup.pdf",
        content=invoice_backup.render(report),
        content_type="application/pdf",
        kind=BACKUP_KIND,
        at=at,
        is_client_visible=True,
    )


@transaction.atomic
def invoice_backup_of(*, invoice_id: int, actor: Actor, at: datetime) -> Document:
    """The backup report for who may see the invoice's prices.

    Raises  NotFound, also when no work and no expense lies behind the invoice; PermissionDenied.
    """
    invoice = visibility.get_invoice(actor=actor, invoice_id=invoice_id)
    if not visibility.sees_bill_rates(actor, invoice.contract_id):
        raise PermissionDenied(
            "The report shows amounts, which your role may not see for this contract."
        )
    policies.check_is_no_charge(invoice)
    document = backup_of(invoice=invoice, at=at)
    if document is None:
        raise NotFound("No timesheet and no receipt lies behind this invoice.")
    return document


def _tell_failed(delivery: InvoiceDelivery, actor: Actor, at: datetime) -> None:
    reason = delivery.outcome
    invoice = delivery.invoice
    _record(
        invoice, BillingEvent.INVOICE_NOT_SENT, f"Could not send it to {delivery.recipient}: "
        f"{reason}", actor, at,
    )  # fmt: skip
    if delivery.sent_by_id is not None:
        notifications.notify(
            membership_ids=[delivery.sent_by_id],
            event=BillingEvent.INVOICE_NOT_SENT,
            title=f"{invoice.number} did not reach {delivery.recipient}",
            body=reason,
            path=reverse("billing:invoice", urlconf=settings.TENANT_URLCONF, args=[invoice.pk]),
            at=at,
        )


def _record(
    invoice: Invoice, event: BillingEvent, sentence: str, actor: Actor, at: datetime
) -> None:
    audit.record(
        actor=actor,
        at=at,
        event=event,
        record_type="billing.Invoice",
        record_id=invoice.pk,
        sentence=sentence,
    )
