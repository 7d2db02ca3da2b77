"""Working time of project calendars, summed by day for time-phasing."""

from collections.abc import Mapping
from datetime import date, timedelta

from psa.core.org import selectors as org
from psa.core.org.rules import working_time

from ..models import PlanCalendar, Project
from ..rules import plan_calendars
from ..rules.phasing import WorkingTime

# A plan that spans more is phased over its first forty years: nothing real is longer.
MAX_DAYS = 14_610


def base_calendar(project: Project, from_on: date, until_on: date) -> working_time.CalendarSpec:
    """The calendar that a project's plan counts by: its own where it came with one, else the firm's.

    `until_on` is exclusive. One or two queries.
    """
    if project.plan_calendar_id is not None:
        own = PlanCalendar.objects.filter(id=project.plan_calendar_id).values_list("week", "days")
        week, days = own.get()
        return plan_calendars.spec_of(week, days)
    return org.calendar_spec(project.calendar_id, from_on, until_on)


def working_time_of(spans: Mapping[int, tuple[date, date]]) -> dict[int, WorkingTime]:
    """Working time per calendar over its span of days, both included; a few queries a calendar."""
    found = {}
    for calendar_id, (first, last) in spans.items():
        until = min(last, first + timedelta(days=MAX_DAYS - 1)) + timedelta(days=1)
        spec = org.calendar_spec(calendar_id, first, until)
        minutes = working_time.capacity_by_day(spec, first, until)
        found[calendar_id] = WorkingTime.of(first, list(minutes.values()))
    return found
