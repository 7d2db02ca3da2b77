"""Milestones across projects."""

from dataclasses import dataclass
from datetime import date, timedelta

from psa.core.actor import Actor

from .. import policies
from ..models import Project, Task

SOON_DAYS = 14
_OPEN = (Project.Status.PLANNING, Project.Status.IN_DELIVERY, Project.Status.ON_HOLD)


@dataclass(frozen=True, slots=True)
class MilestoneRow:
    """A milestone; `state` is overdue, soon (due within 14 days), planned or done."""

    id: int
    project_id: int
    name: str
    project_name: str
    account_name: str
    manager_name: str
    due_on: date | None
    state: str


def milestones(*, actor: Actor, as_of: date, mine: bool = False) -> list[MilestoneRow]:
    """Milestones of open projects the actor may open (with `mine`: manages), by date. One query."""
    projects = policies.visible_to(actor)
    if mine:
        projects = projects.filter(manager__membership_id=actor.membership_id)
    rows = (
        Task.objects.filter(
            is_milestone=True,
            project__status__in=_OPEN,
            project_id__in=projects.values("id"),
        )
        .order_by("finishes_on", "project__code", "position")
        .values_list(
            "id", "project_id", "name", "project__name", "project__account__name",
            "project__manager__name", "finishes_on", "starts_on", "is_completed",
        )
    )  # fmt: skip
    return [
        MilestoneRow(
            task_id, project_id, name, project, account or "Internal", manager,
            finish or start, state_of(finish or start, is_completed, as_of),
        )
        for (
            task_id, project_id, name, project, account, manager, finish, start, is_completed,
        ) in rows
    ]  # fmt: skip


def state_of(due_on: date | None, is_completed: bool, as_of: date) -> str:
    """How a milestone stands: done, overdue, soon or planned."""
    if is_completed:
        return "done"
    if due_on is None or due_on > as_of + timedelta(days=SOON_DAYS):
        return "planned"
    return "overdue" if due_on < as_of else "soon"
