"""Around approving: routing rules, deputies, who has how much waiting, and nudges."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from ninja import Field

from psa.core import clock
from psa.core.access.permissions import AccessPermission
from psa.core.web.api import ApiRequest, In, Out, shape
from psa.core.web.api.fields import Day, Id, OneOf, Text
from timeexpense.models import ApprovalDelegation, ApprovalRoute
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import approval_desks as selectors
from timeexpense.services import delegations, routes, week_notices
from timeexpense.services.routes import RouteInput

from .area import endpoints

APPROVE, VIEW_ALL = TimeExpensePermission.APPROVE, TimeExpensePermission.VIEW_ALL
MANAGE = AccessPermission.MANAGE_PARAMETERS
MAX_NUDGED = 1_000
DeskOut = shape(selectors.DeskRow, "ApprovalDesk")
RouteRowOut = shape(selectors.RouteRow, "ApprovalRouteInWords")


class RouteIn(In):
    """A routing rule; what is empty asks for nothing. One approver or one role decides."""

    name: Annotated[str, Text(120, blank=False)]
    level: int = Field(1, ge=1, le=3, description="1 takes the place of the project's approvers.")
    position: int = Field(1, ge=1, le=999)
    entry_kind: Annotated[str, OneOf("", "time", "expense")] = ""
    category_id: Id | None = None
    org_unit_id: Id | None = None
    legal_entity_id: Id | None = None
    amount_over: Decimal | None = Field(None, ge=0, max_digits=16, decimal_places=4)
    approver_id: Id | None = None
    approver_role: Annotated[str, Text(40)] = ""

    def route(self) -> RouteInput:
        """As the service takes it."""
        return RouteInput(**self.values())


class RouteOut(Out):
    """A routing rule as it is stored."""

    id: int
    name: str
    level: int
    position: int
    entry_kind: str
    category_id: int | None
    org_unit_id: int | None
    legal_entity_id: int | None
    amount_over: Decimal | None
    approver_id: int | None
    approver_role: str
    is_active: bool
    lock_version: int

    @classmethod
    def of(cls, row: ApprovalRoute) -> "RouteOut":
        return cls.model_validate(row, from_attributes=True)


class RouteSwitchIn(In):
    is_active: bool


class DeputyIn(In):
    """Who decides in whose place, members by id; both days are included."""

    approver_id: Id
    delegate_id: Id
    from_on: Day
    until_on: Day
    reason: Annotated[str, Text(200)] = ""


class DeputyOut(Out):
    id: int
    approver_id: int
    delegate_id: int
    from_on: date
    until_on: date
    starts_at: datetime
    ends_at: datetime
    is_active: bool
    reason: str

    @classmethod
    def of(cls, row: ApprovalDelegation) -> "DeputyOut":
        return cls.model_validate(row, from_attributes=True)


class NudgeIn(In):
    resource_ids: list[Id] = Field(min_length=1, max_length=MAX_NUDGED)


class Nudged(Out):
    """How many were reminded, and how many had been today."""

    told: int
    told_today_already: int


@endpoints.report("/approvals/desks", list[DeskOut], APPROVE, VIEW_ALL)  # type: ignore[valid-type]
def list_desks(request: ApiRequest) -> Any:
    """What waits for you and your people, or for everybody; most past the cut-off first."""
    return selectors.desk_rows(actor=request.actor, at=clock.now(), zone="")


@endpoints.report("/approvals/routes", list[RouteRowOut], MANAGE)  # type: ignore[valid-type]
def list_routes(request: ApiRequest) -> Any:
    """The routing rules in words, in the order in which they are asked."""
    return selectors.route_rows()


@endpoints.read("/approvals/routes/{route_id}", RouteOut, MANAGE)
def get_route(request: ApiRequest, route_id: Id) -> Any:
    """One routing rule."""
    return RouteOut.of(selectors.get_route(route_id=route_id))


@endpoints.write("POST", "/approvals/routes", RouteOut, MANAGE, status=201)
def create_route(request: ApiRequest, body: RouteIn) -> Any:
    """Make a routing rule; it holds for what is handed in from now on."""
    made = routes.save_route(route=body.route(), actor=request.actor, at=clock.now())
    return RouteOut.of(made)


@endpoints.write(
    "PUT", "/approvals/routes/{route_id}", RouteOut, MANAGE, of=get_route, versioned=True
)
def change_route(request: ApiRequest, route_id: Id, body: RouteIn) -> Any:
    """Change a routing rule."""
    changed = routes.save_route(
        route=body.route(),
        route_id=route_id,
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
    )
    return RouteOut.of(changed)


@endpoints.write("POST", "/approvals/routes/{route_id}/switch", RouteOut, MANAGE, of=get_route)
def switch_route(request: ApiRequest, route_id: Id, body: RouteSwitchIn) -> Any:
    """Switch a routing rule on or off."""
    changed = routes.switch_route(
        route_id=route_id, is_active=body.is_active, actor=request.actor, at=clock.now()
    )
    return RouteOut.of(changed)


@endpoints.report("/approvals/deputies", list[DeputyOut], APPROVE, MANAGE)
def list_deputies(request: ApiRequest) -> Any:
    """Deputies that you name, or whom you stand in for."""
    return [DeputyOut.of(row) for row in selectors.delegations(request.actor).order_by("-id")]


@endpoints.write("POST", "/approvals/deputies", DeputyOut, APPROVE, MANAGE, status=201)
def name_deputy(request: ApiRequest, body: DeputyIn) -> Any:
    """Let somebody decide in an approver's place for some days."""
    made = delegations.name_deputy(**body.values(), actor=request.actor, at=clock.now())
    return DeputyOut.of(made)


@endpoints.write("POST", "/approvals/deputies/{delegation_id}/end", DeputyOut, APPROVE, MANAGE)
def end_deputy(request: ApiRequest, delegation_id: Id) -> Any:
    """End a deputyship now."""
    ended = delegations.end_deputy(delegation_id=delegation_id, actor=request.actor, at=clock.now())
    return DeputyOut.of(ended)


@endpoints.write("POST", "/weeks/{on}/nudge", Nudged, APPROVE, VIEW_ALL)
def nudge(request: ApiRequest, on: Day, body: NudgeIn) -> Any:
    """Remind people of a week that is not complete, each once a day."""
    told, before = week_notices.nudge(
        resource_ids=body.resource_ids, week_starts_on=on, actor=request.actor, at=clock.now()
    )
    return {"told": told, "told_today_already": before}
