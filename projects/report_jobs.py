"""Every e-mail with a status report that waits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psa.core.actor import Actor
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, DefaultSchedule, JobKind, register

from .services import reports


def _is_needed() -> bool:
    return bool(reports.waiting_ids(limit=1))


def _plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """Those named, or all that wait: what a mail server did not take is tried again."""
    ids = arguments.get("delivery_ids") or reports.waiting_ids()
    return [Chunk({"delivery_id": pk}) for pk in ids]


def _deliver(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    delivery = reports.deliver(delivery_id=arguments["delivery_id"], actor=actor, at=at)
    if delivery is None:
        return ChunkResult()
    if delivery.sent_at is not None:
        return ChunkResult(f"Sent to {delivery.recipient}", result={"sent": 1})
    return ChunkResult(failures=[{"record": delivery.recipient, "reason": delivery.outcome}])


register(
    JobKind(
        kind=reports.DELIVERY_JOB,
        title="Send status reports",
        permission="",
        plan=_plan,
        run_chunk=_deliver,
        schedule=DefaultSchedule(every_minutes=5),
        is_needed=_is_needed,
    )
)
