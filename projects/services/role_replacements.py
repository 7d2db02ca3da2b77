"""A role that stands for nobody yet replaced by a person: their work left, their place on the team.

Source: docs/rules/projects.md, P-33.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from moneyed import Money

from psa.core.actor import Actor
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.org import booked
from psa.core.org.models import Resource
from psa.core.web import undo

from .. import policies
from ..events import ProjectEvent
from ..models import Assignment, Project, TeamMember
from ..selectors.figure_facts import Left, tasks_of, work_left_of
from ..selectors.projects import currency_of, sight
from ..selectors.work import get_project
from . import plan_rows as rows
from .assignments import waits_of
from .locking import lock_project
from .plan_changes import check_revision
from .schedule import PlanChange
from .team import add_team_member

# An undo token lies in an address; a replacement on more tasks than that is final.
MOST_UNDONE: Final = 3000


@dataclass(frozen=True, slots=True)
class TakenTask:
    """A task that the person does in the role's place, and what of it is theirs to do."""

    task_id: int
    outline: str
    name: str
    units: Decimal
    left_minutes: int


@dataclass(frozen=True, slots=True)
class Replaced:
    """What was done. `kept_tasks` are those that are finished: they stay as they were planned."""

    project_id: int
    role_name: str
    person_name: str
    tasks: tuple[TakenTask, ...]
    kept_tasks: int
    joins_team: bool
    leaves_team: bool
    change: PlanChange
    undo: dict[str, Any] | None

    @property
    def left_minutes(self) -> int:
        return sum(task.left_minutes for task in self.tasks)


@dataclass(frozen=True, slots=True)
class ReplacementPreview:
    """What it would do. Costs are those of the work left, today's; None for who may not see them,
    and `unpriced_minutes` of it no list can price."""

    done: Replaced
    booked_minutes: int
    was_cost: Money | None
    cost: Money | None
    unpriced_minutes: int

    @property
    def difference(self) -> Money | None:
        if self.cost is None or self.was_cost is None:
            return None
        return self.cost - self.was_cost


class _RolledBack(Exception):
    """Ends a preview: its rows, its trail and its locks are undone."""


@transaction.atomic
def replace_role(
    *,
    project_id: int,
    role_resource_id: int,
    person_id: int,
    actor: Actor,
    at: datetime,
    task_ids: Sequence[int] = (),
    revision: int | None = None,
) -> Replaced:
    """Give a person what is left of a role's tasks, all of them or those named, and schedule once.

    Share and work of each task stay; its dates follow the person's hours and leave. Who does a part
    already takes the role's beside it. A finished task stays as it was planned. The person joins
    the team in that role, with the rate agreed for it; a role whose tasks are all theirs leaves it,
    unless it is booked.
    Raises  NotFound, PermissionDenied; Conflict if the plan has changed since `revision`;
            DomainError when nothing is left to take.
    """
    project = lock_project(actor=actor, project_id=project_id)
    check_revision(project, revision)
    member, person = _role_member(project, role_resource_id), _person(person_id)
    role_name = member.resource.name
    parts = _parts(project, role_resource_id, task_ids)
    open_parts = [part for part in parts if _is_open(part)]
    if not open_parts:
        raise DomainError(
            f"No task of {role_name} has work left that somebody could take over.", field="role"
        )
    kept: dict[str, Any] = {"project_id": project.pk, "person_id": person.pk, "parts": []}
    joins = not TeamMember.objects.filter(project=project, resource=person).exists()
    if joins:
        joined = _join(project, member, person, actor, at)
        kept["joined"] = joined.pk
    taken = _take(open_parts, person, kept["parts"])
    leaves = len(open_parts) == len(parts) and _leave(project, role_resource_id, kept)
    hours = f"{sum(task.left_minutes for task in taken) / 60:,.1f}".removesuffix(".0")
    sentence = f"gave {person.name} {hours} hours of {role_name} on {len(taken)} tasks"
    change = rows.finish(project, actor, at, sentence, ProjectEvent.TEAM_CHANGED)
    kept |= {"revision": change.revision, "role_resource_id": role_resource_id}
    is_short = len(json.dumps(kept)) <= MOST_UNDONE
    return Replaced(
        project.pk, role_name, person.name, tuple(taken), len(parts) - len(open_parts), joins,
        leaves, change, kept if is_short else None,
    )  # fmt: skip


def preview_replacement(
    *,
    project_id: int,
    role_resource_id: int,
    person_id: int,
    actor: Actor,
    at: datetime,
    as_of: date,
    task_ids: Sequence[int] = (),
) -> ReplacementPreview:
    """What `replace_role` would do to effort, cost and dates: itself, rolled back.

    Raises  as it does.
    """
    project = get_project(actor=actor, project_id=project_id)
    policies.check_can_manage(project, actor)
    sees_cost, currency = sight(actor, project).cost, currency_of(actor)
    was = _left(project, as_of, currency) if sees_cost else {}
    try:
        with transaction.atomic():
            done = replace_role(
                project_id=project_id, role_resource_id=role_resource_id, person_id=person_id,
                task_ids=task_ids, actor=actor, at=at,
            )  # fmt: skip
            now = _left(project, as_of, currency) if sees_cost else {}
            raise _RolledBack
    except _RolledBack:
        ids = [task.task_id for task in done.tasks]
    booked_minutes = sum(
        one.minutes
        for one in booked.project_bookings(project.pk)
        if one.resource_id == role_resource_id
    )
    return ReplacementPreview(
        done,
        booked_minutes,
        _sum(was, ids, currency) if sees_cost else None,
        _sum(now, ids, currency) if sees_cost else None,
        sum(now[key].unlisted_minutes for key in ids if key in now),
    )


@transaction.atomic
def restore_role(*, payload: dict[str, Any], actor: Actor, at: datetime) -> str:
    """Give the role back what a person took over. Raises  NotFound, PermissionDenied, Conflict."""
    project = lock_project(actor=actor, project_id=payload["project_id"])
    if project.plan_revision != payload["revision"]:
        raise Conflict(
            f"The plan of {project.code} has changed since. Assign its tasks anew instead."
        )
    role_id, person_id = payload["role_resource_id"], payload["person_id"]
    for row in payload.get("left", ()):
        member = undo.row_from(TeamMember, row)
        agreed = TeamMember.objects.filter(id=payload.get("joined")).first()
        if agreed is not None:
            member.bill_rate_override = agreed.bill_rate_override
        member.save(force_insert=True)
    for task_id, part_id, units, minutes, own, *waits in payload["parts"]:
        share = {"units": Decimal(units), "minutes": minutes}
        if own is None:
            Assignment.objects.filter(id=part_id, task_id=task_id).update(
                resource_id=role_id, **share
            )
            continue
        Assignment.objects.filter(task_id=task_id, resource_id=person_id).update(
            units=Decimal(own[0]), minutes=own[1]
        )
        Assignment.objects.create(
            tenant_id=project.tenant_id, task_id=task_id, resource_id=role_id, **share,
            **(waits[0] if waits else {}),
        )  # fmt: skip
    joined = TeamMember.objects.filter(id=payload.get("joined"))
    is_needed = any(one.resource_id == person_id for one in booked.project_bookings(project.pk))
    if not is_needed:
        joined.delete()
    name = Resource.objects.values_list("name", flat=True).get(id=role_id)
    rows.finish(
        project, actor, at, f"gave {name} its tasks back", ProjectEvent.TEAM_CHANGED
    )  # fmt: skip
    return f"{name} has its tasks again"


undo.register("projects.replaced_role", restore_role)


def _role_member(project: Project, resource_id: int) -> TeamMember:
    member: TeamMember | None = (
        TeamMember.objects.select_related("resource")
        .filter(project=project, resource_id=resource_id)
        .order_by("id")
        .first()
    )
    if member is None:
        raise NotFound(f"Project {project.code} has no such team member.")
    if member.resource.kind != Resource.Kind.GENERIC:
        raise DomainError(
            f"{member.resource.name} is a person. Take them off the tasks, or assign others.",
            field="role",
        )
    return member


def _person(person_id: int) -> Resource:
    person: Resource | None = Resource.objects.filter(id=person_id).first()
    if person is None:
        raise DomainError("This person does not exist. Choose another.", field="person")
    if person.kind == Resource.Kind.GENERIC:
        raise DomainError(f"{person.name} is a role itself. Choose a person.", field="person")
    return person


def _parts(project: Project, resource_id: int, task_ids: Sequence[int]) -> list[Assignment]:
    found = Assignment.objects.filter(task__project=project, resource_id=resource_id)
    if task_ids:
        found = found.filter(task_id__in=task_ids)
    return list(found.select_related("task").order_by("task__position", "id"))


def _is_open(part: Assignment) -> bool:
    return not part.task.is_completed and part.task.remaining_minutes > 0


def _join(
    project: Project, member: TeamMember, person: Resource, actor: Actor, at: datetime
) -> TeamMember:
    """The person on the team as the role was; the rate agreed for the role is theirs."""
    joined = add_team_member(
        project_id=project.pk, resource_id=person.pk, role_id=member.role_id,
        valid_from=member.valid_from, valid_until=member.valid_until,
        planned_minutes=member.planned_minutes, actor=actor, at=at,
    )  # fmt: skip
    joined.bill_rate_override = member.bill_rate_override
    joined.bill_rate_unit = member.bill_rate_unit
    joined.save(update_fields=["bill_rate_override", "bill_rate_unit"])
    return joined


def _take(parts: Sequence[Assignment], person: Resource, kept: list[Any]) -> list[TakenTask]:
    """Parts made the person's, each beside what they do of the task already. Four queries."""
    of_task: dict[int, list[Assignment]] = defaultdict(list)
    ids = [part.task_id for part in parts]
    for one in Assignment.objects.filter(task_id__in=ids).order_by("id"):
        of_task[one.task_id].append(one)
    taken, changed, gone = [], [], []
    for part in parts:
        task = part.task
        others = of_task[task.pk]
        whole = sum(one.minutes for one in others)
        left = task.remaining_minutes * part.minutes // whole if whole else task.remaining_minutes
        own = next((one for one in others if one.resource_id == person.pk), None)
        was = None if own is None else [str(own.units), own.minutes]
        kept.append([task.pk, part.pk, str(part.units), part.minutes, was, waits_of(part)])
        if own is None:
            part.resource_id = person.pk
            changed.append(part)
        else:
            own.units += part.units
            own.minutes += part.minutes
            changed.append(own)
            gone.append(part.pk)
        taken.append(TakenTask(task.pk, task.outline, task.name, part.units, left))
    Assignment.objects.bulk_update(changed, ["resource_id", "units", "minutes"], batch_size=1000)
    Assignment.objects.filter(id__in=gone).delete()
    return taken


def _leave(project: Project, resource_id: int, kept: dict[str, Any]) -> bool:
    """The role off the team, unless capacity is booked for it, or a rate is agreed for it alone."""
    if any(one.resource_id == resource_id for one in booked.project_bookings(project.pk)):
        return False
    members = list(TeamMember.objects.filter(project=project, resource_id=resource_id))
    if "joined" not in kept and any(one.bill_rate_override is not None for one in members):
        return False
    # A rate is in no address: an undo takes it back from the person who has it now.
    kept["left"] = [{**undo.row_of(one), "bill_rate_override": None} for one in members]
    for one in members:
        one.delete()
    return True


def _left(project: Project, as_of: date, currency: str) -> dict[int, Left]:
    plan = tasks_of([project.pk], as_of=as_of, is_past=False).get(project.pk, [])
    return work_left_of(plan, as_of=as_of, currency=currency)


def _sum(left: dict[int, Left], ids: Sequence[int], currency: str) -> Money:
    return Money(sum((left[key].listed for key in ids if key in left), Decimal(0)), currency)
