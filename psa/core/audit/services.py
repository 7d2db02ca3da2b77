"""The one way to write the trail."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psa.core.actor import Actor

from .models import AuditEntry


def record(
    *,
    actor: Actor,
    at: datetime,
    event: str,
    record_type: str,
    record_id: int,
    sentence: str,
    changes: Mapping[str, Sequence[Any]] | None = None,
) -> None:
    """Add one entry, in the transaction of the change it tells of.

    ``record_type`` is the model's label ("billing.Invoice"); ``changes`` maps a field to
    [from, to], values as text or numbers. The sentence names no rate: many roles read the trail.
    """
    record_many(
        actor=actor, at=at, event=event, record_type=record_type,
        items=[(record_id, sentence, changes or {})],
    )  # fmt: skip


def record_many(
    *,
    actor: Actor,
    at: datetime,
    event: str,
    record_type: str,
    items: Sequence[tuple[int, str, Mapping[str, Sequence[Any]]]],
) -> None:
    """``record`` for a batch of (record id, sentence, changes); set-based."""
    AuditEntry.objects.bulk_create(
        [
            AuditEntry(
                tenant_id=actor.tenant_id,
                at=at,
                actor_id=actor.membership_id,
                via=actor.via,
                event=event,
                record_type=record_type,
                record_id=record_id,
                sentence=sentence[:400],
                changes={
                    key: [str(v) if v is not None else None for v in pair]
                    for key, pair in changes.items()
                },
            )
            for record_id, sentence, changes in items
        ],
        batch_size=2000,
    )
