"""Links between tasks: which waits for which. Each door schedules the plan once."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from django.db import transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError, NotFound

from ..models import Dependency, Project, Task
from . import plan_rows as rows
from .locking import lock_project, task_of, tasks_of
from .schedule import PlanChange

MAX_LAG_MINUTES: Final = 6_000_000
MAX_LAG_PERCENT: Final = Decimal(10_000)
LINK_FIELDS: Final = ("kind", "lag_minutes", "lag_percent", "is_lag_elapsed")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A lag: minutes of the successor's working time (or of day and night), or a percentage of the
    predecessor's duration. Negative is a lead."""

    minutes: int = 0
    percent: Decimal | None = None
    is_elapsed: bool = False


NO_LAG: Final = Waiting()


@transaction.atomic
def link_tasks(
    *,
    project_id: int,
    predecessor_id: int,
    successor_id: int,
    actor: Actor,
    at: datetime,
    kind: str = Dependency.Kind.FINISH_TO_START,
    lag: Waiting = NO_LAG,
) -> tuple[Dependency, PlanChange]:
    """Let one task wait for another of the same plan.

    Raises  NotFound, PermissionDenied; CircularDependencies naming the circle; DomainError.
    """
    project = lock_project(actor=actor, project_id=project_id)
    made, words = add_link(project, predecessor_id, successor_id, kind, lag)
    return made, rows.finish(project, actor, at, words)


@transaction.atomic
def change_link(
    *,
    project_id: int,
    dependency_id: int,
    actor: Actor,
    at: datetime,
    kind: str,
    lag: Waiting = NO_LAG,
) -> tuple[Dependency, PlanChange]:
    """Change kind and lag of a link. Raises  as `link_tasks`."""
    project = lock_project(actor=actor, project_id=project_id)
    link, words = edit_link(project, dependency_id, kind, lag)
    return link, rows.finish(project, actor, at, words)


@transaction.atomic
def unlink_tasks(*, project_id: int, dependency_id: int, actor: Actor, at: datetime) -> PlanChange:
    """Take a link away. Raises  NotFound, PermissionDenied, DomainError."""
    project = lock_project(actor=actor, project_id=project_id)
    words = remove_link(project, dependency_id)
    return rows.finish(project, actor, at, words)


def add_link(
    project: Project, predecessor_id: int, successor_id: int, kind: str, lag: Waiting
) -> tuple[Dependency, str]:
    """The link made on a locked project, and what was done as words; the caller schedules."""
    before, after = task_of(project, predecessor_id), task_of(project, successor_id)
    _check_are_two(before, after)
    if Dependency.objects.filter(predecessor=before, successor=after).exists():
        raise DomainError(
            f"{after} waits for {before} already. Change that link instead.", field="predecessor"
        )
    made: Dependency = Dependency.objects.create(
        tenant_id=project.tenant_id,
        project=project,
        predecessor=before,
        successor=after,
        **_checked(kind, lag),
    )
    return made, _told(made, before, after)


@dataclass(frozen=True, slots=True)
class Link:
    """One task that waits for another."""

    predecessor_id: int
    successor_id: int
    kind: str = Dependency.Kind.FINISH_TO_START
    lag: Waiting = NO_LAG


def set_links(
    project: Project, links: Sequence[Link], naming: Callable[[int], AbstractContextManager[Any]]
) -> list[str]:
    """Links of a locked project made, or changed where they are there, in their order; each told in
    words.

    A refusal passes through `naming`, which is asked with the place of the link from 0 on. A
    constant number of queries.
    Raises  NotFound, DomainError.
    """
    ends = {end for link in links for end in (link.predecessor_id, link.successor_id)}
    tasks = tasks_of(project, ends)
    known = {
        (link.predecessor_id, link.successor_id): link
        for link in Dependency.objects.filter(predecessor_id__in=tasks, successor_id__in=tasks)
    }
    kept = {key: link.pk for key, link in known.items()}
    told, touched = [], set()
    for place, link in enumerate(links):
        with naming(place):
            predecessor, successor = (
                tasks.get(end) or task_of(project, end)
                for end in (link.predecessor_id, link.successor_id)
            )
            _check_are_two(predecessor, successor)
            values = _checked(link.kind, link.lag)
        key = (predecessor.pk, successor.pk)
        row = known.get(key)
        if row is None:
            row = known[key] = Dependency(
                tenant_id=project.tenant_id, project=project, predecessor=predecessor,
                successor=successor, **values,
            )  # fmt: skip
            told.append(_told(row, predecessor, successor))
            continue
        for name, value in values.items():
            setattr(row, name, value)
        touched.add(key)
        told.append(f"changed the link of {predecessor} to {successor}")
    Dependency.objects.bulk_create([row for key, row in known.items() if key not in kept])
    if changed := [known[key] for key in sorted(touched & kept.keys())]:
        Dependency.objects.bulk_update(changed, LINK_FIELDS)
    return told


def edit_link(
    project: Project, dependency_id: int, kind: str, lag: Waiting
) -> tuple[Dependency, str]:
    """The link changed on a locked project, and what was done as words."""
    link = _link(project, dependency_id)
    for name, value in _checked(kind, lag).items():
        setattr(link, name, value)
    link.save(update_fields=LINK_FIELDS)
    return link, f"changed the link of {link.predecessor} to {link.successor}"


def remove_link(project: Project, dependency_id: int) -> str:
    """The link taken away on a locked project; what was done as words."""
    link = _link(project, dependency_id)
    words = f"took the link of {link.predecessor} to {link.successor} away"
    link.delete()
    return words


def _link(project: Project, dependency_id: int) -> Dependency:
    link: Dependency | None = (
        Dependency.objects.select_related("predecessor", "successor")
        .filter(project=project, id=dependency_id)
        .first()
    )
    if link is None:
        raise NotFound(f"Project {project.code} has no such link. It may have been taken away.")
    return link


def _check_are_two(before: Task, after: Task) -> None:
    if before.pk == after.pk:
        raise DomainError(f"{before} cannot wait for itself.", field="predecessor")


def _told(link: Dependency, before: Task, after: Task) -> str:
    return f"linked {before} to {after} ({link.get_kind_display().lower()})"


def _checked(kind: str, lag: Waiting) -> dict[str, Any]:
    if kind not in Dependency.Kind.values:
        raise DomainError("A link is one of FS, SS, FF and SF.", field="kind")
    if abs(lag.minutes) > MAX_LAG_MINUTES:
        raise DomainError("A lag has at most 100,000 hours.", field="lag")
    percent = lag.percent
    if percent is not None:
        if not percent.is_finite() or abs(percent) > MAX_LAG_PERCENT:
            raise DomainError("A lag has at most 10,000 %.", field="lag")
        if lag.minutes:
            raise DomainError("A lag is either time or a percentage.", field="lag")
        percent = percent.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return {
        "kind": kind,
        "lag_minutes": lag.minutes,
        "lag_percent": percent,
        "is_lag_elapsed": lag.is_elapsed,
    }
