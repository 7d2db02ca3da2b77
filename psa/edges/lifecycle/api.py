"""Endpoints of what spans rooms: winning a quote, losing an opportunity."""

from typing import Annotated, Any

from psa.core import clock
from psa.core.web.api import ApiRequest, In, Out
from psa.core.web.api.endpoints import Endpoints
from psa.core.web.api.fields import Day, Id, OneOf, Text
from sales.api.opportunities import OpportunityOut, get_opportunity
from sales.api.quotes import get_quote
from sales.permissions import SalesPermission
from sales.services.winning import PricingChoice

from . import services
from .services import NewProject

endpoints = Endpoints("sales", "Sales")


class ProjectIn(In):
    name: Annotated[str, Text(160, blank=False)]
    manager_id: Id
    starts_on: Day


class WinIn(In):
    """How a quote becomes a contract and, if wanted, a project."""

    won_on: Day
    pricing_choice: Annotated[str, OneOf(*PricingChoice)] = PricingChoice.SHARE_LISTS.value
    project: ProjectIn | None = None


class WonOut(Out):
    contract_id: int
    project_id: int | None


class LoseIn(In):
    reason: Annotated[str, Text(200, blank=False)]


@endpoints.write(
    "POST", "/quotes/{quote_id}/win", WonOut, SalesPermission.WIN, status=201, of=get_quote
)
def win_quote(request: ApiRequest, quote_id: Id, body: WinIn) -> Any:
    """Make the contract with lines, milestones and retainer months, and the project; or nothing."""
    project = body.project
    return services.win_quote(
        quote_id=quote_id,
        pricing_choice=body.pricing_choice,
        project=NewProject(**project.values()) if project else None,
        won_on=body.won_on,
        at=clock.now(),
        actor=request.actor,
    )


@endpoints.write(
    "POST",
    "/opportunities/{opportunity_id}/lose",
    OpportunityOut,
    SalesPermission.MANAGE,
    of=get_opportunity,
)
def lose_opportunity(request: ApiRequest, opportunity_id: Id, body: LoseIn) -> Any:
    """Close an opportunity and its open quotes as lost."""
    services.lose_opportunity(
        opportunity_id=opportunity_id, reason=body.reason, actor=request.actor, at=clock.now()
    )
    return get_opportunity(request, opportunity_id=opportunity_id)
