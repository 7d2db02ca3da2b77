"""The digest: what a member wants to read at once in the morning, in one mail, in their time zone."""

from collections.abc import Sequence
from datetime import UTC, datetime
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import QuerySet

from psa.core.access.models import Membership
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.jobs import registry
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, DefaultSchedule, JobKind
from psa.core.web import sentences
from psa.core.web.middleware import read_by

from .models import Notification, Rhythm
from .rules import digest
from .services import zone_of

KIND = "notifications.digest"
_MOST_ROWS = 200
_TIMEOUT_SECONDS = 10


def waiting() -> "QuerySet[Notification]":
    """What is to go into a digest and has not gone yet."""
    rows: QuerySet[Notification] = Notification.objects.filter(emailed_at__isnull=True).exclude(
        digest=Rhythm.NONE
    )
    return rows


def is_needed() -> bool:
    """Whether anything waits for a digest."""
    return waiting().exists()


def plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """One chunk a member whose morning has come since something was written for them."""
    members = Membership.objects.filter(
        pk__in=waiting().values("membership_id"), is_active=True
    ).order_by("id")
    return [
        Chunk({"membership_id": member.pk, "label": member.name})
        for member in members
        if _due(member, at, waiting().filter(membership_id=member.pk).order_by("id")[:_MOST_ROWS])
    ]


def send(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    """Mail one member's digest and mark its rows; what the server refuses stays waiting."""
    member = Membership.objects.get(pk=arguments["membership_id"])
    rows = waiting().filter(membership_id=member.pk).order_by("id")
    due = _due(member, at, rows.select_for_update(skip_locked=True, of=("self",))[:_MOST_ROWS])
    if not due or not member.is_active:
        return ChunkResult()
    try:
        _message(member, due).send()
    except (OSError, SMTPException) as error:
        raise DomainError(
            f"The mail server did not take the digest ({type(error).__name__}); it stays in the "
            "queue and is tried again."
        ) from error
    Notification.objects.filter(pk__in=[row.pk for row in due]).update(emailed_at=at)
    return ChunkResult(result={"sent": 1, "notifications": len(due)})


def _due(member: Membership, at: datetime, rows: "QuerySet[Notification]") -> list[Notification]:
    here = at.astimezone(zone_of(member.time_zone))
    return [
        row
        for row in rows
        if digest.is_due(row.digest, created_at=row.created_at.astimezone(UTC), local_now=here)
    ]


def _message(member: Membership, rows: Sequence[Notification]) -> EmailMessage:
    count = "1 notification" if len(rows) == 1 else f"{len(rows)} notifications"
    lines = []
    with read_by(member):
        count = sentences.told(count)
        for row in rows:
            lines.append(f"· {' '.join(sentences.told(row.title).split())}")
            if row.body and row.body != row.title:
                lines.append(f"  {sentences.told(row.body)}")
            if row.path:
                lines.append(f"  {settings.PSA_PUBLIC_URL}{row.path}")
    first = min(row.pk for row in rows)
    return EmailMessage(
        subject=count,
        body="\n".join(lines) + "\n",
        to=[member.email],
        headers={"Message-ID": f"<digest-{member.tenant_id}-{member.pk}-{first}@psa.invalid>"},
        connection=get_connection(timeout=_TIMEOUT_SECONDS),
    )


registry.register(
    JobKind(
        kind=KIND,
        title="Send digests",
        permission="",
        plan=plan,
        run_chunk=send,
        schedule=DefaultSchedule(every_minutes=15),
        is_needed=is_needed,
    )
)
