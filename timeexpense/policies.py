"""Who sees which entry, and which state lets whom do what."""

from typing import Final

from django.db.models import Q, QuerySet

from projects import selectors as projects
from psa.core.actor import Actor

from .models import EntryState, ExpenseEntry, ExpenseReport, TimeEntry
from .permissions import TimeExpensePermission

# What the person may still change.
EDITABLE: Final = (EntryState.DRAFT, EntryState.RETURNED)


def is_system(actor: Actor) -> bool:
    """Whether nobody in particular acts: the operator, or a scheduled job."""
    return actor.membership_id is None


def _mine_or_to_approve(actor: Actor) -> Q:
    found = Q(resource__membership_id=actor.membership_id)
    if actor.has(TimeExpensePermission.APPROVE):
        found |= Q(project_id__in=projects.approvable_projects(actor).values("id"))
    return found


def visible_time(actor: Actor) -> "QuerySet[TimeEntry]":
    """One's own entries, those of projects one approves for, or all with view_all."""
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
