"""One's own timer, and rows that are kept at hand."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Field
from pydantic import AwareDatetime

from psa.core import clock
from psa.core.web.api import ApiRequest, In, Nothing, Out, shape
from psa.core.web.api.fields import Id, OneOf, Text
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import people, timers
from timeexpense.selectors.rows import RowKey
from timeexpense.services import favourites
from timeexpense.services import timers as timer_services
from timeexpense.services.time_entries import BILLING_TYPES
from timeexpense.views.weeks import zone_of

from .area import endpoints

ENTER = TimeExpensePermission.ENTER
TimerOut = shape(timers.TimerState, "TimerOut", is_running=bool)
StoppedOut = shape(timer_services.Stopped, "StoppedTimer", minutes=int)


class RowIn(In):
    """A row of the week."""

    project_id: Id
    task_id: Id | None = None
    role_id: Id | None = None
    activity: Annotated[str, Text(40)] = ""
    billing_type: Annotated[str, OneOf(*BILLING_TYPES)] = ""

    def key(self) -> RowKey:
        return RowKey(self.project_id, self.task_id, self.role_id, self.billing_type, self.activity)


class StartIn(RowIn):
    description: Annotated[str, Text(400)] = ""


class StopIn(In):
    stopped_at: AwareDatetime | None = Field(
        None, description="When work really stopped, if that was earlier."
    )


class OwnTimer(Out):
    """The timer, running or the last that ran; null when there never was one."""

    timer: TimerOut | None  # type: ignore[valid-type]


class FavouriteOut(Out):
    is_favourite: bool


def _own(request: ApiRequest) -> dict[str, Any]:
    return {"timer": timers.timer_of(people.my_resource(request.actor))}


@endpoints.read("/timer", OwnTimer, ENTER)
def get_timer(request: ApiRequest) -> Any:
    """One's own timer."""
    return _own(request)


@endpoints.write("POST", "/timer/start", OwnTimer, ENTER)
def start_timer(request: ApiRequest, body: StartIn) -> Any:
    """Start timing a row; what ran is stopped into its cell first."""
    timer_services.start_timer(
        row=body.key(),
        description=body.description,
        actor=request.actor,
        at=clock.now(),
        zone=zone_of(request),
    )
    return _own(request)


@endpoints.write("POST", "/timer/stop", StoppedOut, ENTER)
def stop_timer(request: ApiRequest, body: StopIn) -> Any:
    """Stop the timer into the cell of its row, on each day that it ran on."""
    stopped_at: datetime | None = body.stopped_at
    return timer_services.stop_timer(
        actor=request.actor, at=clock.now(), zone=zone_of(request), stopped_at=stopped_at
    )


@endpoints.write("POST", "/timer/continue", OwnTimer, ENTER)
def continue_timer(request: ApiRequest, body: Nothing) -> Any:
    """Start again what ran last."""
    timer_services.continue_timer(actor=request.actor, at=clock.now(), zone=zone_of(request))
    return _own(request)


@endpoints.write("POST", "/timer/discard", OwnTimer, ENTER)
def discard_timer(request: ApiRequest, body: Nothing) -> Any:
    """Throw away what runs; nothing is entered."""
    timer_services.discard_timer(actor=request.actor, at=clock.now())
    return _own(request)


@endpoints.write("POST", "/favourite-rows", FavouriteOut, ENTER)
def toggle_favourite(request: ApiRequest, body: RowIn) -> Any:
    """Keep a row at hand, or no longer."""
    return {"is_favourite": favourites.toggle_favourite(row=body.key(), actor=request.actor)}
