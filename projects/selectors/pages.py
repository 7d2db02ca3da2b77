"""What the pages of one project show, as frozen rows without anything the reader may not see."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import IntegerField, QuerySet, Sum, Value
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import selectors as audit
from psa.core.errors import NotFound, PermissionDenied
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType
from psa.core.money.rounding import round_to_minor
from psa.core.tenancy import compiled

from .. import policies
from ..models import ContractLineLink, Project, ProjectApprover, Task, TeamMember
from ..permissions import ProjectsPermission
from .chart import burn_up_chart
from .figure_facts import TaskRow
from .figures import ProjectFigures, figures_of
from .page_rows import (
    KeyFigures,
    LineLinkRow,
    Person,
    PlanPage,
    PlanRow,
    ProjectHead,
    ProjectPage,
)
from .phases import phases_of
from .projects import Sight, currency_of, said_health, sight
from .work import get_planned, get_project, surroundings_of

ZERO = Decimal(0)


def project_page(*, actor: Actor, project_id: int, as_of: date) -> ProjectPage:
    """The overview. Raises  NotFound."""
    project, figures, head = _loaded(actor, project_id, as_of)
    seen = head.sight
    approvers, team = _approvers_and_team(project)
    return ProjectPage(
        head=head,
        figures=_key_figures(project, figures, seen, as_of),
        phases=tuple(phases_of(figures, seen, as_of)),
        chart=burn_up_chart(project, figures, as_of=as_of) if seen.cost else None,
        manager=Person(project.manager_id, project.manager.name),
        unit_name=project.contracting_unit.name,
        contract_id=project.contract_id,
        description=project.description,
        health_comment=project.health_comment,
        reasons=figures.health.reasons,
        approvers=approvers,
        team=team,
        links=_links(project),
        activity=tuple(audit.activity_of(record_type="projects.Project", record_id=project.pk)),
    )


def plan_page(*, actor: Actor, project_id: int, as_of: date) -> PlanPage:
    """The plan with sums on its summaries. Raises  NotFound."""
    _, figures, head = _loaded(actor, project_id, as_of)
    first, last = figures.total.starts_on, figures.total.finishes_on
    rows = tuple(_plan_row(row, as_of) for row in figures.plan)
    total = TaskRow(0, project_id, None, "", "Project", figures.total, "", "", 0)
    return PlanPage(head, rows, _plan_row(total, as_of), first, last)


def head_of(*, actor: Actor, project_id: int, as_of: date) -> ProjectHead:
    """The head alone, for pages with a list below it. Raises  NotFound."""
    return _loaded(actor, project_id, as_of)[2]


def head_of_planned(*, actor: Actor, project: Project, as_of: date) -> ProjectHead:
    """The head of a project that `get_planned` has read."""
    return _figured(actor, project, as_of, is_past=False)[2]


def actuals_of(*, actor: Actor, project_id: int) -> QuerySet[Actual]:
    """The ledger rows of a project that the actor may see: cost rows for those who may see cost,
    sales rows for those who may see bill rates; for others hours alone (see `lists`).

    Raises  NotFound.
    """
    project = get_project(actor=actor, project_id=project_id)
    seen = sight(actor, project)
    rows = Actual.objects.filter(project_id=project.pk)
    if not seen.bill:
        rows = rows.filter(actual_type=ActualType.COST)
    elif not seen.cost:
        rows = rows.exclude(
            actual_type__in=(
                ActualType.COST,
                ActualType.RESOURCING_UNIT_COST,
                ActualType.INTER_ORGANISATION_SALES,
            )
        )
    return rows


def editable_task(*, actor: Actor, project_id: int, task_id: int) -> Task:
    """A task for its form, with its project. Raises  NotFound, PermissionDenied."""
    project = get_planned(actor=actor, project_id=project_id)
    policies.check_can_manage(project, actor)
    task: Task | None = (
        Task.objects.select_related("role").filter(project=project, id=task_id).first()
    )
    if task is None:
        raise NotFound("There is no such task.")
    task.project = project
    return task


def editable_member(*, actor: Actor, project_id: int, member_id: int) -> TeamMember:
    """A team member for its form, with project and person. Raises  NotFound, PermissionDenied."""
    project = editable_project(actor=actor, project_id=project_id)
    member: TeamMember | None = (
        TeamMember.objects.select_related("resource", "project__manager")
        .filter(project=project, id=member_id)
        .first()
    )
    if member is None:
        raise NotFound("There is no such team member.")
    return member


def action_words(status: str) -> str:
    """What the button says that moves a project to a status. Raises  NotFound for no status."""
    if status not in _ACTION_WORDS:
        raise NotFound("There is no such status.")
    return _ACTION_WORDS[status]


def editable_project(*, actor: Actor, project_id: int) -> Project:
    """A project for its form. Raises  NotFound, PermissionDenied."""
    project = get_project(actor=actor, project_id=project_id)
    if not policies.may_manage(project, actor):
        raise PermissionDenied(f"Project {project.code} is managed by {project.manager.name}.")
    return project


def loaded_project(
    actor: Actor, project_id: int, as_of: date, *, is_past: bool = False
) -> tuple[Project, ProjectFigures, ProjectHead]:
    """A project with its figures of a day and the head of its pages. Raises  NotFound."""
    project = get_project(actor=actor, project_id=project_id)
    return _figured(actor, project, as_of, is_past=is_past)


def _figured(
    actor: Actor, project: Project, as_of: date, *, is_past: bool
) -> tuple[Project, ProjectFigures, ProjectHead]:
    found = figures_of([project], as_of=as_of, currency=currency_of(actor), is_past=is_past)
    figures = found[project.pk]
    return project, figures, _head(project, figures, actor)


def _loaded(
    actor: Actor, project_id: int, as_of: date
) -> tuple[Project, ProjectFigures, ProjectHead]:
    return loaded_project(actor, project_id, as_of)


def _head(project: Project, figures: ProjectFigures, actor: Actor) -> ProjectHead:
    can_manage = policies.may_manage(project, actor)
    finishes_on = figures.total.finishes_on
    late = (finishes_on - project.ends_on).days if finishes_on and project.ends_on else 0
    following = policies.TRANSITIONS[project.status] if can_manage else ()
    around = surroundings_of(project)
    return ProjectHead(
        id=project.pk,
        code=project.code,
        name=project.name,
        status=project.status,
        account_name=project.account.name if project.account else "Internal",
        account_id=project.account_id if around.sees_account else None,
        contract_number=project.contract.number if project.contract else "",
        contract_id=project.contract_id if around.sees_contract else None,
        health=said_health(project, figures),
        computed_health=figures.health.overall,
        starts_on=project.starts_on,
        ends_on=project.ends_on,
        finishes_on=finishes_on,
        days_late=max(late, 0),
        can_manage=can_manage and project.status != Project.Status.CLOSED,
        can_copy=actor.has(ProjectsPermission.CREATE) or actor.has(ProjectsPermission.MANAGE_ALL),
        is_closed=project.status == Project.Status.CLOSED,
        next_statuses=tuple((s, _ACTION_WORDS[s]) for s in following),
        sight=sight(actor, project),
        task_count=len(figures.plan),
        team_count=around.team_count,
        lock_version=project.lock_version,
    )


_ACTION_WORDS: dict[str, str] = {
    Project.Status.PLANNING: "Back to planning",
    Project.Status.IN_DELIVERY: "Start delivery",
    Project.Status.ON_HOLD: "Put on hold",
    Project.Status.COMPLETED: "Mark completed",
    Project.Status.CLOSED: "Close project",
}


def _key_figures(project: Project, figures: ProjectFigures, seen: Sight, as_of: date) -> KeyFigures:
    value = figures.value if seen.cost else None
    currency = str(figures.cost.currency)

    def money(amount: Decimal | None) -> Money | None:
        return None if amount is None else Money(round_to_minor(amount, currency), currency)

    return KeyFigures(
        complete_percent=figures.complete_percent,
        planned_percent=figures.planned_percent,
        spi=figures.spi if seen.cost else None,
        cpi=value.cpi if value else None,
        behind=money(-value.sv if value else None),
        over_cost=money(-value.cv if value else None),
        eac=figures.eac if seen.cost else None,
        budget=figures.budget if seen.cost else None,
        over_percent=figures.over_percent if seen.cost else None,
        cost=figures.cost if seen.cost else None,
        actual_minutes=figures.actual_minutes,
        remaining_minutes=figures.total.remaining_minutes,
        effort_minutes=figures.total.effort_minutes,
        contract=figures.contract if seen.bill else None,
        unbilled=figures.unbilled if seen.bill else (),
        billed=_billed(project, as_of) if seen.bill else (),
    )


def _billed(project: Project, as_of: date) -> tuple[Money, ...]:
    rows = compiled.rows("projects.billed", _billed_of, project.pk, as_of)
    return tuple(Money(total, currency) for currency, total in rows if total)


def _billed_of(project_id: int, as_of: date) -> "QuerySet[Actual, tuple[Any, ...]]":
    return (
        Actual.objects.filter(
            project_id=project_id, actual_type=ActualType.BILLED_SALES, posted_on__lte=as_of
        )
        .order_by("currency")
        .values_list("currency")
        .annotate(total=Sum("amount"))
    )


def _plan_row(row: TaskRow, as_of: date) -> PlanRow:
    line = row.line
    kind = "sum" if line.is_summary else "ms" if line.is_milestone else "task"
    complete = line.complete
    return PlanRow(
        id=row.id,
        outline=row.outline,
        name=row.name,
        depth=line.depth,
        kind=kind,
        role_name=row.role_name,
        effort_minutes=line.effort_minutes,
        actual_minutes=line.actual_minutes,
        remaining_minutes=line.remaining_minutes,
        complete_percent=complete * 100,
        starts_on=line.starts_on,
        finishes_on=line.finishes_on,
        is_late=bool(line.finishes_on and line.finishes_on < as_of and complete < 1),
        lock_version=row.lock_version,
        has_children=line.is_summary,
    )


def approvers_named(project: Project) -> tuple[Person, ...]:
    """Who approves beside the manager, by name. One query."""
    rows = (
        ProjectApprover.objects.filter(project=project)
        .order_by("resource__name")
        .values_list("resource_id", "resource__name")
    )
    return tuple(Person(*row) for row in rows)


def _approvers_and_team(project: Project) -> tuple[tuple[Person, ...], tuple[Person, ...]]:
    """Who approves beside the manager, and who is on the team, each once, by name. One query."""
    found: tuple[list[Person], list[Person]] = ([], [])
    for kind, resource_id, name in compiled.rows("projects.people", _people_of, project.pk):
        found[kind].append(Person(resource_id, name))
    return tuple(found[0]), tuple(found[1])


def _people_of(project_id: int) -> "QuerySet[Any, tuple[Any, ...]]":
    approvers, team = (
        model.objects.filter(project_id=project_id)
        .order_by()
        .values_list(Value(kind, output_field=IntegerField()), "resource_id", "resource__name")
        for kind, model in ((0, ProjectApprover), (1, TeamMember))
    )
    return approvers.union(team).order_by("resource__name")


def _links(project: Project) -> tuple[LineLinkRow, ...]:
    rows = compiled.rows("projects.links", _links_of, project.pk)
    return tuple(
        LineLinkRow(link_id, line, kind, f"{outline} {name}" if outline else "")
        for link_id, line, kind, outline, name in rows
    )


def _links_of(project_id: int) -> "QuerySet[ContractLineLink, tuple[Any, ...]]":
    rows = ContractLineLink.objects.filter(project_id=project_id)
    return rows.order_by("task__position", "transaction_class").values_list(
        "id", "contract_line__name", "transaction_class", "task__outline", "task__name"
    )
