"""Levelling a plan: what it would move, and moving it. There is one rule and one scheduler."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from psa.core.actor import Actor
from psa.core.errors import Conflict, DomainError
from psa.core.org.models import Resource
from psa.core.web import undo

from .. import policies
from ..models import Assignment, Project, Task
from ..rules import levelling
from ..rules.levelling import Delay, Demand, Levelled, Overload
from ..selectors.schedule import LoadedPlan, load_plan
from ..selectors.work import get_project
from .locking import lock_project
from .plan_changes import EditTask, PlanChanged, change_plan
from .schedule import settled

Was = list[tuple[int, str, datetime | None]]


@dataclass(frozen=True, slots=True)
class DelayRow:
    """A task that levelling would put off, and who has too much to do at that time."""

    task_id: int
    outline: str
    name: str
    people: tuple[str, ...]
    priority: int
    was_start_at: datetime
    start_at: datetime
    finish_at: datetime


@dataclass(frozen=True, slots=True)
class OverloadRow:
    """Somebody with more than a whole day's work at once, and the tasks that meet."""

    name: str
    from_at: datetime
    tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LevellingProposal:
    """What levelling would do to a plan of that revision; nothing of it is kept."""

    project_id: int
    revision: int
    within_slack: bool
    delays: tuple[DelayRow, ...]
    was: tuple[OverloadRow, ...]
    left: tuple[OverloadRow, ...]
    was_finish_at: datetime | None
    finish_at: datetime | None
    is_partial: bool


@dataclass(frozen=True, slots=True)
class LevelledPlan:
    """What was done, and what an undo needs: constraint and date of each task as they were."""

    count: int
    done: PlanChanged
    was: Was


def propose_levelling(*, project_id: int, within_slack: bool, actor: Actor) -> LevellingProposal:
    """What `level_plan` would do. Raises  NotFound, PermissionDenied, DomainError."""
    project = get_project(actor=actor, project_id=project_id)
    policies.check_can_manage(project, actor)
    loaded = load_plan(project)
    demands, names = demands_of([project.pk])
    found = _levelled(loaded, demands, within_slack)
    return LevellingProposal(
        project_id=project.pk,
        revision=project.plan_revision,
        within_slack=within_slack,
        delays=tuple(
            DelayRow(
                task_id=one.task_id,
                outline=loaded.tasks[one.task_id].row["outline"],
                name=loaded.tasks[one.task_id].row["name"],
                people=tuple(sorted(names[who] for who in demands[one.task_id].units)),
                priority=demands[one.task_id].priority,
                was_start_at=one.was_start,
                start_at=one.starts_at,
                finish_at=one.finish,
            )
            for one in (found.delays if found else ())
        ),
        was=told({project.pk: loaded}, names, found.was if found else ()),
        left=told({project.pk: loaded}, names, found.left if found else ()),
        was_finish_at=found.was_finish if found else None,
        finish_at=found.finish if found else None,
        is_partial=bool(found and found.is_partial),
    )


@transaction.atomic
def level_plan(
    *, project_id: int, within_slack: bool, revision: int | None, actor: Actor, at: datetime
) -> LevelledPlan:
    """Put tasks off until nobody has too much at once: each gets the constraint that it starts no
    earlier than that. `revision` is that of the plan that was looked at; None compares none.

    Raises  NotFound, PermissionDenied; Conflict if the plan has changed since; DomainError when
            there is nothing to do.
    """
    project = lock_project(actor=actor, project_id=project_id)
    if revision is not None and revision != project.plan_revision:
        raise Conflict(
            f"The plan of {project.code} has changed since you looked. Look at what levelling "
            "would do now, then apply it."
        )
    loaded = load_plan(project)
    demands, _ = demands_of([project.pk])
    found = _levelled(loaded, demands, within_slack)
    if found is None or not found.delays:
        raise DomainError("There is nothing to level: no task may move, or nobody has too much.")
    return put_off(project, loaded, found.delays, actor, at)


def put_off(
    project: Project, loaded: LoadedPlan, delays: Sequence[Delay], actor: Actor, at: datetime
) -> LevelledPlan:
    """Tasks of one plan tied to the instants that levelling found, as one batch."""
    was: Was = [
        (one.task_id, loaded.tasks[one.task_id]["constraint_kind"],
         loaded.tasks[one.task_id]["constrained_to"])
        for one in delays
    ]  # fmt: skip
    edits = [
        EditTask(
            one.task_id,
            {
                "constraint_kind": Task.Constraint.START_NO_EARLIER_THAN.value,
                "constrained_to": one.starts_at,
            },
        )
        for one in delays
    ]
    done = change_plan(project_id=project.pk, edits=edits, actor=actor, at=at)
    return LevelledPlan(len(edits), done, was)


@transaction.atomic
def restore_levelling(*, payload: dict[str, Any], actor: Actor, at: datetime) -> str:
    """Give the tasks the constraints that they had, as long as nobody has changed the plan since.

    Raises  NotFound, PermissionDenied, Conflict.
    """
    edits = [
        EditTask(
            task_id,
            {
                "constraint_kind": kind,
                "constrained_to": datetime.fromisoformat(day) if day else None,
            },
        )
        for task_id, kind, day in payload["was"]
    ]
    change_plan(
        project_id=payload["project_id"], edits=edits, revision=payload["revision"], actor=actor,
        at=at,
    )  # fmt: skip
    return "The plan is as it was before levelling"


undo.register("projects.levelling", restore_levelling)
# An undo token holds what each task had, in an address; levelling of more is undone by hand.
MOST_UNDONE = 60


def undo_payload(project_id: int, levelled: LevelledPlan) -> dict[str, Any] | None:
    """What takes a levelling back; None when it was too much for a token."""
    if len(levelled.was) > MOST_UNDONE:
        return None
    return {
        "project_id": project_id,
        "revision": levelled.done.change.revision,
        "was": [
            (task_id, kind, day.isoformat() if day else None) for task_id, kind, day in levelled.was
        ],
    }


def _levelled(
    loaded: LoadedPlan, demands: dict[int, Demand], within_slack: bool
) -> Levelled | None:
    if not loaded.tasks:
        return None
    plan = settled(loaded)
    known = {task_id: demand for task_id, demand in demands.items() if task_id in loaded.tasks}
    return levelling.level(plan, known, within_slack=within_slack)


def demands_of(project_ids: Collection[int]) -> tuple[dict[int, Demand], dict[int, str]]:
    """Whom each unfinished task takes, and their names; roles without a person are not counted."""
    units: dict[int, dict[int, Decimal]] = defaultdict(dict)
    priorities: dict[int, int] = {}
    names: dict[int, str] = {}
    rows = Assignment.objects.filter(
        task__project_id__in=project_ids, task__is_completed=False, resource__isnull=False
    ).exclude(resource__kind=Resource.Kind.GENERIC)
    for task_id, priority, resource_id, name, share in rows.order_by("task_id", "id").values_list(
        "task_id", "task__priority", "resource_id", "resource__name", "units"
    ):
        units[task_id][resource_id] = share
        priorities[task_id] = priority
        names[resource_id] = name
    return {key: Demand(shares, priorities[key]) for key, shares in units.items()}, names


def told(
    loaded: Mapping[int, LoadedPlan],
    names: Mapping[int, str],
    found: Sequence[Overload],
    codes: Mapping[int, str] | None = None,
) -> tuple[OverloadRow, ...]:
    """Overloads in words; with `codes`, those of their projects stand before the tasks."""
    words = {
        task_id: f"{codes[key] + ' ' if codes else ''}{task.row['outline']} {task.row['name']}"
        for key, plan in loaded.items()
        for task_id, task in plan.tasks.items()
    }
    return tuple(
        OverloadRow(names[one.resource_id], one.at, tuple(words[pk] for pk in one.task_ids))
        for one in found
    )
