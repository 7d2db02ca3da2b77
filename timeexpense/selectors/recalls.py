"""Approved entries that their people want back."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.db.models import F, Value

from psa.core.actor import Actor
from psa.core.tenancy import compiled
from timeexpense import policies
from timeexpense.models import EntryState, ExpenseEntry, TimeEntry
from timeexpense.permissions import TimeExpensePermission


@dataclass(frozen=True, slots=True)
class RecallRequest:
    kind: str
    id: int
    person: str
    project: str
    on: date
    minutes: int
    reason: str


def recall_requests(*, actor: Actor) -> tuple[RecallRequest, ...]:
    """Approved entries whose people want them back, on projects that the actor approves for. Two
    queries, and who the actor stands in for.
    """
    sees_all = actor.has(TimeExpensePermission.VIEW_ALL)
    approves = actor.has(TimeExpensePermission.APPROVE)
    if policies.is_system(actor) or not (sees_all or approves):
        # Nobody asks themselves.
        return ()
    members = (actor.membership_id, *(() if sees_all else policies.stands_in_for(actor)))
    return tuple(
        RecallRequest(kind, *row)
        for kind in ("time", "expense")
        for row in compiled.rows(
            ("timeexpense.recalls", kind, sees_all),
            partial(_recalls, kind, sees_all),
            *members,
        )
    )


def _recalls(kind: str, sees_all: bool, member_id: int, *in_place_of: int) -> Any:
    model, on = (TimeEntry, "work_on") if kind == "time" else (ExpenseEntry, "spent_on")
    rows = model.objects.filter(state=EntryState.APPROVED).exclude(recall_reason="")
    if not sees_all:
        rows = rows.filter(policies.answered_by(member_id, *in_place_of))
    return (
        rows.exclude(resource__membership_id=member_id)
        .order_by("id")
        .values_list(
            "id", "resource__name", "project__name", on,
            F("minutes") if kind == "time" else Value(0), "recall_reason",
        )
    )  # fmt: skip
