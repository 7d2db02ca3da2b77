"""Who decides on what waits, and how much waits for whom: constant queries for any number."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Count, Min

from projects import selectors as projects
from psa.core.access.models import Membership, MembershipRole
from psa.core.org.models import Resource
from timeexpense.models import (
    ApprovalDelegation,
    ApprovalRoute,
    Awaits,
    EntryState,
    ExpenseEntry,
    TimeEntry,
)


class Waits(NamedTuple):
    """Whose decision is waited for, and for whose work."""

    awaits: str
    project_id: int
    route_id: int | None
    resource_id: int


@dataclass(frozen=True, slots=True)
class Desk:
    """What waits for one approver: how many entries, the oldest work, the oldest hand-in."""

    count: int
    oldest_on: date
    waiting_since: datetime


def deciders_of(waits: Collection[Waits]) -> dict[Waits, frozenset[int]]:
    """The members who decide, with their deputies; nobody's own work is theirs. Seven queries."""
    members = dict(
        Resource.objects.filter(membership__isnull=False).values_list("id", "membership_id")
    )
    approvers = projects.approvers_of({one.project_id for one in waits})
    managers = dict(
        Resource.objects.filter(
            id__in={one.resource_id for one in waits if one.awaits == Awaits.MANAGER}
        ).values_list("id", "manager_id")
    )
    routed = _routed({one.route_id for one in waits if one.route_id is not None})
    deputies = _deputies()
    active = set(Membership.objects.filter(is_active=True).values_list("id", flat=True))
    found = {}
    for one in waits:
        if one.awaits == Awaits.ROUTE:
            own = routed.get(one.route_id or 0, frozenset())
        else:
            people: Iterable[int | None] = (
                [managers.get(one.resource_id)]
                if one.awaits == Awaits.MANAGER
                else approvers.get(one.project_id, ())
            )
            own = frozenset(members[person] for person in people if person in members)
        own -= {members.get(one.resource_id, 0)}
        both = own | {deputy for member in own for deputy in deputies.get(member, ())}
        found[one] = frozenset((both - {members.get(one.resource_id, 0)}) & active)
    return found


def _routed(route_ids: Collection[int]) -> Mapping[int, frozenset[int]]:
    if not route_ids:
        return {}
    routes = list(
        ApprovalRoute.objects.filter(id__in=route_ids).values_list(
            "id", "approver_id", "approver_role"
        )
    )
    of_role: dict[str, set[int]] = defaultdict(set)
    for code, member_id in MembershipRole.objects.filter(
        role__code__in={role for _, _, role in routes if role}
    ).values_list("role__code", "membership_id"):
        of_role[code].add(member_id)
    return {
        route_id: frozenset({approver_id} if approver_id else of_role.get(role, ()))
        for route_id, approver_id, role in routes
    }


def _deputies() -> Mapping[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for approver_id, delegate_id in ApprovalDelegation.objects.filter(is_active=True).values_list(
        "approver_id", "delegate_id"
    ):
        found[approver_id].add(delegate_id)
    return found


def desks(*, worked_before: date | None = None) -> dict[int, Desk]:
    """What waits for each approver, of work before a day if one is given. Nine queries."""
    groups = [
        *_waiting(TimeEntry, "work_on", worked_before),
        *_waiting(ExpenseEntry, "spent_on", worked_before),
    ]
    if not groups:
        return {}
    deciders = deciders_of({waits for waits, _ in groups})
    found: dict[int, Desk] = {}
    for waits, desk in groups:
        for member_id in deciders[waits]:
            known = found.get(member_id)
            found[member_id] = (
                desk
                if known is None
                else Desk(
                    known.count + desk.count,
                    min(known.oldest_on, desk.oldest_on),
                    min(known.waiting_since, desk.waiting_since),
                )
            )
    return found


def _waiting(model: Any, day: str, before: date | None) -> list[tuple[Waits, Desk]]:
    rows = model.objects.filter(state=EntryState.SUBMITTED, submitted_at__isnull=False)
    if before is not None:
        rows = rows.filter(**{f"{day}__lt": before})
    grouped = (
        rows.order_by()
        .values_list("awaits", "project_id", "route_id", "resource_id")
        .annotate(Count("id"), Min(day), Min("submitted_at"))
    )
    return [(Waits(*row[:4]), Desk(*row[4:])) for row in grouped]
