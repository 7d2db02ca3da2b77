"""What people ask for, granted inside a push message: a journey, an entry that they want back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zlib import crc32

from django.utils.translation import gettext

from psa.core.actor import Actor
from psa.core.errors import Conflict
from psa.core.notifications.decisions import Offer
from timeexpense import policies
from timeexpense.models import EntryState, TravelRequest
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import travel as journeys

from . import recalls, travel

CHANGED = "It was changed or decided on since you were told. Open it and look again."


def offer_journey(*, decides_on: Mapping[str, Any], actor: Actor) -> Offer | None:
    """To approve the travel request named, as it is now; None when the actor may not, or it is theirs."""
    row = _journey(decides_on.get("travel", 0), actor)
    if row is None or not actor.has(TimeExpensePermission.APPROVE):
        return None
    if row.resource.membership_id == actor.membership_id or not journeys.may_decide(row, actor):
        return None
    return Offer(gettext("Approve"), {"travel": row.pk, "version": row.lock_version})


def approve_journey(*, payload: Mapping[str, int], actor: Actor, at: datetime) -> str:
    """Approve the request if it is as it was; a sentence without its estimate.

    Raises  Conflict when it was changed or decided on meanwhile; as `travel.decide`.
    """
    row = _journey(payload["travel"], actor, lock=True)
    if row is None or row.lock_version != payload["version"]:
        raise Conflict(CHANGED)
    travel.decide(request_id=row.pk, approve=True, reason="", actor=actor, at=at)
    return f"Approved {row.number}."


def _journey(request_id: int, actor: Actor, *, lock: bool = False) -> TravelRequest | None:
    """The request, while it waits for a decision."""
    rows = journeys.visible(actor).select_related("resource")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found: TravelRequest | None = rows.filter(
        pk=request_id, state=TravelRequest.State.SUBMITTED
    ).first()
    return found


def offer_recall(*, decides_on: Mapping[str, Any], actor: Actor) -> Offer | None:
    """To give the entry back that its person asks for; None when nobody does, or the actor may not.

    Whether the work is on a draft or invoiced is said when the button is pressed.
    """
    kind, entry_id = decides_on.get("kind", ""), decides_on.get("entry", 0)
    if kind not in recalls.MODELS or not (
        actor.has(TimeExpensePermission.APPROVE) or actor.has(TimeExpensePermission.GRANT_RECALL)
    ):
        return None
    rows = recalls.MODELS[kind].objects.filter(pk=entry_id, state=EntryState.APPROVED)
    if not actor.has(TimeExpensePermission.GRANT_RECALL):
        rows = rows.filter(policies.answers_for(actor))
    row = rows.exclude(recall_reason="").values_list("lock_version", "recall_reason").first()
    if row is None:
        return None
    payload = {"kind": kind, "entry": entry_id, "version": row[0], "asked": _mark(row[1])}
    return Offer(gettext("Grant"), payload)


def grant_recall(*, payload: Mapping[str, Any], actor: Actor, at: datetime) -> str:
    """Take back what the entry posted, if its person asks for it still.

    Raises  Conflict when it is no longer asked for, or decided on; as `recalls.grant_recall`.
    """
    kind, entry_id = payload["kind"], payload["entry"]
    row = (
        recalls.MODELS[kind]
        .objects.select_for_update(of=("self",))
        .filter(pk=entry_id, state=EntryState.APPROVED, lock_version=payload["version"])
        .values_list("recall_reason", flat=True)
        .first()
    )
    if not row or _mark(row) != payload["asked"]:
        raise Conflict(CHANGED)
    recalls.grant_recall(kind=kind, entry_id=entry_id, actor=actor, at=at)
    return "The entry can be changed again."


def _mark(reason: str) -> int:
    """What tells one request from the next of the same entry, short enough for a message."""
    return crc32(reason.encode())
