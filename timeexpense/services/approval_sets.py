"""Approving many at once: directly, or as a job."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from timeexpense.models import ExpenseEntry, TimeEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import approvals as inbox

from . import approvals, returns
from .approvals import Approval
from .refusals import EntryKey

JOB_KIND = "timeexpense.approval_set"
JOB_OVER = 50
CHUNK = 5000
MOST_TRIED = 500


def approve_all_clean(
    *, actor: Actor, at: datetime, expected: Sequence[EntryKey] | None = None
) -> Approval | JobRun:
    """Approve what waits for the actor without any flag; more than 50 entries go as a job.

    `expected` are the entries that the approver saw: what arrived since is left for another look.
    Raises  PermissionDenied; DomainError when nothing is clean.
    """
    actor.require(TimeExpensePermission.APPROVE)
    clean = inbox.clean_entries(actor=actor)
    if expected is not None:
        seen = set(expected)
        clean = [row for row in clean if (row.kind, row.id) in seen]
    if not clean:
        raise DomainError("There is nothing clean to approve any more. Reload the page.")
    return approve_set(entries=[(row.kind, row.id) for row in clean], actor=actor, at=at)


def approve_set(*, entries: Sequence[EntryKey], actor: Actor, at: datetime) -> Approval | JobRun:
    """Approve at once, or as a job when there are more than 50. The same set is the same job."""
    if len(entries) <= JOB_OVER:
        return approvals.approve_entries(entries=entries, actor=actor, at=at)
    return _as_job(f"Approve {len(entries)} entries", entries, {}, actor, at)


def return_set(
    *, entries: Sequence[EntryKey], reason: str, actor: Actor, at: datetime
) -> Approval | JobRun:
    """Return at once, or as a job when there are more than 50, all for one reason.

    Raises  PermissionDenied; DomainError without a reason.
    """
    if len(entries) <= JOB_OVER:
        return returns.return_entries(entries=entries, reason=reason, actor=actor, at=at)
    reason = returns.checked_reason(reason)
    return _as_job(f"Return {len(entries)} entries", entries, {"reason": reason}, actor, at)


def try_approval(*, entries: Sequence[EntryKey], actor: Actor, at: datetime) -> Approval:
    """What approving would do, entry by entry: it is done and rolled back whole.

    No figure, mail, job or word in the trail stays. Raises  PermissionDenied; DomainError for more
    entries than a page shows.
    """
    if len(entries) > MOST_TRIED:
        raise DomainError(f"Try at most {MOST_TRIED} entries at once.")
    with transaction.atomic():
        tried = approvals.approve_entries(entries=entries, actor=actor, at=at)
        transaction.set_rollback(True)
    return tried


def _as_job(
    title: str, entries: Sequence[EntryKey], more: dict[str, str], actor: Actor, at: datetime
) -> JobRun:
    actor.require(TimeExpensePermission.APPROVE)
    key = _set_key(entries, actor)
    return jobs.start(
        kind=JOB_KIND,
        key=key if not more else f"{key}-r",
        title=title,
        arguments={"entries": [[kind, entry_id] for kind, entry_id in entries], **more},
        actor=actor,
        at=at,
    )


def _set_key(entries: Sequence[EntryKey], actor: Actor) -> str:
    """Names a set with the versions of its entries: submitted anew, it is another set."""
    versions = {}
    for kind, model in (("time", TimeEntry), ("expense", ExpenseEntry)):
        ids = [entry_id for of_kind, entry_id in entries if of_kind == kind]
        for entry_id, version in model.objects.filter(id__in=ids).values_list("id", "lock_version"):
            versions[kind, entry_id] = version
    text = ",".join(f"{kind}{entry_id}.{v}" for (kind, entry_id), v in sorted(versions.items()))
    return f"{actor.membership_id}-{sha256(text.encode()).hexdigest()[:40]}"
