"""Posting by the clock: once a minute what is new and what is due again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psa.core import clock
from psa.core.actor import Actor
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, DefaultSchedule, JobKind, register

from .models import Post
from .services import deliveries

POST = "channels.post"


def _plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    return [Chunk({"post_id": pk}) for pk in deliveries.due(at=at)]


def _post(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    done = deliveries.deliver(post_id=arguments["post_id"], at=at)
    return ChunkResult(result={"sent": int(done is not None and done.state == Post.State.SENT)})


def _is_needed() -> bool:
    return bool(deliveries.due(at=clock.now()))


register(
    JobKind(
        kind=POST,
        title="Post to channels",
        permission="",
        plan=_plan,
        run_chunk=_post,
        schedule=DefaultSchedule(every_minutes=1),
        is_needed=_is_needed,
    )
)
