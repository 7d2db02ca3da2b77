"""Telling devices: one message to one device, one transaction."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from psa.core import clock
from psa.core.actor import Actor
from psa.core.jobs import registry
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, DefaultSchedule, JobKind

from . import devices
from .models import PushDelivery

_BATCH = 500


def is_needed() -> bool:
    """Whether anything is due."""
    return _due(clock.now()).exists()


def _due(at: datetime) -> "QuerySet[PushDelivery]":
    rows: QuerySet[PushDelivery] = PushDelivery.objects.filter(due_at__lte=at)
    return rows


def plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """One chunk a message, the oldest first; what is beyond a batch is left to the next run."""
    ids = _due(at).order_by("due_at", "id").values_list("id", flat=True)[:_BATCH]
    return [Chunk({"delivery_id": number, "label": f"Message {number}"}) for number in ids]


def send(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    """Send one; signatures are checked against the receiver's clock, so they take the real one."""
    sent = devices.deliver(
        delivery_id=arguments["delivery_id"], at=at, real_now=datetime.now(tz=UTC)
    )
    return ChunkResult(result={"sent": int(sent)})


registry.register(
    JobKind(
        kind=devices.PUSH_JOB,
        title="Tell devices",
        permission="",
        plan=plan,
        run_chunk=send,
        schedule=DefaultSchedule(every_minutes=1),
        is_needed=is_needed,
    )
)
