"""Sending status reports: the client's edition, asked for once, tried until it went out."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from django.core.mail import EmailMessage, get_connection
from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.automation.subjects import path_of
from psa.core.errors import Conflict, NotFound
from psa.core.jobs import services as jobs
from psa.core.notifications import mailing
from psa.core.notifications import services as notifications
from psa.core.notifications.addresses import checked_addresses

from .. import status_report
from ..events import ProjectEvent
from ..models import ReportDelivery, StatusReport
from ..rules import reporting
from ..selectors import report_mails as selectors
from ..selectors.reports import get_report
from ..status_report import Edition
from .locking import lock_project
from .reports import RECORD

DELIVERY_JOB = "projects.deliver_reports"
State = ReportDelivery.State


@transaction.atomic
def send_report(
    *,
    project_id: int,
    report_id: int,
    recipients: Sequence[str],
    message: str,
    request_key: str,
    actor: Actor,
    at: datetime,
) -> list[ReportDelivery]:
    """Put a report's client edition on its way to each address; the same `request_key` asks once.

    It goes out after the commit, by a job that tries again while the mail server is away.
    Raises  NotFound, PermissionDenied; DomainError for no, too many or wrong addresses.
    """
    lock_project(actor=actor, project_id=project_id)
    report = get_report(actor=actor, project_id=project_id, report_id=report_id)
    wanted = checked_addresses(recipients)
    asked, is_new = mailing.asked_once(
        ReportDelivery.objects.filter(report=report, request_key=request_key),
        wanted,
        lambda recipient: ReportDelivery.objects.create(
            tenant_id=actor.tenant_id,
            report=report,
            recipient=recipient,
            message=message.strip(),
            request_key=request_key,
            requested_at=at,
            sent_by_id=actor.membership_id,
            outcome=mailing.WAITS,
        ),
    )
    if is_new:
        _start(report, asked, key=f"{report.pk} {request_key}", actor=actor, at=at)
        told = f"asked to send status report {report.number} to {', '.join(wanted)}"
        _record(report, ProjectEvent.REPORT_SENDING, told, actor, at)
    return asked


@transaction.atomic
def retry_delivery(*, delivery_id: int, actor: Actor, at: datetime) -> ReportDelivery:
    """Try an e-mail with a report that did not go out again, now.

    Raises  NotFound, PermissionDenied, Conflict when it went out.
    """
    delivery: ReportDelivery | None = (
        ReportDelivery.objects.select_for_update(of=("self",))
        .select_related("report__project")
        .filter(pk=delivery_id)
        .first()
    )
    if delivery is None:
        raise NotFound("There is no such delivery, or it is not yours to see.")
    lock_project(actor=actor, project_id=delivery.report.project_id)
    if delivery.state == State.SENT:
        raise Conflict(f"This e-mail went out to {delivery.recipient} already.")
    mailing.wait_again(delivery)
    key = f"again {delivery.pk} {at.isoformat()}"
    _start(delivery.report, [delivery], key=key, actor=actor, at=at)
    return delivery


@transaction.atomic
def deliver(*, delivery_id: int, actor: Actor, at: datetime) -> ReportDelivery | None:
    """Send one waiting e-mail; None when it is under way or went out meanwhile.

    What comes of it is written down, and its sender is told when it will not go out.
    """
    delivery: ReportDelivery | None = (
        ReportDelivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("report__project")
        .filter(pk=delivery_id, state=State.WAITING)
        .first()
    )
    if delivery is None:
        return None
    mailing.attempt(delivery, lambda: _mail(delivery), at=at)
    report = delivery.report
    if delivery.state == State.SENT:
        told = f"sent status report {report.number} to {delivery.recipient}"
        _record(report, ProjectEvent.REPORT_SENT, told, actor, at)
    elif delivery.state == State.FAILED:
        _tell_failed(delivery, actor, at)
    return delivery


def _mail(delivery: ReportDelivery) -> str:
    """Send the client's edition; the hash of its document. Raises  OSError, SMTPException."""
    content = reporting.from_json(delivery.report.content)
    document = status_report.as_pdf(status_report.sheet_of(content, Edition.CLIENT))
    message = EmailMessage(
        subject=selectors.subject_of(content),
        body=delivery.message or selectors.usual_message(content),
        to=[delivery.recipient],
        # Stable, so that a message sent twice around a crash is shown once by most programs.
        headers={"Message-ID": f"<report-{delivery.tenant_id}-{delivery.pk}@psa.invalid>"},
        connection=get_connection(timeout=mailing.TIMEOUT_SECONDS),
    )
    name = f"{content.project_code}-status-{content.number}.pdf"
    message.attach(name, document, status_report.PDF_TYPE)
    message.send()
    return sha256(document).hexdigest()


def _start(
    report: StatusReport, asked: Sequence[ReportDelivery], *, key: str, actor: Actor, at: datetime
) -> None:
    jobs.start(
        kind=DELIVERY_JOB,
        key=key,
        title=f"Send status report {report.number} of {report.project.code}",
        arguments={"delivery_ids": [row.pk for row in asked]},
        actor=actor,
        at=at,
    )


def _tell_failed(delivery: ReportDelivery, actor: Actor, at: datetime) -> None:
    report, reason = delivery.report, delivery.outcome
    told = f"could not send status report {report.number} to {delivery.recipient}: {reason}"
    _record(report, ProjectEvent.REPORT_FAILED, told, actor, at)
    if delivery.sent_by_id is None:
        return
    notifications.notify(
        membership_ids=[delivery.sent_by_id],
        event=ProjectEvent.REPORT_FAILED,
        title=f"Status report {report.number} of {report.project.code} did not go out",
        body=reason,
        path=path_of("projects:status_report", report.project_id, report.pk),
        at=at,
        email=True,
    )


def _record(
    report: StatusReport, event: ProjectEvent, told: str, actor: Actor, at: datetime
) -> None:
    audit.record(
        actor=actor, at=at, event=event, record_type=RECORD, record_id=report.project_id,
        sentence=told,
    )  # fmt: skip
