"""Who has handed in their week, and the unlock of one that is late."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.errors import NotFound
from psa.core.org.models import Resource
from psa.core.web.pages import errors_on, go_to_url, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest
from timeexpense import forms
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import compliance as selectors
from timeexpense.selectors import weeks
from timeexpense.services import weeks as week_services

from .weeks import day_from, today_of


@require_GET
@requires(TimeExpensePermission.APPROVE, TimeExpensePermission.VIEW_ALL)
def week_compliance(request: TenantRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    today = today_of(request)
    week = weeks.week_containing(day_from(request.GET.get("week"), today))
    rows = selectors.compliance(
        actor=actor, on=week.starts_on, see_all=actor.has(TimeExpensePermission.VIEW_ALL)
    )
    context = {
        "rows": rows,
        "week": week,
        "late_count": sum(not row.is_complete for row in rows),
        "previous_on": week.previous.starts_on.isoformat(),
        "next_on": week.next.starts_on.isoformat(),
        "on": week.starts_on.isoformat(),
        "may_unlock": actor.has(TimeExpensePermission.APPROVE),
    }
    return render_page_or_part(
        request, "timeexpense/compliance.html", "timeexpense/_compliance.html", context
    )


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
