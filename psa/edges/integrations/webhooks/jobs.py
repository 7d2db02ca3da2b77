"""Telling by the clock: once a minute what is new and what is due again."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from psa.core.actor import Actor
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, DefaultSchedule, JobKind, register

from .models import Delivery, Endpoint
from .services import deliveries

TELL = "webhooks.tell"


def _plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    now = real_now()
    deliveries.collect(at=now)
    return [Chunk({"delivery_id": pk}) for pk in deliveries.due(at=now)]


def _tell(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    done = deliveries.deliver(delivery_id=arguments["delivery_id"], at=real_now())
    sent = done is not None and done.state == Delivery.State.SENT
    return ChunkResult(result={"sent": int(sent)})


def _is_needed() -> bool:
    return Endpoint.objects.filter(is_active=True).exists()


def real_now() -> datetime:
    """Signatures are checked against the receiver's clock: a played business date would fail."""
    return datetime.now(tz=UTC)


register(
    JobKind(
        kind=TELL,
        title="Webhooks",
        permission="",
        plan=_plan,
        run_chunk=_tell,
        schedule=DefaultSchedule(every_minutes=1),
        is_needed=_is_needed,
    )
)
