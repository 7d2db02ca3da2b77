"""Giving submitted entries back to their people."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.audit.wording import counted
from psa.core.errors import DomainError
from psa.core.notifications import services as notifications
from psa.core.org.models import Resource
from psa.core.pricing.services import unpriced
from timeexpense.events import TimeExpenseEvent
from timeexpense.models import EntryState, ExpenseEntry, TimeEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules.validation import day

from . import approvals, storage
from .accrual_works import SOURCE_KINDS, Submitted
from .approvals import Approval, Decision
from .refusals import EntryKey, refusals

REASON_LIMIT = 400


@transaction.atomic
def return_entries(
    *,
    entries: Sequence[EntryKey],
    actor: Actor,
    at: datetime,
    reason: str = "",
    comments: Mapping[EntryKey, str] | None = None,
) -> Approval:
    """Give submitted entries back to their people, with the reason: one for all, or a comment of
    its own on an entry. Constant queries for one reason, a few for each further one.

    Raises  PermissionDenied; DomainError where an entry has neither.
    """
    actor.require(TimeExpensePermission.APPROVE)
    wanted = list(dict.fromkeys(entries))
    reason_of = {key: ((comments or {}).get(key, "").strip() or reason.strip()) for key in wanted}
    for said in set(reason_of.values()):
        checked_reason(said)
    rows = approvals.locked_entries(wanted)
    refused, rights = refusals(wanted, rows, actor, at)
    returned = [rows[key] for key in wanted if key not in refused]
    by_reason: dict[str, list[Submitted]] = {}
    for row in returned:
        by_reason.setdefault(reason_of[row.kind, row.id], []).append(row)
    for said, own in by_reason.items():
        _give_back(own, said, rights, actor, at)
    return Approval(
        tuple(
            Decision(*key, "refused", refused[key])
            if key in refused
            else Decision(*key, "returned", reason_of[key])
            for key in wanted
        )
    )


def checked_reason(reason: str) -> str:
    """The reason without blanks around it. Raises  DomainError for none, or one that is too long."""
    reason = reason.strip()
    if not reason:
        raise DomainError("Say what has to be corrected; the person reads it.", "reason")
    if len(reason) > REASON_LIMIT or "\0" in reason:
        raise DomainError(f"A reason has at most {REASON_LIMIT} characters.", "reason")
    return reason


def _give_back(
    returned: Sequence[Submitted],
    reason: str,
    rights: Mapping[EntryKey, int | None],
    actor: Actor,
    at: datetime,
) -> None:
    """Return entries for one reason: state, decision, trail, and a word to each person."""
    for kind, model in (("time", TimeEntry), ("expense", ExpenseEntry)):
        ids = [row.id for row in returned if row.kind == kind]
        model.objects.filter(id__in=ids).update(
            state=EntryState.RETURNED,
            return_reason=reason,
            blocked_reason="",
            decided_at=at,
            decided_by_id=actor.membership_id,
        )
        if ids:
            unpriced.resolve(source_kind=SOURCE_KINDS[kind], source_ids=ids, at=at)
    deputies = [rights.get((row.kind, row.id)) for row in returned]
    storage.record_decisions(
        [(row.kind, row.id, row.revision) for row in returned],
        decision="returned",
        actor=actor,
        at=at,
        reason=reason,
        stands_in_for=deputies if any(deputies) else None,
    )
    audit.record(
        actor=actor,
        at=at,
        event=TimeExpenseEvent.RETURNED,
        record_type="org.Resource",
        record_id=returned[0].resource_id,
        sentence=f"Returned {counted(len(returned), 'entry', 'entries')}: {reason}",
    )
    _tell_returned(returned, reason, at)


def _tell_returned(returned: Sequence[Submitted], reason: str, at: datetime) -> None:
    members = dict(
        Resource.objects.filter(
            id__in={row.resource_id for row in returned}, membership__isnull=False
        ).values_list("id", "membership_id")
    )
    for resource_id, membership_id in members.items():
        own = [row for row in returned if row.resource_id == resource_id]
        first = min(own, key=lambda row: row.work_on)
        path = (
            reverse(
                "timeexpense:week_of",
                urlconf=settings.TENANT_URLCONF,
                args=[first.work_on.isoformat()],
            )
            if first.kind == "time"
            else reverse("timeexpense:expense_report_list", urlconf=settings.TENANT_URLCONF)
        )
        count = f"{len(own)} entries were" if len(own) > 1 else "An entry was"
        notifications.notify(
            membership_ids=[membership_id],
            event=TimeExpenseEvent.RETURNED,
            title=f"{count} returned to you",
            body=f"{day(first.work_on)}: {reason}",
            path=path,
            at=at,
            email=True,
        )
