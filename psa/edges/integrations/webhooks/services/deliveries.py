"""Telling: from the trail to deliveries, and from a delivery to its address.

An event is told at least once: a crash after sending and before the commit tells it again, under
the same id. What is told says what happened to which record, never the values: those are read
with a token, which shows what its owner may see.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import F, Max
from standardwebhooks.webhooks import Webhook

from psa.core.actor import Actor
from psa.core.audit.models import AuditEntry
from psa.core.errors import NotFound
from psa.core.web import outgoing, outgoing_tries

from ..models import Delivery, Endpoint
from .endpoints import locked, secret_of

BATCH = 500
# Entries of transactions that commit late have lower ids than what is told already.
_LATE = timedelta(minutes=10)


@transaction.atomic
def collect(*, at: datetime) -> int:
    """Make a delivery of each new event for each active endpoint that wants it; how many.

    Looks back over the last ten minutes each time: the key of a delivery makes it once.
    """
    made = 0
    for endpoint in Endpoint.objects.select_for_update().filter(is_active=True).order_by("id"):
        fresh = AuditEntry.objects.filter(id__gt=endpoint.settled_entry_id).order_by("id")
        rows = list(fresh.values_list("id", "event")[: BATCH * 10])
        if not rows:
            continue
        before = Delivery.objects.filter(endpoint=endpoint).count()
        Delivery.objects.bulk_create(
            [
                Delivery(
                    tenant_id=endpoint.tenant_id, endpoint=endpoint, entry_id=entry_id,
                    event=event, next_attempt_at=at, created_at=at,
                )
                for entry_id, event in rows
                if wants(endpoint.events, event)
            ],
            ignore_conflicts=True,
        )  # fmt: skip
        made += Delivery.objects.filter(endpoint=endpoint).count() - before
        settled = AuditEntry.objects.filter(
            id__gt=endpoint.settled_entry_id, id__lte=rows[-1][0], recorded_at__lt=at - _LATE
        ).aggregate(last=Max("id"))["last"]
        if settled:
            Endpoint.objects.filter(pk=endpoint.pk).update(settled_entry_id=settled)
    return made


def wants(words: Iterable[str], event: str) -> bool:
    """Whether an endpoint's words name the event: one of them is it, or its beginning."""
    listed = list(words)
    return not listed or any(event == word or event.startswith(f"{word}.") for word in listed)


def due(*, at: datetime) -> list[int]:
    """Deliveries to try now, the longest due first."""
    rows = Delivery.objects.filter(
        state=Delivery.State.WAITING, next_attempt_at__lte=at, endpoint__is_active=True
    )
    return list(rows.order_by("next_attempt_at", "id").values_list("id", flat=True)[:BATCH])


def deliver(*, delivery_id: int, at: datetime) -> Delivery | None:
    """Try once; None when somebody else has, or is at it.

    Accepted is any answer of 200 to 299. Otherwise it is tried again later, in the end given up.
    """
    with transaction.atomic():
        row: Delivery | None = (
            Delivery.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("endpoint", "entry")
            .filter(pk=delivery_id, state=Delivery.State.WAITING)
            .first()
        )
        if row is None:
            return None
        outgoing_tries.attempt(
            row,
            partial(_send, row, at),
            at=at,
            unreadable="Make a new one on the webhook's page.",
        )
        row.save()
    return row


def replay(*, delivery_id: int, actor: Actor, at: datetime) -> Delivery:
    """Send a delivery once more, whatever became of it. Raises  PermissionDenied, NotFound."""
    with transaction.atomic():
        row: Delivery | None = (
            Delivery.objects.select_for_update(of=("self",)).filter(pk=delivery_id).first()
        )
        if row is None:
            raise NotFound("There is no such delivery.")
        locked(row.endpoint_id, actor)
        outgoing_tries.wait_again(row, at=at)
        row.save(update_fields=["state", "attempts", "next_attempt_at"])
    return row


def forget(*, before: datetime, limit: int) -> int:
    """Delete deliveries from before then that wait for nothing, oldest first; how many.

    One that is not settled stays: its event would be told again.
    """
    old = Delivery.objects.exclude(state=Delivery.State.WAITING).filter(
        created_at__lt=before, entry_id__lte=F("endpoint__settled_entry_id")
    )
    ids = list(old.order_by("id").values_list("id", flat=True)[:limit])
    Delivery.objects.filter(pk__in=ids).delete()
    return len(ids)


def payload_of(row: Delivery) -> dict[str, object]:
    """What is told: which event, of which record, when and by what door; no value of it."""
    entry = row.entry
    return {
        "type": entry.event,
        "timestamp": entry.at.isoformat(),
        "data": {
            "entry_id": entry.pk,
            "record_type": entry.record_type,
            "record_id": entry.record_id,
            "via": entry.via,
        },
    }


def _send(row: Delivery, at: datetime) -> outgoing.Answer:
    message_id = f"evt_{row.tenant_id}_{row.entry_id}_{row.endpoint_id}"
    body = json.dumps(payload_of(row), separators=(",", ":"))
    signature = Webhook(secret_of(row.endpoint)).sign(message_id, at, body)
    return outgoing.post(
        row.endpoint.url,
        body=body.encode(),
        headers={
            "Content-Type": "application/json",
            "User-Agent": "psa-webhooks/1",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature,
        },
    )


def payload_text(row: Delivery) -> str:
    """What is told, for people."""
    return json.dumps(payload_of(row), indent=2)
