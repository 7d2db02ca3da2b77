"""Why the policy is as it is, and the rules that people keep because the system does not."""

from datetime import date, datetime
from typing import Annotated, Any

from psa.core import clock
from psa.core.access.permissions import AccessPermission, LedgerPermission
from psa.core.org.models import ManualControl
from psa.core.org.services import decisions
from psa.core.web.api import ApiRequest, In, Nothing, Out
from psa.core.web.api.fields import Day, Id, OneOf, Text
from psa.edges.setup import lists_of_policy
from psa.edges.setup import selectors_of_policy as selectors

from .area import endpoints

MANAGE = AccessPermission.MANAGE_PARAMETERS
ACKNOWLEDGE = LedgerPermission.MANAGE_PERIODS


class DecisionOut(Out):
    """What was asked, considered and decided about a parameter, why, and by whom."""

    id: int
    about: str
    asked: str
    considered: str
    decided: str
    why: str
    decided_by: str
    decided_on: date
    recorded_by: str


class DecisionIn(In):
    parameter: Annotated[str, Text(60, blank=False)]
    asked: Annotated[str, Text(300, blank=False)]
    considered: Annotated[str, Text(4000)] = ""
    decided: Annotated[str, Text(300, blank=False)]
    why: Annotated[str, Text(4000, blank=False)]
    decided_by: Annotated[str, Text(120, blank=False)]
    decided_on: Day


class ControlOut(Out):
    """A rule that nothing enforces: who checks it, how, and whether Finance knows of it."""

    id: int
    policy_rule: str
    reason: str
    check_text: str
    frequency: str
    owner_id: int | None
    is_active: bool
    acknowledged_by_id: int | None
    acknowledged_at: datetime | None


class ControlIn(In):
    """A change needs Finance's acknowledgement anew."""

    policy_rule: Annotated[str, Text(300, blank=False)]
    reason: Annotated[str, Text(300)] = ""
    check_text: Annotated[str, Text(300)] = ""
    frequency: Annotated[str, OneOf(*ManualControl.Frequency.values)]
    owner_id: Id | None = None
    is_active: bool = True


@endpoints.list("/decisions", lists_of_policy.DECISIONS, MANAGE, name="Decision")
def list_decisions(request: ApiRequest) -> Any:
    """The decision log, newest first."""
    return selectors.decisions()


@endpoints.read("/decisions/{decision_id}", DecisionOut, MANAGE)
def get_decision(request: ApiRequest, decision_id: Id) -> Any:
    """One line of the log."""
    return selectors.decision(decision_id)


@endpoints.write("POST", "/decisions", DecisionOut, MANAGE, status=201)
def record_decision(request: ApiRequest, body: DecisionIn) -> Any:
    """Add a line to the log; lines are never changed, a later one overrides."""
    made = decisions.record_decision(actor=request.actor, at=clock.now(), **body.values())
    return get_decision(request, decision_id=made.pk)


@endpoints.report("/manual-controls", list[ControlOut], MANAGE, ACKNOWLEDGE)
def list_manual_controls(request: ApiRequest) -> Any:
    """The rules that people keep."""
    return list(ManualControl.objects.order_by("id"))


@endpoints.read("/manual-controls/{control_id}", ControlOut, MANAGE, ACKNOWLEDGE)
def get_manual_control(request: ApiRequest, control_id: Id) -> Any:
    """One manual control."""
    return selectors.control(control_id)


@endpoints.write("POST", "/manual-controls", ControlOut, MANAGE, status=201)
def create_manual_control(request: ApiRequest, body: ControlIn) -> Any:
    """List a rule that the system cannot enforce."""
    return decisions.save_control(
        control_id=None, actor=request.actor, at=clock.now(), **body.values()
    )


@endpoints.write("PUT", "/manual-controls/{control_id}", ControlOut, MANAGE, of=get_manual_control)
def change_manual_control(request: ApiRequest, control_id: Id, body: ControlIn) -> Any:
    """Replace a control's facts."""
    return decisions.save_control(
        control_id=control_id, actor=request.actor, at=clock.now(), **body.values()
    )


@endpoints.write(
    "POST",
    "/manual-controls/{control_id}/acknowledge",
    ControlOut,
    ACKNOWLEDGE,
    of=get_manual_control,
)
def acknowledge_manual_control(request: ApiRequest, control_id: Id, body: Nothing) -> Any:
    """Finance's word that it knows the rule and sees to it."""
    return decisions.acknowledge_control(control_id=control_id, actor=request.actor, at=clock.now())
