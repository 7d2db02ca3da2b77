"""Projects made from templates, and copies of projects, with a scale."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.org.models import JobRole, Resource

from ..models import Assignment, Dependency, Project, Task, TeamMember, TemplateUse
from ..rules import outline
from ..rules.template_plan import OpenPart, OpenPlan, OpenTask, day_at, scaled
from ..rules.typed_dates import OF_FINISH, end_of, start_of
from ..rules.workload import MAX_UNITS, UNIT_STEP
from ..selectors.templates import (
    get_template,
    needs_of,
    plan_of_project,
    plan_of_template,
    worked_days,
)
from ..selectors.work import get_project
from . import plan_rows as rows
from .projects import create_project
from .task_changes import add_rows, new_values
from .templates import kept_version

ONE = Decimal(1)


@transaction.atomic
def create_from_template(
    *,
    template_id: int,
    name: str,
    manager_id: int,
    starts_on: date,
    actor: Actor,
    at: datetime,
    scale: Decimal = ONE,
    people: Mapping[int, int] | None = None,
    contract_id: int | None = None,
    is_internal: bool = False,
) -> Project:
    """Make a project with a template's plan: from a day on, scaled, its roles given to people.

    `people` maps roles of the template to persons; they join the team and take the tasks of the
    role. A role that nobody has stays on its tasks, as the firm's role of that name.
    Raises  NotFound, PermissionDenied, DomainError.
    """
    template = get_template(template_id=template_id)
    needs = {need.id: need.name for need in needs_of(template)}
    given = _people_by_role(needs, people or {}, starts_on)
    plan = scaled(plan_of_template(template), scale)
    project = create_project(
        name=name, manager_id=manager_id, starts_on=starts_on, contract_id=contract_id,
        is_internal=is_internal, actor=actor, at=at,
    )  # fmt: skip
    fill_plan(project, plan, given)
    TemplateUse.objects.create(
        tenant_id=project.tenant_id, project=project, version=kept_version(template, actor, at)
    )
    by = "" if scale == 1 else f", scaled by {scale.normalize():f}"
    rows.finish(
        project, actor, at, f"took the plan of “{template.name}”, version {template.version}{by}"
    )
    return project


@transaction.atomic
def copy_project(
    *,
    project_id: int,
    name: str,
    starts_on: date,
    actor: Actor,
    at: datetime,
    scale: Decimal = ONE,
    is_keeping_people: bool = False,
) -> Project:
    """Make a project with the plan of another: from a day on and scaled, with its people or not.

    Nothing of what has happened, no actuals, no contract and no rate comes along.
    Raises  NotFound, PermissionDenied, DomainError.
    """
    source = get_project(actor=actor, project_id=project_id)
    plan = scaled(plan_of_project(source, with_people=is_keeping_people), scale)
    project = create_project(
        name=name, manager_id=source.manager_id, starts_on=starts_on, calendar_id=source.calendar_id,
        contracting_unit_id=source.contracting_unit_id, account_id=source.account_id,
        is_internal=source.is_internal, description=source.description, actor=actor, at=at,
    )  # fmt: skip
    fill_plan(project, plan, {})
    by = "" if scale == 1 else f", scaled by {scale.normalize():f}"
    rows.finish(project, actor, at, f"copied the plan of {source.code}{by}")
    return project


def _employed(resource_ids: Iterable[int], on: date) -> dict[int, Resource]:
    rows = Resource.objects.filter(id__in=set(resource_ids))
    still = rows.filter(Q(employed_until__isnull=True) | Q(employed_until__gt=on))
    return {person.pk: person for person in still}


def _people_by_role(
    roles: Mapping[int, str], people: Mapping[int, int], starts_on: date
) -> dict[str, int]:
    found = {}
    known = _employed(people.values(), starts_on)
    for role_id, resource_id in people.items():
        if role_id not in roles:
            raise DomainError("The template has no such role.", field="people")
        if resource_id not in known:
            raise DomainError(
                f"The person for {roles[role_id]} is not with the firm then. Choose another.",
                field="people",
            )
        found[roles[role_id]] = resource_id
    return found


def fill_plan(project: Project, plan: OpenPlan, people: Mapping[str, int]) -> None:
    """The plan's tasks, links, team and assignments on a new project; the caller schedules.

    A role that the firm does not have stays by its name in the draft of a template alone.
    """
    firms = {name.casefold(): pk for pk, name in JobRole.objects.values_list("id", "name")}
    roles = {role.name: role.job_role_id or firms.get(role.name.casefold()) for role in plan.roles}
    tasks = _add_tasks(project, plan, roles)
    Dependency.objects.bulk_create(
        [
            Dependency(
                tenant_id=project.tenant_id,
                project=project,
                predecessor=tasks[link.before],
                successor=tasks[link.after],
                **link.waiting(),
            )
            for link in plan.links
        ],
        batch_size=1000,
    )
    _staff(project, plan.tasks, tasks, roles, people)


def _add_tasks(project: Project, plan: OpenPlan, roles: Mapping[str, int | None]) -> list[Task]:
    worked = _worked_around(project, plan.tasks)
    keys = rows.reserve_ids(len(plan.tasks))
    depths = [task.depth for task in plan.tasks]
    values = []
    for at, task in enumerate(plan.tasks):
        is_summary = at + 1 < len(depths) and depths[at + 1] > task.depth
        values.append(new_values(project, _values(project, task, roles, worked, is_summary)))
    return add_rows(project, [], outline.additions_of(keys, depths), values)


def _values(
    project: Project,
    task: OpenTask,
    roles: Mapping[str, int | None],
    worked: Sequence[date],
    is_summary: bool,
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": task.name,
        "description": task.description,
        "constraint_kind": task.constraint_kind,
        "priority": task.priority,
        "billing_type": task.billing_type,
    }
    to = end_of if task.constraint_kind in OF_FINISH else start_of
    if task.constrained_to_days is not None:
        found["constrained_to"] = to(day_at(task.constrained_to_days, project.starts_on, worked))
    if task.deadline_days is not None:
        found["deadline_at"] = end_of(day_at(task.deadline_days, project.starts_on, worked))
    if is_summary:
        return found
    found |= {
        "role_id": roles.get(task.role),
        "effort_minutes": task.effort_minutes,
        "mode": task.mode,
        "is_effort_driven": task.is_effort_driven,
        "is_milestone": task.is_milestone,
        "levelling_delay_minutes": task.levelling_delay_minutes,
        "is_levelling_delay_elapsed": task.is_levelling_delay_elapsed,
    }
    if project.draft_of_id is not None and found["role_id"] is None:
        found["open_role"] = task.role
    if task.duration_minutes and not task.is_milestone:
        found["duration_minutes"] = task.duration_minutes
        found["is_duration_elapsed"] = task.is_duration_elapsed
    return found


def _worked_around(project: Project, tasks: Sequence[OpenTask]) -> list[date]:
    """Days worked around the start, as far as an offset may lead: half of all days are enough."""
    offsets = [
        days
        for task in tasks
        for days in (task.constrained_to_days, task.deadline_days)
        if days is not None
    ]
    if not offsets:
        return []
    before, after = min(*offsets, 0), max(*offsets, 0)
    return worked_days(
        project,
        project.starts_on + timedelta(days=2 * before - 60),
        project.starts_on + timedelta(days=2 * after + 60),
    )


def _staff(
    project: Project,
    plan: Sequence[OpenTask],
    tasks: Sequence[Task],
    roles: Mapping[str, int | None],
    people: Mapping[str, int],
) -> None:
    """Those who have a role take its tasks; those of a copy keep theirs. All join the team.

    The pauses of a task are those of who does it; where nobody does, it keeps them itself.
    """
    wanted = {*people.values(), *(part.resource_id for task in plan for part in task.people)}
    employed = _employed(wanted, project.starts_on)
    members: dict[tuple[int, int], TeamMember] = {}

    def join(resource_id: int, role_id: int | None) -> None:
        role_id = role_id or employed[resource_id].job_role_id
        members.setdefault(
            (resource_id, role_id),
            TeamMember(
                tenant_id=project.tenant_id,
                project=project,
                resource_id=resource_id,
                role_id=role_id,
                valid_from=project.starts_on,
            ),
        )

    for name, resource_id in people.items():
        join(resource_id, roles.get(name))
    made: list[Assignment] = []
    pausing = []
    for open_task, task in zip(plan, tasks, strict=True):
        if task.is_summary or task.is_milestone:
            continue
        parts = [part for part in open_task.people if part.resource_id in employed]
        if open_task.role in people:
            parts = [OpenPart(people[open_task.role], _share(task), gaps=open_task.gaps)]
        if open_task.people:
            for part in parts:
                join(part.resource_id, None)
        made += _assignments(task, parts)
        if open_task.gaps and not parts:
            task.gaps = open_task.gaps
            pausing.append(task)
    TeamMember.objects.bulk_create(members.values())
    Assignment.objects.bulk_create(made, batch_size=1000)
    Task.objects.bulk_update(pausing, ["gaps"], batch_size=1000)


def _assignments(task: Task, parts: Sequence[OpenPart]) -> list[Assignment]:
    """The work of a task shared out by shares of a day; the last has what is left."""
    total = sum(part.units for part in parts)
    left = task.effort_minutes
    made = []
    for number, part in enumerate(parts, start=1):
        is_last = number == len(parts)
        minutes = left if is_last else int(task.effort_minutes * part.units / total)
        left -= minutes
        made.append(
            Assignment(
                tenant_id=task.tenant_id,
                task=task,
                resource_id=part.resource_id,
                units=part.units,
                minutes=minutes,
                **part.waiting(),
            )
        )
    return made


def _share(task: Task) -> Decimal:
    """The share of a day that does the effort within the duration."""
    if not task.duration_minutes or not task.effort_minutes:
        return ONE
    share = Decimal(task.effort_minutes) / task.duration_minutes
    return min(max(share.quantize(UNIT_STEP, ROUND_HALF_UP), UNIT_STEP), MAX_UNITS)
