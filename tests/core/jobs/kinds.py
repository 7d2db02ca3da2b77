"""Kinds of work for tests; the worker process imports them too."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.audit.models import AuditEntry
from psa.core.errors import DomainError
from psa.core.jobs import registry
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, DefaultSchedule, JobKind


def plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> list[Chunk]:
    """``arguments["chunks"]`` pieces of two entries in the trail each."""
    return [
        Chunk({"number": number, "label": f"Record {number}", **arguments}, weight=2)
        for number in range(1, arguments["chunks"] + 1)
    ]


def run_chunk(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    """Write two entries, with time to be killed between them."""
    number = arguments["number"]
    _write(actor, at, run, number, "first")
    if number in arguments.get("refuse", ()):
        raise DomainError(f"Record {number} is on hold.")
    if number in arguments.get("break", ()):
        raise ZeroDivisionError("a secret 123.45 in the text")
    time.sleep(arguments.get("seconds", 0))
    _write(actor, at, run, number, "second")
    return ChunkResult(
        message=f"Did record {number}.", result={"entries": 2, "last": f"record {number}"}
    )


def finish(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    _write(actor, at, run, 0, "finish")
    return ChunkResult(message="All records done.", result={"finished": True})


def _write(actor: Actor, at: datetime, run: JobRun, number: int, which: str) -> None:
    audit.record(
        actor=actor,
        at=at,
        event=f"tests.{which}",
        record_type="tests.Job",
        record_id=run.pk * 10_000 + number,
        sentence="Done by a test",
    )


def entries_of(run_id: int) -> Sequence[tuple[int, str]]:
    """What a run has left in the trail: (chunk number, which)."""
    first = run_id * 10_000
    rows = AuditEntry.objects.filter(
        record_type="tests.Job", record_id__gte=first, record_id__lt=first + 10_000
    )
    return sorted(
        (record_id - first, event.removeprefix("tests."))
        for record_id, event in rows.values_list("record_id", "event")
    )


def expected(chunks: int) -> list[tuple[int, str]]:
    """What a run of so many chunks leaves, once."""
    pairs = [(n, which) for n in range(1, chunks + 1) for which in ("first", "second")]
    return sorted([(0, "finish"), *pairs])


def register() -> None:
    registry.register(JobKind("tests.trail", "Trail", "", plan, run_chunk, finish))
    registry.register(
        JobKind("tests.ordered", "Ordered", "", plan, run_chunk, finish, in_order=True)
    )
    registry.register(
        JobKind("tests.guarded", "Guarded", "access.manage_parameters", plan, run_chunk, finish)
    )
    registry.register(
        JobKind(
            "tests.nightly",
            "Nightly",
            "access.manage_parameters",
            plan,
            run_chunk,
            schedule=DefaultSchedule(daily_at_minute=150),
        )
    )
