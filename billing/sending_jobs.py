"""Long work of sending: many invoices at once, and every e-mail that waits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from billing.permissions import BillingPermission
from billing.selectors import deliveries as waiting
from billing.selectors import runs
from billing.selectors import statements as accounts
from billing.services import deliveries, statement_mails
from billing.services.deliveries import DELIVERY_JOB, SEND_MANY
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.jobs.deliveries import delivery_kind
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, JobKind, register


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
    delivery_kind(DELIVERY_JOB, "Send invoice e-mail", waiting.waiting_ids, deliveries.deliver)
)
register(
    delivery_kind(
        statement_mails.STATEMENT_JOB,
        "Send statement e-mail",
        accounts.waiting_ids,
        statement_mails.deliver,
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
