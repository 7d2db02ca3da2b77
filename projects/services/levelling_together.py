"""Levelling several plans at once: people who work on more than one have one day.

One rule and one scheduler, as for one plan. Source: docs/rules/projects.md, P-25.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from psa.core.actor import Actor
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.web import undo

from .. import policies
from ..models import Project
from ..rules import levelling as rule
from ..rules.levelling import KEEPS_ITS_PLACE, Demand, Levelled
from ..selectors.schedule import LoadedPlan, load_plan
from .levelling import (
    DelayRow,
    OverloadRow,
    demands_of,
    put_off,
    restore_levelling,
    told,
    undo_payload,
)
from .locking import lock_project
from .schedule import settled

MOST_PROJECTS: Final = 20
# All tasks together; one plan alone may have as many.
MOST_TASKS: Final = 5_000
# An undo token holds what each task had, in an address.
MOST_UNDONE: Final = 60


@dataclass(frozen=True, slots=True)
class ProjectDelay(DelayRow):
    """A task that would be put off, with its project."""

    project_id: int
    code: str


@dataclass(frozen=True, slots=True)
class ProjectFinish:
    """When a project ends now and would then; `revision` is that of the plan looked at."""

    project_id: int
    code: str
    name: str
    priority: int
    revision: int
    was_finish_at: datetime
    finish_at: datetime


@dataclass(frozen=True, slots=True)
class TogetherProposal:
    """What levelling would do to the plans; nothing of it is kept."""

    projects: tuple[ProjectFinish, ...]
    delays: tuple[ProjectDelay, ...]
    was: tuple[OverloadRow, ...]
    left: tuple[OverloadRow, ...]
    is_partial: bool


@dataclass(frozen=True, slots=True)
class LevelledTogether:
    """What was done, and what takes it back; None when that is too much for a token."""

    task_count: int
    project_count: int
    undo: dict[str, Any] | None


@dataclass(slots=True)
class _Looked:
    projects: dict[int, Project]
    loaded: dict[int, LoadedPlan]
    demands: dict[int, Demand]
    names: dict[int, str]
    priorities: Mapping[int, int]
    found: Levelled

    def project_of(self, task_id: int) -> int:
        return next(key for key, plan in self.loaded.items() if task_id in plan.tasks)


def propose_levelling_together(
    *,
    priorities: Mapping[int, int],
    actor: Actor,
    resource_ids: Collection[int] = (),
    within_slack: bool = False,
) -> TogetherProposal:
    """What `level_plans` would do to the projects, each with its priority (0 to 1000).

    A project of 1000 is counted and not moved: it need only be seen, the others managed. With
    `resource_ids` only what these people have too much of is looked at.
    Raises  NotFound, PermissionDenied, DomainError.
    """
    look = _look(_seen(priorities, actor), priorities, resource_ids, within_slack)
    codes = {key: project.code for key, project in look.projects.items()}
    delays = []
    for one in look.found.delays:
        key = look.project_of(one.task_id)
        row, demand = look.loaded[key].tasks[one.task_id].row, look.demands[one.task_id]
        people = tuple(sorted(look.names[who] for who in demand.units))
        delays.append(
            ProjectDelay(
                one.task_id, row["outline"], row["name"], people, demand.priority, one.was_start,
                one.starts_at, one.finish, key, codes[key],
            )
        )  # fmt: skip
    return TogetherProposal(
        projects=tuple(
            ProjectFinish(
                key, project.code, project.name, priorities[key], project.plan_revision, *finishes
            )
            for (key, project), finishes in zip(
                look.projects.items(), look.found.finishes, strict=True
            )
        ),
        delays=tuple(delays),
        was=told(look.loaded, look.names, look.found.was, codes),
        left=told(look.loaded, look.names, look.found.left, codes),
        is_partial=look.found.is_partial,
    )


@transaction.atomic
def level_plans(
    *,
    priorities: Mapping[int, int],
    revisions: Mapping[int, int],
    actor: Actor,
    at: datetime,
    resource_ids: Collection[int] = (),
    within_slack: bool = False,
) -> LevelledTogether:
    """Put tasks of several projects off, one batch a project, all or none.

    `revisions` are those of the plans that were looked at.
    Raises  NotFound, PermissionDenied; Conflict naming the project whose plan has changed since;
            DomainError when there is nothing to do.
    """
    projects = _seen(priorities, actor)
    for key in projects:
        if priorities[key] < KEEPS_ITS_PLACE:
            projects[key] = lock_project(actor=actor, project_id=key)
        if revisions.get(key) != projects[key].plan_revision:
            raise Conflict(
                f"The plan of {projects[key].code} has changed since you looked. Look at what "
                "levelling would do now, then apply it."
            )
    look = _look(projects, priorities, resource_ids, within_slack)
    if not look.found.delays:
        raise DomainError("There is nothing to level: no task may move, or nobody has too much.")
    steps: list[dict[str, Any] | None] = []
    for key, project in look.projects.items():
        delays = [one for one in look.found.delays if one.task_id in look.loaded[key].tasks]
        if delays:
            done = put_off(project, look.loaded[key], delays, actor, at)
            steps.append(undo_payload(key, done))
    is_short = len(look.found.delays) <= MOST_UNDONE
    return LevelledTogether(
        len(look.found.delays), len(steps), {"steps": steps} if is_short else None
    )


@transaction.atomic
def restore_plans(*, payload: dict[str, Any], actor: Actor, at: datetime) -> str:
    """Take a levelling of several plans back, all of it or nothing.

    Raises  NotFound, PermissionDenied, Conflict.
    """
    for step in payload["steps"]:
        restore_levelling(payload=step, actor=actor, at=at)
    return "The plans are as they were before levelling"


undo.register("projects.levelling_together", restore_plans)


def _seen(priorities: Mapping[int, int], actor: Actor) -> dict[int, Project]:
    """The projects in the order in which they are locked. Raises  as `propose_levelling_together`."""
    if not priorities:
        raise DomainError("Choose the projects to level.", field="projects")
    if len(priorities) > MOST_PROJECTS:
        raise DomainError(
            f"At most {MOST_PROJECTS} projects are levelled at once.", field="projects"
        )
    if any(not 0 <= priority <= KEEPS_ITS_PLACE for priority in priorities.values()):
        raise DomainError("A priority lies between 0 and 1000.", field="projects")
    rows = policies.visible_to(actor).filter(id__in=priorities).select_related("manager")
    found = {row.pk: row for row in rows.order_by("id")}
    if len(found) < len(priorities):
        raise NotFound("There is no such project, or it is not yours to see.")
    for key, project in found.items():
        if priorities[key] < KEEPS_ITS_PLACE:
            policies.check_can_manage(project, actor)
    return found


def _look(
    projects: dict[int, Project],
    priorities: Mapping[int, int],
    resource_ids: Collection[int],
    within_slack: bool,
) -> _Looked:
    loaded = {key: load_plan(project) for key, project in projects.items()}
    empty = [projects[key].code for key, plan in loaded.items() if not plan.tasks]
    if empty:
        raise DomainError(f"{empty[0]} has no tasks yet. Leave it out.", field="projects")
    if sum(len(plan.tasks) for plan in loaded.values()) > MOST_TASKS:
        raise DomainError(
            f"These plans have more than {MOST_TASKS:,} tasks together. Choose fewer.", "projects"
        )
    demands, names = demands_of(list(projects))
    wanted = set(resource_ids)
    known = {}
    for key, plan in loaded.items():
        for task_id in plan.tasks:
            demand = demands.get(task_id)
            units = _of(demand, wanted) if demand else {}
            if demand and units:
                known[task_id] = replace(demand, units=units, plan_priority=priorities[key])
    found = rule.level_together(
        [settled(plan) for plan in loaded.values()], known, within_slack=within_slack
    )
    return _Looked(projects, loaded, known, names, priorities, found)


def _of(demand: Demand, wanted: Collection[int]) -> Mapping[int, Any]:
    if not wanted:
        return demand.units
    return {who: share for who, share in demand.units.items() if who in wanted}


def chosen(rows: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Projects with their priorities. Raises  DomainError when one is named twice."""
    found = dict(rows)
    if len(found) < len(rows):
        raise DomainError("A project is named twice.", field="projects")
    return found
