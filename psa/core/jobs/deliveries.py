"""A kind of job that sends the e-mails of one room that wait: those named, or all of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from psa.core.actor import Actor

from .models import JobRun
from .registry import Chunk, ChunkResult, DefaultSchedule, JobKind


class Delivery(Protocol):
    """One e-mail to one address; `outcome` says why it was not taken."""

    @property
    def recipient(self) -> str: ...
    @property
    def sent_at(self) -> datetime | None: ...
    @property
    def outcome(self) -> str: ...


class WaitingIds(Protocol):
    def __call__(self, limit: int = ...) -> Sequence[int]: ...


class Deliver(Protocol):
    """Sends one that still waits; None when somebody else has it or it is gone."""

    def __call__(self, *, delivery_id: int, actor: Actor, at: datetime) -> Delivery | None: ...


def delivery_kind(kind: str, title: str, waiting_ids: WaitingIds, deliver: Deliver) -> JobKind:
    """Each five minutes while something waits: what a mail server did not take is tried again."""

    def plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
        ids = arguments.get("delivery_ids") or waiting_ids()
        return [Chunk({"delivery_id": pk}) for pk in ids]

    def send(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
        delivery = deliver(delivery_id=arguments["delivery_id"], actor=actor, at=at)
        if delivery is None:
            return ChunkResult()
        if delivery.sent_at is not None:
            return ChunkResult(f"Sent to {delivery.recipient}", result={"sent": 1})
        return ChunkResult(failures=[{"record": delivery.recipient, "reason": delivery.outcome}])

    return JobKind(
        kind=kind,
        title=title,
        permission="",
        plan=plan,
        run_chunk=send,
        schedule=DefaultSchedule(every_minutes=5),
        is_needed=lambda: bool(waiting_ids(limit=1)),
    )
