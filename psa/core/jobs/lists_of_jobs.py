"""The jobs list and the schedules list, as declarations."""

from typing import Any

from django.db.models import Q
from django.urls import reverse

from psa.core.access.permissions import AccessPermission, JobsPermission
from psa.core.web import sentences, states
from psa.core.web.lists import (
    Action,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    Empty,
    ListSpec,
    View,
)
from psa.core.web.progress import of_total

from .models import JobRun, JobSchedule

RUN_STATES = {
    JobRun.State.QUEUED: states.QUEUED,
    JobRun.State.RUNNING: states.RUNNING,
    JobRun.State.DONE: states.DONE,
    JobRun.State.FAILED: states.FAILED,
    JobRun.State.CANCELLED: states.CANCELLED,
}
# Under an hour: looks whether something waits, and would drown what people and nights start.
_ROUTINE_MINUTES = 60
FAILURES = Q(state=JobRun.State.FAILED) | Q(left_out__gt=0)


def _is_routine(_request: Any) -> Q:
    often = JobSchedule.objects.filter(every_minutes__lt=_ROUTINE_MINUTES).values("kind")
    return Q(requested_by__isnull=True, kind__in=often)


def _is_no_routine(request: Any) -> Q:
    return ~_is_routine(request) | FAILURES


SCHEDULE_STATES = {True: states.ACTIVE, False: states.ON_HOLD}


def how_far(row: dict[str, Any]) -> str:
    """Done of total in words; empty while the total is not known."""
    return of_total(row["done"], row["total"]) if row["total"] else ""


def when(schedule: JobSchedule) -> str:
    """The timing in words."""
    if schedule.daily_at_minute is not None:
        hours, minutes = divmod(schedule.daily_at_minute, 60)
        return f"Daily at {hours:02d}:{minutes:02d} UTC"
    number = schedule.every_minutes or 0
    return "Every minute" if number == 1 else f"Every {number:,} minutes"


RUNS = ListSpec(
    key="jobs",
    title="Jobs",
    noun=("job", "jobs"),
    columns=(
        Column(
            "title",
            "Job",
            kind="link",
            sort="title",
            value=lambda row: sentences.told(row["title"]),
        ),
        Column("state", "State", kind="state", sort="state", states=RUN_STATES),
        Column("progress", "Progress", value=how_far),
        Column("message", "Result"),
        Column(
            "requested_by",
            "Started by",
            kind="person",
            value=lambda row: row["requested_by__name"] or "System",
            permission=JobsPermission.VIEW_ALL,
        ),
        Column("requested_at", "Started", kind="datetime", sort="requested_at"),
        Column("finished_at", "Ended", kind="datetime", shown=False),
    ),
    filters=(
        ChoiceFilter("state", "State", choices=JobRun.State.choices),
        DateRangeFilter("requested_at", "Started"),
    ),
    views=(
        # What is scheduled every few minutes is left out here, unless something failed.
        View("jobs", "Jobs", where=_is_no_routine),
        View("live", "Running", where=Q(state__in=["queued", "running"])),
        View("failed", "Failed", where=FAILURES),
        View("mine", "Mine", where=lambda r: Q(requested_by_id=r.actor.membership_id)),
        View("routine", "Scheduled by the system", where=_is_routine),
        View("all", "All"),
    ),
    search=("title__icontains",),
    search_label="Filter by job",
    order="-id",
    row_url=lambda row: reverse("jobs:run", args=[row["id"]]),
    row_label=lambda row: row["title"],
    actions=(
        Action(
            "Schedules",
            "jobs:schedule_list",
            permission=AccessPermission.MANAGE_PARAMETERS,
            icon="calendar-time",
        ),
    ),
    empty=Empty(
        "No jobs yet",
        "Long work such as a billing run appears here while it runs, and stays with its result.",
    ),
)

SCHEDULES = ListSpec(
    key="job_schedules",
    title="Schedules",
    noun=("schedule", "schedules"),
    crumbs=(("Jobs", None),),
    columns=(
        Column("title", "Job", kind="link", sort="title"),
        Column("is_active", "State", kind="state", states=SCHEDULE_STATES, sort="is_active"),
        Column("when", "When", value=when),
        Column("next_due_at", "Next", kind="datetime", sort="next_due_at"),
    ),
    order="title",
    row_url=lambda row: reverse("jobs:schedule", args=[row.pk]),
    row_label=lambda row: row.title,
    empty=Empty(
        "No schedules yet",
        "Work that runs by itself is listed here within a minute of the scheduler's start.",
    ),
    export=False,
)
