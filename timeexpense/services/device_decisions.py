"""Approving inside a push message: what it offers, bound to versions, and the approval."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from psa.core.actor import Actor
from psa.core.audit.wording import counted
from psa.core.errors import Conflict
from psa.core.notifications.decisions import Offer
from timeexpense.models import EntryState, ExpenseEntry, TimeEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import approvals as inbox

from . import approvals
from .refusals import EntryKey

MOST = 50
_DAYS: tuple[tuple[str, Any, str], ...] = (
    ("time", TimeEntry, "work_on"),
    ("expense", ExpenseEntry, "spent_on"),
)


def offer(*, decides_on: Mapping[str, Any], actor: Actor) -> Offer | None:
    """What of the named work waits for the actor and has no finding, with its versions.

    `decides_on` may name a `kind`, a `resource`, and the days `from` and (exclusive) `until`. None
    when nothing is clean, or more waits than a message carries: then the page is the place.
    """
    if not actor.has(TimeExpensePermission.APPROVE):
        return None
    waiting = _waiting(decides_on, actor)
    if not 0 < len(waiting) <= MOST:
        return None
    rows = inbox.chosen_waiting(actor=actor, keys=list(waiting))
    clean = [(row.kind, row.id) for row in rows if row.is_clean]
    if not clean:
        return None
    versions: dict[str, dict[str, int]] = {}
    for kind, entry_id in clean:
        versions.setdefault(kind, {})[str(entry_id)] = waiting[kind, entry_id]
    if len(clean) == len(waiting):
        return Offer(gettext("Approve"), versions)
    counts = {"count": len(clean), "all": len(waiting)}
    return Offer(gettext("Approve %(count)s of %(all)s") % counts, versions)


def _waiting(decides_on: Mapping[str, Any], actor: Actor) -> dict[EntryKey, int]:
    """The versions of what waits for the actor of the named work; one more than fits is enough."""
    found: dict[EntryKey, int] = {}
    for kind, model, day in _DAYS:
        if decides_on.get("kind", kind) != kind:
            continue
        rows = inbox.to_approve(model, actor)
        if "resource" in decides_on:
            rows = rows.filter(resource_id=decides_on["resource"])
        if "from" in decides_on:
            rows = rows.filter(**{f"{day}__gte": decides_on["from"]})
        if "until" in decides_on:
            rows = rows.filter(**{f"{day}__lt": decides_on["until"]})
        for entry_id, version in rows.order_by("id").values_list("id", "lock_version")[: MOST + 1]:
            found[kind, entry_id] = version
    return found


def carry_out(*, payload: Mapping[str, Mapping[str, int]], actor: Actor, at: datetime) -> str:
    """Approve what was offered, if all of it is as it was; a sentence without an amount.

    Raises  PermissionDenied; Conflict when an entry was changed or decided on meanwhile.
    """
    wanted = {
        (kind, int(entry_id)): version
        for kind, versions in payload.items()
        for entry_id, version in versions.items()
    }
    rows = approvals.locked_entries(list(wanted))
    for key, version in wanted.items():
        row = rows.get(key)
        if row is None or row.state != EntryState.SUBMITTED or row.lock_version != version:
            raise Conflict(
                "Some of it was changed or decided on since you were told. Open it and look again."
            )
    done = approvals.approve_entries(entries=list(wanted), actor=actor, at=at)
    if done.refused and not done.approved_count and not done.passed_count:
        return "Nothing could be approved. Open it to see why."
    if done.refused:
        left = counted(len(done.refused), "entry waits", "entries wait")
        return f"Approved {done.approved_count} of {len(wanted)}; {left} for you to look at."
    if done.passed_count:
        return f"Approved {counted(len(wanted), 'entry', 'entries')}; a further approval follows."
    return f"Approved {counted(len(wanted), 'entry', 'entries')}."
