"""Who has handed in their week, and the unlock of one that is late."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.audit.wording import counted
from psa.core.errors import NotFound
from psa.core.org.models import Resource
from psa.core.web.pages import errors_on, go_to_url, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest
from timeexpense import forms
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import compliance as selectors
from timeexpense.selectors import weeks
from timeexpense.services import week_notices
from timeexpense.services import weeks as week_services

from .weeks import day_from, today_of

MOST_NUDGED = 5_000


@require_GET
@requires(TimeExpensePermission.APPROVE, TimeExpensePermission.VIEW_ALL)
def week_compliance(request: TenantRequest) -> HttpResponse:
    return _render(request)


def _render(
    request: TenantRequest, on: str | None = None, form: forms.Nothing | None = None
) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    today = today_of(request)
    asked = request.POST if request.method == "POST" else request.GET
    week = weeks.week_containing(day_from(on or asked.get("week"), today))
    typed = asked.get("team", "")
    team = int(typed) if typed.isdecimal() and len(typed) < 18 else None
    rows = selectors.compliance(actor=actor, on=week.starts_on, team=team)
    only = "missing" if asked.get("only") == "missing" else ""
    may_unlock = actor.has(TimeExpensePermission.APPROVE)
    locks = selectors.locks(rows, week, at=clock.now())
    context = {
        "rows": [(row, locks.get(row.id, "")) for row in rows if not (only and row.is_complete)],
        "all_count": len(rows),
        "teams": selectors.teams(),
        "team": team,
        "only": only,
        "week": week,
        "late_count": sum(not row.is_complete for row in rows),
        "previous_on": week.previous.starts_on.isoformat(),
        "next_on": week.next.starts_on.isoformat(),
        "on": week.starts_on.isoformat(),
        "may_unlock": may_unlock and "locked" in locks.values(),
        "form": form,
    }
    return render_page_or_part(
        request,
        "timeexpense/compliance.html",
        "timeexpense/_compliance.html",
        context,
        status=422 if form is not None and form.errors else 200,
    )


@require_POST
@requires(TimeExpensePermission.APPROVE, TimeExpensePermission.VIEW_ALL)
def nudge(request: TenantRequest, on: str) -> HttpResponse:
    """Remind the chosen people of the week, each once a day."""
    week_on = day_from(on, today_of(request))
    chosen = [
        int(number)
        for number in request.POST.getlist("people")[:MOST_NUDGED]
        if number.isdecimal() and len(number) < 18
    ]
    form = forms.Nothing({})
    with errors_on(form):
        told, before = week_notices.nudge(
            resource_ids=chosen,
            week_starts_on=week_on,
            actor=request.actor,  # type: ignore[attr-defined]
            at=clock.now(),
        )
        said = f"Reminded {counted(told, 'person', 'people')}"
        if before:
            said += f"; {counted(before, 'person was', 'people were')} reminded today already"
        query = urlencode(
            {"week": week_on.isoformat()}
            | {name: request.POST.get(name, "") for name in ("team", "only")}
        )
        return go_to_url(request, f"{reverse('timeexpense:compliance')}?{query}", toast=said)
    return _render(request, on, form)


@require_http_methods(["GET", "POST"])
@requires(TimeExpensePermission.APPROVE)
def unlock(request: TenantRequest, resource_id: int, on: str) -> HttpResponse:
    if not Resource.objects.filter(pk=resource_id).exists():
        raise NotFound("There is no such person.")
    form = forms.Reason(request.POST or None)
    week_on = day_from(on, today_of(request))
    back = f"{reverse('timeexpense:compliance')}?week={week_on.isoformat()}"
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            week_services.unlock_week(
                resource_id=resource_id,
                week_starts_on=week_on,
                reason=form.cleaned_data["reason"],
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return go_to_url(request, back, toast="The week can be changed again")
    return render_form(
        request,
        form,
        page="timeexpense/form.html",
        part="_components/form_part.html",
        context={
            "title": "Unlock a late week",
            "submit": "Unlock the week",
            "cancel_url": back,
        },
    )
