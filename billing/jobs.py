"""Long work of the room: billing runs, retainer periods, confirming many, documents."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.urls import reverse

from billing import (  # noqa: F401  (register their own kinds)
    milestone_jobs,
    sending_jobs,
)
from billing.models import Invoice
from billing.permissions import BillingPermission
from billing.selectors import runs
from billing.services import billing_runs, documents, invoices, proposals, readiness
from billing.services.billing_runs import BILLING_RUN, CONFIRM_MANY
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, DefaultSchedule, JobKind, register
from psa.core.org import features
from psa.core.org.rules.deployment import Feature

RETAINER_PERIODS = "billing.retainer_periods"


def _plan_run(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    found = runs.contracts_with_unbilled(
        actor=actor,
        cutoff_on=date.fromisoformat(arguments["cutoff_on"]),
        contract_id=arguments.get("contract_id"),
        account_id=arguments.get("account_id"),
        unit_id=arguments.get("unit_id"),
    )
    return [
        Chunk({"contract_ids": part}, weight=len(part)) for part in billing_runs.parts_of(found)
    ]


def _run_contracts(
    *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
) -> ChunkResult:
    """Draft a part's contracts together; a refusal is listed for its contract, the rest go on."""
    # A run that was planned before parts had several contracts names one.
    ids = arguments.get("contract_ids") or [arguments["contract_id"]]
    done = proposals.propose_for_contracts(
        contract_ids=ids,
        cutoff_on=date.fromisoformat(run.arguments["cutoff_on"]),
        run_key=run.key,
        actor=actor,
        at=at,
    )
    numbers = runs.contract_numbers(ids)
    refused = [
        (one.contract_id, one.refusal)
        for one in done
        if one.refusal is not None and not isinstance(one.refusal, proposals.NothingToBill)
    ]
    return ChunkResult(
        message=_told(done, numbers),
        failures=[{"record": numbers[pk], "reason": error.message} for pk, error in refused],
        result={
            "proposals": sum(len(one.drafts) for one in done),
            "skipped": sum(bool(one.skipped) for one in done),
        },
    )


def _told(done: Sequence[proposals.Proposed], numbers: dict[int, str]) -> str:
    """“C-1: drafted” of one contract, “C-1 to C-25: 24 drafted, 1 skipped” of a part."""
    first, last = numbers[done[0].contract_id], numbers[done[-1].contract_id]
    if len(done) == 1:
        [one] = done
        if one.refusal is not None:
            is_empty = isinstance(one.refusal, proposals.NothingToBill)
            return f"{first}: nothing left to invoice" if is_empty else ""
        return f"{first}: drafted" if one.drafts else f"{first}: skipped"
    drafted = sum(bool(one.drafts) for one in done)
    skipped = sum(bool(one.skipped) and not one.drafts for one in done)
    if skipped:
        return f"{first} to {last}: {drafted} drafted, {skipped} skipped"
    return f"{first} to {last}: {drafted} drafted"


def _run_url(run: JobRun) -> str:
    return reverse("billing:run", urlconf=settings.TENANT_URLCONF, args=[run.pk])


def _plan_confirm(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    return [Chunk({"proposal_id": pk}) for pk in arguments["proposal_ids"]]


def _confirm_one(
    *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
) -> ChunkResult:
    proposal_id = arguments["proposal_id"]
    try:
        invoice = invoices.confirm_proposal(
            proposal_id=proposal_id,
            invoiced_on=date.fromisoformat(run.arguments["invoiced_on"]),
            at=at,
            actor=actor,
        )
    except DomainError as error:
        record = runs.proposal_number(proposal_id)
        return ChunkResult(failures=[{"record": record, "reason": error.message}])
    return ChunkResult(message=f"Confirmed {invoice.number}", result={"invoices": 1})


def _invoices_url(run: JobRun) -> str:
    return reverse("billing:invoice_list", urlconf=settings.TENANT_URLCONF)


def _plan_periods(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    due_on = arguments.get("due_on") or at.date().isoformat()
    found = readiness.contracts_with_due_periods(due_on=date.fromisoformat(due_on))
    return [Chunk({"contract_id": pk, "due_on": due_on}) for pk in found]


def _post_periods(
    *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
) -> ChunkResult:
    contract_id = arguments["contract_id"]
    try:
        posted = readiness.post_due_retainer_periods(
            contract_id=contract_id,
            due_on=date.fromisoformat(arguments["due_on"]),
            actor=actor,
            at=at,
        )
    except DomainError as error:
        record = runs.contract_number(contract_id)
        return ChunkResult(failures=[{"record": record, "reason": error.message}])
    return ChunkResult(result={"periods": len(posted)})


def _plan_pdf(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    return [Chunk({"invoice_id": arguments["invoice_id"]})]


def _render_pdf(
    *, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun
) -> ChunkResult:
    invoice = Invoice.objects.get(pk=arguments["invoice_id"])
    documents.archived(invoice=invoice, detail=documents.DEFAULT_DETAIL, at=at)
    return ChunkResult(message=f"Made the document of {invoice.number}")


register(
    JobKind(
        kind=BILLING_RUN,
        title="Billing run",
        permission=BillingPermission.PROPOSE,
        plan=_plan_run,
        run_chunk=_run_contracts,
        result_url=_run_url,
    )
)
register(
    JobKind(
        kind=CONFIRM_MANY,
        title="Confirm invoices",
        permission=BillingPermission.CONFIRM,
        plan=_plan_confirm,
        run_chunk=_confirm_one,
        result_url=_invoices_url,
    )
)
register(
    JobKind(
        kind=RETAINER_PERIODS,
        title="Retainer periods due",
        permission=BillingPermission.PROPOSE,
        plan=_plan_periods,
        run_chunk=_post_periods,
        schedule=DefaultSchedule(daily_at_minute=120),
        is_needed=partial(features.offers, Feature.SALES_ACTUALS),
    )
)
register(
    JobKind(
        kind=documents.PDF_JOB,
        title="Invoice document",
        permission="",
        plan=_plan_pdf,
        run_chunk=_render_pdf,
    )
)
