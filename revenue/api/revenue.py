"""Endpoints of the room: estimates, work in progress, the close, and reconciliation."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from django.db.models import F
from ninja import Field, Query

from psa.core import clock
from psa.core.ledger import selectors as ledger
from psa.core.ledger.api import RehearsalOut
from psa.core.ledger.rehearsals import rehearse
from psa.core.ledger.rules.proofs import Proof
from psa.core.web.api import ApiRequest, In, Nothing, Out, shape
from psa.core.web.api.fields import Day, Id, Number, OneOf, PositiveAmount, Text, Within
from revenue import cost_selectors, selectors
from revenue import lists as room_lists
from revenue.models import ContractCost, RevenueEstimate
from revenue.permissions import RevenuePermission
from revenue.rules.progress import in_percent
from revenue.services import close as closing
from revenue.services import contract_costs, estimate_posting, estimates
from revenue.services.proofs import run_proofs

from .area import VIEW, endpoints

WipOut = shape(selectors.WipRow, "WipRow")
MovementOut = shape(selectors.RollForward, "WipMovement")
StepOut = shape(closing.Step, "CloseStepOut")
ProofOut = shape(Proof, "ProofOut")
ChargeOut = shape(cost_selectors.ChargeLine, "ContractCostCharge")


class EstimateOut(Out):
    """What one obligation earned in one period. Cost is null unless you may see it."""

    id: int
    obligation_id: int
    contract_id: int = Field(alias="obligation.contract_line.contract_id")
    contract_line_id: int = Field(alias="obligation.contract_line_id")
    period_id: int
    method: str = Field(alias="obligation.method")
    currency: str = Field(alias="obligation.currency")
    state: str
    progress_percent: Number
    revenue_to_date: Number
    previous_revenue: Number
    period_revenue: Number
    lock_version: int

    @staticmethod
    def resolve_progress_percent(row: RevenueEstimate) -> Decimal:
        return in_percent(row.progress_numerator, row.progress_denominator)


class AdjustEstimateIn(In):
    progress_percent: Annotated[Decimal, Within(digits=7, least=0, most=100)]
    reason: Annotated[str, Text(300, blank=False)]


class ReverseEstimateIn(In):
    reason: Annotated[str, Text(300, blank=False)]


class EstimateCount(Out):
    count: int


class Said(Out):
    message: str


class ReconcileIn(In):
    as_of: Day


class WipReport(Out):
    """Work done and not invoiced as of a day, and how it moved since the first of its month."""

    as_of: date
    known_on: date | None
    rows: list[WipOut]  # type: ignore[valid-type]
    movements: list[MovementOut]  # type: ignore[valid-type]


class ContractCostOut(Out):
    """A cost to obtain or fulfil a contract, kept as an asset; amounts in the entity's currency."""

    id: int
    contract_id: int
    legal_entity_id: int
    kind: str
    description: str
    currency: str
    amount: Number
    carrying_amount: Number
    booked_account_id: int
    capitalised_on: date
    starts_on: date
    ends_on: date
    is_taken_back: bool
    charges: list[ChargeOut]  # type: ignore[valid-type]

    @staticmethod
    def resolve_carrying_amount(row: ContractCost) -> Decimal:
        return cost_selectors.standing_of(row).carrying.amount

    @staticmethod
    def resolve_is_taken_back(row: ContractCost) -> bool:
        return row.taken_back_at is not None

    @staticmethod
    def resolve_charges(row: ContractCost) -> list[cost_selectors.ChargeLine]:
        return cost_selectors.charges_of(row)


class CapitaliseCostIn(In):
    kind: Annotated[str, OneOf(*ContractCost.Kind.values)]
    description: Annotated[str, Text(200, blank=False)]
    amount: PositiveAmount
    booked_account_id: Id
    capitalised_on: Day
    starts_on: Day
    ends_on: Day


class WriteOffCostIn(ReverseEstimateIn):
    written_off_on: Day


@endpoints.list(
    "/periods/{period_id}/revenue-estimates", room_lists.ESTIMATES, VIEW, name="RevenueEstimate"
)
def list_revenue_estimates(request: ApiRequest, period_id: Id) -> Any:
    """The estimates of a period."""
    ledger.get_period(period_id=period_id)
    return (
        selectors.estimates(actor=request.actor, period_id=period_id)
        .annotate(entity_currency=F("period__legal_entity__currency"))
        .values(
            "id", "contract_number", "customer", "line", "method", "state", "currency",
            "entity_currency", "cost_to_date", "estimate_to_complete", "previous_revenue",
            "period_revenue", "revenue_to_date", "flags",
        )
    )  # fmt: skip


@endpoints.read("/revenue-estimates/{estimate_id}", EstimateOut, VIEW)
def get_revenue_estimate(request: ApiRequest, estimate_id: Id) -> Any:
    """One estimate."""
    return selectors.get_estimate(actor=request.actor, estimate_id=estimate_id)


@endpoints.write(
    "POST",
    "/revenue-estimates/{estimate_id}/adjust",
    EstimateOut,
    RevenuePermission.ESTIMATE,
    of=get_revenue_estimate,
    versioned=True,
)
def adjust_revenue_estimate(request: ApiRequest, estimate_id: Id, body: AdjustEstimateIn) -> Any:
    """Set another progress on a draft, with the reason."""
    estimates.adjust_estimate(
        estimate_id=estimate_id,
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
        **body.values(),
    )
    return get_revenue_estimate(request, estimate_id=estimate_id)


@endpoints.write(
    "POST",
    "/revenue-estimates/{estimate_id}/reverse",
    EstimateOut,
    RevenuePermission.POST,
    of=get_revenue_estimate,
)
def reverse_revenue_estimate(request: ApiRequest, estimate_id: Id, body: ReverseEstimateIn) -> Any:
    """Reverse a posted estimate."""
    estimate_posting.reverse_estimate(
        estimate_id=estimate_id, reason=body.reason, actor=request.actor, at=clock.now()
    )
    return get_revenue_estimate(request, estimate_id=estimate_id)


@endpoints.write(
    "POST", "/periods/{period_id}/revenue-estimates/run", EstimateCount, RevenuePermission.ESTIMATE
)
def run_revenue_estimates(request: ApiRequest, period_id: Id, body: Nothing) -> Any:
    """Draft the period's estimates anew; approved and posted ones are left alone."""
    period = ledger.get_period(period_id=period_id)
    at = clock.now()
    done = estimates.draft_estimates(
        period_id=period_id,
        run_key=f"{period.legal_entity.code}/{period.name}/{at.isoformat()}",
        actor=request.actor,
        at=at,
    )
    return {"count": done.drafted}


@endpoints.write(
    "POST",
    "/periods/{period_id}/revenue-estimates/approve",
    EstimateCount,
    RevenuePermission.APPROVE,
)
def approve_revenue_estimates(request: ApiRequest, period_id: Id, body: Nothing) -> Any:
    """Approve the period's drafts."""
    count = estimates.approve_estimates(period_id=period_id, actor=request.actor, at=clock.now())
    return {"count": count}


@endpoints.write(
    "POST", "/periods/{period_id}/revenue-estimates/post", EstimateCount, RevenuePermission.POST
)
def post_revenue_estimates(request: ApiRequest, period_id: Id, body: Nothing) -> Any:
    """Post the period's approved estimates."""
    count = estimate_posting.post_estimates(
        period_id=period_id, actor=request.actor, at=clock.now()
    )
    return {"count": count}


@endpoints.report("/work-in-progress", WipReport, VIEW)
def get_work_in_progress(
    request: ApiRequest,
    as_of: Day | None = Query(None),
    known_on: Day | None = Query(None, description="As the books stood on this day."),
) -> Any:
    """Unbilled work by contract."""
    on = as_of or clock.today()
    return {
        "as_of": on,
        "known_on": known_on,
        "rows": selectors.work_in_progress(actor=request.actor, as_of=on, known_on=known_on),
        "movements": selectors.roll_forward(
            actor=request.actor, from_on=on.replace(day=1), until_on=on
        ),
    }


@endpoints.report("/periods/{period_id}/close", list[StepOut], VIEW)  # type: ignore[valid-type]
def get_close(request: ApiRequest, period_id: Id) -> Any:
    """The steps of closing a period, and how far they are."""
    return closing.steps(period_id=period_id, actor=request.actor)


@endpoints.write(
    "POST", "/periods/{period_id}/close/{code}/try", RehearsalOut, RevenuePermission.POST
)
def try_close_step(
    request: ApiRequest, period_id: Id, code: Annotated[str, Text(40)], body: Nothing
) -> Any:
    """What a step of the close would record, or why it would be refused; nothing is kept of it."""
    now = clock.now()
    return rehearse(
        lambda: closing.run_step(period_id=period_id, code=code, actor=request.actor, at=now),
        actor=request.actor,
    )


@endpoints.write("POST", "/periods/{period_id}/close/{code}", Said, RevenuePermission.POST)
def run_close_step(
    request: ApiRequest, period_id: Id, code: Annotated[str, Text(40)], body: Nothing
) -> Any:
    """Do one step of the close."""
    said = closing.run_step(period_id=period_id, code=code, actor=request.actor, at=clock.now())
    return {"message": said}


@endpoints.write(
    "POST",
    "/legal-entities/{entity_id}/reconciliations",
    list[ProofOut],  # type: ignore[valid-type]
    RevenuePermission.POST,
    status=201,
)
def reconcile(request: ApiRequest, entity_id: Id, body: ReconcileIn) -> Any:
    """Prove that subledgers and general ledger agree as of a day."""
    return run_proofs(
        legal_entity_id=entity_id, as_of=body.as_of, actor=request.actor, at=clock.now()
    )


@endpoints.list("/contract-costs", room_lists.CONTRACT_COSTS, VIEW, name="ContractCost")
def list_contract_costs(request: ApiRequest) -> Any:
    """Capitalised costs to obtain and fulfil contracts."""
    return cost_selectors.cost_rows(actor=request.actor)


@endpoints.read("/contract-costs/{cost_id}", ContractCostOut, VIEW)
def get_contract_cost(request: ApiRequest, cost_id: Id) -> Any:
    """One capitalised cost with its charges."""
    return cost_selectors.get_cost(actor=request.actor, cost_id=cost_id)


@endpoints.write(
    "POST",
    "/contracts/{contract_id}/costs",
    ContractCostOut,
    RevenuePermission.POST,
    status=201,
)
def capitalise_contract_cost(request: ApiRequest, contract_id: Id, body: CapitaliseCostIn) -> Any:
    """Capitalise a cost of a contract; an entry moves it from where it was booked."""
    made = contract_costs.capitalise_cost(
        contract_id=contract_id,
        cost=contract_costs.NewCost(**body.values()),
        actor=request.actor,
        at=clock.now(),
    )
    return get_contract_cost(request, cost_id=made.pk)


@endpoints.write(
    "POST",
    "/contract-costs/{cost_id}/write-off",
    ContractCostOut,
    RevenuePermission.POST,
    of=get_contract_cost,
)
def write_off_contract_cost(request: ApiRequest, cost_id: Id, body: WriteOffCostIn) -> Any:
    """Give up what is left of a capitalised cost."""
    contract_costs.write_off_cost(
        cost_id=cost_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_contract_cost(request, cost_id=cost_id)


@endpoints.write(
    "POST",
    "/contract-costs/{cost_id}/take-back",
    ContractCostOut,
    RevenuePermission.POST,
    of=get_contract_cost,
)
def take_back_contract_cost(request: ApiRequest, cost_id: Id, body: ReverseEstimateIn) -> Any:
    """Undo a capitalisation that no period was charged with."""
    contract_costs.take_back_cost(
        cost_id=cost_id, reason=body.reason, actor=request.actor, at=clock.now()
    )
    return get_contract_cost(request, cost_id=cost_id)


@endpoints.write(
    "POST",
    "/contract-cost-charges/{charge_id}/reverse",
    ContractCostOut,
    RevenuePermission.POST,
)
def reverse_contract_cost_charge(
    request: ApiRequest, charge_id: Id, body: ReverseEstimateIn
) -> Any:
    """Take the latest charge of a cost back, while its period is open."""
    charge = contract_costs.reverse_charge(
        charge_id=charge_id, reason=body.reason, actor=request.actor, at=clock.now()
    )
    return get_contract_cost(request, cost_id=charge.cost_id)
