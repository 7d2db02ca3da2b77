"""The timer in the head of every page and on my day: its state, and what was pressed, as JSON."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.errors import NotSetUp
from psa.core.web.formats import hours_text
from psa.core.web.pages import render_part
from psa.core.web.requests import TenantRequest
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import people, timers
from timeexpense.selectors.rows import key_from
from timeexpense.services import timer_steps
from timeexpense.services.timer_steps import StepAnswer, TimerStep

from .phone import from_own_session, unreadable
from .weeks import today_of, zone_of

MAX_STEPS = 20
LONGEST_AGO = timedelta(days=400)


@require_GET
@requires(TimeExpensePermission.ENTER)
def timer(request: TenantRequest) -> HttpResponse:
    """The timer as it is; every page asks, so who has no staff record is answered with nothing."""
    try:
        return JsonResponse(_state(request))
    except NotSetUp:
        return HttpResponse(status=204)


def _state(request: TenantRequest) -> dict[str, Any]:
    found = timers.timer_of(people.my_resource(request.actor))  # type: ignore[attr-defined]
    seconds = int((clock.now() - found.started_at).total_seconds()) if found else 0
    return {
        "timer": found
        and {
            "running": found.is_running,
            "task": found.task_name,
            "project": found.project_name,
            "description": found.description,
            "row": found.row,
            "began": found.started_at.isoformat(),
            "seconds": max(0, seconds) if found.is_running else 0,
        },
    }


@require_GET
@requires(TimeExpensePermission.ENTER)
def timer_choices(request: TenantRequest) -> HttpResponse:
    """The form that starts one."""
    adding = timers.timer_choices(
        resource=people.my_resource(request.actor),  # type: ignore[attr-defined]
        today=today_of(request),
    )
    return render_part(request, "timeexpense/_timer_start.html", {"adding": adding})


@require_POST
@requires(TimeExpensePermission.ENTER)
@from_own_session
def timer_sync(request: TenantRequest, sent: dict[str, Any]) -> HttpResponse:
    """What was pressed in, an answer for each and the timer as it is now out."""
    now = clock.now()
    try:
        steps = [_step(one, now) for one in sent["steps"][:MAX_STEPS]]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return unreadable()
    done = timer_steps.sync_steps(
        steps=steps,
        actor=request.actor,  # type: ignore[attr-defined]
        at=now,
        zone=zone_of(request),
    )
    return JsonResponse({"answers": [_answer(one) for one in done], **_state(request)})


def _step(sent: dict[str, Any], now: datetime) -> TimerStep:
    """A press with its moments by the server's clock: the device says how long ago they were."""
    began, until = sent.get("began"), sent.get("until_ago")
    return TimerStep(
        change_id=UUID(str(sent["id"])),
        does=timer_steps.Press(sent["does"]),
        moment=now - _ago(sent["ago"]),
        row=key_from(str(sent.get("row") or "")),
        description=str(sent.get("description") or ""),
        until=None if until is None else now - _ago(until),
        began=None if began is None else datetime.fromisoformat(began),
    )


def _ago(milliseconds: Any) -> timedelta:
    return min(max(timedelta(milliseconds=int(milliseconds)), timedelta(0)), LONGEST_AGO)


def _answer(done: StepAnswer) -> dict[str, Any]:
    return {
        "id": done.change_id,
        "status": done.status,
        "began": done.began,
        "minutes": done.minutes,
        "told": done.sentence or _told(done),
    }


def _told(done: StepAnswer) -> str:
    if done.minutes:
        return gettext("%(hours)s entered in your week.") % {"hours": hours_text(done.minutes)}
    if done.minutes == 0:
        return gettext("Stopped. It ran less than half a minute, so nothing was entered.")
    return {
        timer_steps.STARTED: gettext("The timer runs."),
        timer_steps.DISCARDED: gettext("Discarded; nothing was entered."),
        timer_steps.ENDED_BEFORE: gettext("It was stopped elsewhere; nothing more was entered."),
    }[done.status]
