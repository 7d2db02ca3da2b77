"""Status reports: drafts, what was published, and what a report would say as of a day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from moneyed import Money

from psa.core.actor import Actor
from psa.core.documents.language import language_of
from psa.core.errors import NotFound
from psa.core.money.rounding import EXACT
from psa.core.notifications.mailing import DeliveryView

from .. import policies
from ..models import (
    Project,
    RegisterEntry,
    ReportDelivery,
    ReportDraft,
    ReportPlan,
    StatusReport,
    Task,
)
from ..rules import register as register_rules
from ..rules import reporting
from ..rules.reporting import ReportContent, ReportEntry, ReportMilestone
from .figures import ProjectFigures, figures_of
from .milestones import baseline_days, state_of
from .projects import currency_of, said_health, sight
from .report_mails import deliveries_of
from .work import get_project

LOOK_AHEAD_DAYS = 14
_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Words:
    """What a new draft says before anybody wrote in it."""

    health: str
    health_comment: str
    accomplishments: str
    next_steps: str


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A published report in the history."""

    id: int
    project_id: int
    number: int
    title: str
    as_of: date
    health: str
    published_at: datetime
    published_by_name: str
    sent_to: str


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A published report; amounts are None where the reader may not see cost."""

    id: int
    project_id: int
    content: ReportContent
    published_at: datetime
    published_by_name: str
    sees_cost: bool
    can_send: bool
    budget: Money | None
    cost: Money | None
    eac: Money | None
    cpi: Decimal | None
    deliveries: tuple[DeliveryView, ...]


@dataclass(frozen=True, slots=True)
class Reporting:
    """How a project is reported on: its cadence, the day the next report is due, and the draft."""

    cadence: str
    cadence_label: str
    starts_on: date | None
    due_on: date | None
    is_overdue: bool
    draft: ReportDraft | None


def reporting_of(*, project: Project, as_of: date) -> Reporting:
    """Three queries."""
    plan = ReportPlan.objects.filter(project=project).first()
    draft = ReportDraft.objects.filter(project=project).first()
    if plan is None:
        return Reporting(reporting.NONE, "Not at all", None, None, False, draft)
    last_on = (
        StatusReport.objects.filter(project=project)
        .order_by("-as_of")
        .values_list("as_of", flat=True)
        .first()
    )
    due_on = _due_on(plan.cadence, plan.starts_on, last_on)
    return Reporting(
        plan.cadence,
        str(plan.get_cadence_display()),
        plan.starts_on,
        due_on,
        due_on is not None and due_on < as_of,
        draft,
    )


def overdue_reports(from_on: date, until_on: date) -> list[tuple[int, date]]:
    """Projects under way by the day after their next report was due. Two queries."""
    plans = list(
        ReportPlan.objects.filter(
            project__status__in=policies.BOOKABLE,
        )
        .exclude(cadence=reporting.NONE)
        .values_list("project_id", "cadence", "starts_on")
    )
    last: dict[int, date] = {}
    rows = StatusReport.objects.filter(project_id__in=[pk for pk, _, _ in plans])
    for project_id, as_of in rows.values_list("project_id", "as_of"):
        last[project_id] = max(as_of, last.get(project_id, as_of))
    found = []
    for project_id, cadence, starts_on in plans:
        due_on = _due_on(cadence, starts_on, last.get(project_id))
        day = due_on + timedelta(days=1) if due_on else None
        if day and from_on <= day < until_on:
            found.append((project_id, day))
    return sorted(found, key=lambda one: (one[1], one[0]))


def _due_on(cadence: str, starts_on: date, last_on: date | None) -> date | None:
    """The first report is due on the day that was named; each next one a period after the last."""
    if last_on is None or last_on < starts_on:
        return None if cadence == reporting.NONE else starts_on
    return reporting.next_due(cadence, last_on)


def report_rows(*, actor: Actor, project_id: int) -> list[ReportRow]:
    """The published reports of a project, newest first. Three queries. Raises  NotFound."""
    project = get_project(actor=actor, project_id=project_id)
    sent: dict[int, list[str]] = {}
    for report_id, recipient in ReportDelivery.objects.filter(
        report__project=project, state=ReportDelivery.State.SENT
    ).values_list("report_id", "recipient"):
        sent.setdefault(report_id, []).append(recipient)
    rows = StatusReport.objects.filter(project=project).select_related("published_by")
    return [
        ReportRow(
            row.pk,
            project_id,
            row.number,
            f"Report {row.number}",
            row.as_of,
            row.health,
            row.published_at,
            row.published_by.name if row.published_by else "",
            ", ".join(sorted(set(sent.get(row.pk, ())))),
        )
        for row in rows.defer("content").order_by("-number")
    ]


def get_report(*, actor: Actor, project_id: int, report_id: int) -> StatusReport:
    """A published report of a project the actor may open. Raises  NotFound."""
    found: StatusReport | None = (
        StatusReport.objects.select_related("project__manager", "project__contract", "published_by")
        .filter(
            pk=report_id,
            project_id=project_id,
            project__in=policies.visible_to(actor).values("id"),
        )
        .first()
    )
    if found is None:
        raise NotFound("There is no such status report, or it is not yours to see.")
    return found


def report_page(*, actor: Actor, project_id: int, report_id: int) -> ReportPage:
    """A published report as the actor may see it. Raises  NotFound."""
    report = get_report(actor=actor, project_id=project_id, report_id=report_id)
    content = reporting.from_json(report.content)
    sees = sight(actor, report.project).cost

    def money(amount: Decimal | None) -> Money | None:
        return None if amount is None or not sees else Money(amount, content.currency)

    return ReportPage(
        id=report.pk,
        project_id=project_id,
        content=content,
        published_at=report.published_at,
        published_by_name=report.published_by.name if report.published_by else "",
        sees_cost=sees,
        can_send=policies.may_manage(report.project, actor),
        budget=money(content.budget_amount),
        cost=money(content.cost_amount),
        eac=money(content.eac_amount),
        cpi=content.cpi if sees else None,
        deliveries=deliveries_of(report),
    )


def words_of(*, project: Project, as_of: date, actor: Actor) -> Words:
    """What live data have to say: what was finished since the last report, and what comes next."""
    figures = _figures(project, as_of, actor)
    previous = StatusReport.objects.filter(project=project, as_of__lt=as_of).order_by("-as_of")
    since = previous.values_list("as_of", flat=True).first() or as_of - timedelta(
        days=LOOK_AHEAD_DAYS
    )
    until = as_of + timedelta(days=LOOK_AHEAD_DAYS)
    done, coming = [], []
    tasks = Task.objects.filter(project=project, is_summary=False, is_active=True)
    for name, is_done, finished_at, starts_on, finishes_on in tasks.order_by(
        "position"
    ).values_list("name", "is_completed", "actual_finish_at", "starts_on", "finishes_on"):
        finished_on = finished_at.date() if finished_at else finishes_on
        if is_done and finished_on and since < finished_on <= as_of:
            done.append(f"{name} finished")
        if is_done:
            continue
        if finishes_on and as_of <= finishes_on <= until:
            coming.append(f"Finish {name} by {finishes_on:%-d %b}")
        elif starts_on and as_of <= starts_on <= until:
            coming.append(f"Start {name} on {starts_on:%-d %b}")
    return Words(
        said_health(project, figures),
        project.health_comment,
        "\n".join(done),
        "\n".join(coming),
    )


def content_of(*, project: Project, draft: ReportDraft, number: int, actor: Actor) -> ReportContent:
    """All that a report says if it is published now: its words, and live data as of its day.

    `project` has its manager, customer and legal entity loaded.
    """
    as_of = draft.as_of
    figures = _figures(project, as_of, actor)
    entity = project.contracting_unit.legal_entity
    return ReportContent(
        project_code=project.code,
        project_name=project.name,
        account_name=project.account.name if project.account else "Internal",
        manager_name=project.manager.name,
        seller_name=entity.name,
        seller_address=entity.address,
        number=number,
        as_of=as_of,
        health=draft.health,
        health_comment=draft.health_comment,
        computed_health=figures.health.overall,
        complete_percent=_rounded(figures.complete_percent, Decimal("0.1")),
        planned_percent=_rounded(figures.planned_percent, Decimal("0.1")),
        spi=None if figures.spi is None else _rounded(figures.spi, _PLACES),
        cpi=None
        if figures.value is None or figures.value.cpi is None
        else _rounded(figures.value.cpi, _PLACES),
        currency=str(figures.cost.currency),
        budget_amount=figures.budget.amount if figures.budget else None,
        cost_amount=figures.cost.amount,
        eac_amount=figures.eac.amount if figures.eac else None,
        ends_on=project.ends_on,
        finishes_on=figures.total.finishes_on,
        summary=draft.summary,
        accomplishments=draft.accomplishments,
        next_steps=draft.next_steps,
        decisions_required=draft.decisions_required,
        milestones=tuple(_milestones(project, as_of)),
        entries=tuple(_entries(project)),
        language=language_of(project.account.language if project.account else "", entity.language),
    )


def _figures(project: Project, as_of: date, actor: Actor) -> ProjectFigures:
    return figures_of([project], as_of=as_of, currency=currency_of(actor))[project.pk]


def _rounded(value: Decimal, places: Decimal) -> Decimal:
    return value.quantize(places, context=EXACT)


def _milestones(project: Project, as_of: date) -> list[ReportMilestone]:
    baseline = baseline_days(project_ids=[project.pk])
    rows = (
        Task.objects.filter(project=project, is_milestone=True, is_active=True)
        .order_by("finishes_on", "position")
        .values_list("id", "name", "finishes_on", "starts_on", "is_completed")
    )
    return [
        ReportMilestone(
            name, baseline.get(pk), finish or start, state_of(finish or start, is_done, as_of)
        )
        for pk, name, finish, start, is_done in rows
    ]


def _entries(project: Project) -> list[ReportEntry]:
    rows = RegisterEntry.objects.filter(
        project=project, ended_on__isnull=True, kind__in=("risk", "issue", "decision")
    ).select_related("owner").order_by("-kind", "number")  # fmt: skip
    found = []
    for row in rows:
        level = str(row.get_priority_display())
        if row.probability and row.impact:
            points = register_rules.score(row.probability, row.impact)
            level = f"{register_rules.severity(points).capitalize()} ({points})"
        found.append(
            ReportEntry(
                row.code,
                row.kind,
                row.title,
                level,
                row.owner.name if row.owner else "",
                row.due_on,
                str(row.get_status_display()),
                row.is_client_visible,
            )
        )
    return found
