"""What a person's week probably looks like, from their last one and their assignments."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.db.models import Sum

from projects import selectors as projects
from projects.models import Assignment
from psa.core.org import selectors as org
from psa.core.org.models import Resource
from psa.core.org.rules import working_time
from timeexpense.models import TimeEntry
from timeexpense.rules import suggestion
from timeexpense.rules.suggestion import Suggestion
from timeexpense.rules.week import DayTotal, Week, totals, week_of


def entries_between(resource: Resource, from_on: date, until_on: date) -> list[TimeEntry]:
    """A person's entries by project, task and day; `until_on` is exclusive. One query."""
    return list(
        TimeEntry.objects.filter(
            resource_id=resource.pk, work_on__gte=from_on, work_on__lt=until_on
        ).order_by("project__code", "task__position", "work_on", "id")
    )


def suggestions_of(*, resource: Resource, week_starts_on: date) -> list[Suggestion]:
    """What `rules.suggestion` proposes for the free capacity of a person's week."""
    week = week_of(week_starts_on, starts_weekday=org.parameters().week_starts_on)
    entries = entries_between(resource, week.previous.starts_on, week.ends_on)
    spec = org.working_spec([resource.pk], week.starts_on, week.ends_on).get(resource.pk)
    if spec is None:
        return []
    total = totals(
        week,
        entered=[(row.work_on, row.minutes) for row in entries],
        capacity=working_time.capacity_by_day(spec, week.starts_on, week.ends_on),
    )
    last = [row for row in entries if row.work_on < week.starts_on]
    return suggested(resource, week, {day.on: day for day in total.days}, last)


def suggested(
    resource: Resource,
    week: Week,
    days: Mapping[date, DayTotal],
    last: Sequence[TimeEntry],
) -> list[Suggestion]:
    """What a week probably looks like. Four queries; `last` are last week's entries."""
    # A day that was begun is left alone: its person knows better.
    free = {on: 0 if day.minutes else day.capacity_minutes for on, day in days.items()}
    open_ids = {p.id: p for p in projects.bookable_projects(resource.pk, week.starts_on)}
    tasks = {task.id for p in open_ids.values() for task in p.tasks if not task.is_summary}
    earlier = [
        suggestion.Pattern(
            row.project_id, row.task_id, (row.work_on - week.previous.starts_on).days, row.minutes
        )
        for row in last
        if row.project_id in open_ids and (row.task_id is None or row.task_id in tasks)
    ]
    assigned = Assignment.objects.filter(resource_id=resource.pk, task_id__in=tasks).order_by(
        "task__project__code", "task__position"
    )
    used = dict(
        TimeEntry.objects.filter(resource_id=resource.pk, task_id__in=tasks)
        .values_list("task_id")
        .annotate(total=Sum("minutes"))
    )
    rows = [
        suggestion.Assigned(project_id, task_id, minutes - used.get(task_id, 0))
        for project_id, task_id, minutes in assigned.values_list(
            "task__project_id", "task_id", "minutes"
        )
    ]
    return suggestion.suggest(week, free_minutes=free, earlier=earlier, assigned=rows)
