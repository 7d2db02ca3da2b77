"""Reads of runs and schedules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from psa.core.access.permissions import AccessPermission, JobsPermission
from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.web.progress import JobProgress

from . import registry
from .models import JobChunk, JobLogLine, JobRun, JobSchedule

_LOG_LINES_OF_PROGRESS = 5
_LOG_LINES_OF_PAGE = 500
_FAILURES_OF_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Failure:
    record: str
    reason: str


@dataclass(frozen=True, slots=True)
class LogLine:
    at: datetime
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class RunPage:
    id: int
    title: str
    kind_title: str
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: str
    progress: JobProgress
    failures: Sequence[Failure]
    log: Sequence[LogLine]
    can_retry: bool


def visible_to(actor: Actor) -> QuerySet[JobRun]:
    """The runs an actor may see: their own, or all with jobs.view_all."""
    rows: QuerySet[JobRun] = JobRun.objects.all()
    if actor.has(JobsPermission.VIEW_ALL):
        return rows
    return rows.filter(requested_by_id=actor.membership_id)


def can_steer(run: JobRun, actor: Actor) -> bool:
    """Whether the actor may cancel or retry a run they see: their own, or with jobs.cancel_all."""
    return run.requested_by_id == actor.membership_id or actor.has(JobsPermission.CANCEL_ALL)


def runs(*, actor: Actor) -> QuerySet[JobRun, Any]:
    """The rows of the jobs list."""
    return visible_to(actor).values(
        "id", "title", "kind", "state", "done", "total", "message", "requested_at", "finished_at",
        "requested_by__name", "requested_by_id",
    )  # fmt: skip


def progress_of(*, actor: Actor, run_id: int) -> JobProgress:
    """The run as its progress bar shows it, with the last lines of its log.

    Raises  NotFound when the run is not the actor's to see.
    """
    run = _get(actor, run_id)
    lines = JobLogLine.objects.filter(run_id=run.pk).order_by("-id")
    newest = list(lines.values_list("text", flat=True)[:_LOG_LINES_OF_PROGRESS])
    return _progress(run, actor, tuple(reversed(newest)))


def progress_without_log(run: JobRun, actor: Actor) -> JobProgress:
    """The progress bar of a run that was read as the actor's; it fetches its log itself."""
    return _progress(run, actor, ())


def run_page(*, actor: Actor, run_id: int) -> RunPage:
    """All of one run: progress, what was left out and why, the log. NotFound as above."""
    run = _get(actor, run_id)
    lines = JobLogLine.objects.filter(run_id=run.pk).order_by("-id")
    found = JobChunk.objects.filter(run_id=run.pk).exclude(failures=[]).order_by("position")
    failures = [
        Failure(str(failure.get("record", "")), str(failure.get("reason", "")))
        for failures in found.values_list("failures", flat=True)[:_FAILURES_OF_PAGE]
        for failure in failures
    ]
    known = {kind.kind: kind.title for kind in registry.all_kinds()}
    return RunPage(
        id=run.pk,
        title=run.title,
        kind_title=known.get(run.kind, run.kind),
        requested_by=run.requested_by.name if run.requested_by else "System",
        requested_at=run.requested_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        error=run.error,
        progress=_progress(run, actor, ()),
        failures=failures[:_FAILURES_OF_PAGE],
        log=[
            LogLine(*line)
            for line in reversed(lines.values_list("at", "level", "text")[:_LOG_LINES_OF_PAGE])
        ],
        can_retry=run.state in (JobRun.State.FAILED, JobRun.State.CANCELLED)
        and can_steer(run, actor),
    )


def schedules(*, actor: Actor) -> QuerySet[JobSchedule]:
    """The schedules of the tenant; for administrators.

    Raises  PermissionDenied without access.manage_parameters.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    rows: QuerySet[JobSchedule] = JobSchedule.objects.order_by("title", "id")
    return rows


def get_schedule(*, actor: Actor, schedule_id: int) -> JobSchedule:
    """One schedule; NotFound if there is none of this number."""
    found = schedules(actor=actor).filter(pk=schedule_id).first()
    if found is None:
        raise NotFound("There is no such schedule.")
    return found


def _get(actor: Actor, run_id: int) -> JobRun:
    run = visible_to(actor).select_related("requested_by").filter(pk=run_id).first()
    if run is None:
        raise NotFound("There is no such job, or it is not yours to see.")
    return run


def _progress(run: JobRun, actor: Actor, log: tuple[str, ...]) -> JobProgress:
    is_live = run.state in (JobRun.State.QUEUED, JobRun.State.RUNNING)
    can_cancel = is_live and not run.cancel_requested and can_steer(run, actor)
    return JobProgress(
        id=run.pk,
        title=run.title,
        state=run.state,
        done=run.done,
        total=run.total if run.started_at else None,
        poll_url=reverse("jobs:progress", args=[run.pk]),
        cancel_url=reverse("jobs:cancel", args=[run.pk]) if can_cancel else None,
        result_url=_result_url(run),
        note=_note(run, is_live),
        log=log,
    )


def _note(run: JobRun, is_live: bool) -> str:
    if is_live and run.cancel_requested:
        return "Stops after the part it is at."
    return run.error or run.message


def _result_url(run: JobRun) -> str | None:
    if run.state != JobRun.State.DONE:
        return None
    kind = next((k for k in registry.all_kinds() if k.kind == run.kind), None)
    return kind.result_url(run) if kind and kind.result_url else None
