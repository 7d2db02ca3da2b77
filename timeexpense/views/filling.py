"""Filling a week at once, and the rows that are kept at hand for it."""

from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.errors import DomainError, NotFound
from psa.core.web import undo
from psa.core.web.pages import errors_on, go_to, render_part
from psa.core.web.requests import TenantRequest
from timeexpense import forms
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors.rows import key_from
from timeexpense.services import favourites, filling
from timeexpense.services.time_entries import TimeOutcome

from .weeks import day_from, render_week, today_of


@require_POST
@requires(TimeExpensePermission.ENTER)
def week_copy(request: TenantRequest, on: str) -> HttpResponse:
    """Last week's chosen rows with their hours; the rows alone are an address, not a change."""
    chosen = [word for word in request.POST.getlist("row")[:100] if key_from(word)]
    if request.POST.get("hours") != "1":
        rows = urlencode([("row", word) for word in chosen])
        return HttpResponseRedirect(
            f"{reverse('timeexpense:week_of', args=[on])}?{rows or 'rows=last'}"
        )
    form = forms.Nothing(request.POST)
    with errors_on(form):
        if form.is_valid():
            done = filling.copy_last_week(
                week_starts_on=day_from(on, today_of(request)),
                rows=chosen or None,
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return _after_filling(request, on, form, done, "Copied last week")
    return render_week(request, on, form)


@require_POST
@requires(TimeExpensePermission.ENTER)
def week_suggest(request: TenantRequest, on: str) -> HttpResponse:
    form = forms.Nothing(request.POST)
    with errors_on(form):
        if form.is_valid():
            done = filling.accept_suggestions(
                week_starts_on=day_from(on, today_of(request)),
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return _after_filling(request, on, form, done, "Filled in as suggested; look it over")
    return render_week(request, on, form)


def _after_filling(
    request: TenantRequest,
    on: str,
    form: forms.Nothing,
    done: list[TimeOutcome],
    toast: str,
) -> HttpResponse:
    refused = [one.findings[0] for one in done if not one.is_entered and one.findings]
    if refused:
        return render_week(request, on, form, outcomes=refused)
    payload = filling.undo_payload(done)
    if not payload["entries"]:
        return go_to(request, "timeexpense:week_of", on, toast="Nothing was left to fill in")
    undo_url = undo.undo_url(
        actor=request.actor,  # type: ignore[attr-defined]
        kind=filling.UNDO,
        payload=payload,
    )
    return go_to(request, "timeexpense:week_of", on, toast=toast, undo_url=undo_url)


@require_POST
@requires(TimeExpensePermission.ENTER)
def favourite(request: TenantRequest) -> HttpResponse:
    """Keep a row at hand, or no longer: the star beside it."""
    row = key_from(request.POST.get("row", ""))
    if row is None:
        raise NotFound("There is no such row.")
    try:
        is_favourite = favourites.toggle_favourite(row=row, actor=request.actor)  # type: ignore[attr-defined]
    except DomainError as error:
        return HttpResponse(error.message, status=409, content_type="text/plain; charset=utf-8")
    shown = {"key": row.text, "is_favourite": is_favourite, "task_name": ""}
    return render_part(request, "timeexpense/_favourite.html", {"row": shown})
