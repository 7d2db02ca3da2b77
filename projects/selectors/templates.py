"""The library of templates, and plans as they could become templates."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet, Sum

from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.org.rules import working_time

from .. import policies
from ..models import (
    Dependency,
    Project,
    ProjectTemplate,
    Task,
    TemplateLink,
    TemplateRole,
    TemplateTask,
    TemplateUse,
    TemplateVersion,
)
from ..models.plans import LAG_FIELDS
from ..rules.outline import Node, numbered
from ..rules.scheduling import kept_gaps
from ..rules.template_plan import (
    OpenLink,
    OpenPlan,
    OpenTask,
    PlanRole,
    offset_of,
    unpacked,
)
from ..rules.typed_dates import OF_FINISH, last_day
from .calendars import base_calendar
from .template_people import parts_of

# Of the projects made from a version; the newest.
SHOWN = 50


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A row of a template as a page shows it."""

    outline: str
    depth: int
    name: str
    role: str
    effort_minutes: int
    duration_minutes: int
    is_milestone: bool
    is_summary: bool
    waits_for: str


@dataclass(frozen=True, slots=True)
class TemplateNeed:
    """A role of a template: its work, and the firm's role of it where there is one."""

    id: int
    name: str
    job_role_id: int | None
    effort_minutes: int


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of a template: since when, and how many projects were made from it."""

    number: int
    kept_at: datetime
    project_count: int


@dataclass(frozen=True, slots=True)
class MadeProject:
    """A project made from the version shown, for those who may open it."""

    id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """A template with its plan, or that of a former version, and the work of each role."""

    template_id: int
    name: str
    description: str
    is_shipped: bool
    owner_name: str
    review_on: date | None
    is_review_due: bool
    version: int
    lock_version: int
    effort_minutes: int
    may_edit: bool
    # Whose plan is its draft, where one is being written and is the reader's to see.
    draft_plan_id: int | None
    shown_version: int
    versions: tuple[VersionRow, ...]
    projects: tuple[MadeProject, ...]
    needs: tuple[TemplateNeed, ...]
    lines: tuple[TemplateLine, ...]


def template_rows(*, actor: Actor) -> QuerySet[Any, Any]:
    """The library: name, number of tasks and their work, owner, review date and version."""
    return ProjectTemplate.objects.annotate(
        task_count=Count("tasks"), effort=Sum("tasks__effort_minutes", default=0)
    ).select_related("owner")


def get_template(*, template_id: int) -> ProjectTemplate:
    """Raises  NotFound."""
    row: ProjectTemplate | None = (
        ProjectTemplate.objects.select_related("owner").filter(id=template_id).first()
    )
    if row is None:
        raise NotFound("There is no such template.")
    return row


def get_version(template: ProjectTemplate, number: int) -> TemplateVersion:
    """A version that was kept. Raises  NotFound."""
    row: TemplateVersion | None = TemplateVersion.objects.filter(
        template=template, number=number
    ).first()
    if row is None:
        raise NotFound(f"Template “{template.name}” keeps no version {number}.")
    return row


def template_page(
    *, actor: Actor, template_id: int, as_of: date, number: int | None = None
) -> TemplatePage:
    """One template, or a former version of it. Nine queries at most. Raises  NotFound."""
    template = get_template(template_id=template_id)
    shown = number or template.version
    is_former = shown != template.version
    plan = unpacked(get_version(template, shown).plan) if is_former else plan_of_template(template)
    nodes = [Node(at, task.depth) for at, task in enumerate(plan.tasks)]
    places = numbered(nodes)
    waits: dict[int, list[str]] = defaultdict(list)
    for link in plan.links:
        kind = "" if link.kind == "FS" else link.kind
        waits[link.after].append(f"{places[link.before].outline}{kind}")
    return TemplatePage(
        template.pk,
        template.name,
        template.description,
        bool(template.code),
        template.owner.name if template.owner else "",
        template.review_on,
        template.review_on is not None and template.review_on <= as_of,
        template.version,
        template.lock_version,
        sum(task.effort_minutes for task in plan.tasks),
        policies.may_edit_template(template, actor),
        _draft_id(template, actor),
        shown,
        _versions(template),
        _made_from(template, shown, actor),
        _needs_of_plan(plan) if is_former else needs_of(template),
        tuple(
            TemplateLine(
                place.outline, task.depth, task.name, task.role, task.effort_minutes,
                task.duration_minutes, task.is_milestone, place.is_summary,
                ", ".join(waits[at]),
            )
            for at, (task, place) in enumerate(zip(plan.tasks, places, strict=True))
        ),
    )  # fmt: skip


def _draft_id(template: ProjectTemplate, actor: Actor) -> int | None:
    drafts = policies.plans_visible_to(actor).filter(draft_of=template)
    found: int | None = drafts.values_list("id", flat=True).first()
    return found


def _versions(template: ProjectTemplate) -> tuple[VersionRow, ...]:
    """The kept versions, the newest first; the present one even if nobody used it. One query."""
    found = (
        TemplateVersion.objects.filter(template=template)
        .annotate(made=Count("uses"))
        .order_by("-number")
        .values_list("number", "kept_at", "made")
    )
    rows = [VersionRow(*row) for row in found]
    if not rows or rows[0].number != template.version:
        rows.insert(0, VersionRow(template.version, template.changed_at, 0))
    return tuple(rows)


def _made_from(template: ProjectTemplate, number: int, actor: Actor) -> tuple[MadeProject, ...]:
    uses = TemplateUse.objects.filter(version__template=template, version__number=number)
    rows = policies.visible_to(actor).filter(id__in=uses.values("project_id")).order_by("-id")
    return tuple(MadeProject(*row) for row in rows.values_list("id", "code", "name")[:SHOWN])


def _needs_of_plan(plan: OpenPlan) -> tuple[TemplateNeed, ...]:
    """The roles of a former version; they have no rows any more, hence no numbers."""
    work: dict[str, int] = defaultdict(int)
    for task in plan.tasks:
        work[task.role] += task.effort_minutes
    return tuple(
        TemplateNeed(0, role.name, role.job_role_id, work[role.name]) for role in plan.roles
    )


def needs_of(template: ProjectTemplate) -> tuple[TemplateNeed, ...]:
    """The roles of a template in order, each with its work. Two queries."""
    work = dict(
        TemplateTask.objects.filter(template=template, role__isnull=False)
        .values_list("role_id")
        .annotate(total=Sum("effort_minutes"))
    )
    return tuple(
        TemplateNeed(role_id, name, job_role_id, work.get(role_id, 0))
        for role_id, name, job_role_id in TemplateRole.objects.filter(template=template)
        .order_by("position")
        .values_list("id", "name", "job_role_id")
    )


def plan_of_template(template: ProjectTemplate) -> OpenPlan:
    """The plan that a template keeps. Three queries."""
    roles = {role.pk: role for role in TemplateRole.objects.filter(template=template)}
    rows = list(TemplateTask.objects.filter(template=template).order_by("position"))
    places = {row.pk: at for at, row in enumerate(rows)}
    return OpenPlan(
        tuple(
            PlanRole(role.name, role.job_role_id)
            for role in sorted(roles.values(), key=lambda role: role.position)
        ),
        tuple(
            OpenTask(
                depth=row.depth,
                name=row.name,
                role=roles[row.role_id].name if row.role_id else "",
                effort_minutes=row.effort_minutes,
                duration_minutes=row.duration_minutes,
                is_duration_elapsed=row.is_duration_elapsed,
                is_milestone=row.is_milestone,
                description=row.description,
                mode=row.mode,
                is_effort_driven=row.is_effort_driven,
                constraint_kind=row.constraint_kind,
                constrained_to_days=row.constrained_to_days,
                deadline_days=row.deadline_days,
                priority=row.priority,
                billing_type=row.billing_type,
                levelling_delay_minutes=row.levelling_delay_minutes,
                is_levelling_delay_elapsed=row.is_levelling_delay_elapsed,
                gaps=kept_gaps(row.gaps),
            )
            for row in rows
        ),
        _open_links(TemplateLink.objects.filter(template=template), places),
    )


def _open_links(
    rows: QuerySet[TemplateLink] | QuerySet[Dependency], places: Mapping[int, int]
) -> tuple[OpenLink, ...]:
    """Links between rows of a plan or template by the rows' places. One query."""
    found = rows.order_by("id").values_list("predecessor_id", "successor_id", *LAG_FIELDS)
    return tuple(
        OpenLink(places[before], places[after], *rest)
        for before, after, *rest in found
        if before in places and after in places
    )


def plan_of_project(project: Project, *, with_people: bool) -> OpenPlan:
    """A project's plan with offsets instead of dates, and roles instead of people.

    A task's role is its own (in a draft also one by name alone), else that of the one who does most
    of it, whose pauses it has. With people, who is assigned stays beside it, with what puts them off.
    Nothing of what has happened comes along. Six queries at most.
    """
    rows = list(
        Task.objects.filter(project=project, is_active=True)
        .select_related("role")
        .order_by("position")
    )
    places = {row.pk: at for at, row in enumerate(rows)}
    parts = parts_of(project)
    worked = _worked(project, rows)
    found: dict[str, PlanRole] = {}
    tasks = []
    for row in rows:
        role_id: int | None
        if row.role is not None:
            role_id, role = row.role_id, row.role.name
        elif row.open_role:
            role_id, role = None, row.open_role
        else:
            role_id, role = parts.roles.get(row.pk, (None, ""))
        if role and not row.is_summary:
            found.setdefault(role, PlanRole(role, role_id))
        tasks.append(_open(row, "" if row.is_summary else role, project, worked))
        if not row.is_summary:
            tasks[-1] = replace(
                tasks[-1],
                gaps=parts.gaps.get(row.pk, kept_gaps(row.gaps)),
                people=tuple(parts.people[row.pk]) if with_people else (),
            )
    links = _open_links(Dependency.objects.filter(project=project), places)
    return OpenPlan(tuple(found.values()), tuple(tasks), links)


def worked_days(project: Project, first: date, last: date) -> list[date]:
    """The days on which the plan's calendar works, both ends included."""
    until = last + timedelta(days=1)
    spec = base_calendar(project, first, until)
    minutes = working_time.capacity_by_day(spec, first, until)
    return [day for day, worked in minutes.items() if worked]


def _worked(project: Project, rows: list[Task]) -> list[date]:
    named = [at.date() for row in rows for at in (row.constrained_to, row.deadline_at) if at]
    if not named:
        return []
    return worked_days(project, min(*named, project.starts_on), max(*named, project.starts_on))


def _open(row: Task, role: str, project: Project, worked: list[date]) -> OpenTask:
    def days(at: datetime | None, *, is_end: bool) -> int | None:
        if at is None:
            return None
        # What ends at midnight ended the day before.
        on = last_day(at - timedelta(days=1), at) if is_end else at.date()
        return offset_of(on, project.starts_on, worked)

    is_leaf = not row.is_summary
    is_forward = project.schedules_from == Project.SchedulesFrom.START
    return OpenTask(
        depth=row.depth,
        name=row.name,
        role=role,
        effort_minutes=row.effort_minutes if is_leaf else 0,
        duration_minutes=(row.duration_minutes or 0) if is_leaf else 0,
        is_duration_elapsed=row.is_duration_elapsed and is_leaf,
        is_milestone=row.is_milestone and is_leaf,
        description=row.description,
        mode=row.mode,
        is_effort_driven=row.is_effort_driven,
        constraint_kind=row.constraint_kind,
        constrained_to_days=days(row.constrained_to, is_end=row.constraint_kind in OF_FINISH),
        deadline_days=days(row.deadline_at, is_end=True),
        priority=row.priority,
        billing_type=row.billing_type,
        # A delay of a plan from its finish counts from there, and what is made of it has a start.
        levelling_delay_minutes=row.levelling_delay_minutes if is_leaf and is_forward else 0,
        is_levelling_delay_elapsed=row.is_levelling_delay_elapsed and is_leaf and is_forward,
    )


def editable_templates(*, actor: Actor) -> list[ProjectTemplate]:
    """The templates that the actor may replace or change, by name. One query."""
    rows = ProjectTemplate.objects.select_related("owner").order_by("name")
    return [row for row in rows if policies.may_edit_template(row, actor)]
