"""Jobs of this room: an approval set, 5,000 entries a chunk."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psa.core.actor import Actor
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, JobKind, register
from timeexpense.permissions import TimeExpensePermission
from timeexpense.services import approval_sets, approvals


def plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """The set in chunks, in the order it was given."""
    entries = arguments["entries"]
    chunks = [
        entries[start : start + approval_sets.CHUNK]
        for start in range(0, len(entries), approval_sets.CHUNK)
    ]
    return [Chunk({"entries": chunk}, len(chunk)) for chunk in chunks]


def run_chunk(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    """Approve one chunk through the service that a click uses; each refusal is reported."""
    entries = [(str(kind), int(entry_id)) for kind, entry_id in arguments["entries"]]
    done = approvals.approve_entries(entries=entries, actor=actor, at=at)
    return ChunkResult(
        message=f"Approved {done.approved_count} of {len(entries)} entries.",
        failures=[
            {"record": f"{one.kind.capitalize()} entry {one.entry_id}", "reason": one.reason}
            for one in done.refused
        ],
        result={"approved": done.approved_count, "refused": len(done.refused)},
    )


register(
    JobKind(
        kind=approval_sets.JOB_KIND,
        title="Approval set",
        permission=TimeExpensePermission.APPROVE,
        plan=plan,
        run_chunk=run_chunk,
    )
)
