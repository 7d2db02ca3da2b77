"""Endpoints of what spans rooms: winning a quote, losing an opportunity, amending a contract."""

from dataclasses import replace
from typing import Annotated, Any

from psa.core import clock
from psa.core.access.permissions import AccessPermission
from psa.core.web.api import ApiRequest, In, Nothing, Out, shape
from psa.core.web.api.endpoints import Endpoints
from psa.core.web.api.fields import Day, Id, Money, OneOf, Text
from sales.api.amendments import get_amendment
from sales.api.opportunities import OpportunityOut, get_opportunity
from sales.api.quotes import get_quote
from sales.permissions import SalesPermission
from sales.selectors import amendments as amendment_selectors
from sales.services.winning import PricingChoice

from . import amendments, deployment, services
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


class MoveUpIn(In):
    """Since when books are kept, and from when approved work is valued, if it is."""

    begin_on: Day
    revalue_from_on: Day | None = None


StandingOut = shape(deployment.Standing, "DeploymentModelOut", without=("why_not_lite",))


@endpoints.report("/deployment-model", StandingOut, AccessPermission.MANAGE_PARAMETERS)
def get_deployment_model(request: ApiRequest) -> Any:
    """How much of the system the firm works with, and what it has outside the books."""
    return deployment.standing(actor=request.actor)


@endpoints.write(
    "POST", "/deployment-model/move-up", StandingOut, AccessPermission.MANAGE_PARAMETERS
)
def move_up(request: ApiRequest, body: MoveUpIn) -> Any:
    """Move a Lite firm up to non-stocked; a run values earlier work, if that is asked for."""
    deployment.move_up(actor=request.actor, at=clock.now(), **body.values())
    return deployment.standing(actor=request.actor)


@endpoints.write(
    "POST", "/deployment-model/begin-as-lite", StandingOut, AccessPermission.MANAGE_PARAMETERS
)
def begin_as_lite(request: ApiRequest, body: Nothing) -> Any:
    """Let a firm that posted nothing but costs work as Lite."""
    deployment.begin_as_lite(actor=request.actor, at=clock.now())
    return deployment.standing(actor=request.actor)


ImpactOut = shape(amendments.Impact, "AmendmentImpact", unbilled_difference=Money)


@endpoints.report("/amendments/{amendment_id}/impact", ImpactOut, SalesPermission.MANAGE)
def get_amendment_impact(request: ApiRequest, amendment_id: Id) -> Any:
    """What the amendment would do to contract and ledger; tried out and rolled back."""
    found = amendments.preview(
        amendment_id=amendment_id, actor=request.actor, at=clock.now(), today_on=clock.today()
    )
    return _shown(request, found)


@endpoints.write(
    "POST",
    "/amendments/{amendment_id}/put-in-force",
    ImpactOut,
    SalesPermission.MANAGE,
    of=get_amendment,
)
def put_amendment_in_force(request: ApiRequest, amendment_id: Id, body: Nothing) -> Any:
    """Write an accepted amendment's terms into its contract; work since its day is priced again."""
    found = amendments.put_in_force(
        amendment_id=amendment_id, actor=request.actor, at=clock.now(), today_on=clock.today()
    )
    return _shown(request, found)


def _shown(request: ApiRequest, found: amendments.Impact) -> amendments.Impact:
    """Single entries tell rates, so they are for who may see those."""
    row = amendment_selectors.get_amendment(actor=request.actor, amendment_id=found.amendment_id)
    if amendment_selectors.sees_rates(request.actor, row.contract):
        return found
    return replace(found, entries=())
