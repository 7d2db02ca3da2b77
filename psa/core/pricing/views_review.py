"""The yearly review: many lines changed at once, two lists compared, what is priced and what is not."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import PricingPermission
from psa.core.web import lists as web_lists
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import (
    break_even_selectors,
    coverage_selectors,
    difference_selectors,
    forms_review,
    lists_of_pricing,
    page_selectors,
)
from .services import adjustments
from .visibility import LIST_PERMISSIONS, visible_list


@require_http_methods(["GET", "POST"])
@requires(PricingPermission.MANAGE_LISTS)
def list_adjust(request: TenantRequest, list_id: int) -> HttpResponse:
    """First what would change, then the change; nothing is kept between the two."""
    row = visible_list(request.actor, list_id)
    choices = forms_review.choices_of(row)
    form = forms_review.Adjust(
        request.POST or None, choices=choices, initial={"lock_version": row.lock_version}
    )
    preview: list[adjustments.AdjustedLine] = []
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            if "confirm" in request.POST:
                count = adjustments.adjust_lines(
                    list_id=list_id,
                    adjustment=form.adjustment(),
                    lock_version=form.cleaned_data["lock_version"],
                    actor=request.actor,
                    at=clock.now(),
                )
                return go_to(request, "pricing:list", list_id, toast=f"{count} lines changed")
            preview = adjustments.preview_adjustment(
                list_id=list_id, adjustment=form.adjustment(), actor=request.actor
            )
    return render_form(
        request,
        form,
        page="pricing/adjust.html",
        part="pricing/_adjust.html",
        context={
            "row": row,
            "preview": [
                (one, page_selectors.shown_price(one.old_value), page_selectors.shown_price(one.new_value))
                for one in preview
            ],
            "changing": sum(1 for one in preview if one.old_value != one.new_value),
            "cancel_url": reverse("pricing:list", args=[list_id]),
        },
    )  # fmt: skip


@require_GET
@requires(*LIST_PERMISSIONS)
def list_difference(request: TenantRequest, list_id: int) -> HttpResponse:
    form = forms_review.Compare(request.GET)
    other = form.cleaned_data["other"] if form.is_valid() else None
    page = difference_selectors.difference_page(
        actor=request.actor, list_id=list_id, other_id=other
    )
    return web_lists.list_page(
        request,
        lists_of_pricing.DIFFERENCE,
        list(page.rows),
        template="pricing/difference.html",
        context={"difference": page},
    )


@require_GET
@requires(*LIST_PERMISSIONS)
def coverage(request: TenantRequest) -> HttpResponse:
    contexts = coverage_selectors.contexts_for(request.actor)
    page = coverage_selectors.coverage_page(
        actor=request.actor,
        context=_asked(request, "context") or (contexts[0] if contexts else ""),
        on=_day(request) or clock.today(),
        currency=_asked(request, "currency"),
    )
    return render_page_or_part(
        request,
        "pricing/coverage.html",
        "pricing/_coverage.html",
        {"page": page, "contexts": contexts},
    )


@require_GET
@requires(PricingPermission.VIEW_COST_RATES)
def break_even(request: TenantRequest) -> HttpResponse:
    rows = break_even_selectors.break_even_rows(actor=request.actor, on=clock.today())
    return web_lists.list_page(request, lists_of_pricing.BREAK_EVEN, rows)


def _asked(request: HttpRequest, name: str) -> str:
    return str(request.GET.get(name, ""))[:10]


def _day(request: HttpRequest) -> date | None:
    try:
        found = date.fromisoformat(str(request.GET.get("on", ""))[:10])
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2099 else None
