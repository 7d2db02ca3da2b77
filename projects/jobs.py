"""What projects do by the clock: health kept each night, and the reminder of each Friday."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from psa.core.actor import Actor
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, DefaultSchedule, JobKind, register

from . import calendar_jobs, plan_import_jobs, report_jobs  # noqa: F401  (register what they do)
from .permissions import ProjectsPermission
from .services import forecasts, health

HEALTH: Final = "projects.health"
FORECASTS: Final = "projects.forecast_reminder"
HALF_PAST_MIDNIGHT: Final = 30
NINE_O_CLOCK: Final = 540
FRIDAY: Final = 4


def plan_health(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """Yesterday, and the days before it that a standstill left out."""
    return [
        Chunk({"on": on.isoformat()}) for on in health.days_to_record(at.date() - timedelta(days=1))
    ]


def keep_health(
    *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
) -> ChunkResult:
    """One day of all running projects; done again it is the same day once."""
    count = health.record_health(on=date.fromisoformat(arguments["on"]), at=at)
    return ChunkResult(f"{arguments['on']}: {count} projects", result={"projects": count})


def plan_reminder(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """On Fridays; on the weekend too, when Friday's was missed."""
    return [Chunk({})] if at.weekday() >= FRIDAY else []


def remind(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    told = forecasts.remind_of_forecasts(at=at)
    return ChunkResult(f"{told} project managers reminded", result={"told": told})


register(
    JobKind(
        kind=HEALTH,
        title="Health of projects",
        permission=ProjectsPermission.MANAGE_ALL,
        plan=plan_health,
        run_chunk=keep_health,
        schedule=DefaultSchedule(daily_at_minute=HALF_PAST_MIDNIGHT),
        in_order=True,
    )
)
register(
    JobKind(
        kind=FORECASTS,
        title="Reminder of the weekly forecast",
        permission=ProjectsPermission.MANAGE_ALL,
        plan=plan_reminder,
        run_chunk=remind,
        schedule=DefaultSchedule(daily_at_minute=NINE_O_CLOCK),
    )
)
