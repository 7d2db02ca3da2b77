"""Checking, applying and undoing imports as jobs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from psa.core.actor import Actor
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, JobKind, register

from . import kind_registry, selectors
from .models import ImportRow, ImportRun
from .services import running

_UNDO_ROWS = 2_000
_SHOWN_FAILURES = 200


def plan_whole(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """A check looks at all rows in one transaction, which is rolled back."""
    run = selectors.get_run(actor=actor, run_id=arguments["run_id"])
    return [Chunk({"run_id": run.pk}, run.row_count)]


def check_chunk(
    *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
) -> ChunkResult:
    checked = running.check_as_job(run_id=arguments["run_id"], actor=actor, at=at)
    return ChunkResult(message=checked.summary)


def plan_apply(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """The whole file when it is all or nothing, or its rows speak of each other; else in parts."""
    run = selectors.get_run(actor=actor, run_id=arguments["run_id"])
    size = kind_registry.get(run.kind).chunk_rows if run.skips_bad_rows else None
    return _parts(run, size or run.row_count, state=ImportRow.State.READY)


def apply_chunk(
    *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
) -> ChunkResult:
    outcomes = running.apply_rows(actor=actor, at=at, **arguments)
    return ChunkResult(message=running.summary_of(outcomes) if outcomes else "")


def finish_apply(
    *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
) -> ChunkResult:
    done = running.finish_apply(run_id=arguments["run_id"], actor=actor, at=at)
    return ChunkResult(message=done.summary)


def plan_undo(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """The last rows first: what was made last may build on what was made before."""
    run = selectors.get_run(actor=actor, run_id=arguments["run_id"])
    return list(reversed(_parts(run, _UNDO_ROWS, state=ImportRow.State.IMPORTED)))


def undo_chunk(
    *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
) -> ChunkResult:
    kept = running.undo_rows(actor=actor, at=at, **arguments)
    return ChunkResult(
        failures=[{"record": f"Row {row}", "reason": why} for row, why in kept[:_SHOWN_FAILURES]]
    )


def finish_undo(
    *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
) -> ChunkResult:
    done = running.finish_undo(run_id=arguments["run_id"], actor=actor, at=at)
    return ChunkResult(message=done.summary)


def _parts(run: ImportRun, size: int, *, state: str) -> list[Chunk]:
    numbers = list(
        ImportRow.objects.filter(run=run, state=state)
        .order_by("number")
        .values_list("number", flat=True)
    )
    return [
        Chunk({"run_id": run.pk, "from_number": part[0], "until_number": part[-1]}, len(part))
        for part in (numbers[at : at + size] for at in range(0, len(numbers), size))
    ]


def _page_of(run: JobRun) -> str:
    return reverse("imports:run", args=[run.arguments["run_id"]])


# What a kind needs is checked by the services: no one permission covers all kinds.
register(JobKind(running.CHECK, "Check an import", "", plan_whole, check_chunk, None, _page_of))
register(JobKind(running.APPLY, "Import", "", plan_apply, apply_chunk, finish_apply, _page_of))
register(JobKind(running.UNDO, "Undo an import", "", plan_undo, undo_chunk, finish_undo, _page_of))
