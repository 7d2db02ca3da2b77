"""Who sees which entry, who decides on it, and which state lets whom do what."""

from typing import Any, Final

from django.db.models import F, Q, QuerySet

from projects import selectors as projects
from psa.core.access.models import MembershipRole
from psa.core.actor import Actor
from psa.core.org.models import Resource
from psa.core.tenancy import compiled, reading

from .models import (
    ApprovalDelegation,
    ApprovalRoute,
    Awaits,
    EntryState,
    ExpenseEntry,
    ExpenseReport,
    TimeEntry,
)
from .permissions import TimeExpensePermission

# What the person may still change.
EDITABLE: Final = (EntryState.DRAFT, EntryState.RETURNED)


def is_system(actor: Actor) -> bool:
    """Whether nobody in particular acts: the operator, or a scheduled job."""
    return actor.membership_id is None


def decided_by(member_id: int) -> Q:
    """The entries that wait, or waited last, for a member's decision by a right of their own."""
    return (
        Q(awaits=Awaits.PROJECT, project_id__in=_projects_of(member_id))
        | Q(awaits=Awaits.MANAGER, resource_id__in=reports_of(member_id).values("id"))
        | Q(awaits=Awaits.ROUTE, route_id__in=_routes_to(member_id))
    )


def deputised(member_id: int) -> Q:
    """What a deputy of this member decides on: all that the member does, but not their own."""
    return decided_by(member_id) & ~Q(resource__membership_id=member_id)


def reports_of(member_id: int) -> "QuerySet[Resource]":
    """Those whose manager a member is."""
    found: QuerySet[Resource] = Resource.objects.filter(manager__membership_id=member_id)
    return found


def stands_in_for(actor: Actor) -> tuple[int, ...]:
    """The members whose deputy the actor is now. One query, once a page."""
    return reading.once(
        ("timeexpense.stands_in_for", actor.membership_id),
        lambda: tuple(
            approver_id
            for (approver_id,) in compiled.rows(
                "timeexpense.stands_in_for", _approvers_behind, actor.membership_id
            )
        ),
    )


def _approvers_behind(delegate_id: int) -> "QuerySet[Any, Any]":
    active = ApprovalDelegation.objects.filter(delegate_id=delegate_id, is_active=True)
    return active.order_by("approver_id").values_list("approver_id").distinct()


def decidable(actor: Actor) -> Q:
    """The entries that the actor decides on, by their own right or as somebody's deputy."""
    return decidable_by(actor.membership_id, *stands_in_for(actor))


def decidable_by(member_id: int, *in_place_of: int) -> Q:
    """The entries that a member decides on who is the deputy of these others."""
    found = decided_by(member_id)
    for other_id in in_place_of:
        found |= deputised(other_id)
    return found


def journeys_decided_by(member_id: int, *in_place_of: int) -> Q:
    """The travel requests that a member decides on who is the deputy of these others.

    Those of projects that they approve for; where a journey is for no customer, or of who approves
    for the project alone, also those of their own people. As a deputy not those of the one they
    stand in for.
    """
    found = Q(pk__in=[])
    nobody_else = Q(project__manager_id=F("resource_id")) & ~projects.names_approver_besides(
        "resource_id"
    )
    for other_id in (member_id, *in_place_of):
        theirs = Q(project_id__in=projects.projects_approved_by(other_id).values("id")) | (
            (Q(project__is_internal=True) | nobody_else)
            & Q(resource__manager__membership_id=other_id)
        )
        found |= theirs if other_id == member_id else theirs & ~Q(resource__membership_id=other_id)
    return found


def _projects_of(member_id: int) -> "QuerySet[Any, Any]":
    return projects.projects_approved_by(member_id).values("id")


def _routes_to(member_id: int) -> "QuerySet[Any, Any]":
    roles = MembershipRole.objects.filter(membership_id=member_id).values("role__code")
    routes = ApprovalRoute.objects.filter(Q(approver_id=member_id) | Q(approver_role__in=roles))
    return routes.values("id")


def answers_for(actor: Actor) -> Q:
    """The entries of projects that the actor approves for, and those they decide on, in any state;
    as a deputy too, but then not the entries of the one they stand in for.
    """
    return answered_by(actor.membership_id, *stands_in_for(actor))


def answered_by(me: int, *in_place_of: int) -> Q:
    """As `answers_for`, of a member who is the deputy of these others."""
    found = Q(project_id__in=_projects_of(me)) | decided_by(me)
    for member_id in in_place_of:
        theirs = Q(project_id__in=_projects_of(member_id)) | decided_by(member_id)
        found |= theirs & ~Q(resource__membership_id=member_id)
    return found


def _mine_or_to_approve(actor: Actor) -> Q:
    found = Q(resource__membership_id=actor.membership_id)
    if actor.has(TimeExpensePermission.APPROVE):
        found |= answers_for(actor)
    return found


def visible_time(actor: Actor) -> "QuerySet[TimeEntry]":
    """One's own entries, those one approves for or decides on, or all with view_all."""
    if actor.has(TimeExpensePermission.VIEW_ALL):
        return TimeEntry.objects.all()
    return TimeEntry.objects.filter(_mine_or_to_approve(actor))


def visible_expenses(actor: Actor) -> "QuerySet[ExpenseEntry]":
    """As `visible_time`, for expenses."""
    if actor.has(TimeExpensePermission.VIEW_ALL):
        return ExpenseEntry.objects.all()
    return ExpenseEntry.objects.filter(_mine_or_to_approve(actor))


def visible_reports(actor: Actor) -> "QuerySet[ExpenseReport]":
    """One's own reports, those with an entry one may see, or all with view_all."""
    if actor.has(TimeExpensePermission.VIEW_ALL):
        return ExpenseReport.objects.all()
    seen = visible_expenses(actor).values("report_id")
    return ExpenseReport.objects.filter(
        Q(resource__membership_id=actor.membership_id) | Q(id__in=seen)
    )
