"""The invitation's e-mail, sent outside the request: a mail server that is down loses nothing."""

from collections.abc import Sequence
from datetime import datetime
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string

from psa.core.access.models import Invitation
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.jobs import registry
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, JobKind
from psa.core.web import sentences

from .links import InvitationKey, link_of
from .reading import as_the_invited_reads
from .services.invitations import MAIL_JOB

_TIMEOUT_SECONDS = 10


def plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    return [Chunk({"invitation_id": arguments["invitation_id"]})]


def send(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    """Send the link as it is now; an invitation that is no longer open gets no message."""
    row = (
        Invitation.objects.select_related("tenant", "invited_by")
        .filter(pk=arguments["invitation_id"], accepted_at=None, withdrawn_at=None)
        .first()
    )
    if row is None:
        return ChunkResult()
    try:
        _message(row).send()
    except (OSError, SMTPException) as error:
        raise DomainError(
            f"The mail server did not take the invitation ({type(error).__name__}). Retry the job "
            "when it is back."
        ) from error
    return ChunkResult(result={"sent": 1})


def _message(row: Invitation) -> EmailMessage:
    link = link_of(InvitationKey(row.tenant_id, row.pk, row.nonce))
    context = {
        "invitation": row,
        "url": f"{settings.PSA_PUBLIC_URL}/accounts/invitation/{link}/",
    }
    with as_the_invited_reads(row.email, row.tenant):
        subject = sentences.told(f"{row.tenant.name} invites you")
        body = render_to_string("identity/mail/invitation.txt", context)
    return EmailMessage(
        subject=subject,
        body=body,
        to=[row.email],
        connection=get_connection(timeout=_TIMEOUT_SECONDS),
    )


registry.register(
    JobKind(
        kind=MAIL_JOB,
        title="Send an invitation",
        permission="",
        plan=plan,
        run_chunk=send,
    )
)
