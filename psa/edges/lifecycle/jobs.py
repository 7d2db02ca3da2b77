"""Valuing earlier work after a firm moved up, some hundred entries a chunk."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit.wording import counted
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, JobKind, register
from timeexpense.services import revaluations

from .deployment import REVALUATION

_CHUNK: Final = 1_000


def plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """The approved entries since the day, in order of day."""
    keys = revaluations.entries_to_revalue(from_on=date.fromisoformat(arguments["from_on"]))
    return [
        Chunk({"entries": keys[first : first + _CHUNK]}, len(keys[first : first + _CHUNK]))
        for first in range(0, len(keys), _CHUNK)
    ]


def run_chunk(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    """Value one part; what has no price is named and stays as its cost alone."""
    done = revaluations.revalue_entries(
        entries=[(kind, entry_id) for kind, entry_id in arguments["entries"]], actor=actor, at=at
    )
    return ChunkResult(
        message=f"{counted(done.count, 'entry', 'entries')} valued",
        failures=[
            {"record": f"{kind} {entry_id}", "reason": reason}
            for (kind, entry_id), reason in done.refused
        ],
        result={"valued": done.count, "refused": len(done.refused)},
    )


register(
    JobKind(
        kind=REVALUATION,
        title="Value earlier work",
        permission=AccessPermission.MANAGE_PARAMETERS,
        plan=plan,
        run_chunk=run_chunk,
    )
)
