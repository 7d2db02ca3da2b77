"""Sending statements of account by e-mail: asked for once, kept as they went out."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.urls import reverse

from billing.events import BillingEvent
from billing.models import StatementDelivery
from billing.permissions import BillingPermission
from billing.selectors.statements import StatementPage, subject_of
from billing.services import statements
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.documents import selectors as stored
from psa.core.documents import services as storing
from psa.core.documents.models import Document
from psa.core.errors import Conflict, NotFound
from psa.core.jobs import services as jobs
from psa.core.notifications import mailing
from psa.core.notifications import services as notifications
from psa.core.notifications.addresses import checked_addresses

STATEMENT_JOB = "billing.deliver_statements"
RECORD = "billing.StatementDelivery"
State = StatementDelivery.State


@transaction.atomic
def send_statement(
    *,
    page: StatementPage,
    recipients: Sequence[str],
    message: str,
    request_key: str,
    actor: Actor,
    at: datetime,
) -> list[StatementDelivery]:
    """Put a statement on its way to each address; the same `request_key` asks once.

    `page` is the statement as its sender sees it: that very document is kept and goes out after the
    commit, whatever moves the account meanwhile.
    Raises  PermissionDenied; DomainError without an address, with too many or a wrong one.
    """
    actor.require(BillingPermission.CONFIRM)
    wanted = checked_addresses(recipients)
    known = {
        row.recipient: row
        for row in StatementDelivery.objects.filter(
            account=page.account, request_key=request_key, recipient__in=wanted
        )
    }
    fresh = [_asked(page, to, message, request_key, actor, at) for to in wanted if to not in known]
    if fresh:
        content = statements.as_pdf(page)
        for row in fresh:
            storing.store_generated(
                record_type=RECORD, record_id=row.pk, filename=f"{page.filename}.pdf",
                content=content, content_type="application/pdf", kind="statement", at=at,
            )  # fmt: skip
        _start(fresh, key=f"{page.account.pk} {request_key}", actor=actor, at=at)
        _record(
            fresh[0], BillingEvent.STATEMENT_SENDING,
            f"Asked to send a statement of account to {', '.join(row.recipient for row in fresh)}",
            actor, at,
        )  # fmt: skip
    made = {row.recipient: row for row in fresh}
    return [known.get(to) or made[to] for to in wanted]


def _asked(
    page: StatementPage, to: str, message: str, request_key: str, actor: Actor, at: datetime
) -> StatementDelivery:
    row: StatementDelivery = StatementDelivery.objects.create(
        tenant_id=actor.tenant_id,
        account=page.account,
        legal_entity=page.entity,
        currency=page.currency,
        from_on=page.statement.from_on,
        until_on=page.statement.until_on,
        recipient=to,
        message=message.strip(),
        request_key=request_key,
        requested_at=at,
        sent_by_id=actor.membership_id,
        outcome=mailing.WAITS,
    )
    return row


@transaction.atomic
def retry_statement(*, delivery_id: int, actor: Actor, at: datetime) -> StatementDelivery:
    """Try a statement that did not go out again, now, with the document kept for it.

    Raises  PermissionDenied, NotFound, Conflict when it went out.
    """
    actor.require(BillingPermission.CONFIRM)
    delivery: StatementDelivery | None = (
        StatementDelivery.objects.select_for_update(of=("self",))
        .select_related("account")
        .filter(pk=delivery_id)
        .first()
    )
    if delivery is None:
        raise NotFound("There is no such delivery, or it is not yours to see.")
    if delivery.state == State.SENT:
        raise Conflict(f"This e-mail went out to {delivery.recipient} already.")
    mailing.wait_again(delivery)
    _start([delivery], key=f"again {delivery.pk} {at.isoformat()}", actor=actor, at=at)
    return delivery


def _start(asked: Sequence[StatementDelivery], *, key: str, actor: Actor, at: datetime) -> None:
    jobs.start(
        kind=STATEMENT_JOB,
        key=key,
        title=f"Send a statement to {asked[0].account.name}",
        arguments={"delivery_ids": [row.pk for row in asked]},
        actor=actor,
        at=at,
    )


@transaction.atomic
def deliver(*, delivery_id: int, actor: Actor, at: datetime) -> StatementDelivery | None:
    """Send one waiting statement; None when it is under way or went out meanwhile."""
    delivery: StatementDelivery | None = (
        StatementDelivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("account", "legal_entity")
        .filter(pk=delivery_id, state=State.WAITING)
        .first()
    )
    if delivery is None:
        return None
    mailing.attempt(delivery, lambda: _mail(delivery), at=at)
    if delivery.state == State.SENT:
        sentence = f"Sent a statement of account to {delivery.recipient}"
        _record(delivery, BillingEvent.STATEMENT_SENT, sentence, actor, at)
    elif delivery.state == State.FAILED:
        _tell_failed(delivery, actor, at)
    return delivery


def _mail(delivery: StatementDelivery) -> str:
    """Send it; the hash of the document. Raises  OSError, SMTPException."""
    document = Document.objects.get(record_type=RECORD, record_id=delivery.pk)
    entity = delivery.legal_entity
    message = EmailMessage(
        subject=subject_of(delivery.account, entity),
        body=delivery.message,
        to=[delivery.recipient],
        reply_to=[entity.email] if entity.email else None,
        # Stable, so that a message sent twice around a crash is shown once by most programs.
        headers={"Message-ID": f"<statement-{delivery.tenant_id}-{delivery.pk}@psa.invalid>"},
        connection=get_connection(timeout=mailing.TIMEOUT_SECONDS),
    )
    with stored.open_content(document) as content:
        message.attach(document.filename, content.read(), document.content_type)
    message.send()
    return str(document.sha256)


def _tell_failed(delivery: StatementDelivery, actor: Actor, at: datetime) -> None:
    _record(
        delivery, BillingEvent.STATEMENT_NOT_SENT,
        f"Could not send a statement of account to {delivery.recipient}: {delivery.outcome}",
        actor, at,
    )  # fmt: skip
    if delivery.sent_by_id is not None:
        notifications.notify(
            membership_ids=[delivery.sent_by_id],
            event=BillingEvent.STATEMENT_NOT_SENT,
            title=f"The statement did not reach {delivery.recipient}",
            body=delivery.outcome,
            path=reverse(
                "billing:statement", urlconf=settings.TENANT_URLCONF, args=[delivery.account_id]
            ),
            at=at,
        )


def _record(
    delivery: StatementDelivery, event: BillingEvent, sentence: str, actor: Actor, at: datetime
) -> None:
    audit.record(
        actor=actor,
        at=at,
        event=event,
        record_type="sales.Account",
        record_id=delivery.account_id,
        sentence=sentence,
    )
