"""Pages of repricing: a list tried on a quote, a backlog or a year; discounts and the margin."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import PricingPermission
from psa.core.ledger.rehearsal_pages import rehearsal_page
from psa.core.pricing import lists_of_pricing, page_selectors
from psa.core.pricing.visibility import visible_list
from psa.core.web import lists
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest
from sales.permissions import SalesPermission

from . import forms, jobs, selectors
from .services import replays
from .services import what_if as services
from .services.what_if import Comparison


@require_http_methods(["GET", "POST"])
@requires(PricingPermission.MANAGE_LISTS)
def what_if(request: TenantRequest, list_id: int) -> HttpResponse:
    """Try a list; a quote and a backlog are answered at once, a year by a job."""
    row = visible_list(request.actor, list_id)
    today = clock.today()
    asked = request.POST if request.method == "POST" else request.GET
    scope = forms.scope_of(asked.get("scope", ""))
    form = forms.Try(request.POST or None, scope=scope, actor=request.actor, today=today)
    found: Comparison | None = None
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            if given["scope"] == "year":
                run = jobs.start_year(
                    list_id=list_id, year=given["year"], actor=request.actor, at=clock.now()
                )
                return go_to(request, "jobs:run", run.pk)
            if given["scope"] == "quote":
                found = services.reprice_quote(
                    list_id=list_id, quote_id=given["quote"], actor=request.actor, priced_on=today
                )
            else:
                found = services.reprice_backlog(
                    list_id=list_id, contract_id=given["contract"], actor=request.actor, as_of=today
                )
    return render_form(
        request,
        form,
        page="repricing/what_if.html",
        part="repricing/_what_if.html",
        context={
            "row": row,
            "scope": scope,
            "scopes": forms.SCOPES,
            "found": selectors.shown(found, actor=request.actor) if found else None,
            "cancel_url": reverse("pricing:list", args=[list_id]),
        },
    )


@require_GET
@requires(PricingPermission.MANAGE_LISTS)
def year(request: TenantRequest, list_id: int, run_id: int) -> HttpResponse:
    """The comparison that a job has made."""
    row, found, run = selectors.year_page(actor=request.actor, list_id=list_id, run_id=run_id)
    return render_page_or_part(
        request,
        "repricing/year.html",
        "repricing/_year.html",
        {"row": row, "found": found, "run": run},
    )


@require_GET
@requires(SalesPermission.VIEW, SalesPermission.VIEW_OWN)
def quote_discount(request: TenantRequest, quote_id: int) -> HttpResponse:
    """What a discount does to the margin of a quote; nothing is changed."""
    form = forms.Discount(request.GET or None)
    given = form.cleaned_data if form.is_valid() else {}
    page = selectors.discount_page(
        actor=request.actor,
        quote_id=quote_id,
        percent=given.get("percent"),
        target=given.get("target"),
    )
    return render_page_or_part(
        request,
        "repricing/discount.html",
        "repricing/_discount.html",
        {"page": page, "form": form},
        status=422 if form.is_bound and form.errors else 200,
    )


@require_POST
@requires(PricingPermission.REPLAY_UNPRICED)
def unpriced_try(request: TenantRequest) -> HttpResponse:
    """What pricing the chosen entries again would record; nothing is kept of it."""
    rows = page_selectors.waiting_rows(actor=request.actor)
    return _tried(request, lists.selected_ids(request, lists_of_pricing.UNPRICED, rows))


@require_POST
@requires(PricingPermission.REPLAY_UNPRICED)
def unpriced_try_all(request: TenantRequest) -> HttpResponse:
    """What pricing all that waits again would record; nothing is kept of it."""
    return _tried(request, None)


def _tried(request: TenantRequest, entry_ids: list[int] | None) -> HttpResponse:
    found = replays.try_replay(entry_ids=entry_ids, actor=request.actor, at=clock.now())
    title = "Trying to price work again"
    if found.count < found.asked:
        title = f"Trying to price work again: the oldest {found.count} of {found.asked} entries"
    back = reverse("pricing:unpriced_list")
    return rehearsal_page(request, found.tried, title=title, back_url=back, back="Unpriced work")
