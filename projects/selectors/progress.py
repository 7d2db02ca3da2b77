"""How far tasks were on a day, and when anybody last said so."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Case, DateField, Exists, F, OuterRef, Subquery, When
from django.db.models.functions import Coalesce, Greatest

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


def fortnight_before(as_of: date) -> date:
    """From when a forecast of this day must have moved."""
    return as_of - timedelta(days=STALE_DAYS)


def stale_since(as_of: date, since: date) -> Case:
    """Of a project: since when its work left has not moved for a fortnight while hours were booked;
    `since` is `fortnight_before(as_of)`.

    None for one that is not stale: out of delivery, with no work left, or moved since. A project
    that was never forecast counts from its start.
    Source  docs/rules/projects.md, P-32.
    """
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
    # A percentage alone says nothing about the hours that are left.
    moves = TaskProgress.objects.filter(project_id=OuterRef("pk"), on__lte=as_of).exclude(
        remaining_minutes=F("was_remaining_minutes"), is_completed=F("was_completed")
    )
    moved_since = moves.filter(on__gt=since)
    moved = moves.order_by("-on").values("on")[:1]
    return Case(
        When(
            Exists(open_work) & Exists(booked) & ~Exists(moved_since),
            status=Project.Status.IN_DELIVERY,
            starts_on__lte=since,
            then=Greatest("starts_on", Coalesce(Subquery(moved), F("starts_on"))),
        ),
        default=None,
        output_field=DateField(),
    )


def stale_forecasts(project_ids: Collection[int], *, as_of: date) -> dict[int, date]:
    """The projects whose forecast is stale, and since when. One query."""
    rows = (
        Project.objects.filter(id__in=project_ids)
        .order_by()
        .annotate(stale=stale_since(as_of, fortnight_before(as_of)))
        .filter(stale__isnull=False)
    )
    return dict(rows.values_list("id", "stale"))
