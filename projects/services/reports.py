"""Status reports: written as a draft, published for good, sent to the client."""

from collections.abc import Sequence
from datetime import date, datetime
from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Any, Final

from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import Max

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.automation.subjects import path_of
from psa.core.documents.language import long_day, said, written_in
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.jobs import services as jobs
from psa.core.notifications import services as notifications
from psa.core.notifications.addresses import checked_addresses

from .. import status_report
from ..events import ProjectEvent
from ..models import Cadence, Project, ReportDelivery, ReportDraft, ReportPlan, StatusReport
from ..rules import reporting
from ..selectors import reports as selectors
from ..selectors.work import get_project
from ..status_report import Edition
from .locking import lock_project

RECORD = "projects.Project"
DELIVERY_JOB = "projects.deliver_reports"
MAX_ATTEMPTS: Final = 12
_TIMEOUT_SECONDS = 10
_EDITABLE: Final = frozenset(
    {
        "as_of", "health", "health_comment", "summary", "accomplishments", "next_steps",
        "decisions_required",
    }
)  # fmt: skip
State = ReportDelivery.State


@transaction.atomic
def set_cadence(
    *, project_id: int, cadence: str, starts_on: date | None, actor: Actor, at: datetime
) -> ReportPlan:
    """Say how often a project is reported on; the first report is due on `starts_on`.

    Raises  NotFound, PermissionDenied, DomainError naming the field.
    """
    project = lock_project(actor=actor, project_id=project_id)
    if cadence not in Cadence.values:
        raise DomainError("Choose how often.", field="cadence")
    if starts_on is None and cadence != Cadence.NONE:
        raise DomainError("Say when the first report is due.", field="starts_on")
    before = ReportPlan.objects.filter(project=project).first()
    plan, _ = ReportPlan.objects.update_or_create(
        tenant_id=actor.tenant_id,
        project=project,
        defaults={"cadence": cadence, "starts_on": starts_on or project.starts_on},
    )
    if before is None or (before.cadence, before.starts_on) != (plan.cadence, plan.starts_on):
        words = str(plan.get_cadence_display()).lower()
        _record(
            project, ProjectEvent.REPORTING_CHANGED, f"set status reports to {words}", actor, at
        )
    return plan


@transaction.atomic
def start_draft(*, project_id: int, as_of: date, actor: Actor, at: datetime) -> ReportDraft:
    """Begin a report as of a day, filled in from live data; the one that is begun already, if any.

    Raises  NotFound, PermissionDenied.
    """
    project = lock_project(actor=actor, project_id=project_id)
    known: ReportDraft | None = ReportDraft.objects.filter(project=project).first()
    if known is not None:
        return known
    words = selectors.words_of(project=project, as_of=as_of, actor=actor)
    draft: ReportDraft = ReportDraft.objects.create(
        tenant_id=actor.tenant_id,
        project=project,
        as_of=as_of,
        health=words.health,
        health_comment=words.health_comment,
        accomplishments=words.accomplishments,
        next_steps=words.next_steps,
    )
    return draft


@transaction.atomic
def edit_draft(
    *, project_id: int, lock_version: int | None, actor: Actor, at: datetime, **values: Any
) -> ReportDraft:
    """Change what is given of as_of, health, health_comment, summary, accomplishments, next_steps
    and decisions_required.

    Raises  NotFound, PermissionDenied, Conflict (a stale form), DomainError.
    """
    unknown = values.keys() - _EDITABLE
    if unknown:
        raise TypeError(f"not a field of a report: {sorted(unknown)}")
    draft = _draft(project_id, lock_version, actor)
    if values.get("health", draft.health) not in Project.Health.values:
        raise DomainError("Choose green, amber, red or not started.", field="health")
    if len(values.get("health_comment", "")) > 300:
        raise DomainError("The comment has at most 300 characters.", field="health_comment")
    for name, value in values.items():
        setattr(draft, name, value.strip() if isinstance(value, str) else value)
    draft.lock_version += 1
    draft.save()
    return draft


@transaction.atomic
def write_draft(
    *, project_id: int, today_on: date, actor: Actor, at: datetime, **values: Any
) -> ReportDraft:
    """Begin a draft as of `values["as_of"]` (else today), or take the one there is, and write in it.

    Raises  as `start_draft` and `edit_draft`.
    """
    start_draft(project_id=project_id, as_of=values.get("as_of", today_on), actor=actor, at=at)
    return edit_draft(project_id=project_id, lock_version=None, actor=actor, at=at, **values)


@transaction.atomic
def discard_draft(*, project_id: int, actor: Actor, at: datetime) -> None:
    """Throw the draft away; nothing if there is none. Raises  NotFound, PermissionDenied."""
    project = lock_project(actor=actor, project_id=project_id)
    ReportDraft.objects.filter(project=project).delete()


@transaction.atomic
def publish_report(
    *, project_id: int, today_on: date, actor: Actor, at: datetime, lock_version: int | None = None
) -> StatusReport:
    """Turn the draft into the next report of the project; from then on nothing changes it.

    Figures, milestones and the register are read as of the draft's day and stored with it.
    Raises  NotFound, PermissionDenied, Conflict; DomainError for a day to come, or no words at all.
    """
    draft = _draft(project_id, lock_version, actor)
    if draft.as_of > today_on:
        raise DomainError("A report is as of a day that has come.", field="as_of")
    if not (draft.summary or draft.accomplishments):
        raise DomainError("Say in a sentence how the project goes.", field="summary")
    project = get_project(actor=actor, project_id=project_id)
    rows = StatusReport.objects.filter(project=project)
    number = int(rows.aggregate(last=Max("number"))["last"] or 0) + 1
    content = selectors.content_of(project=project, draft=draft, number=number, actor=actor)
    report: StatusReport = StatusReport.objects.create(
        tenant_id=actor.tenant_id,
        project=project,
        number=number,
        as_of=draft.as_of,
        health=draft.health,
        content=reporting.as_json(content),
        published_at=at,
        published_by_id=actor.membership_id,
    )
    draft.delete()
    told = f"published status report {number} as of {report.as_of:%-d %B %Y}"
    _record(project, ProjectEvent.REPORT_PUBLISHED, told, actor, at)
    return report


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
    project = lock_project(actor=actor, project_id=project_id)
    report = selectors.get_report(actor=actor, project_id=project_id, report_id=report_id)
    wanted = checked_addresses(recipients)
    known = {
        row.recipient: row
        for row in ReportDelivery.objects.filter(
            report=report, request_key=request_key, recipient__in=wanted
        )
    }
    asked = [
        known.get(recipient)
        or ReportDelivery.objects.create(
            tenant_id=actor.tenant_id,
            report=report,
            recipient=recipient,
            message=message.strip(),
            request_key=request_key,
            requested_at=at,
            sent_by_id=actor.membership_id,
            outcome="Waits for the mail server",
        )
        for recipient in wanted
    ]
    if len(known) < len(asked):
        jobs.start(
            kind=DELIVERY_JOB,
            key=f"{report.pk} {request_key}",
            title=f"Send status report {report.number} of {project.code}",
            arguments={"delivery_ids": [row.pk for row in asked]},
            actor=actor,
            at=at,
        )
        told = f"asked to send status report {report.number} to {', '.join(wanted)}"
        _record(project, ProjectEvent.REPORT_SENT, told, actor, at)
    return asked


@transaction.atomic
def deliver(*, delivery_id: int, actor: Actor, at: datetime) -> ReportDelivery | None:
    """Send one waiting e-mail; None when it is under way or went out meanwhile.

    A mail server that is away leaves it waiting for the next round, MAX_ATTEMPTS times; a refused
    address fails at once. The sender is told of a failure.
    """
    delivery: ReportDelivery | None = (
        ReportDelivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("report__project")
        .filter(pk=delivery_id, state=State.WAITING)
        .first()
    )
    if delivery is None:
        return None
    delivery.attempts += 1
    try:
        _mail(delivery)
    except SMTPRecipientsRefused:
        _fail(delivery, f"The mail server refused the address {delivery.recipient}", at)
    except (OSError, SMTPException):
        if delivery.attempts >= MAX_ATTEMPTS:
            _fail(delivery, f"The mail server did not answer {MAX_ATTEMPTS} times", at)
        else:
            delivery.outcome = (
                f"The mail server did not take it; {delivery.attempts} of {MAX_ATTEMPTS} tries"
            )
    else:
        delivery.state = State.SENT
        delivery.sent_at = at
        delivery.outcome = "The mail server took it"
        told = f"sent status report {delivery.report.number} to {delivery.recipient}"
        _record(delivery.report.project, ProjectEvent.REPORT_SENT, told, actor, at)
    delivery.save(update_fields=["state", "attempts", "outcome", "sent_at"])
    return delivery


def _mail(delivery: ReportDelivery) -> None:
    """Send the client's edition. Raises  OSError, SMTPException."""
    report = delivery.report
    content = reporting.from_json(report.content)
    sheet = status_report.sheet_of(content, Edition.CLIENT)
    message = EmailMessage(
        subject=subject_of(content),
        body=delivery.message or usual_message(content),
        to=[delivery.recipient],
        headers={"Message-ID": f"<report-{delivery.tenant_id}-{delivery.pk}@psa.invalid>"},
        connection=get_connection(timeout=_TIMEOUT_SECONDS),
    )
    name = f"{content.project_code}-status-{content.number}.pdf"
    message.attach(name, status_report.as_pdf(sheet), status_report.PDF_TYPE)
    message.send()


def usual_message(content: reporting.ReportContent) -> str:
    """What the e-mail says, in the client's language, when the sender writes nothing else."""
    with written_in(content.language):
        sentence = said(
            "please find attached our status report {number} on {project} as of {day}.",
            number=content.number, project=content.project_name, day=long_day(content.as_of),
        )  # fmt: skip
        return (
            f"{said('Dear Sir or Madam,')}\n\n{sentence}\n\n"
            f"{said('Kind regards')}\n{content.manager_name}\n{content.seller_name}\n"
        )


def subject_of(content: reporting.ReportContent) -> str:
    """The subject of the e-mail, in the client's language."""
    with written_in(content.language):
        return said(
            "Status report {number}: {project}, as of {day}",
            number=content.number, project=content.project_name, day=long_day(content.as_of),
        )  # fmt: skip


def _fail(delivery: ReportDelivery, outcome: str, at: datetime) -> None:
    delivery.state = State.FAILED
    delivery.outcome = outcome[:200]
    if delivery.sent_by_id is None:
        return
    report = delivery.report
    notifications.notify(
        membership_ids=[delivery.sent_by_id],
        event=ProjectEvent.REPORT_FAILED,
        title=f"Status report {report.number} of {report.project.code} did not go out",
        body=outcome,
        path=path_of("projects:status_report", report.project_id, report.pk),
        at=at,
        email=True,
    )


def waiting_ids(limit: int = 200) -> list[int]:
    """E-mails that wait, oldest first. One query."""
    rows = ReportDelivery.objects.filter(state=State.WAITING).order_by("id")
    return list(rows.values_list("id", flat=True)[:limit])


def _draft(project_id: int, lock_version: int | None, actor: Actor) -> ReportDraft:
    project = lock_project(actor=actor, project_id=project_id)
    draft: ReportDraft | None = (
        ReportDraft.objects.select_for_update(of=("self",)).filter(project=project).first()
    )
    if draft is None:
        raise NotFound(f"No status report of {project.code} is being written. Start one.")
    if lock_version is not None and lock_version != draft.lock_version:
        raise Conflict(
            "Somebody else wrote in this report since you opened it. Reload to see what they wrote."
        )
    return draft


def _record(project: Project, event: ProjectEvent, told: str, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor, at=at, event=event, record_type=RECORD, record_id=project.pk, sentence=told
    )
