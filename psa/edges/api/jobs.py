"""What the API does by the clock."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psa.core.actor import Actor
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, DefaultSchedule, JobKind, register

from .services import idempotency

EXPIRE_KEYS = "api.expire_keys"


def _plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    return [Chunk({})] if idempotency.has_expired_keys(at=at) else []


def _expire(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    return ChunkResult(result={"keys": idempotency.expire_keys(at=at)})


register(
    JobKind(
        kind=EXPIRE_KEYS,
        title="Forget old idempotency keys",
        permission="",
        plan=_plan,
        run_chunk=_expire,
        schedule=DefaultSchedule(daily_at_minute=200),
    )
)
