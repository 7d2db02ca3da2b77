"""Doing a run, one transaction at a time: what is committed is done, what is not never was."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.telemetry import metrics
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope

from . import registry, system_actor, telling, tickets
from .models import JobChunk, JobLogLine, JobRun
from .registry import ChunkResult, JobKind, Stopped
from .tickets import Ticket

logger = logging.getLogger(__name__)

_ATTEMPTS = 5
_TRY_AGAIN = frozenset({"40001", "40P01", "55P03"})  # serialisation, deadlock, lock not available
_DATABASE_AWAY = ("08", "53", "57P", "58")  # connection, out of resources, shutdown, system error


class Step(Enum):
    """What came of one step."""

    WORKED = auto()  # something was done; take the next step
    BUSY = auto()  # what is left is in other workers' hands
    HELD = auto()  # the firm is suspended; the run goes on once it is opened again
    ENDED = auto()  # the run is over


class _Broke(Exception):
    """Work of a room raised something that is no refusal; the cause is attached."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def step(ticket: Ticket, *, at: datetime) -> Step:
    """Plan the run, or do its next chunk, or finish it, or end it if it was cancelled.

    Nothing is done for a suspended firm: its ticket waits, and no worker takes it up before the firm
    is opened again.
    A chunk that refuses (DomainError) is undone and listed among the run's failures. A chunk that
    breaks fails the run; what was done before it stays. Deadlocks are tried again. When
    the database itself is away the error goes up: the ticket's lease runs out and the run goes on
    later.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with tenant_scope(ticket.tenant_id):
                return _step(ticket, at)
        except (OperationalError, InterfaceError) as error:
            if _is_away(error):
                raise
            if _sqlstate(error) in _TRY_AGAIN and attempt < _ATTEMPTS:
                continue
            return _fail(ticket, at, "A part of the job", error)
        except _Broke as broke:
            cause = broke.__cause__ or broke
            if isinstance(cause, OperationalError | InterfaceError):
                if _is_away(cause):
                    raise cause from None
                if _sqlstate(cause) in _TRY_AGAIN and attempt < _ATTEMPTS:
                    continue
            return _fail(ticket, at, broke.what, cause)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _step(ticket: Ticket, at: datetime) -> Step:
    run = JobRun.objects.select_related("tenant").filter(pk=ticket.run_id).first()
    if run is None or run.state not in (JobRun.State.QUEUED, JobRun.State.RUNNING):
        tickets.close(ticket)
        return Step.ENDED
    if run.tenant.status != Tenant.Status.ACTIVE:
        tickets.give_back(ticket)
        return Step.HELD
    if run.cancel_requested:
        return _end_cancelled(ticket, at)
    actor = system_actor.acting_for(tenant_id=run.tenant_id, membership_id=run.requested_by_id)
    try:
        kind = registry.get(run.kind)
        if kind.permission:
            actor.require(kind.permission)
    except DomainError as refusal:
        return _end(ticket, at, JobRun.State.FAILED, error=str(refusal))
    if run.state == JobRun.State.QUEUED:
        return _begin(ticket, kind, actor, at)
    waiting = JobChunk.objects.filter(run_id=run.pk, done_at__isnull=True).order_by("position")
    if kind.in_order:
        # The next one alone, even when a slow worker still holds it and its lease ran out.
        waiting = waiting.filter(position=waiting.values_list("position", flat=True).first())
    chunk = waiting.select_for_update(skip_locked=True).first()
    if chunk is not None:
        _do(run, chunk, kind, actor, at)
        return Step.WORKED
    if JobChunk.objects.filter(run_id=run.pk, done_at__isnull=True).exists():
        return Step.BUSY
    return _finish(ticket, kind, actor, at)


def _begin(ticket: Ticket, kind: JobKind, actor: Actor, at: datetime) -> Step:
    """Cut the work into chunks, once; a run that is queued again keeps those it has."""
    run = _lock(ticket, skip_locked=True)
    if run is None:
        return Step.BUSY
    if run.state != JobRun.State.QUEUED:
        return Step.WORKED
    if run.started_at is None:
        try:
            with transaction.atomic():
                chunks = kind.plan(arguments=dict(run.arguments), actor=actor, at=at)
        except DomainError as refusal:
            return _end(ticket, at, JobRun.State.FAILED, error=str(refusal))
        except Exception as error:
            raise _Broke("Planning the job") from error
        JobChunk.objects.bulk_create(
            [
                JobChunk(
                    tenant_id=run.tenant_id,
                    run_id=run.pk,
                    position=position,
                    arguments=dict(chunk.arguments),
                    weight=chunk.weight,
                )
                for position, chunk in enumerate(chunks, start=1)
            ],
            batch_size=2000,
        )
        run.total = sum(chunk.weight for chunk in chunks)
        run.started_at = at
        _log(run, at, f"Started: {_count(len(chunks), 'part', 'parts')}.")
    run.state = JobRun.State.RUNNING
    run.save(update_fields=["state", "total", "started_at"])
    return Step.WORKED


def _do(run: JobRun, chunk: JobChunk, kind: JobKind, actor: Actor, at: datetime) -> None:
    """Do one locked chunk; its effects, its result and the progress are committed together."""
    try:
        with transaction.atomic():
            done = kind.run_chunk(arguments=dict(chunk.arguments), actor=actor, at=at, run=run)
            _check_deferred()
    except DomainError as refusal:
        if isinstance(refusal, Stopped) and _is_cancelled(run.pk):
            return
        record = str(chunk.arguments.get("label") or f"Part {chunk.position}")
        done = ChunkResult(failures=[{"record": record, "reason": str(refusal)}])
    except Exception as error:
        total = JobChunk.objects.filter(run_id=run.pk).count() if _usable() else chunk.position
        raise _Broke(f"Part {chunk.position} of {total}") from error
    chunk.done_at = at
    chunk.failures = [dict(failure) for failure in done.failures]
    chunk.result = dict(done.result)
    chunk.save(update_fields=["done_at", "failures", "result"])
    if done.message:
        _log(run, at, done.message)
    changes: dict[str, Any] = {"done": F("done") + chunk.weight}
    if kind.in_order:
        # It may have told how far it was, as may a worker that was killed over it.
        changes["done"] = telling.done_by_parts(run.pk)
    if done.message:
        changes["message"] = done.message[:400]
    JobRun.objects.filter(pk=run.pk).update(**changes)


def _finish(ticket: Ticket, kind: JobKind, actor: Actor, at: datetime) -> Step:
    run = _lock(ticket)
    if run is None or run.state != JobRun.State.RUNNING:
        return Step.WORKED  # another worker ended it; the next step says how
    if run.cancel_requested:
        return _end_cancelled(ticket, at)
    rows = JobChunk.objects.filter(run_id=run.pk).order_by("position")
    parts = list(rows.values_list("position", "result", "failures"))
    run.result = joined([result for _, result, _ in parts])
    failures = sum(len(found) for _, _, found in parts)
    message = ""
    if kind.finish is not None:
        try:
            with transaction.atomic():
                last = kind.finish(arguments=dict(run.arguments), actor=actor, at=at, run=run)
                _check_deferred()
        except DomainError as refusal:
            return _end(ticket, at, JobRun.State.FAILED, error=str(refusal))
        except Exception as error:
            raise _Broke("The last step") from error
        run.result = {**run.result, **last.result}
        message = last.message
        if last.failures:
            failures += len(last.failures)
            JobChunk.objects.create(
                tenant_id=run.tenant_id,
                run_id=run.pk,
                position=(parts[-1][0] if parts else 0) + 1,
                weight=0,
                done_at=at,
                failures=[dict(failure) for failure in last.failures],
            )
    if failures:
        words = _count(failures, "record was", "records were")
        message = f"{message} {words} left out; the reasons are listed below.".strip()
    elif not message and not parts:
        message = "There was nothing to do."
    run.left_out = failures
    run.save(update_fields=["result", "left_out"])
    return _end(ticket, at, JobRun.State.DONE, message=message)


def _end_cancelled(ticket: Ticket, at: datetime) -> Step:
    message = "Cancelled. What was done before is kept."
    return _end(ticket, at, JobRun.State.CANCELLED, message=message)


def _end(
    ticket: Ticket, at: datetime, state: JobRun.State, *, message: str = "", error: str = ""
) -> Step:
    run = _lock(ticket)
    if run is None or run.state not in (JobRun.State.QUEUED, JobRun.State.RUNNING):
        return Step.ENDED
    run.state = state
    run.finished_at = at
    run.error = error
    if state != JobRun.State.DONE:
        run.done = telling.done_by_parts(run.pk)
    if message or state != JobRun.State.DONE:
        run.message = message[:400]
    run.save(update_fields=["state", "finished_at", "error", "message", "done"])
    _log(run, at, error or message or "Done.", level="error" if error else "info")
    tickets.close(ticket)
    took = (at - (run.started_at or at)).total_seconds()
    transaction.on_commit(lambda: metrics.JOBS.labels(run.kind, state).observe(took))
    return Step.ENDED


def _fail(ticket: Ticket, at: datetime, what: str, cause: BaseException) -> Step:
    """End the run with words a person can use; the cause itself is in the server's log only."""
    logger.error("job run %s of tenant %s broke", ticket.run_id, ticket.tenant_id, exc_info=cause)
    error = (
        f"{what} stopped because of an unexpected error ({type(cause).__name__}). What was done "
        "before it is kept and will not be done again. Retry the job; if it stops again, give your "
        f"administrator its number, {ticket.run_id}."
    )
    with tenant_scope(ticket.tenant_id):
        return _end(ticket, at, JobRun.State.FAILED, error=error)


def joined(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The chunks' results as one: numbers add up, lists join, of other values the last stays."""
    total: dict[str, Any] = {}
    for result in results:
        for name, value in result.items():
            known: Any = total.get(name)
            adds = isinstance(value, int | list) and not isinstance(value, bool)
            if adds and type(known) is type(value):
                total[name] = known + value
            else:
                total[name] = value
    return total


def _lock(ticket: Ticket, *, skip_locked: bool = False) -> JobRun | None:
    rows = JobRun.objects.filter(pk=ticket.run_id)
    found: JobRun | None = rows.select_for_update(skip_locked=skip_locked).first()
    return found


def _log(run: JobRun, at: datetime, text: str, level: str = "info") -> None:
    JobLogLine.objects.create(
        tenant_id=run.tenant_id, run_id=run.pk, at=at, level=level, text=text[:600]
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _check_deferred() -> None:
    """Let deferred constraints refuse here, where it is known which chunk is to blame."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _is_cancelled(run_id: int) -> bool:
    return JobRun.objects.filter(pk=run_id, cancel_requested=True).exists()


def _usable() -> bool:
    wrapped = connection.connection
    return wrapped is not None and not wrapped.closed and not connection.needs_rollback


def _sqlstate(error: BaseException) -> str:
    return str(getattr(error.__cause__, "sqlstate", None) or "")


def _is_away(error: BaseException) -> bool:
    wrapped = connection.connection
    lost = wrapped is None or wrapped.closed
    return lost or _sqlstate(error).startswith(_DATABASE_AWAY)
