"""The team grid of a project: who is on it, booked, given tasks, and what that came to."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Sum
from moneyed import Money

from psa.core.actor import Actor
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType
from psa.core.org import booked
from psa.core.org.booked import ProjectBooking
from psa.core.org.models import Resource

from ..models import Assignment, Project, TeamMember
from .page_rows import TeamPage, TeamRow, TeamTotals
from .pages import approvers_named, loaded_project
from .projects import currency_of

Key = tuple[int, int]
TASKS_NAMED = 3


@dataclass(slots=True)
class _Given:
    """A person's tasks in the plan's order, the work given to them, and what of it is left."""

    tasks: list[str] = field(default_factory=list)
    assigned_minutes: int = 0
    remaining_minutes: int = 0


def team_page(*, actor: Actor, project_id: int, as_of: date) -> TeamPage:
    """The team with hours booked, assigned, worked and left. Five queries beside the head's.

    Raises  NotFound.
    """
    project, _, head = loaded_project(actor, project_id, as_of)
    contract = project.contract
    currency = contract.currency if contract else currency_of(actor)
    bookings = _by_key(booked.project_bookings(project.pk))
    worked = _worked(project, as_of)
    given = _given(project)
    ahead = _ahead(project, as_of)
    seen: set[int] = set()
    rows = []
    for member in (
        TeamMember.objects.filter(project=project)
        .select_related("resource", "role")
        .order_by("resource__name", "id")
    ):
        key = (member.resource_id, member.role_id)
        is_first = member.resource_id not in seen
        seen.add(member.resource_id)
        theirs = given.get(member.resource_id, _Given()) if is_first else None
        own = bookings.get(key, ())
        rows.append(
            TeamRow(
                id=member.pk,
                resource_id=member.resource_id,
                role_id=member.role_id,
                name=member.resource.name,
                is_generic=member.resource.kind == Resource.Kind.GENERIC,
                role_name=member.role.name,
                valid_from=member.valid_from,
                last_on=member.valid_until - timedelta(days=1) if member.valid_until else None,
                planned_minutes=member.planned_minutes,
                booked_how=_how(own),
                hard_minutes=sum(one.minutes for one in own if one.is_hard),
                soft_minutes=sum(one.minutes for one in own if not one.is_hard),
                ahead_minutes=ahead.get(member.resource_id, 0),
                tasks=None if theirs is None else tuple(theirs.tasks[:TASKS_NAMED]),
                task_count=None if theirs is None else len(theirs.tasks),
                assigned_minutes=None if theirs is None else theirs.assigned_minutes,
                actual_minutes=worked.get(key, 0),
                remaining_minutes=None if theirs is None else theirs.remaining_minutes,
                rate=Money(member.bill_rate_override, currency)
                if head.sight.bill and member.bill_rate_override is not None
                else None,
                rate_unit=member.bill_rate_unit,
            )
        )
    return TeamPage(head, tuple(rows), _totals(rows), approvers_named(project))


def _by_key(found: Iterable[ProjectBooking]) -> dict[Key, list[ProjectBooking]]:
    bookings: dict[Key, list[ProjectBooking]] = defaultdict(list)
    for one in found:
        bookings[(one.resource_id, one.role_id)].append(one)
    return bookings


def _how(own: Sequence[ProjectBooking]) -> str:
    """How somebody is booked, in words; "" when they are not."""
    if len(own) == 1:
        return own[0].what
    return f"{len(own)} bookings" if own else ""


def _worked(project: Project, as_of: date) -> dict[Key, int]:
    """Minutes posted by person and role up to a day."""
    rows = (
        Actual.objects.filter(
            project_id=project.pk, actual_type=ActualType.COST, work_on__lte=as_of
        )
        .order_by()
        .values_list("resource_id", "role_id")
        .annotate(time=Sum("minutes"))
    )
    return {(resource_id, role_id): minutes or 0 for resource_id, role_id, minutes in rows}


def _ahead(project: Project, as_of: date) -> dict[int, int]:
    """Minutes booked on the project by person, from a day on."""
    found: dict[int, int] = defaultdict(int)
    for day in booked.booked_days(project_ids=[project.pk], from_on=as_of):
        found[day.resource_id] += day.hard_minutes + day.soft_minutes
    return found


def _given(project: Project) -> dict[int, _Given]:
    """Tasks, work and work left by person; of a task's work left, each has their share of its
    work, the last one what rounding leaves."""
    of_task: dict[int, list[tuple[int | None, int, int, str]]] = defaultdict(list)
    for task_id, resource_id, minutes, left, name in (
        Assignment.objects.filter(task__project=project)
        .order_by("task__position", "id")
        .values_list("task_id", "resource_id", "minutes", "task__remaining_minutes", "task__name")
    ):
        of_task[task_id].append((resource_id, minutes, left, name))
    found: dict[int, _Given] = defaultdict(_Given)
    for shares in of_task.values():
        whole = sum(minutes for _, minutes, _, _ in shares)
        done = counted = 0
        for resource_id, minutes, left, name in shares:
            counted += minutes
            upto = left * counted // whole if whole else 0
            if resource_id is not None:
                theirs = found[resource_id]
                theirs.tasks.append(name)
                theirs.assigned_minutes += minutes
                theirs.remaining_minutes += upto - done
            done = upto
    return found


def _totals(rows: Sequence[TeamRow]) -> TeamTotals:
    return TeamTotals(
        hard_minutes=sum(row.hard_minutes for row in rows),
        soft_minutes=sum(row.soft_minutes for row in rows),
        assigned_minutes=sum(row.assigned_minutes or 0 for row in rows),
        actual_minutes=sum(row.actual_minutes for row in rows),
        remaining_minutes=sum(row.remaining_minutes or 0 for row in rows),
    )
