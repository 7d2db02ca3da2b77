"""How far tasks were on a day, and when anybody last said so."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, Max, OuterRef

from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType

from ..models import Project, Task, TaskProgress
from ..rules.stale import STALE_DAYS


@dataclass(frozen=True, slots=True)
class Stood:
    """How far a task was at the end of a day."""

    remaining_minutes: int
    percent_complete: int
    is_completed: bool


def stood_on(project_ids: Collection[int], on: date) -> dict[int, Stood]:
    """Tasks that stood otherwise on that day than they do now, by task id. One query.

    A task that is not named has not changed since: what it says now held then.
    """
    rows = (
        TaskProgress.objects.filter(project_id__in=project_ids, on__gt=on)
        .order_by("task_id", "on", "id")
        .distinct("task_id")
        .values_list("task_id", "was_remaining_minutes", "was_percent_complete", "was_completed")
    )
    return {task_id: Stood(*stood) for task_id, *stood in rows}


def stale_forecasts(project_ids: Collection[int], *, as_of: date) -> dict[int, date]:
    """Projects whose work left has not moved for a fortnight while hours were booked on it.

    By project: since when it stands still. A project that was never forecast counts from its
    start; one with no work left is not stale. Two queries.
    """
    since = as_of - timedelta(days=STALE_DAYS)
    open_work = Task.objects.filter(
        project_id=OuterRef("pk"), is_summary=False, is_completed=False, remaining_minutes__gt=0
    )
    booked = Actual.objects.filter(
        project_id=OuterRef("pk"),
        actual_type=ActualType.COST,
        work_on__gt=since,
        work_on__lte=as_of,
        minutes__gt=0,
    )
    rows = (
        Project.objects.filter(
            Exists(open_work),
            Exists(booked),
            id__in=project_ids,
            status=Project.Status.IN_DELIVERY,
            starts_on__lte=since,
        )
        .order_by()
        .values_list("id", "starts_on")
    )
    waiting = dict(rows)
    moved = dict(
        TaskProgress.objects.filter(project_id__in=waiting, on__lte=as_of)
        .order_by()
        .values_list("project_id")
        .annotate(last=Max("on"))
    )
    found = {}
    for project_id, starts_on in waiting.items():
        last_on = max(starts_on, moved.get(project_id, starts_on))
        if last_on <= since:
            found[project_id] = last_on
    return found
