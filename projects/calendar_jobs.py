"""Long work of the room: plans that follow leave, holidays and working hours (docs/adr/0039)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Max
from django.db.models.functions import Now

from psa.core.actor import Actor
from psa.core.audit.models import AuditEntry
from psa.core.errors import DomainError
from psa.core.jobs.models import JobChunk, JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, DefaultSchedule, JobKind, register

from .models import Project
from .selectors.calendar_changes import CALENDAR, EVENTS, PERSON, calendar_changes, plans_by_change
from .services.calendar_changes import follow_calendar_changes

CALENDARS_JOB: Final = "projects.calendar_changes"
# No transaction lives longer, so an entry that commits after a later one is still looked at.
LATE_COMMIT: Final = timedelta(minutes=15)
# How far back the first run looks.
AT_FIRST: Final = timedelta(days=1)


def has_changes() -> bool:
    """Whether working time has changed since the last run; one look while nothing has."""
    last = _last_run()
    since = Now() - AT_FIRST if last is None else last - LATE_COMMIT
    return AuditEntry.objects.filter(
        record_type__in=(CALENDAR, PERSON), event__in=EVENTS, recorded_at__gte=since
    ).exists()


def plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """A chunk a plan that counts by something changed; what a run took up before is left out."""
    last = _last_run()
    since = (at - AT_FIRST if last is None else last) - LATE_COMMIT
    changes = calendar_changes(since=since)
    taken = {
        (part["project_id"], entry_id)
        for part in JobChunk.objects.filter(
            run__kind=CALENDARS_JOB, run__requested_at__gte=since
        ).values_list("arguments", flat=True)
        for entry_id in part["entry_ids"]
    }
    chunks = []
    for project_id, found in plans_by_change(changes).items() if changes else ():
        new = [one for one in found if (project_id, one.entry_id) not in taken]
        if new:
            chunks.append(
                Chunk(
                    {
                        "project_id": project_id,
                        "because": list(dict.fromkeys(one.because for one in new)),
                        "entry_ids": [one.entry_id for one in new],
                    }
                )
            )
    return chunks


def run_chunk(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    project_id = arguments["project_id"]
    try:
        change = follow_calendar_changes(
            project_id=project_id, because=arguments["because"], actor=actor, at=at
        )
    except DomainError as error:
        code = Project.objects.values_list("code", flat=True).filter(id=project_id).first()
        return ChunkResult(failures=[{"record": str(code or project_id), "reason": error.message}])
    return ChunkResult(result={"rescheduled": int(change is not None)})


def _last_run() -> datetime | None:
    """When the last run that was planned was asked for."""
    runs = JobRun.objects.filter(kind=CALENDARS_JOB, started_at__isnull=False)
    found: datetime | None = runs.aggregate(last=Max("requested_at"))["last"]
    return found


register(
    JobKind(
        kind=CALENDARS_JOB,
        title="Plans after changes of working time",
        permission="",
        plan=plan,
        run_chunk=run_chunk,
        schedule=DefaultSchedule(every_minutes=5),
        is_needed=has_changes,
    )
)
