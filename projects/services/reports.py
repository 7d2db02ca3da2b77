"""Status reports: written as a draft, published for good."""

from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Max

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound

from ..events import ProjectEvent
from ..models import Cadence, Project, ReportDraft, ReportPlan, StatusReport
from ..rules import reporting
from ..selectors import reports as selectors
from ..selectors.work import get_project
from .locking import lock_project

RECORD = "projects.Project"
_EDITABLE: Final = frozenset(
    {
        "as_of", "health", "health_comment", "summary", "accomplishments", "next_steps",
        "decisions_required",
    }
)  # fmt: skip


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
