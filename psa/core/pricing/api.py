"""Endpoints of pricing: price lists and their lines, why a rate is what it is, unpriced work."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from ninja import Field, Query

from psa.core import clock
from psa.core.access.permissions import PricingPermission
from psa.core.jobs import services as job_services
from psa.core.web.api import ApiRequest, Endpoints, In, Nothing, Out, shape
from psa.core.web.api.fields import CurrencyCode, Day, Id, Number, OneOf, Rate, Text, Within

from . import break_even_selectors, jobs, lists_of_pricing, owners, page_selectors
from .models import PriceLine, PriceList
from .services import additions, lines, lists
from .services.lines import LineDraft
from .visibility import LIST_PERMISSIONS

endpoints = Endpoints("pricing", "Pricing")
MANAGE = PricingPermission.MANAGE_LISTS
LineOut = shape(page_selectors.LineRow, "PriceLineOut")
TraceOut = shape(page_selectors.TracePage, "PriceTraceOut")
_UNITS = ("hour", "day")
_CLASSES = ("time", "expense", "material", "fee")
_Percent = Annotated[Decimal, Within(digits=7, places=3, least=-100, most=10_000)]


class PriceListOut(Out):
    """A price list with its lines."""

    id: int = Field(alias="row.id")
    name: str = Field(alias="row.name")
    context: str = Field(alias="row.context")
    owner: str = Field(alias="row.owner")
    currency: str = Field(alias="row.currency")
    time_unit: str = Field(alias="row.time_unit")
    hours_per_day: Number
    valid_from: date = Field(alias="row.valid_from")
    valid_until: date | None = Field(alias="row.valid_until")
    state: str = Field(alias="row.state")
    version: int = Field(alias="row.version")
    is_draft: bool
    is_used: bool
    lines: list[LineOut]  # type: ignore[valid-type]
    lock_version: int


class EditListIn(In):
    name: Annotated[str, Text(120, blank=False)]
    valid_from: Day
    valid_until: Day | None = Field(None, description="The first day it no longer counts.")
    time_unit: Annotated[str, OneOf(*_UNITS)] = "hour"
    hours_per_day: Annotated[Decimal, Within(digits=4, places=2, least=1, most=24)] = Decimal(8)


class NewListIn(EditListIn):
    context: Annotated[str, OneOf(*PriceList.Context.values)]
    currency: CurrencyCode
    owner_kind: Annotated[
        str, OneOf(owners.TENANT, owners.UNIT, owners.UNIT_PAIR, owners.ENTITY_PAIR)
    ] = owners.TENANT
    owner_id: int = Field(
        0,
        ge=0,
        le=2**63 - 1,
        description="0 for the whole firm; for a pair, who lends, and `borrower_id` who borrows.",
    )
    borrower_id: int = Field(0, ge=0, le=2**31 - 1, description="Of a pair; else 0.")

    def arguments(self) -> dict[str, Any]:
        """The body as the service takes it: a pair as one owner."""
        given = self.values()
        borrower_id = given.pop("borrower_id")
        if given["owner_kind"] in (owners.UNIT_PAIR, owners.ENTITY_PAIR):
            given["owner_id"] = lists.pair_owner(
                kind=given["owner_kind"], lender_id=given["owner_id"], borrower_id=borrower_id
            )
        return given


class PriceLineIn(In):
    """A price; what is left out means any."""

    id: Id | None = Field(None, description="Of a line to change; left out: a new one.")
    transaction_class: Annotated[str, OneOf(*_CLASSES)] = "time"
    role_id: Id | None = None
    resourcing_unit_id: Id | None = None
    category_id: Id | None = None
    item: Annotated[str, Text(60)] = ""
    dimensions: dict[Annotated[str, Text(40)], Annotated[str, Text(40)]] = Field({}, max_length=10)
    unit: Annotated[str, Text(10, blank=False)] = "hour"
    method: Annotated[str, OneOf(*PriceLine.Method.values)] = "price"
    value: Rate = Decimal(0)

    def as_draft(self) -> LineDraft:
        given = self.values()
        return LineDraft(line_id=given.pop("id"), **given)


class PriceLinesIn(In):
    """Lines to add and change, and the ids of those to remove."""

    lines: list[PriceLineIn] = Field([], max_length=2000)
    removed_ids: list[Id] = Field([], max_length=2000)


class PriceListVersionIn(In):
    name: Annotated[str, Text(120)] = ""
    valid_from: Day
    valid_until: Day | None = None
    uplift_percent: _Percent = Decimal(0)
    uplift_percent_by_role: dict[int, _Percent] = Field({}, max_length=500)
    round_to: Annotated[Decimal, Within(digits=10, places=4, least=0)] | None = None


class EndPriceListIn(In):
    valid_until: Day


class MissingPriceIn(In):
    price_list_id: Id
    from_on: Day
    line: PriceLineIn


class ReplayIn(In):
    entry_ids: list[Id] | None = Field(None, max_length=5000, description="All when left out.")


class ReplayStarted(Out):
    """A job that was queued; follow it under `/jobs/{id}`."""

    id: int
    title: str
    state: str


@endpoints.list("/price-lists", lists_of_pricing.LISTS, *LIST_PERMISSIONS, name="PriceList")
def list_price_lists(request: ApiRequest) -> Any:
    """The price lists you may see."""
    return page_selectors.list_rows(actor=request.actor, as_of=clock.today())


@endpoints.read("/price-lists/{list_id}", PriceListOut, *LIST_PERMISSIONS)
def get_price_list(request: ApiRequest, list_id: Id) -> Any:
    """One list with its lines."""
    return page_selectors.list_page(actor=request.actor, list_id=list_id, as_of=clock.today())


@endpoints.write("POST", "/price-lists", PriceListOut, MANAGE, status=201)
def create_price_list(request: ApiRequest, body: NewListIn) -> Any:
    """Start a list, as a draft."""
    made = lists.create_list(actor=request.actor, at=clock.now(), **body.arguments())
    return get_price_list(request, list_id=made.pk)


@endpoints.write(
    "PUT", "/price-lists/{list_id}", PriceListOut, MANAGE, of=get_price_list, versioned=True
)
def edit_price_list(request: ApiRequest, list_id: Id, body: EditListIn) -> Any:
    """Replace the head of a draft."""
    lists.edit_draft(
        list_id=list_id,
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
        **body.values(),
    )
    return get_price_list(request, list_id=list_id)


@endpoints.write(
    "POST",
    "/price-lists/{list_id}/lines",
    PriceListOut,
    MANAGE,
    of=get_price_list,
    versioned=True,
)
def save_price_lines(request: ApiRequest, list_id: Id, body: PriceLinesIn) -> Any:
    """Add, change and remove lines of a draft, all or none."""
    lines.save_lines(
        list_id=list_id,
        lines=[line.as_draft() for line in body.lines],
        removed_ids=body.removed_ids,
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
    )
    return get_price_list(request, list_id=list_id)


@endpoints.write("POST", "/price-lists/{list_id}/activate", PriceListOut, MANAGE, of=get_price_list)
def activate_price_list(request: ApiRequest, list_id: Id, body: Nothing) -> Any:
    """Let a draft count from its first day on."""
    lists.activate_list(list_id=list_id, actor=request.actor, at=clock.now())
    return get_price_list(request, list_id=list_id)


@endpoints.write("POST", "/price-lists/{list_id}/end", PriceListOut, MANAGE, of=get_price_list)
def end_price_list(request: ApiRequest, list_id: Id, body: EndPriceListIn) -> Any:
    """Set the day from which a list no longer counts."""
    lists.end_list(
        list_id=list_id, valid_until=body.valid_until, actor=request.actor, at=clock.now()
    )
    return get_price_list(request, list_id=list_id)


@endpoints.write(
    "POST",
    "/price-lists/{list_id}/versions",
    PriceListOut,
    MANAGE,
    status=201,
    of=get_price_list,
)
def create_price_list_version(request: ApiRequest, list_id: Id, body: PriceListVersionIn) -> Any:
    """Start the next version as a draft, prices raised as asked."""
    made = lists.new_version(list_id=list_id, actor=request.actor, at=clock.now(), **body.values())
    return get_price_list(request, list_id=made.pk)


@endpoints.write("DELETE", "/price-lists/{list_id}", None, MANAGE, status=204, of=get_price_list)
def discard_price_list(request: ApiRequest, list_id: Id) -> Any:
    """Discard a draft."""
    lists.discard_draft(list_id=list_id, actor=request.actor, at=clock.now())


@endpoints.report("/price-traces/{trace_id}", TraceOut)
def get_price_trace(
    request: ApiRequest, trace_id: Id, signature: Annotated[str, Text(300)] = Query("")
) -> Any:
    """Why a rate is what it is, for who may see rates of its kind."""
    return page_selectors.trace_page(actor=request.actor, trace_id=trace_id, signature=signature)


@endpoints.list(
    "/break-even-utilisation",
    lists_of_pricing.BREAK_EVEN,
    PricingPermission.VIEW_COST_RATES,
    name="BreakEvenUtilisation",
)
def list_break_even(request: ApiRequest) -> Any:
    """Cost over bill rate of each role in each unit, beside its target."""
    return break_even_selectors.break_even_rows(actor=request.actor, on=clock.today())


@endpoints.list(
    "/unpriced-work",
    lists_of_pricing.UNPRICED,
    PricingPermission.REPLAY_UNPRICED,
    name="UnpricedWork",
)
def list_unpriced_work(request: ApiRequest) -> Any:
    """Approved work that waits for a price."""
    return page_selectors.waiting_rows(actor=request.actor)


@endpoints.write("POST", "/missing-prices", PriceListOut, MANAGE, status=201)
def add_missing_price(request: ApiRequest, body: MissingPriceIn) -> Any:
    """Add a price to an active list from a day on, as a new version of it."""
    made = additions.add_price(
        list_id=body.price_list_id,
        line=body.line.as_draft(),
        from_on=body.from_on,
        actor=request.actor,
        at=clock.now(),
    )
    return get_price_list(request, list_id=made.pk)


@endpoints.write(
    "POST",
    "/unpriced-work/replay",
    ReplayStarted,
    PricingPermission.REPLAY_UNPRICED,
    status=201,
)
def replay_unpriced_work(request: ApiRequest, body: ReplayIn) -> Any:
    """Start the job that prices waiting work again and posts what finds its price."""
    at = clock.now()
    return job_services.start(
        kind=jobs.REPLAY,
        key=f"{request.actor.membership_id}:{at.isoformat()}",
        title="Price waiting work again",
        arguments={} if body.entry_ids is None else {"entry_ids": body.entry_ids},
        actor=request.actor,
        at=at,
    )
