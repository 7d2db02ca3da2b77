"""A plan of Microsoft Project made a project: the whole file, or nothing of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Final

from django.db import transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.org.models import Resource

from ..models import (
    Assignment,
    Baseline,
    BaselineTask,
    Dependency,
    PlanCalendar,
    PlanResource,
    Project,
    Task,
    TeamMember,
)
from ..mspdi.document import DocumentTask, PlanDocument, read_document
from ..mspdi.values import MalformedPlan
from ..rules import outline, plan_calendars
from ..rules.outline import Node
from ..rules.refusals import Refusals
from ..rules.scheduling import Link, PlanTask
from ..rules.typed_dates import MAX_DURATION
from ..selectors.plan_people import people_named
from . import plan_rows as rows
from .projects import create_project
from .schedule import PlanChange
from .task_values import MAX_MINUTES

_BATCH: Final = 1000

# Percent of the work, and what is done now.
Tell = Callable[[int, str], None]


def tell_nobody(percent: int, words: str) -> None:
    """Nobody waits for the progress."""


@dataclass(frozen=True, slots=True)
class ImportedPlan:
    """What a file became; of a preview, what it would."""

    project_id: int
    code: str
    name: str
    task_count: int
    link_count: int
    resource_count: int
    baseline_count: int
    start_at: datetime | None
    finish_at: datetime | None
    warnings: tuple[str, ...]


@transaction.atomic
def import_plan(
    *,
    content: bytes | IO[bytes],
    manager_id: int,
    actor: Actor,
    at: datetime,
    name: str = "",
    is_matching_people: bool = False,
    tell: Tell = tell_nobody,
) -> ImportedPlan:
    """Make a project of a file in Microsoft Project's XML, and schedule it.

    Calendars and resources stay the plan's own, unless people of the firm are matched by their
    names; tasks keep their numbers (UIDs). The name is the file's title unless given. `tell` hears
    how far it is, and may end it by an error.
    Raises  MalformedPlan for what is no plan; RefusedRows; CircularDependencies naming the circle;
            PermissionDenied; DomainError.
    """
    tell(5, "Reading the file.")
    document = read_document(content)
    plan = document.plan
    tell(25, "Writing the tasks.")
    begins = plan.starts_at or plan.finishes_at
    assert begins is not None  # read_document saw to it
    project = create_project(
        name=name or document.name[:160],
        manager_id=manager_id,
        starts_on=begins.date(),
        ends_on=plan.finishes_at.date() if plan.finishes_at else None,
        actor=actor,
        at=at,
    )
    calendars = _add_calendars(project, document)
    _settings(project, document, calendars)
    ids = _add_tasks(project, document, calendars)
    tell(55, "Writing links and assignments.")
    links, warnings = _add_links(project, document, ids)
    _add_assignments(project, document, ids, calendars, is_matching_people)
    tell(70, "Writing the baselines.")
    baselines = _add_baselines(project, document, ids, at)
    tell(80, "Scheduling the plan.")
    change = rows.finish(
        project, actor, at, f"imported a plan of {len(ids)} tasks and {links} links"
    )
    told = (*document.warnings, *warnings)
    return imported(project, change, len(ids), links, len(document.resources), baselines, told)


def imported(
    project: Project,
    change: PlanChange,
    tasks: int,
    links: int,
    resources: int,
    baselines: int,
    warnings: Sequence[str],
) -> ImportedPlan:
    """What a file became, with what the schedule warns of."""
    return ImportedPlan(
        project.pk,
        project.code,
        project.name,
        tasks,
        links,
        resources,
        baselines,
        project.scheduled_start_at,
        project.scheduled_finish_at,
        (*warnings, *(warning.sentence for warning in change.warnings)),
    )


def join_team(project: Project, resource_ids: Sequence[int]) -> None:
    """People of the firm put on the new project's team, in their own roles from its start."""
    people = Resource.objects.filter(id__in=resource_ids).order_by("id")
    TeamMember.objects.bulk_create(
        TeamMember(
            tenant_id=project.tenant_id,
            project=project,
            resource=person,
            role_id=person.job_role_id,
            valid_from=project.starts_on,
        )
        for person in people
    )


def _add_calendars(project: Project, document: PlanDocument) -> dict[str, int]:
    made = PlanCalendar.objects.bulk_create(
        PlanCalendar(
            tenant_id=project.tenant_id,
            project=project,
            uid=calendar.uid,
            name=calendar.name,
            week=plan_calendars.week_of(calendar.spec),
            days=plan_calendars.days_of(calendar.spec),
        )
        for calendar in document.calendars
    )
    return {calendar.key: row.pk for calendar, row in zip(document.calendars, made, strict=True)}


def _settings(project: Project, document: PlanDocument, calendars: Mapping[str, int]) -> None:
    plan = document.plan
    values: dict[str, Any] = {
        "schedules_from": "start" if plan.starts_at else "finish",
        "plan_starts_at": plan.starts_at,
        "plan_finishes_at": plan.finishes_at,
        "status_at": plan.status_at,
        "moves_open_work": plan.moves_open_work,
        "honours_constraints": plan.constraints_win,
        "critical_slack_minutes": plan.critical_slack_minutes,
        "has_many_critical_paths": plan.has_many_critical_paths,
        "plan_calendar_id": calendars[plan.project_calendar],
    }
    for field, value in values.items():
        setattr(project, field, value)
    project.save(update_fields=list(values))


def _add_tasks(
    project: Project, document: PlanDocument, calendars: Mapping[str, int]
) -> dict[int, int]:
    """Id of each task by its number in the file."""
    plan = document.plan
    if len(document.tasks) != len(plan.tasks):
        raise MalformedPlan("Two tasks of the plan have the same number (UID).")
    reserved = rows.reserve_ids(len(plan.tasks))
    ids = dict(zip((words.uid for words in document.tasks), reserved, strict=True))
    nodes = []
    depths: dict[int, int] = {}
    for task in plan.tasks:
        depths[task.id] = 1 if task.parent_id is None else depths[task.parent_id] + 1
        nodes.append(Node(ids[task.id], depths[task.id]))
    made = []
    refusals = Refusals()
    for task, words, place in zip(plan.tasks, document.tasks, outline.numbered(nodes), strict=True):
        with refusals.of(f"Task {words.uid} “{words.name[:40]}”"):
            made.append(_task(project, task, words, place, ids[task.id], calendars))
    refusals.check()
    Task.objects.bulk_create(made, batch_size=_BATCH)
    return ids


def _task(
    project: Project,
    task: PlanTask,
    words: DocumentTask,
    place: outline.Numbered,
    task_id: int,
    calendars: Mapping[str, int],
) -> Task:
    _check(task, words)
    progress = task.progress
    is_milestone = not place.is_summary and not task.duration_minutes
    effort = 0 if place.is_summary or is_milestone else words.work_minutes
    percent = words.percent_complete
    return Task(
        id=task_id,
        tenant_id=project.tenant_id,
        project=project,
        parent_id=place.parent_key,
        position=place.position,
        outline=place.outline,
        depth=place.depth,
        is_summary=place.is_summary,
        name=words.name.strip()[:160] or f"Task {words.uid}",
        description=words.note,
        uid=words.uid,
        effort_minutes=effort,
        remaining_minutes=effort - effort * percent // 100,
        duration_minutes=task.duration_minutes,
        is_duration_elapsed=task.is_elapsed,
        is_milestone=is_milestone,
        is_completed=progress.finished_at is not None and not place.is_summary,
        mode=words.mode,
        is_effort_driven=words.is_effort_driven,
        constraint_kind=task.constraint.value,
        constrained_to=task.constrained_to,
        deadline_at=task.deadline_at,
        priority=words.priority,
        plan_calendar_id=calendars[task.calendar] if task.calendar else None,
        ignores_resource_calendars=task.ignores_resource_calendars,
        manual_start_at=task.fixed[0] if task.fixed else None,
        manual_finish_at=task.fixed[1] if task.fixed else None,
        is_active=task.is_active,
        percent_complete=percent,
        done_minutes=progress.done_minutes,
        actual_start_at=progress.started_at,
        actual_finish_at=progress.finished_at,
        resumes_at=progress.resumes_at,
        levelling_delay_minutes=task.levelling.minutes,
        is_levelling_delay_elapsed=task.levelling.is_elapsed,
        gaps=task.gaps,
    )


def _check(task: PlanTask, words: DocumentTask) -> None:
    where = f"Task {words.uid} “{words.name[:40]}”"
    if task.duration_minutes > MAX_DURATION or words.work_minutes > MAX_MINUTES:
        raise MalformedPlan(f"{where} takes more than 100,000 hours.")
    started, finished = task.progress.started_at, task.progress.finished_at
    if started and finished and finished < started:
        raise MalformedPlan(f"{where} was done before it began.")
    if task.fixed and task.fixed[1] < task.fixed[0]:
        raise MalformedPlan(f"{where} finishes before it starts.")


def _add_links(
    project: Project, document: PlanDocument, ids: Mapping[int, int]
) -> tuple[int, list[str]]:
    links: dict[tuple[int, int], Link] = {}
    warnings = []
    for link in document.plan.links:
        if link.predecessor_id == link.successor_id:
            raise DomainError(f"Task {link.successor_id} waits for itself. Take that link away.")
        pair = (link.predecessor_id, link.successor_id)
        if pair in links:
            warnings.append(
                f"Task {pair[1]} waits for task {pair[0]} twice; the last link was kept."
            )
        links[pair] = link
    Dependency.objects.bulk_create(
        (
            Dependency(
                tenant_id=project.tenant_id,
                project=project,
                predecessor_id=ids[link.predecessor_id],
                successor_id=ids[link.successor_id],
                kind=link.kind.value,
                lag_minutes=link.lag.minutes,
                lag_percent=link.lag.percent,
                is_lag_elapsed=link.lag.is_elapsed,
            )
            for link in links.values()
        ),
        batch_size=_BATCH,
    )
    return len(links), warnings


def _add_assignments(
    project: Project,
    document: PlanDocument,
    ids: Mapping[int, int],
    calendars: Mapping[str, int],
    is_matching: bool,
) -> None:
    workers = [row.name for row in document.resources if row.kind == PlanResource.Kind.WORK]
    known = people_named(workers) if is_matching else {}
    join_team(project, [person.id for person in known.values()])
    firms = {row.uid: known[row.name].id for row in document.resources if row.name in known}
    made = PlanResource.objects.bulk_create(
        PlanResource(
            tenant_id=project.tenant_id,
            project=project,
            uid=resource.uid,
            name=resource.name,
            kind=resource.kind,
            max_units=resource.max_units,
            calendar_id=calendars[resource.calendar] if resource.calendar else None,
        )
        for resource in document.resources
        if resource.uid not in firms
    )
    people = {row.uid: row.pk for row in made}
    Assignment.objects.bulk_create(
        (
            Assignment(
                tenant_id=project.tenant_id,
                task_id=ids[assignment.task_uid],
                resource_id=firms.get(assignment.resource_uid),
                plan_resource_id=people.get(assignment.resource_uid),
                minutes=min(assignment.work_minutes, MAX_MINUTES),
                units=assignment.units,
                delay_minutes=assignment.delay.minutes,
                is_delay_elapsed=assignment.delay.is_elapsed,
                levelling_delay_minutes=assignment.levelling.minutes,
                is_levelling_delay_elapsed=assignment.levelling.is_elapsed,
                gaps=assignment.gaps,
            )
            for assignment in document.assignments
        ),
        batch_size=_BATCH,
    )


def _add_baselines(
    project: Project, document: PlanDocument, ids: Mapping[int, int], at: datetime
) -> int:
    numbers = sorted({shot.number for words in document.tasks for shot in words.baselines})
    made = {
        number: Baseline.objects.create(
            tenant_id=project.tenant_id, project=project, number=number, set_at=at
        )
        for number in numbers
    }
    BaselineTask.objects.bulk_create(
        (
            BaselineTask(
                tenant_id=project.tenant_id,
                baseline=made[shot.number],
                task_id=ids[words.uid],
                start_at=shot.start,
                finish_at=shot.finish,
                duration_minutes=shot.duration_minutes,
                effort_minutes=shot.work_minutes,
            )
            for words in document.tasks
            for shot in words.baselines
        ),
        batch_size=_BATCH,
    )
    return len(made)
