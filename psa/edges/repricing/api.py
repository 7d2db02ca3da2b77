"""Endpoints of what-if pricing: a list tried on a quote, a backlog or a year; discounts."""

from typing import Any

from ninja import Query
from pydantic import Field

from psa.core import clock
from psa.core.access.permissions import PricingPermission
from psa.core.ledger.api import RehearsalOut
from psa.core.web.api import ApiRequest, Endpoints, In, Out
from psa.core.web.api.fields import Id, Money, Number, Percent
from sales.permissions import SalesPermission

from . import jobs, selectors
from .services import replays
from .services import what_if as services

endpoints = Endpoints("pricing", "Pricing")
MANAGE = PricingPermission.MANAGE_LISTS


class ComparedOut(Out):
    """One group's cost or sales in one currency: now, and with the list."""

    group: str
    side: str
    currency: str
    minutes: int
    now: Number
    then: Number
    difference: Number
    percent: Number | None


class WhatIfOut(Out):
    """The comparison, without the side whose rates you may not see (named in `hides`)."""

    title: str
    rows: list[ComparedOut]
    totals: list[ComparedOut]
    refused: int = Field(description="How much of the work has no price with the list.")
    reasons: list[str]
    hides: list[str]


class YearIn(In):
    year: int = Field(ge=2000, le=2099)


class YearStarted(Out):
    """A job that was queued; follow it under `/jobs/{id}`."""

    id: int
    title: str
    state: str


class DiscountedOut(Out):
    """The price at a discount, and the margin that is left."""

    discount_percent: Number
    price: Money
    margin: Money
    margin_percent: Number | None


class DiscountOut(Out):
    """What discounts do to the margin of one quote."""

    price: Money
    cost: Money
    chosen: DiscountedOut | None
    ladder: list[DiscountedOut]
    break_even: Number | None
    largest: Number | None = Field(description="The discount that keeps the margin asked for.")


@endpoints.report("/price-lists/{list_id}/what-if/quotes/{quote_id}", WhatIfOut, MANAGE)
def try_list_on_quote(request: ApiRequest, list_id: Id, quote_id: Id) -> Any:
    """A quote's estimate as it stands, beside the same with the list; nothing is changed."""
    found = services.reprice_quote(
        list_id=list_id, quote_id=quote_id, actor=request.actor, priced_on=clock.today()
    )
    return selectors.shown(found, actor=request.actor)


@endpoints.report("/price-lists/{list_id}/what-if/contracts/{contract_id}", WhatIfOut, MANAGE)
def try_list_on_backlog(request: ApiRequest, list_id: Id, contract_id: Id) -> Any:
    """What is left to do under a contract, at the prices of now and with the list."""
    found = services.reprice_backlog(
        list_id=list_id, contract_id=contract_id, actor=request.actor, as_of=clock.today()
    )
    return selectors.shown(found, actor=request.actor)


@endpoints.write("POST", "/price-lists/{list_id}/what-if/years", YearStarted, MANAGE, status=201)
def try_list_on_year(request: ApiRequest, list_id: Id, body: YearIn) -> Any:
    """Price a year's approved time again, by a job; nothing of it is posted."""
    return jobs.start_year(list_id=list_id, year=body.year, actor=request.actor, at=clock.now())


@endpoints.report("/price-lists/{list_id}/what-if/years/{run_id}", WhatIfOut, MANAGE)
def get_list_on_year(request: ApiRequest, list_id: Id, run_id: Id) -> Any:
    """The comparison that such a job has made."""
    return selectors.year_page(actor=request.actor, list_id=list_id, run_id=run_id)[1]


@endpoints.report(
    "/quotes/{quote_id}/discounts",
    DiscountOut,
    SalesPermission.VIEW,
    SalesPermission.VIEW_OWN,
)
def get_quote_discounts(
    request: ApiRequest,
    quote_id: Id,
    percent: Percent | None = Query(None, description="A discount to look at."),
    target: Percent | None = Query(None, description="The margin to keep, below 100."),
) -> Any:
    """What a discount does to the margin; for who may see both price and cost."""
    return selectors.discount_page(
        actor=request.actor, quote_id=quote_id, percent=percent, target=target
    )


class TryReplayIn(In):
    entry_ids: list[Id] | None = Field(
        None, max_length=500, description="Null: all that waits, the oldest 500 of it."
    )


@endpoints.write("POST", "/unpriced-work/try", RehearsalOut, PricingPermission.REPLAY_UNPRICED)
def try_replay_of_unpriced_work(request: ApiRequest, body: TryReplayIn) -> Any:
    """What pricing waiting work again would record; nothing is kept of it."""
    found = replays.try_replay(entry_ids=body.entry_ids, actor=request.actor, at=clock.now())
    return found.tried
