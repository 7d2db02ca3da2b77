"""Billing runs, and proposals under review."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from ninja import Field

from billing.models import ProposalLine
from billing.permissions import BillingPermission
from billing.rules.types import Remainder
from billing.selectors import limits, proposal_views, runs, visibility
from billing.selectors import proposals as selectors
from billing.services import approvals, billing_runs, hand_invoices, invoices, line_moves, review
from billing.services.review import ADDED_KINDS, LineChange
from billing.views import lists as specs
from psa.core import clock
from psa.core.errors import PermissionDenied
from psa.core.jobs.selectors import Failure
from psa.core.ledger.api import RehearsalOut
from psa.core.ledger.rehearsals import rehearse
from psa.core.web.api import ApiRequest, In, Named, Nothing, Out, shape
from psa.core.web.api.fields import (
    Amount,
    Day,
    Id,
    OneOf,
    PositiveAmount,
    Rate,
    Text,
)

from .area import SEES, JobStarted, endpoints
from .invoices import InvoiceOut, get_invoice

LineOut = shape(proposal_views.LineView, "ProposalLineOut")
TotalsOut = shape(proposal_views.TotalsView, "ProposalTotals")
LimitOut = shape(limits.LimitMeter, "LimitMeter")
OrderOut = shape(limits.OrderMeter, "OrderMeter")
FailureOut = shape(Failure, "JobFailure")
RunOut = shape(
    runs.RunPage,
    "BillingRunOut",
    without=("progress",),
    state=Annotated[str, Field(alias="progress.state")],
    failures=list[FailureOut],  # type: ignore[valid-type]
)
REVIEW = BillingPermission.REVIEW


class ProposalOut(Out):
    """A draft invoice with all its lines. Prices and totals are null unless you may see rates."""

    id: int = Field(alias="proposal.id")
    number: str = Field(alias="proposal.number")
    state: str = Field(alias="proposal.state")
    contract_id: int = Field(alias="proposal.contract_id")
    account: Named = Field(alias="proposal.account")
    currency: str = Field(alias="proposal.currency")
    cutoff_on: Day = Field(alias="proposal.cutoff_on")
    created_at: datetime = Field(alias="proposal.created_at")
    title: str
    due_on: Day
    lines: list[LineOut]  # type: ignore[valid-type]
    totals: TotalsOut | None  # type: ignore[valid-type]
    limit: LimitOut | None  # type: ignore[valid-type]
    order: OrderOut | None  # type: ignore[valid-type]
    approval_reasons: list[str]
    contract_lines: list[tuple[int, str]]
    invoice_id: int | None
    lock_version: int = Field(alias="proposal.lock_version")

    @staticmethod
    def resolve_lines(page: selectors.ProposalPage) -> list[Any]:
        lines = [line for group in page.groups for row in group.rows for line in row.lines]
        return sorted(lines, key=lambda line: line.position)

    @staticmethod
    def resolve_totals(page: selectors.ProposalPage) -> Any:
        return page.totals if page.sees_rates else None

    @staticmethod
    def resolve_limit(page: selectors.ProposalPage) -> Any:
        return page.limit if page.sees_rates else None

    @staticmethod
    def resolve_order(page: selectors.ProposalPage) -> Any:
        return page.order if page.sees_rates else None

    @staticmethod
    def resolve_invoice_id(page: selectors.ProposalPage) -> int | None:
        return page.invoice[0] if page.invoice else None


class BillingRunIn(In):
    """Up to when, and for whom; without a filter for all contracts."""

    cutoff_on: Day = Field(description="Work up to and including this day.")
    account_id: Id | None = None
    contract_id: Id | None = None
    unit_id: Id | None = Field(None, description="With the units below it.")


class TreatLinesIn(In):
    line_ids: list[Id] = Field(min_length=1, max_length=5000)
    treatment: Annotated[str, OneOf(*ProposalLine.Treatment.values)]
    reason: Annotated[str, Text(200)] = ""


class ChangeLineIn(In):
    """What is left out stays as it is."""

    minutes: int | None = Field(None, ge=0, le=1_000_000)
    quantity: PositiveAmount | None = None
    price: Rate | None = Field(None, description="Only for who may see the contract's rates.")
    description: Annotated[str, Text(400)] | None = None
    remainder: Annotated[str, OneOf(*Remainder)] | None = Field(
        None, description="What becomes of the rest, if less is invoiced."
    )
    reason: Annotated[str, Text(200, blank=False)]


class ChangeLinesIn(In):
    line_ids: list[Id] = Field(min_length=1, max_length=5000)
    price: Rate | None = None
    description: Annotated[str, Text(400)] | None = None
    reason: Annotated[str, Text(200, blank=False)]


class AddProposalLineIn(In):
    kind: Annotated[str, OneOf(*ADDED_KINDS)]
    contract_line_id: Id
    description: Annotated[str, Text(400, blank=False)]
    amount: Amount = Field(description="Without a sign: a discount or credit lowers it.")
    reason: Annotated[str, Text(200)] = ""


class MoveProposalLinesIn(In):
    line_ids: list[Id] = Field(min_length=1, max_length=5000)
    target_id: Id | None = Field(None, description="Another open proposal; null: a new one.")


class CancelProposalIn(In):
    reason: Annotated[str, Text(200, blank=False)]


class ConfirmIn(In):
    invoiced_on: Day


class HandInvoiceIn(In):
    contract_id: Id


class ConfirmManyIn(ConfirmIn):
    proposal_ids: list[Id] = Field(min_length=1, max_length=5000)


@endpoints.list("/billing-runs", specs.RUNS, BillingPermission.PROPOSE, name="BillingRun")
def list_billing_runs(request: ApiRequest) -> Any:
    """Billing runs."""
    return runs.billing_runs(actor=request.actor)


@endpoints.read("/billing-runs/{run_id}", RunOut, BillingPermission.PROPOSE)
def get_billing_run(request: ApiRequest, run_id: Id) -> Any:
    """One run: what it drafted, skipped and could not do."""
    return runs.run_page(actor=request.actor, run_id=run_id, today=clock.now().date())


@endpoints.write("POST", "/billing-runs", JobStarted, BillingPermission.PROPOSE, status=201)
def start_billing_run(request: ApiRequest, body: BillingRunIn) -> Any:
    """Start a run that drafts a proposal for each contract with unbilled work."""
    filters = {name: value for name, value in body.values().items() if value is not None}
    return billing_runs.start_billing_run(
        arguments=filters | {"cutoff_on": body.cutoff_on.isoformat()},
        actor=request.actor,
        at=clock.now(),
    )


@endpoints.list(
    "/proposals", specs.PROPOSALS, *SEES, name="Proposal", also={"contract_id": "contract_id"}
)
def list_proposals(request: ApiRequest) -> Any:
    """Draft invoices."""
    return selectors.proposals(actor=request.actor)


@endpoints.read("/proposals/{proposal_id}", ProposalOut, *SEES)
def get_proposal(request: ApiRequest, proposal_id: Id) -> Any:
    """One proposal with its lines."""
    return selectors.proposal_page(
        actor=request.actor,
        proposal_id=proposal_id,
        grouping="role",
        open_key="",
        invoiced_on=clock.today(),
    )


@endpoints.write(
    "POST",
    "/proposals",
    ProposalOut,
    BillingPermission.PROPOSE,
    BillingPermission.PROPOSE_OWN,
    status=201,
)
def begin_invoice_by_hand(request: ApiRequest, body: HandInvoiceIn) -> Any:
    """Begin an invoice by hand: an empty draft, or the contract's draft that is there."""
    draft = hand_invoices.begin_invoice(
        contract_id=body.contract_id,
        drafted_on=clock.today(),
        actor=request.actor,
        at=clock.now(),
    )
    return get_proposal(request, proposal_id=draft.pk)


@endpoints.write("POST", "/proposals/{proposal_id}/review", ProposalOut, REVIEW, of=get_proposal)
def start_review(request: ApiRequest, proposal_id: Id, body: Nothing) -> Any:
    """Take a proposal into review."""
    review.start_review(proposal_id=proposal_id, actor=request.actor, at=clock.now())
    return get_proposal(request, proposal_id=proposal_id)


@endpoints.write(
    "POST",
    "/proposals/{proposal_id}/lines/treat",
    ProposalOut,
    REVIEW,
    of=get_proposal,
    versioned=True,
)
def treat_lines(request: ApiRequest, proposal_id: Id, body: TreatLinesIn) -> Any:
    """Charge lines, give them away, or leave them for later."""
    review.set_treatment(
        proposal_id=proposal_id,
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
        **body.values(),
    )
    return get_proposal(request, proposal_id=proposal_id)


@endpoints.write(
    "PATCH",
    "/proposals/{proposal_id}/lines/{line_id}",
    ProposalOut,
    REVIEW,
    of=get_proposal,
    versioned=True,
)
def change_proposal_line(
    request: ApiRequest, proposal_id: Id, line_id: Id, body: ChangeLineIn
) -> Any:
    """Change quantity, price or text of one line."""
    given = body.values()
    reason, remainder = given.pop("reason"), given.pop("remainder")
    _check_price(request, proposal_id, body.price)
    review.change_line(
        proposal_id=proposal_id,
        line_id=line_id,
        change=LineChange(**given, remainder=Remainder(remainder) if remainder else None),
        reason=reason,
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
    )
    return get_proposal(request, proposal_id=proposal_id)


@endpoints.write(
    "POST",
    "/proposals/{proposal_id}/lines/change",
    ProposalOut,
    REVIEW,
    of=get_proposal,
    versioned=True,
)
def change_proposal_lines(request: ApiRequest, proposal_id: Id, body: ChangeLinesIn) -> Any:
    """One price or one text for several lines."""
    _check_price(request, proposal_id, body.price)
    review.change_lines(
        proposal_id=proposal_id,
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
        **body.values(),
    )
    return get_proposal(request, proposal_id=proposal_id)


@endpoints.write(
    "POST",
    "/proposals/{proposal_id}/lines",
    ProposalOut,
    REVIEW,
    status=201,
    of=get_proposal,
    versioned=True,
)
def add_proposal_line(request: ApiRequest, proposal_id: Id, body: AddProposalLineIn) -> Any:
    """Add a discount, credit or fee."""
    now = clock.now()
    review.add_line(
        proposal_id=proposal_id,
        added_on=now.date(),
        lock_version=request.seen_version,
        actor=request.actor,
        at=now,
        **body.values(),
    )
    return get_proposal(request, proposal_id=proposal_id)


@endpoints.write(
    "DELETE",
    "/proposals/{proposal_id}/lines/{line_id}",
    ProposalOut,
    REVIEW,
    of=get_proposal,
    versioned=True,
)
def remove_proposal_line(request: ApiRequest, proposal_id: Id, line_id: Id) -> Any:
    """Remove a line that was added in review."""
    review.remove_added_line(
        proposal_id=proposal_id,
        line_id=line_id,
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
    )
    return get_proposal(request, proposal_id=proposal_id)


@endpoints.write(
    "POST",
    "/proposals/{proposal_id}/lines/move",
    ProposalOut,
    REVIEW,
    of=get_proposal,
    versioned=True,
)
def move_proposal_lines(request: ApiRequest, proposal_id: Id, body: MoveProposalLinesIn) -> Any:
    """Move lines to another proposal of the contract, or to a new one; the answer is that one."""
    target = line_moves.move_lines(
        proposal_id=proposal_id,
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
        **body.values(),
    )
    return get_proposal(request, proposal_id=target.pk)


@endpoints.write(
    "POST",
    "/proposals/{proposal_id}/approve",
    ProposalOut,
    BillingPermission.APPROVE,
    of=get_proposal,
    versioned=True,
)
def approve_proposal(request: ApiRequest, proposal_id: Id, body: Nothing) -> Any:
    """Approve a reviewed proposal, as somebody other than its reviewer."""
    approvals.approve_proposal(
        proposal_id=proposal_id,
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
    )
    return get_proposal(request, proposal_id=proposal_id)


@endpoints.write(
    "POST",
    "/proposals/{proposal_id}/cancel",
    ProposalOut,
    REVIEW,
    of=get_proposal,
    versioned=True,
)
def cancel_proposal(request: ApiRequest, proposal_id: Id, body: CancelProposalIn) -> Any:
    """Cancel a proposal; its work is free again."""
    review.cancel_proposal(
        proposal_id=proposal_id,
        reason=body.reason,
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
    )
    return get_proposal(request, proposal_id=proposal_id)


@endpoints.write(
    "POST",
    "/proposals/{proposal_id}/confirm",
    InvoiceOut,
    BillingPermission.CONFIRM,
    status=201,
    of=get_proposal,
)
def confirm_proposal(request: ApiRequest, proposal_id: Id, body: ConfirmIn) -> Any:
    """Turn a proposal into a numbered, posted invoice, which is the answer."""
    invoice = invoices.confirm_proposal(
        proposal_id=proposal_id,
        invoiced_on=body.invoiced_on,
        at=clock.now(),
        actor=request.actor,
    )
    return get_invoice(request, invoice_id=invoice.pk)


@endpoints.write(
    "POST", "/proposals/{proposal_id}/try", RehearsalOut, BillingPermission.CONFIRM, of=get_proposal
)
def try_proposal(request: ApiRequest, proposal_id: Id, body: ConfirmIn) -> Any:
    """What confirming would record, or why it would be refused; nothing is kept of it."""
    return rehearse(
        lambda: invoices.confirm_proposal(
            proposal_id=proposal_id,
            invoiced_on=body.invoiced_on,
            at=clock.now(),
            actor=request.actor,
        ),
        actor=request.actor,
    )


@endpoints.write("POST", "/proposals/confirm", JobStarted, BillingPermission.CONFIRM, status=201)
def confirm_proposals(request: ApiRequest, body: ConfirmManyIn) -> Any:
    """Start a job that confirms several proposals, one by one."""
    return billing_runs.start_confirming(
        proposal_ids=body.proposal_ids,
        invoiced_on=body.invoiced_on,
        actor=request.actor,
        at=clock.now(),
    )


def _check_price(request: ApiRequest, proposal_id: int, price: Decimal | None) -> None:
    """Who may not see the contract's rates sets none."""
    if price is None:
        return
    found = visibility.get_proposal(actor=request.actor, proposal_id=proposal_id)
    if not visibility.sees_bill_rates(request.actor, found.contract_id):
        raise PermissionDenied("Your role does not include the bill rates of this contract.")
