"""Sending the e-mail that notifications ask for: one message, one transaction."""

from collections.abc import Sequence
from datetime import datetime
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import Q, QuerySet

from psa.core import clock
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.jobs import registry
from psa.core.jobs.deliveries import delivery_kind
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, DefaultSchedule, JobKind
from psa.core.web import sentences
from psa.core.web.middleware import read_by

from . import digests as digests  # registers its own kind
from . import document_mails
from . import push_jobs as push_jobs
from .models import Notification
from .services import EMAIL_JOB

_BATCH = 500
_TIMEOUT_SECONDS = 10


def is_needed() -> bool:
    """Whether any message waits."""
    return _waiting(clock.now()).exists()


def _waiting(at: datetime) -> "QuerySet[Notification]":
    """What is to be mailed and whose reader has no quiet hours any more."""
    rows: QuerySet[Notification] = Notification.objects.filter(
        Q(email_after__isnull=True) | Q(email_after__lte=at),
        email_wanted=True,
        emailed_at__isnull=True,
    )
    return rows


def plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """One chunk a message, oldest first; what is beyond a batch is left to the next run."""
    ids = _waiting(at).order_by("id").values_list("id", flat=True)[:_BATCH]
    return [Chunk({"notification_id": number, "label": f"Message {number}"}) for number in ids]


def send(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    """Send one message unless it is under way; what the server refuses stays waiting."""
    row = (
        _waiting(at)
        .select_related("membership")
        .filter(pk=arguments["notification_id"])
        .select_for_update(skip_locked=True, of=("self",))
        .first()
    )
    if row is None or not row.membership.is_active:
        return ChunkResult()
    try:
        _message(row).send()
    except (OSError, SMTPException) as error:
        raise DomainError(
            f"The mail server did not take the message ({type(error).__name__}); it stays in the "
            "queue and is tried again."
        ) from error
    row.emailed_at = at
    row.save(update_fields=["emailed_at"])
    return ChunkResult(result={"sent": 1})


def _message(row: Notification) -> EmailMessage:
    link = f"\n\n{settings.PSA_PUBLIC_URL}{row.path}" if row.path else ""
    with read_by(row.membership):
        title, body = sentences.told(row.title), sentences.told(row.body or row.title)
    return EmailMessage(
        subject=" ".join(title.split()),
        body=f"{body}{link}\n",
        to=[row.membership.email],
        # Stable, so that a message sent twice around a crash is shown once by most programs.
        headers={"Message-ID": f"<notification-{row.tenant_id}-{row.pk}@psa.invalid>"},
        connection=get_connection(timeout=_TIMEOUT_SECONDS),
    )


registry.register(
    JobKind(
        kind=EMAIL_JOB,
        title="Send e-mail",
        permission="",
        plan=plan,
        run_chunk=send,
        schedule=DefaultSchedule(every_minutes=1),
        is_needed=is_needed,
    )
)
registry.register(
    delivery_kind(
        document_mails.JOB,
        "Send documents by e-mail",
        document_mails.waiting_ids,
        document_mails.deliver,
    )
)
