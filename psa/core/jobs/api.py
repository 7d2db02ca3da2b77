"""Endpoints of jobs: following, cancelling, retrying, and their schedules."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Field

from psa.core import clock
from psa.core.access.permissions import AccessPermission
from psa.core.web.api import ApiRequest, Endpoints, In, Nothing, Out, shape
from psa.core.web.api.fields import Id

from . import lists_of_jobs, selectors, services

endpoints = Endpoints("jobs", "Jobs")
RunOut = shape(
    selectors.RunPage,
    "JobOut",
    without=("progress",),
    state=Annotated[str, Field(alias="progress.state")],
    done=Annotated[int, Field(alias="progress.done")],
    total=Annotated[int | None, Field(alias="progress.total")],
    message=Annotated[str, Field(alias="progress.note")],
)


class ScheduleOut(Out):
    """When a kind of job starts by itself."""

    id: int
    kind: str
    title: str
    every_minutes: int | None
    daily_at_minute: int | None
    next_due_at: datetime
    is_active: bool


class ScheduleIn(In):
    """Either every so many minutes, or each day at a minute after midnight (UTC)."""

    is_active: bool
    every_minutes: int | None = Field(None, ge=1, le=60 * 24 * 31)
    daily_at_minute: int | None = Field(None, ge=0, le=1439)


@endpoints.list("/jobs", lists_of_jobs.RUNS, name="Job")
def list_jobs(request: ApiRequest) -> Any:
    """Jobs that you asked for, or may see."""
    return selectors.runs(actor=request.actor)


@endpoints.read("/jobs/{run_id}", RunOut)
def get_job(request: ApiRequest, run_id: Id) -> Any:
    """One job: how far it is, its log, and what it could not do."""
    return selectors.run_page(actor=request.actor, run_id=run_id)


@endpoints.write("POST", "/jobs/{run_id}/cancel", RunOut, of=get_job)
def cancel_job(request: ApiRequest, run_id: Id, body: Nothing) -> Any:
    """Stop a job after the part it is at."""
    services.cancel(run_id=run_id, actor=request.actor, at=clock.now())
    return get_job(request, run_id=run_id)


@endpoints.write("POST", "/jobs/{run_id}/retry", RunOut, of=get_job)
def retry_job(request: ApiRequest, run_id: Id, body: Nothing) -> Any:
    """Queue a failed or cancelled job again; what it did stays done."""
    services.retry(run_id=run_id, actor=request.actor, at=clock.now())
    return get_job(request, run_id=run_id)


@endpoints.list(
    "/job-schedules",
    lists_of_jobs.SCHEDULES,
    AccessPermission.MANAGE_PARAMETERS,
    name="JobSchedule",
)
def list_job_schedules(request: ApiRequest) -> Any:
    """Jobs that start by the clock."""
    return selectors.schedules(actor=request.actor)


@endpoints.read("/job-schedules/{schedule_id}", ScheduleOut, AccessPermission.MANAGE_PARAMETERS)
def get_job_schedule(request: ApiRequest, schedule_id: Id) -> Any:
    """One schedule."""
    return selectors.get_schedule(actor=request.actor, schedule_id=schedule_id)


@endpoints.write(
    "PUT",
    "/job-schedules/{schedule_id}",
    ScheduleOut,
    AccessPermission.MANAGE_PARAMETERS,
    of=get_job_schedule,
)
def change_job_schedule(request: ApiRequest, schedule_id: Id, body: ScheduleIn) -> Any:
    """Change when a kind of job starts."""
    services.change_schedule(
        schedule_id=schedule_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_job_schedule(request, schedule_id=schedule_id)
