"""Mailing a kept document of a record: asked for once, tried until it went out, told either way.

A room registers its record with the words and events of its mails; who may send, and which document,
the room decides before it comes here (docs/adr/0075).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.mail import EmailMessage, get_connection
from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.documents import selectors as stored
from psa.core.documents.models import Document
from psa.core.errors import Conflict, NotFound
from psa.core.jobs import services as jobs

from . import mailing, services
from .addresses import checked_addresses
from .mailing import DeliveryView, views_of
from .models import DocumentMail

JOB = "notifications.document_mails"
State = DocumentMail.State


@dataclass(frozen=True, slots=True)
class Mailed:
    """What a room says of its mails: `about` gives a record's name and path by its id."""

    asked: str
    sent: str
    not_sent: str
    about: Callable[[int], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes out, and to whom; the same `request_key` asks once."""

    recipients: Sequence[str]
    message: str
    request_key: str
    subject: str
    reply_to: str = ""


_known: dict[str, Mailed] = {}


def register(record_type: str, mailed: Mailed) -> None:
    """Let documents of these records be mailed."""
    _known[record_type] = mailed


def mails_of(record_type: str, record_id: int) -> tuple[DeliveryView, ...]:
    """The record's mails, the newest first. One query."""
    return views_of(
        DocumentMail.objects.filter(record_type=record_type, record_id=record_id)
        .select_related("sent_by")
        .order_by("-id")
    )


def record_of(record_type: str, mail_id: int) -> int:
    """Of which record a mail is. Raises  NotFound."""
    found: int | None = (
        DocumentMail.objects.filter(record_type=record_type, pk=mail_id)
        .values_list("record_id", flat=True)
        .first()
    )
    if found is None:
        raise NotFound("There is no such e-mail, or it is not yours to see.")
    return found


def waiting_ids(limit: int = 200) -> list[int]:
    """Mails that wait, oldest first. One query."""
    return list(
        DocumentMail.objects.filter(state=State.WAITING)
        .order_by("id")
        .values_list("id", flat=True)[:limit]
    )


@transaction.atomic
def send(*, document: Document, letter: Letter, actor: Actor, at: datetime) -> list[DocumentMail]:
    """Put a record's document on its way to each address; it goes out after the commit.

    Raises  DomainError without an address, with too many or a wrong one.
    """
    record_type, record_id = document.record_type, document.record_id
    addresses = checked_addresses(letter.recipients)
    known = {
        row.recipient: row
        for row in DocumentMail.objects.filter(
            record_type=record_type, record_id=record_id, request_key=letter.request_key,
            recipient__in=addresses,
        )
    }  # fmt: skip
    fresh = [
        DocumentMail.objects.create(
            tenant_id=actor.tenant_id,
            record_type=record_type,
            record_id=record_id,
            document=document,
            recipient=to,
            reply_to=letter.reply_to,
            subject=letter.subject[:250],
            message=letter.message.strip(),
            request_key=letter.request_key,
            requested_at=at,
            sent_by_id=actor.membership_id,
            outcome=mailing.WAITS,
        )
        for to in addresses
        if to not in known
    ]
    if fresh:
        _start(fresh, key=f"{record_type} {record_id} {letter.request_key}", actor=actor, at=at)
        wanted = ", ".join(row.recipient for row in fresh)
        event = _known[record_type].asked
        _record(fresh[0], event, f"Asked to send it to {wanted}", actor, at)
    made = known | {row.recipient: row for row in fresh}
    return [made[to] for to in addresses]


@transaction.atomic
def retry(*, mail_id: int, actor: Actor, at: datetime) -> DocumentMail:
    """Try a mail that did not go out again, now. Raises  NotFound, Conflict when it went out."""
    row: DocumentMail | None = (
        DocumentMail.objects.select_for_update(of=("self",)).filter(pk=mail_id).first()
    )
    if row is None:
        raise NotFound("There is no such e-mail, or it is not yours to see.")
    if row.state == State.SENT:
        raise Conflict(f"This e-mail went out to {row.recipient} already.")
    mailing.wait_again(row)
    _start([row], key=f"again {row.pk} {at.isoformat()}", actor=actor, at=at)
    return row


def _start(rows: Sequence[DocumentMail], *, key: str, actor: Actor, at: datetime) -> None:
    number, _ = _known[rows[0].record_type].about(rows[0].record_id)
    jobs.start(
        kind=JOB,
        key=key,
        title=f"Send {number}",
        arguments={"delivery_ids": [row.pk for row in rows]},
        actor=actor,
        at=at,
    )


@transaction.atomic
def deliver(*, delivery_id: int, actor: Actor, at: datetime) -> DocumentMail | None:
    """Send one that waits; None when it is under way or went out meanwhile."""
    row: DocumentMail | None = (
        DocumentMail.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("document")
        .filter(pk=delivery_id, state=State.WAITING)
        .first()
    )
    if row is None:
        return None
    mailing.attempt(row, lambda: _mail(row), at=at)
    known = _known[row.record_type]
    if row.state == State.SENT:
        _record(row, known.sent, f"Sent it to {row.recipient}", actor, at)
    elif row.state == State.FAILED:
        reason = row.outcome
        told = f"Could not send it to {row.recipient}: {reason}"
        _record(row, known.not_sent, told, actor, at)
        _tell_failed(row, at)
    return row


def _mail(row: DocumentMail) -> str:
    """Send it; the hash of the document. Raises  OSError, SMTPException."""
    message = EmailMessage(
        subject=row.subject,
        body=row.message,
        to=[row.recipient],
        reply_to=[row.reply_to] if row.reply_to else None,
        # Stable, so that a message sent twice around a crash is shown once by most programs.
        headers={"Message-ID": f"<document-{row.tenant_id}-{row.pk}@psa.invalid>"},
        connection=get_connection(timeout=mailing.TIMEOUT_SECONDS),
    )
    with stored.open_content(row.document) as content:
        message.attach(row.document.filename, content.read(), row.document.content_type)
    message.send()
    return str(row.document.sha256)


def _tell_failed(row: DocumentMail, at: datetime) -> None:
    if row.sent_by_id is None:
        return
    known = _known[row.record_type]
    number, path = known.about(row.record_id)
    services.notify(
        membership_ids=[row.sent_by_id],
        event=known.not_sent,
        title=f"{number} did not reach {row.recipient}",
        body=row.outcome,
        path=path,
        at=at,
    )


def _record(row: DocumentMail, event: str, sentence: str, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor,
        at=at,
        event=event,
        record_type=row.record_type,
        record_id=row.record_id,
        sentence=sentence,
    )
