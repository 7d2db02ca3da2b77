"""Opportunities: the pipeline, moving, noting, and starting a quote."""

from decimal import Decimal
from typing import Annotated, Any

from ninja import Field

from psa.core import clock
from psa.core.custom_fields import selectors as custom_fields
from psa.core.custom_fields.api import ValuesIn, ValuesOut, own_values, with_values
from psa.core.web.api import ApiRequest, In, Named, Nothing, Out, shape
from psa.core.web.api.fields import CurrencyCode, Day, Id, Money, Number, PositiveAmount, Text
from sales.permissions import SalesPermission
from sales.selectors import opportunities as selectors
from sales.services import opportunities, quotes
from sales.services.opportunities import OpportunityFacts
from sales.views import lists as specs

from .area import SEES, endpoints
from .quotes import QuoteOut, get_quote

StageColumnOut = shape(selectors.StageColumn, "PipelineStage")


class QuoteRef(Out):
    id: int
    number: str
    version: int
    status: str


class StageOut(Out):
    id: int
    code: str
    name: str
    position: int
    probability_percent: int
    outcome: str


class OpportunityOut(Out):
    """A deal in the making, with its quotes."""

    id: int = Field(alias="opportunity.id")
    number: str = Field(alias="opportunity.number")
    name: str = Field(alias="opportunity.name")
    account: Named = Field(alias="opportunity.account")
    owner: Named = Field(alias="opportunity.owner")
    contracting_unit_id: int = Field(alias="opportunity.contracting_unit_id")
    stage: StageOut = Field(alias="opportunity.stage")
    currency: str = Field(alias="opportunity.currency")
    estimated_amount: Number = Field(alias="opportunity.estimated_amount")
    weighted: Money
    close_on: Day = Field(alias="opportunity.close_on")
    needed_by_on: Day | None = Field(alias="opportunity.needed_by_on")
    source: str = Field(alias="opportunity.source")
    competitors: str = Field(alias="opportunity.competitors")
    description: str = Field(alias="opportunity.description")
    loss_reason: str = Field(alias="opportunity.loss_reason")
    quotes: list[QuoteRef]
    lock_version: int = Field(alias="opportunity.lock_version")
    custom_fields: ValuesOut


class OpportunityIn(In):
    name: Annotated[str, Text(160, blank=False)]
    account_id: Id
    contracting_unit_id: Id
    currency: CurrencyCode
    close_on: Day
    estimated_amount: PositiveAmount = Decimal(0)
    needed_by_on: Day | None = None
    source: Annotated[str, Text(60)] = ""
    competitors: Annotated[str, Text(200)] = ""
    description: Annotated[str, Text(5000)] = ""
    owner_id: Id | None = None
    custom_fields: ValuesIn


class Move(In):
    stage_id: Id


class Note(In):
    text: Annotated[str, Text(2000, blank=False)]


@endpoints.list(
    "/opportunities",
    specs.OPPORTUNITIES,
    *SEES,
    also={"account_id": "account_id", "owner_id": "owner_id", "stage_code": "stage__code"},
    name="Opportunity",
    own=own_values("sales.Opportunity"),
)
def list_opportunities(request: ApiRequest) -> Any:
    """Deals in the making, won and lost."""
    rows = selectors.opportunities(actor=request.actor)
    return custom_fields.with_columns(specs.OPPORTUNITIES, rows, "sales.Opportunity")


@endpoints.report("/pipeline", list[StageColumnOut], *SEES)  # type: ignore[valid-type]
def get_pipeline(request: ApiRequest) -> Any:
    """The open stages in order, each with its opportunities and totals."""
    return selectors.pipeline_columns(actor=request.actor, today=clock.today())


@endpoints.read("/opportunities/{opportunity_id}", OpportunityOut, *SEES)
def get_opportunity(request: ApiRequest, opportunity_id: Id) -> Any:
    """One opportunity."""
    page = selectors.opportunity_page(actor=request.actor, opportunity_id=opportunity_id)
    return with_values(page, record_type=opportunities.RECORD, record_id=opportunity_id)


@endpoints.write("POST", "/opportunities", OpportunityOut, SalesPermission.MANAGE, status=201)
def create_opportunity(request: ApiRequest, body: OpportunityIn) -> Any:
    """Open an opportunity in the pipeline's first stage."""
    facts = body.values()
    made = opportunities.create_opportunity(
        custom=facts.pop("custom_fields"), facts=OpportunityFacts(**facts),
        actor=request.actor, at=clock.now(),
    )  # fmt: skip
    return get_opportunity(request, opportunity_id=made.pk)


@endpoints.write(
    "PUT",
    "/opportunities/{opportunity_id}",
    OpportunityOut,
    SalesPermission.MANAGE,
    of=get_opportunity,
    versioned=True,
)
def edit_opportunity(request: ApiRequest, opportunity_id: Id, body: OpportunityIn) -> Any:
    """Replace an open opportunity's facts."""
    facts = body.values()
    opportunities.edit_opportunity(
        opportunity_id=opportunity_id,
        lock_version=request.seen_version,
        custom=facts.pop("custom_fields"),
        facts=OpportunityFacts(**facts),
        actor=request.actor,
        at=clock.now(),
    )
    return get_opportunity(request, opportunity_id=opportunity_id)


@endpoints.write(
    "POST",
    "/opportunities/{opportunity_id}/move",
    OpportunityOut,
    SalesPermission.MANAGE,
    of=get_opportunity,
)
def move_opportunity(request: ApiRequest, opportunity_id: Id, body: Move) -> Any:
    """Move to another open stage; see the pipeline for their ids."""
    opportunities.move_opportunity(
        opportunity_id=opportunity_id,
        stage_id=body.stage_id,
        actor=request.actor,
        at=clock.now(),
    )
    return get_opportunity(request, opportunity_id=opportunity_id)


@endpoints.write(
    "POST", "/opportunities/{opportunity_id}/notes", OpportunityOut, SalesPermission.MANAGE,
    status=201,
)  # fmt: skip
def add_opportunity_note(request: ApiRequest, opportunity_id: Id, body: Note) -> Any:
    """Write a note into the opportunity's activity."""
    opportunities.add_note(
        opportunity_id=opportunity_id, text=body.text, actor=request.actor, at=clock.now()
    )
    return get_opportunity(request, opportunity_id=opportunity_id)


@endpoints.write(
    "POST", "/opportunities/{opportunity_id}/quotes", QuoteOut, SalesPermission.MANAGE, status=201
)
def create_quote(request: ApiRequest, opportunity_id: Id, body: Nothing) -> Any:
    """Start a quote of the opportunity, as a draft."""
    made = quotes.create_quote(opportunity_id=opportunity_id, actor=request.actor, at=clock.now())
    return get_quote(request, quote_id=made.pk)
