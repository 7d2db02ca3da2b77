"""Paying people back by batches: what is owed, one payment file for many, marked paid."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpResponse

from billing.permissions import BillingPermission
from billing.selectors import reimbursement_batches as selectors
from billing.selectors import reimbursements as owed
from billing.services import reimbursement_batches, reimbursements
from billing.views import reimbursement_batches as batch_lists
from billing.views import reimbursements as reimbursement_lists
from psa.core import clock
from psa.core.web.api import ApiRequest, In, Nothing, Out, shape
from psa.core.web.api.fields import CurrencyCode, Day, Id, OneOf, Text
from timeexpense.api.bank_accounts import endpoints as bank_endpoints

from .area import endpoints
from .receivable_moves import ReimbursementOut

VIEW, PAY = BillingPermission.VIEW, BillingPermission.RECORD_PAYMENT
BatchOut = shape(selectors.BatchPage, "ReimbursementBatchOut", is_draft=bool, lacks_accounts=bool)
FileFormat = Annotated[str, OneOf("xml", "csv")]


class BatchIn(In):
    legal_entity_id: Id
    currency: CurrencyCode
    execute_on: Day
    pay_from_id: Id | None = None


class BatchMade(Out):
    """The batch, and in words who was left out of it."""

    batch: BatchOut  # type: ignore[valid-type]
    left_out: list[str]


class BatchPaidIn(In):
    paid_on: Day


class TakeBackIn(In):
    reversed_on: date
    reason: Annotated[str, Text(80, blank=False)]


@endpoints.list(
    "/reimbursements/owed", reimbursement_lists.OWED, VIEW, name="OwedToPerson",
    also={"resource_id": "resource_id", "legal_entity_id": "legal_entity_id"},
)  # fmt: skip
def list_owed_to_people(request: ApiRequest) -> Any:
    """Who is owed what for expenses they paid themselves, as the books have it."""
    return owed.owed_to_people(actor=request.actor)


@endpoints.write(
    "POST", "/reimbursements/{reimbursement_id}/reverse", ReimbursementOut, PAY, status=201
)
def reverse_reimbursement(request: ApiRequest, reimbursement_id: Id, body: TakeBackIn) -> Any:
    """Take a payment back: the person is owed again, its expenses go into another batch."""
    return reimbursements.reverse_reimbursement(
        reimbursement_id=reimbursement_id, actor=request.actor, at=clock.now(), **body.values()
    )


@endpoints.list("/reimbursement-batches", batch_lists.BATCHES, VIEW, name="ReimbursementBatch")
def list_reimbursement_batches(request: ApiRequest) -> Any:
    """Batches of reimbursements."""
    return selectors.batches(actor=request.actor)


@endpoints.read("/reimbursement-batches/{batch_id}", BatchOut, VIEW)
def get_reimbursement_batch(request: ApiRequest, batch_id: Id) -> Any:
    """One batch with its people; of their accounts the end alone."""
    return selectors.batch_page(actor=request.actor, batch_id=batch_id)


@endpoints.write("POST", "/reimbursement-batches", BatchMade, PAY, status=201)
def make_reimbursement_batch(request: ApiRequest, body: BatchIn) -> Any:
    """Gather all that one entity owes people in one currency and no other batch holds."""
    made = reimbursement_batches.make_batch(actor=request.actor, at=clock.now(), **body.values())
    batch = get_reimbursement_batch(request, batch_id=made.batch.pk)
    return {"batch": batch, "left_out": list(made.left_out)}


@bank_endpoints.file(
    "/reimbursement-batches/{batch_id}/file/{file_format}", "application/octet-stream", PAY
)
def get_payment_file(request: ApiRequest, batch_id: Id, file_format: FileFormat) -> Any:
    """The batch for the bank, `xml` (pain.001.001.09) or `csv`; the trail says who fetched it."""
    content = reimbursement_batches.write_file(
        batch_id=batch_id, format=file_format, actor=request.actor, at=clock.now()
    )
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="batch-{batch_id}.{file_format}"'
    answer["Cache-Control"] = "no-store"
    return answer


@endpoints.write(
    "POST", "/reimbursement-batches/{batch_id}/paid", BatchOut, PAY, of=get_reimbursement_batch
)
def mark_reimbursement_batch_paid(request: ApiRequest, batch_id: Id, body: BatchPaidIn) -> Any:
    """Record that the bank has paid it: a reimbursement for each person, journals and all."""
    reimbursement_batches.mark_paid(
        batch_id=batch_id, paid_on=body.paid_on, actor=request.actor, at=clock.now()
    )
    return get_reimbursement_batch(request, batch_id=batch_id)


@endpoints.write(
    "POST", "/reimbursement-batches/{batch_id}/cancel", BatchOut, PAY, of=get_reimbursement_batch
)
def cancel_reimbursement_batch(request: ApiRequest, batch_id: Id, body: Nothing) -> Any:
    """Let go of what a draft holds; its expenses go into another."""
    reimbursement_batches.cancel_batch(batch_id=batch_id, actor=request.actor, at=clock.now())
    return get_reimbursement_batch(request, batch_id=batch_id)
