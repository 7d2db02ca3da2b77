"""Long work of sending: many invoices at once, and every e-mail that waits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from billing.permissions import BillingPermission
from billing.selectors import deliveries as waiting
from billing.selectors import runs
from billing.services import deliveries
from billing.services.deliveries import DELIVERY_JOB, SEND_MANY
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, DefaultSchedule, JobKind, register


def _is_needed() -> bool:
    return bool(waiting.waiting_ids(limit=1))


def _plan_deliveries(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """Those named, or all that wait: what a mail server did not take is tried again."""
    ids = arguments.get("delivery_ids") or waiting.waiting_ids()
    return [Chunk({"delivery_id": pk}) for pk in ids]


def _deliver(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    delivery = deliveries.deliver(delivery_id=arguments["delivery_id"], actor=actor, at=at)
    if delivery is None:
        return ChunkResult()
    if delivery.sent_at is not None:
        return ChunkResult(message=f"Sent to {delivery.recipient}", result={"sent": 1})
    return ChunkResult(failures=[{"record": delivery.recipient, "reason": delivery.outcome}])


def _plan_send(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    return [Chunk({"invoice_id": pk}) for pk in arguments["invoice_ids"]]


def _send_one(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    invoice_id = arguments["invoice_id"]
    try:
        deliveries.send_to_customer(
            invoice_id=invoice_id, request_key=f"run {run.pk}", actor=actor, at=at
        )
    except DomainError as error:
        return ChunkResult(
            failures=[{"record": runs.invoice_number(invoice_id), "reason": error.message}]
        )
    return ChunkResult(result={"invoices": 1})


register(
    JobKind(
        kind=DELIVERY_JOB,
        title="Send invoice e-mail",
        permission="",
        plan=_plan_deliveries,
        run_chunk=_deliver,
        schedule=DefaultSchedule(every_minutes=5),
        is_needed=_is_needed,
    )
)
register(
    JobKind(
        kind=SEND_MANY,
        title="Send invoices",
        permission=BillingPermission.CONFIRM,
        plan=_plan_send,
        run_chunk=_send_one,
    )
)
