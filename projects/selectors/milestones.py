"""Milestones across projects."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, F

from psa.core.actor import Actor

from .. import policies
from ..models import BaselineTask, Dependency, Project, Task
from .completion import is_finished

SOON_DAYS = 14
_OPEN = (Project.Status.PLANNING, Project.Status.IN_DELIVERY, Project.Status.ON_HOLD)


@dataclass(frozen=True, slots=True)
class MilestoneRow:
    """A milestone; `state` is overdue, soon (due within 14 days), planned or done.

    It is at risk when it is soon due, or overdue, and tasks before it are unfinished.
    """

    id: int
    project_id: int
    name: str
    project_name: str
    account_name: str
    manager_name: str
    due_on: date | None
    state: str
    baseline_on: date | None = None
    actual_on: date | None = None
    open_before: int = 0

    @property
    def is_at_risk(self) -> bool:
        return self.open_before > 0 and self.state in ("soon", "overdue")

    @property
    def slip_days(self) -> int | None:
        """Days that it comes, or came, later than the baseline says."""
        ends_on = self.actual_on or self.due_on
        if self.baseline_on is None or ends_on is None:
            return None
        return (ends_on - self.baseline_on).days


def milestones(*, actor: Actor, as_of: date, mine: bool = False) -> list[MilestoneRow]:
    """Milestones of open projects the actor may open (with `mine`: manages), by date.

    Three queries.
    """
    projects = policies.visible_to(actor)
    if mine:
        projects = projects.filter(manager__membership_id=actor.membership_id)
    rows = list(
        Task.objects.filter(
            is_milestone=True,
            project__status__in=_OPEN,
            project_id__in=projects.values("id"),
        )
        .order_by("finishes_on", "project__code", "position")
        .values_list(
            "id", "project_id", "name", "project__name", "project__account__name",
            "project__manager__name", "finishes_on", "starts_on", "is_completed",
            "actual_finish_at",
        )
    )  # fmt: skip
    baselines = baseline_days(project_ids=sorted({row[1] for row in rows}))
    waiting = _open_before([row[0] for row in rows])
    return [
        MilestoneRow(
            task_id, project_id, name, project, account or "Internal", manager,
            finish or start, state_of(finish or start, is_completed, as_of),
            baselines.get(task_id), finished_at.date() if finished_at else None,
            waiting.get(task_id, 0),
        )
        for (
            task_id, project_id, name, project, account, manager, finish, start, is_completed,
            finished_at,
        ) in rows
    ]  # fmt: skip


def _open_before(task_ids: Collection[int]) -> dict[int, int]:
    """How many unfinished tasks each of these waits for directly. One query."""
    rows = (
        Dependency.objects.filter(successor_id__in=task_ids, predecessor__is_active=True)
        .exclude(is_finished("predecessor__"))
        .order_by()
        .values_list("successor_id")
        .annotate(waiting=Count("id"))
    )
    return dict(rows)


def baseline_days(*, project_ids: Collection[int]) -> dict[int, date]:
    """Per milestone, the day that the baseline approved last gives it, else the newest one.

    One query.
    """
    rows = (
        BaselineTask.objects.filter(
            baseline__project_id__in=project_ids, task__is_milestone=True, finish_at__isnull=False
        )
        .order_by(
            F("baseline__approved_at").asc(nulls_first=True), "baseline__set_at", "baseline__number"
        )
        .values_list("task_id", "finish_at")
    )
    return {task_id: finish_at.date() for task_id, finish_at in rows}


def state_of(due_on: date | None, is_completed: bool, as_of: date) -> str:
    """How a milestone stands: done, overdue, soon or planned."""
    if is_completed:
        return "done"
    if due_on is None or due_on > as_of + timedelta(days=SOON_DAYS):
        return "planned"
    return "overdue" if due_on < as_of else "soon"
