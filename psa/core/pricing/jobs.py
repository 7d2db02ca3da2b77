"""Pricing again what waits, as a job: some hundred entries a chunk."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, JobKind, register

from . import replay
from .services import unpriced

REPLAY: Final = "pricing.replay_unpriced"
_CHUNK: Final = 200


def plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """The entries named, or all that wait, by kind of source, the oldest work first."""
    rows = unpriced.waiting()
    if arguments.get("entry_ids") is not None:
        rows = rows.filter(pk__in=arguments["entry_ids"])
    by_kind: dict[str, list[int]] = defaultdict(list)
    for entry_id, source_kind in rows.values_list("pk", "source_kind"):
        by_kind[source_kind].append(entry_id)
    return [
        Chunk({"entry_ids": ids[start : start + _CHUNK]}, len(ids[start : start + _CHUNK]))
        for ids in by_kind.values()
        for start in range(0, len(ids), _CHUNK)
    ]


def run_chunk(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    """Price the chunk's entries again; what still waits is not a failure."""
    outcome = unpriced.replay_waiting(actor=actor, at=at, entry_ids=arguments["entry_ids"])
    return ChunkResult(
        message=f"{outcome.priced} priced, {outcome.waiting} still wait.",
        failures=[
            {"record": f"{replay.title_of(kind)} {source_id}", "reason": reason}
            for kind, source_id, reason in outcome.failures
        ],
        result={"priced": outcome.priced, "waiting": outcome.waiting},
    )


register(
    JobKind(
        kind=REPLAY,
        title="Price waiting work again",
        permission=PricingPermission.REPLAY_UNPRICED,
        plan=plan,
        run_chunk=run_chunk,
    )
)
