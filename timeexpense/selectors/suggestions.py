"""What a person's week probably looks like, from bookings, earlier weeks and assignments."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from django.db.models import Sum

from projects import selectors as projects
from projects.models import Assignment
from projects.selectors import BookableProject
from psa.core.org import booked as bookings
from psa.core.org import selectors as org
from psa.core.org.models import Resource
from psa.core.org.rules import working_time
from timeexpense.models import TimeEntry
from timeexpense.rules import suggestion
from timeexpense.rules.suggestion import Pattern, Suggestion
from timeexpense.rules.validation import day
from timeexpense.rules.week import DAYS, DayTotal, Week, totals, week_of

# Recent rows, and what a week is suggested from, look so far back.
LOOKS_BACK_WEEKS: Final = 4


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
    before = week.starts_on - timedelta(weeks=LOOKS_BACK_WEEKS)
    entries = entries_between(resource, before, week.ends_on)
    spec = org.working_spec([resource.pk], week.starts_on, week.ends_on).get(resource.pk)
    if spec is None:
        return []
    total = totals(
        week,
        entered=[(row.work_on, row.minutes) for row in entries],
        capacity=working_time.capacity_by_day(spec, week.starts_on, week.ends_on),
    )
    earlier = [row for row in entries if row.work_on < week.starts_on]
    bookable = projects.bookable_projects(resource.pk, week.starts_on)
    return suggested(resource, week, {day.on: day for day in total.days}, earlier, bookable)


def suggested(
    resource: Resource,
    week: Week,
    days: Mapping[date, DayTotal],
    earlier: Sequence[TimeEntry],
    bookable: Sequence[BookableProject],
) -> list[Suggestion]:
    """What a week probably looks like. Three queries; `earlier` are entries of the weeks before."""
    # A day that was begun is left alone: its person knows better.
    free = {on: 0 if day.minutes else day.capacity_minutes for on, day in days.items()}
    open_ids = {project.id for project in bookable}
    tasks = {task.id for p in bookable for task in p.tasks if not task.is_summary}
    assigned = Assignment.objects.filter(resource_id=resource.pk, task_id__in=tasks).order_by(
        "task__project__code", "task__position"
    )
    used = dict(
        TimeEntry.objects.filter(resource_id=resource.pk, task_id__in=tasks)
        .values_list("task_id")
        .annotate(total=Sum("minutes"))
    )
    rows = [
        suggestion.Assigned(
            project_id,
            task_id,
            minutes - used.get(task_id, 0),
            starts_on,
            finishes_on + timedelta(days=1) if finishes_on else None,
        )
        for project_id, task_id, minutes, starts_on, finishes_on in assigned.values_list(
            "task__project_id", "task_id", "minutes", "task__starts_on", "task__finishes_on"
        )
    ]
    patterns = [
        row
        for row in _patterns(week, earlier)
        if row.project_id in open_ids and (row.task_id is None or row.task_id in tasks)
    ]
    booked = [
        suggestion.Booked(row.project_id, row.on, row.hard_minutes)
        for row in bookings.booked_days(
            resource_ids=[resource.pk], from_on=week.starts_on, until_on=week.ends_on
        )
        if row.project_id in open_ids and row.hard_minutes
    ]
    return suggestion.suggest(
        week, free_minutes=free, earlier=patterns, assigned=rows, booked=booked
    )


def _patterns(week: Week, earlier: Sequence[TimeEntry]) -> list[Pattern]:
    """The latest week that has any entries, as a pattern: one row a day and piece of work."""
    worked = [row for row in earlier if row.work_on < week.starts_on]
    if not worked:
        return []
    back = (week.starts_on - max(row.work_on for row in worked) - timedelta(days=1)).days // DAYS
    starts_on = week.previous.starts_on - timedelta(weeks=back)
    source = "last week" if not back else f"the week of {day(starts_on)}"
    minutes: dict[tuple[int, int | None, int], int] = defaultdict(int)
    for row in worked:
        number = (row.work_on - starts_on).days
        if number >= 0:
            minutes[row.project_id, row.task_id, number] += row.minutes
    return [Pattern(*key, total, source) for key, total in minutes.items()]
