"""Long work of the ledger: the posting run."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count

from psa.core.access.permissions import LedgerPermission
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, DefaultSchedule, JobKind, register
from psa.core.ledger.models import ActualBatch
from psa.core.ledger.services import posting_run, unbilled_days

POSTING_RUN = "ledger.posting_run"
# One chunk is one transaction: about two seconds of aggregating and writing.
ACTUALS_PER_CHUNK = 20_000
BATCHES_PER_CHUNK = 200
SHORTLY_AFTER_MIDNIGHT = 30
COUNT_UNBILLED = "ledger.count_unbilled"
AFTER_THE_POSTING_RUN = 50


def plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """Waiting batches, oldest first, cut where a chunk has enough actuals. Two queries."""
    waiting = posting_run.waiting_batches()
    sizes = dict(
        ActualBatch.objects.filter(pk__in=waiting)
        .annotate(size=Count("actuals"))
        .values_list("id", "size")
    )
    chunks: list[Chunk] = []
    held: list[int] = []
    weight = 0
    for batch_id in waiting:
        if held and (weight >= ACTUALS_PER_CHUNK or len(held) >= BATCHES_PER_CHUNK):
            chunks.append(Chunk({"batch_ids": held}, max(weight, 1)))
            held, weight = [], 0
        held.append(batch_id)
        weight += sizes.get(batch_id, 0)
    if held:
        chunks.append(Chunk({"batch_ids": held}, max(weight, 1)))
    return chunks


def run_chunk(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    """Journal the chunk's batches; when one is refused, each by itself, naming the refused."""
    batch_ids = list(arguments["batch_ids"])
    try:
        with transaction.atomic():
            return _journal(batch_ids, actor, at)
    except DomainError as error:
        if len(batch_ids) == 1:
            return ChunkResult(failures=[_failure(batch_ids[0], error)])
    failures, entries, actuals = [], 0, 0
    for batch_id in batch_ids:
        try:
            with transaction.atomic():
                done = posting_run.journal_batches(batch_ids=[batch_id], actor=actor, at=at)
        except DomainError as error:
            failures.append(_failure(batch_id, error))
            continue
        entries += sum(d.entry_count for d in done)
        actuals += sum(d.actual_count for d in done)
    return ChunkResult(failures=failures, result={"entries": entries, "actuals": actuals})


def _journal(batch_ids: list[int], actor: Actor, at: datetime) -> ChunkResult:
    done = posting_run.journal_batches(batch_ids=batch_ids, actor=actor, at=at)
    entries = sum(d.entry_count for d in done)
    return ChunkResult(
        message=f"{len(done)} batches, {entries} journal entries",
        result={"entries": entries, "actuals": sum(d.actual_count for d in done)},
    )


def _failure(batch_id: int, error: DomainError) -> dict[str, str]:
    return {"record": f"Batch {batch_id}", "reason": error.message}


def is_needed() -> bool:
    return bool(posting_run.waiting_batches(limit=1))


register(
    JobKind(
        kind=POSTING_RUN,
        title="Posting run",
        permission=LedgerPermission.POST,
        plan=plan,
        run_chunk=run_chunk,
        schedule=DefaultSchedule(daily_at_minute=SHORTLY_AFTER_MIDNIGHT),
        is_needed=is_needed,
    )
)


def plan_count(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """Batches that no sum holds, so many to a chunk. One query."""
    waiting = unbilled_days.uncounted_batches()
    parts = (
        waiting[first : first + BATCHES_PER_CHUNK]
        for first in range(0, len(waiting), BATCHES_PER_CHUNK)
    )
    return [Chunk({"batch_ids": part}, len(part)) for part in parts]


def count_chunk(
    *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
) -> ChunkResult:
    counted = unbilled_days.count_batches(
        tenant_id=actor.tenant_id, batch_ids=list(arguments["batch_ids"]), at=at
    )
    return ChunkResult(message=f"{counted} batches counted", result={"batches": counted})


def prove_sums(
    *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
) -> ChunkResult:
    """Compare every sum with the ledger; a day that differs is among the run's failures."""
    wrong = unbilled_days.wrong_sums(tenant_id=actor.tenant_id)
    return ChunkResult(
        message="The sums differ from the ledger." if wrong else "",
        failures=[
            {
                "record": f"Unbilled work {one.table}, {one.on.isoformat()}, {one.currency}",
                "reason": f"The sum is {one.kept}, and the ledger comes to {one.told}.",
            }
            for one in wrong
        ],
    )


def is_count_needed() -> bool:
    return bool(unbilled_days.uncounted_batches(limit=1))


register(
    JobKind(
        kind=COUNT_UNBILLED,
        title="Sums of unbilled work",
        permission=LedgerPermission.POST,
        plan=plan_count,
        run_chunk=count_chunk,
        finish=prove_sums,
        schedule=DefaultSchedule(daily_at_minute=AFTER_THE_POSTING_RUN),
        is_needed=is_count_needed,
    )
)
