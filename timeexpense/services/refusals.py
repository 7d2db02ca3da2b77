"""Why an entry is not the actor's to decide on, or not now; and in whose place they decide."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q

from psa.core.actor import Actor
from psa.core.org import selectors as org
from psa.core.org.models import Resource
from timeexpense import policies
from timeexpense.models import (
    ApprovalDecision,
    ApprovalDelegation,
    EntryState,
    ExpenseEntry,
    TimeEntry,
)
from timeexpense.rules.routing import FIRST_LEVEL
from timeexpense.rules.spans import MINUTES_PER_DAY

from .accrual_works import Submitted

EntryKey = tuple[str, int]
COMMENT_LIMIT = 400
NOT_YOURS = "There is no such entry, or it is not yours to approve."


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What to bill of a time entry when that is not what was worked, and why."""

    billable_minutes: int
    reason: str


@dataclass(frozen=True, slots=True)
class Said:
    """What the approver says of entries beside yes: other minutes to bill, and comments."""

    adjustments: Mapping[int, Adjustment] = field(default_factory=dict)
    comments: Mapping[EntryKey, str] = field(default_factory=dict)

    def comment_on(self, kind: str, entry_id: int) -> str:
        return self.comments.get((kind, entry_id), "").strip()


def refusals(
    wanted: Sequence[EntryKey],
    rows: Mapping[EntryKey, Submitted],
    actor: Actor,
    at: datetime,
    said: Said | None = None,
) -> tuple[dict[EntryKey, str], dict[EntryKey, int | None]]:
    """Why entries cannot be decided on, and of the others for whom the actor stands in, if so.

    Nothing is written on those that are refused.
    """
    said = said or Said()
    rights = rights_over(rows, actor, at)
    me = None
    if not policies.is_system(actor):
        me = (
            Resource.objects.filter(membership_id=actor.membership_id)
            .values_list("id", flat=True)
            .first()
        )
    self_allowed = org.parameters().self_approval_allowed
    decided_before = _decided_before(rows, actor)
    found: dict[EntryKey, str] = {}
    for key in wanted:
        row = rows.get(key)
        if row is None or key not in rights:
            found[key] = NOT_YOURS
        elif row.state != EntryState.SUBMITTED:
            word = EntryState(row.state).label.lower()
            found[key] = f"It is {word}; there is nothing left to decide."
        elif row.resource_id == me and not self_allowed:
            found[key] = "It is your own. Another approver of the project has to decide on it."
        elif key in decided_before:
            found[key] = "You approved it at an earlier level. Somebody else has to at this one."
        elif said.comments and (reason := _comment_refusal(said.comment_on(*key))):
            found[key] = reason
        elif row.kind == "time" and (change := said.adjustments.get(row.id)) is not None:
            reason = _adjustment_refusal(change, row)
            if reason:
                found[key] = reason
    return found, {key: right for key, right in rights.items() if key not in found}


def rights_over(
    rows: Mapping[EntryKey, Submitted], actor: Actor, at: datetime
) -> dict[EntryKey, int | None]:
    """Those of these entries that are the actor's to decide on: None by their own right, else the
    member in whose place. One query a kind, and one a kind for each whose deputy they are.

    Entries of one person that wait for the same decision are alike: one of them is asked about.
    """
    if policies.is_system(actor):
        return dict.fromkeys(rows)
    alike: dict[tuple[Any, ...], list[EntryKey]] = {}
    for key, row in rows.items():
        same = (row.kind, row.awaits, row.project_id, row.route_id, row.resource_id)
        alike.setdefault(same, []).append(key)
    left = {keys[0]: keys for keys in alike.values()}
    found: dict[EntryKey, int | None] = {}
    for key in _those(left, policies.decided_by(actor.membership_id)):
        found |= dict.fromkeys(left.pop(key))
    for member_id in _deputy_of(actor, at) if left else ():
        for key in _those(left, policies.deputised(member_id)):
            found |= dict.fromkeys(left.pop(key), member_id)
    return found


def _those(keys: Collection[EntryKey], right: Q) -> list[EntryKey]:
    """Those entries that a right is over. One query a kind."""
    found: list[EntryKey] = []
    for kind, model in (("time", TimeEntry), ("expense", ExpenseEntry)):
        ids = [entry_id for of_kind, entry_id in keys if of_kind == kind]
        if ids:
            mine = model.objects.filter(right, id__in=ids).values_list("id", flat=True)
            found += [(kind, entry_id) for entry_id in mine]
    return found


def _deputy_of(actor: Actor, at: datetime) -> list[int]:
    """In whose place the actor decides at this moment, whatever the clock's job has done since."""
    return list(
        ApprovalDelegation.objects.filter(
            delegate_id=actor.membership_id, is_active=True, starts_at__lte=at, ends_at__gt=at
        )
        .order_by("approver_id")
        .values_list("approver_id", flat=True)
        .distinct()
    )


def _decided_before(rows: Mapping[EntryKey, Submitted], actor: Actor) -> set[EntryKey]:
    """What the actor passed on at an earlier level. One query, none at the first level."""
    later = {key: row.revision for key, row in rows.items() if row.level > FIRST_LEVEL}
    if not later or policies.is_system(actor):
        return set()
    passed = ApprovalDecision.objects.filter(
        entry_id__in={entry_id for _, entry_id in later},
        decision="passed",
        decided_by_id=actor.membership_id,
    ).values_list("entry_kind", "entry_id", "revision", "decided_at")
    return {(kind, i) for kind, i, revision, _ in passed if later.get((kind, i)) == revision}


def _comment_refusal(comment: str) -> str:
    if len(comment) > COMMENT_LIMIT or "\0" in comment:
        return f"A comment has at most {COMMENT_LIMIT} characters."
    return ""


def _adjustment_refusal(change: Adjustment, row: Submitted) -> str:
    if not 0 <= change.billable_minutes <= MINUTES_PER_DAY:
        return "What is billed lies between 0 and 24 hours. Correct it."
    if change.billable_minutes != row.minutes and not change.reason.strip():
        return "Say why another time is billed than was worked."
    if len(change.reason) > 200 or "\0" in change.reason:
        return "The reason has at most 200 characters."
    return ""
