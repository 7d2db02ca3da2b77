"""Jobs of this room: an approval set, 5,000 entries a chunk; receipts; and what the clock brings."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from psa.core import clock
from psa.core.actor import Actor
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, DefaultSchedule, JobKind, register
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import approval_desks, deadlines
from timeexpense.services import (
    approval_sets,
    approvals,
    delegations,
    receipt_readings,
    returns,
    synced_changes,
    week_notices,
)


def plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """The set in chunks, in the order it was given."""
    entries = arguments["entries"]
    chunks = [
        entries[start : start + approval_sets.CHUNK]
        for start in range(0, len(entries), approval_sets.CHUNK)
    ]
    return [Chunk({**arguments, "entries": chunk}, len(chunk)) for chunk in chunks]


def run_chunk(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    """Decide on one chunk through the service that a click uses; each refusal is reported."""
    entries = [(str(kind), int(entry_id)) for kind, entry_id in arguments["entries"]]
    reason = arguments.get("reason", "")
    if reason:
        done = returns.return_entries(entries=entries, reason=reason, actor=actor, at=at)
        message = f"Returned {len(entries) - len(done.refused)} of {len(entries)} entries."
        counts = {"returned": len(entries) - len(done.refused)}
    else:
        done = approvals.approve_entries(entries=entries, actor=actor, at=at)
        message = f"Approved {done.approved_count} of {len(entries)} entries."
        counts = {"approved": done.approved_count}
        if done.passed_count:
            counts["passed"] = done.passed_count
    return ChunkResult(
        message=message,
        failures=[
            {"record": approval_desks.record_of((one.kind, one.entry_id)), "reason": one.reason}
            for one in done.refused
        ],
        result=counts | {"refused": len(done.refused)},
    )


def results_url(run: JobRun) -> str | None:
    """The page with what became of each entry."""
    return reverse("timeexpense:approval_set", urlconf=settings.TENANT_URLCONF, args=[run.pk])


register(
    JobKind(
        kind=approval_sets.JOB_KIND,
        title="Approval set",
        permission=TimeExpensePermission.APPROVE,
        plan=plan,
        run_chunk=run_chunk,
        result_url=results_url,
    )
)

DEADLINES_JOB = "timeexpense.deadlines"
EVERY_MINUTES = 15


def something_is_due() -> bool:
    """Whether a moment came in some zone in the last hours, or a deputy begins or ends."""
    at = clock.now()
    return bool(deadlines.due_now(at=at)) or delegations.is_turning(at=at)


def plan_deadlines(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """One chunk for deputies, and one for each moment that has come."""
    return [
        Chunk({"kind": "deputies"}),
        *(
            Chunk({"kind": due.kind, "week": due.week.starts_on.isoformat(), "zones": due.zones})
            for due in deadlines.due_now(at=at)
        ),
    ]


def run_deadlines(
    *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
) -> ChunkResult:
    """Tell those whose moment has come; who was told of the week already is not told again."""
    if arguments["kind"] == "deputies":
        return ChunkResult(result={"deputies": delegations.turn(at=at)})
    told = week_notices.tell_due(
        kind=arguments["kind"],
        week_starts_on=date.fromisoformat(arguments["week"]),
        zones=arguments["zones"],
        actor=actor,
        at=at,
    )
    return ChunkResult(result={arguments["kind"]: told})


register(
    JobKind(
        kind=DEADLINES_JOB,
        title="Deadlines of weeks and approvals",
        permission="",
        plan=plan_deadlines,
        run_chunk=run_deadlines,
        schedule=DefaultSchedule(every_minutes=EVERY_MINUTES),
        is_needed=something_is_due,
    )
)


def _plan_forgetting(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    return [Chunk({})] if synced_changes.has_old(at=at) else []


def _forget(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    return ChunkResult(result={"answers": synced_changes.forget(at=at)})


register(
    JobKind(
        kind="timeexpense.forget_synced",
        title="Forget old answers to phones",
        permission="",
        plan=_plan_forgetting,
        run_chunk=_forget,
        schedule=DefaultSchedule(daily_at_minute=210),
    )
)


def plan_reading(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """One receipt, one part."""
    return [Chunk(arguments)]


def read_receipt(
    *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
) -> ChunkResult:
    """Read it in a process of its own; what cannot be read is a result too."""
    done = receipt_readings.read(reading_id=int(arguments["reading_id"]), actor=actor, at=at)
    return ChunkResult(message=done.refusal or "Read; its person checks it now.")


register(
    JobKind(
        kind=receipt_readings.JOB_KIND,
        title="Reading a receipt",
        permission=TimeExpensePermission.ENTER,
        plan=plan_reading,
        run_chunk=read_receipt,
    )
)
