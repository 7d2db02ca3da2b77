"""Reads of the trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import QuerySet

from psa.core.access.permissions import AccessPermission, PricingPermission
from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.tenancy import compiled
from psa.core.web.activity import ActivityEntry

from .models import AuditEntry

_COST_WORDS = ("cost", "margin")
_RATE_WORDS = ("rate", "price", "discount", "markup")


@dataclass(frozen=True, slots=True)
class ActivityRow:
    at: datetime
    actor_name: str
    event: str
    sentence: str
    changes: dict[str, Any]


def activity_of(*, record_type: str, record_id: int, limit: int = 30) -> list[ActivityRow]:
    """The newest entries about one record, newest first. One query."""
    rows = compiled.rows(
        ("audit.activity", limit), partial(_newest_of, limit), record_type, record_id
    )
    return [
        ActivityRow(at, name or "System", event, text, changes)
        for at, name, event, text, changes in rows
    ]


def _newest_of(
    limit: int, record_type: str, record_id: int
) -> "QuerySet[AuditEntry, tuple[Any, ...]]":
    entries = AuditEntry.objects.filter(record_type=record_type, record_id=record_id)
    return entries.order_by("-id").values_list("at", "actor__name", "event", "sentence", "changes")[
        :limit
    ]


def activity_entries(*, record_type: str, record_id: int, limit: int = 30) -> list[ActivityEntry]:
    """The same as the activity component of a record page shows it; the page checks who may see."""
    rows = activity_of(record_type=record_type, record_id=record_id, limit=limit)
    return [ActivityEntry(row.actor_name, _as_predicate(row.sentence), row.at) for row in rows]


def entries(*, actor: Actor) -> QuerySet[AuditEntry, dict[str, Any]]:
    """All entries of the tenant, for the audit page.

    Raises  PermissionDenied without audit.view.
    """
    actor.require(AccessPermission.VIEW_AUDIT)
    return AuditEntry.objects.values(
        "id", "at", "actor__name", "via", "event", "record_type", "record_id", "sentence"
    )


@dataclass(frozen=True, slots=True)
class Change:
    field: str
    before: str | None
    after: str | None
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class EntryPage:
    id: int
    at: datetime
    actor_name: str
    via: str
    event: str
    record_type: str
    record_id: int
    sentence: str
    changes: Sequence[Change]


def get_entry(*, actor: Actor, entry_id: int) -> EntryPage:
    """One entry with what it changed; values of rates only for who may see such rates.

    NotFound if absent or another tenant's. Raises  PermissionDenied without audit.view.
    """
    actor.require(AccessPermission.VIEW_AUDIT)
    found = AuditEntry.objects.select_related("actor").filter(pk=entry_id).first()
    if found is None:
        raise NotFound("There is no such entry in the audit trail.")
    return EntryPage(
        id=found.pk,
        at=found.at,
        actor_name=found.actor.name if found.actor else "System",
        via=found.via,
        event=found.event,
        record_type=found.record_type,
        record_id=found.record_id,
        sentence=found.sentence,
        changes=[
            Change(name, None, None, is_hidden=True)
            if _is_confidential(name, actor)
            else Change(name, pair[0], pair[1], is_hidden=False)
            for name, pair in found.changes.items()
        ],
    )


def _is_confidential(field: str, actor: Actor) -> bool:
    """Whether the field's name tells of a rate that the actor may not see."""
    if any(word in field for word in _COST_WORDS):
        return not actor.has(PricingPermission.VIEW_COST_RATES)
    if any(word in field for word in _RATE_WORDS):
        # A price may be a cost price: its name alone does not say which.
        return not (
            actor.has(PricingPermission.VIEW_COST_RATES)
            and actor.has(PricingPermission.VIEW_BILL_RATES)
        )
    return False


def _as_predicate(sentence: str) -> str:
    """“Added a line” after a name reads “added a line”; codes in capitals stay as they are."""
    second = sentence[1:2]
    return sentence if second.isupper() or not second else sentence[0].lower() + sentence[1:]
