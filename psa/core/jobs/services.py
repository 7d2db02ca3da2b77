"""Starting, cancelling and retrying runs; the schedules."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.tenancy.scope import current_tenant_id, tenant_scope

from . import registry, running, selectors, sending, system_actor, tickets
from .models import JobLogLine, JobRun, JobSchedule
from .rules import schedule as schedule_rules

ENDED = frozenset({JobRun.State.DONE, JobRun.State.FAILED, JobRun.State.CANCELLED})


def start(
    *,
    kind: str,
    key: str,
    title: str,
    arguments: Mapping[str, Any],
    actor: Actor,
    at: datetime,
) -> JobRun:
    """Queue one logical run, in the caller's transaction: the row is the outbox.

    Idempotent: the same ``kind`` and ``key`` give the run that is there already, whatever its
    state. ``arguments`` are JSON (ids, ISO strings). The message to the workers goes out on commit;
    without a broker the dispatcher sends it later.
    Raises  PermissionDenied (the kind's own permission), NotFound for an unknown kind.
    """
    job_kind = registry.get(kind)
    if job_kind.permission:
        actor.require(job_kind.permission)
    known = JobRun.objects.filter(kind=kind, key=key).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            run: JobRun = JobRun.objects.create(
                tenant_id=actor.tenant_id,
                kind=kind,
                key=key,
                title=title[:160],
                arguments=dict(arguments),
                requested_by_id=actor.membership_id,
                requested_at=at,
            )
    except IntegrityError:
        # Somebody else asked for the same at the same moment; theirs is committed by now.
        return JobRun.objects.get(kind=kind, key=key)
    _queue(run)
    return run


def run_now(run_id: int, *, at: datetime | None = None) -> JobRun:
    """Run all of a run here and now, by the workers' own code; for seeding and tests.

    Call it inside the tenant's scope. ``at`` is the business instant handed to the chunks, by
    default the one at which the run was asked for.
    """
    tenant_id = current_tenant_id()
    if tenant_id is None:
        raise RuntimeError("run_now needs the scope of the run's tenant")
    requested_at = JobRun.objects.values_list("requested_at", flat=True).get(pk=run_id)
    ticket = tickets.Ticket(tenant_id, run_id)
    while running.step(ticket, at=at or requested_at) is running.Step.WORKED:
        continue
    return JobRun.objects.get(pk=run_id)


def run_to_end(*, tenant_id: int, run_id: int, at: datetime) -> JobRun:
    """``run_now`` for commands: outside any scope, so that each chunk commits by itself.

    Raises  Conflict when the firm is suspended; the run waits.
    """
    ticket = tickets.Ticket(tenant_id, run_id)
    while (step := running.step(ticket, at=at)) is running.Step.WORKED:
        continue
    if step is running.Step.HELD:
        raise Conflict("The firm is suspended: the job waits until it is opened again.")
    with tenant_scope(tenant_id):
        return JobRun.objects.get(pk=run_id)


def cancel(*, run_id: int, actor: Actor, at: datetime) -> JobRun:
    """Ask a run to stop after the chunk it is at; what is done stays done.

    Raises  NotFound, PermissionDenied (others' runs need jobs.cancel_all), Conflict if it ended.
    """
    run = _locked(run_id, actor)
    if run.state in ENDED:
        raise Conflict(f"“{run.title}” has ended already; there is nothing left to cancel.")
    if not run.cancel_requested:
        run.cancel_requested = True
        run.save(update_fields=["cancel_requested"])
        _record(run, actor, at, "jobs.run.cancelled", f"Asked to cancel the job “{run.title}”")
    # Due at once, so that a run nobody works on ends too.
    _queue(run)
    return run


def retry(*, run_id: int, actor: Actor, at: datetime) -> JobRun:
    """Queue a failed or cancelled run again; chunks that are done are not done again.

    Raises  NotFound, PermissionDenied, Conflict unless the run has failed or was cancelled.
    """
    run = _locked(run_id, actor)
    if run.state not in (JobRun.State.FAILED, JobRun.State.CANCELLED):
        raise Conflict(f"“{run.title}” has neither failed nor been cancelled; wait for its end.")
    permission = registry.get(run.kind).permission
    if permission:
        actor.require(permission)
    run.state = JobRun.State.QUEUED
    run.cancel_requested = False
    run.error = ""
    run.message = ""
    run.finished_at = None
    run.save(update_fields=["state", "cancel_requested", "error", "message", "finished_at"])
    JobLogLine.objects.create(tenant_id=run.tenant_id, run=run, at=at, text="Queued again.")
    _record(run, actor, at, "jobs.run.retried", f"Queued the job “{run.title}” again")
    _queue(run)
    return run


def queue_due_schedules(*, tenant_id: int, at: datetime) -> list[JobRun]:
    """Start what this tenant's schedules make due at ``at``, each due time once."""
    _add_missing_schedules(tenant_id=tenant_id, at=at)
    actor = system_actor.acting_for(tenant_id=tenant_id, membership_id=None)
    runs = []
    due = (
        JobSchedule.objects.filter(is_active=True, next_due_at__lte=at)
        .order_by("id")
        .select_for_update(skip_locked=True)
    )
    known = {kind.kind: kind for kind in registry.all_kinds()}
    for schedule in due:
        kind = known.get(schedule.kind)
        if kind is not None and (kind.is_needed is None or kind.is_needed()):
            runs.append(
                start(
                    kind=schedule.kind,
                    key=f"schedule {schedule.next_due_at.isoformat()}",
                    title=schedule.title,
                    arguments=schedule.arguments,
                    actor=actor,
                    at=at,
                )
            )
        schedule.next_due_at = schedule_rules.next_due(
            after=at,
            every_minutes=schedule.every_minutes,
            daily_at_minute=schedule.daily_at_minute,
        )
        schedule.save(update_fields=["next_due_at"])
    return runs


def change_schedule(
    *,
    schedule_id: int,
    is_active: bool,
    every_minutes: int | None,
    daily_at_minute: int | None,
    actor: Actor,
    at: datetime,
) -> JobSchedule:
    """Say when a kind of job starts by itself: every so many minutes, or daily at a minute (UTC).

    Raises  PermissionDenied, NotFound, DomainError unless exactly one of the two is given.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    schedule = JobSchedule.objects.filter(pk=schedule_id).select_for_update().first()
    if schedule is None:
        raise NotFound("There is no such schedule.")
    if (every_minutes is None) == (daily_at_minute is None):
        raise DomainError(
            "Give either an interval or a time of day, not both.", field="every_minutes"
        )
    before = schedule.is_active, schedule.every_minutes, schedule.daily_at_minute
    schedule.is_active = is_active
    schedule.every_minutes = every_minutes
    schedule.daily_at_minute = daily_at_minute
    schedule.next_due_at = schedule_rules.next_due(
        after=at, every_minutes=every_minutes, daily_at_minute=daily_at_minute
    )
    schedule.save()
    names = ("is_active", "every_minutes", "daily_at_minute")
    now = (is_active, every_minutes, daily_at_minute)
    audit.record(
        actor=actor,
        at=at,
        event="jobs.schedule.changed",
        record_type="jobs.JobSchedule",
        record_id=schedule.pk,
        sentence=f"Changed when “{schedule.title}” runs",
        changes={
            name: (old, new)
            for name, old, new in zip(names, before, now, strict=True)
            if old != new
        },
    )
    return schedule


def _add_missing_schedules(*, tenant_id: int, at: datetime) -> None:
    wanted = {kind.kind: kind for kind in registry.all_kinds() if kind.schedule is not None}
    known = set(JobSchedule.objects.filter(kind__in=wanted).values_list("kind", flat=True))
    JobSchedule.objects.bulk_create(
        [
            JobSchedule(
                tenant_id=tenant_id,
                kind=kind.kind,
                title=kind.title,
                every_minutes=kind.schedule.every_minutes,
                daily_at_minute=kind.schedule.daily_at_minute,
                is_active=kind.schedule.is_active,
                next_due_at=schedule_rules.next_due(
                    after=at,
                    every_minutes=kind.schedule.every_minutes,
                    daily_at_minute=kind.schedule.daily_at_minute,
                ),
            )
            for name, kind in wanted.items()
            if name not in known and kind.schedule is not None
        ],
        ignore_conflicts=True,
    )


def _queue(run: JobRun) -> None:
    tickets.write(tenant_id=run.tenant_id, run_id=run.pk)
    sending.dispatch_on_commit()


def _locked(run_id: int, actor: Actor) -> JobRun:
    """The run under its row lock, if the actor may see it and may steer it."""
    run = selectors.visible_to(actor).filter(pk=run_id).select_for_update(of=("self",)).first()
    if run is None:
        raise NotFound("There is no such job, or it is not yours to see.")
    if not selectors.can_steer(run, actor):
        raise PermissionDenied(
            "Only the person who started this job, or an administrator, can change its course."
        )
    return run


def _record(run: JobRun, actor: Actor, at: datetime, event: str, sentence: str) -> None:
    audit.record(
        actor=actor,
        at=at,
        event=event,
        record_type="jobs.JobRun",
        record_id=run.pk,
        sentence=sentence,
    )
