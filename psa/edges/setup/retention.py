"""Deleting what the firm's parameters say is kept no longer: notifications, logs, exported files,
and what channels and webhooks were sent."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q

from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.documents import services as documents
from psa.core.jobs.models import JobChunk, JobLogLine, JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, DefaultSchedule, JobKind, register
from psa.core.notifications.models import Notification
from psa.core.org import selectors as org
from psa.core.org.models import TenantParameters
from psa.edges.exports.jobs import RECORD as EXPORTS
from psa.edges.integrations.channels.services import deliveries as channels
from psa.edges.integrations.webhooks.services import deliveries as webhooks

KIND: Final = "setup.retention"
BATCH: Final = 5000
ENDED: Final = (JobRun.State.DONE, JobRun.State.FAILED, JobRun.State.CANCELLED)


def delete_old_notifications(*, at: datetime, limit: int = BATCH) -> int:
    """Delete read notifications past their days, oldest first; how many. Unread ones stay."""
    days = org.parameters().notification_retention_days
    if not days:
        return 0
    old = Notification.objects.filter(
        read_at__isnull=False, created_at__lt=at - timedelta(days=days)
    ).exclude(email_wanted=True, emailed_at__isnull=True)
    ids = list(old.order_by("id").values_list("id", flat=True)[:limit])
    Notification.objects.filter(pk__in=ids).delete()
    return len(ids)


def delete_old_job_logs(*, at: datetime, limit: int = BATCH) -> int:
    """Delete the parts and log lines of jobs that ended past their days; how many jobs.

    The runs stay: their keys are what makes a repeated start change nothing.
    """
    days = org.parameters().job_retention_days
    if not days:
        return 0
    ended = JobRun.objects.filter(
        state__in=ENDED, finished_at__lt=at - timedelta(days=days), log_lines__isnull=False
    ).distinct()
    ids = list(ended.order_by("id").values_list("id", flat=True)[:limit])
    JobLogLine.objects.filter(run_id__in=ids).delete()
    JobChunk.objects.filter(run_id__in=ids).delete()
    return len(ids)


def delete_old_exports(*, at: datetime, limit: int = BATCH) -> int:
    """Delete exported files past their days, oldest first; how many."""
    days = org.parameters().export_retention_days
    if not days:
        return 0
    return documents.delete_generated(
        record_type=EXPORTS, before=at - timedelta(days=days), limit=limit
    )


def delete_old_deliveries(*, at: datetime, limit: int = BATCH) -> int:
    """Delete what channels and webhooks were sent past their days, oldest first; how many."""
    days = org.parameters().delivery_retention_days
    if not days:
        return 0
    before = at - timedelta(days=days)
    posts = channels.forget(before=before, limit=limit)
    return posts + webhooks.forget(before=before, limit=limit)


def plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    return [Chunk({"what": what}) for what in ("notifications", "jobs", "exports", "deliveries")]


def run_chunk(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    if arguments["what"] == "notifications":
        count = delete_old_notifications(at=at)
        return ChunkResult(f"Deleted {count} read notifications.", result={"notifications": count})
    if arguments["what"] == "exports":
        count = delete_old_exports(at=at)
        return ChunkResult(f"Deleted {count} exported files.", result={"exports": count})
    if arguments["what"] == "deliveries":
        count = delete_old_deliveries(at=at)
        return ChunkResult(f"Deleted {count} messages sent.", result={"deliveries": count})
    count = delete_old_job_logs(at=at)
    return ChunkResult(f"Deleted the logs of {count} jobs.", result={"jobs": count})


def is_needed() -> bool:
    """Whether the firm deletes anything at all."""
    keeps_all = Q(
        notification_retention_days=0, job_retention_days=0, export_retention_days=0,
        delivery_retention_days=0,
    )  # fmt: skip
    return TenantParameters.objects.exclude(keeps_all).exists()


register(
    JobKind(
        kind=KIND,
        title="Delete what is kept no longer",
        permission=AccessPermission.MANAGE_PARAMETERS,
        plan=plan,
        run_chunk=run_chunk,
        schedule=DefaultSchedule(daily_at_minute=150),
        is_needed=is_needed,
    )
)
