"""Pages of winning, losing and amending."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from projects.selectors.choices import manager_of
from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest
from sales.permissions import SalesPermission
from sales.policies import AlreadyWon
from sales.selectors import amendments as amendment_selectors
from sales.selectors import visibility

from . import amendments, services
from .forms import LoseForm, PlainForm, WinForm


@requires(SalesPermission.WIN)
def win(request: TenantRequest, quote_id: int) -> HttpResponse:
    quote = visibility.get_quote(actor=request.actor, quote_id=quote_id)
    starts = [line.starts_on for line in quote.lines.all() if line.starts_on]
    form = WinForm(
        request.POST or None,
        initial={
            "won_on": clock.today(),
            "pricing_choice": "share_lists",
            "project_name": quote.opportunity.name,
            "manager": manager_of(request.actor),
            "project_starts_on": min(starts, default=clock.today()),
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            try:
                won = services.win_quote(
                    quote_id=quote_id,
                    pricing_choice=form.cleaned_data["pricing_choice"],
                    project=form.project(),
                    won_on=form.cleaned_data["won_on"],
                    at=clock.now(),
                    actor=request.actor,
                )
            except AlreadyWon as before:
                # A second click, or a colleague's: what they want to see exists.
                if before.contract_id is None:
                    raise
                return go_to(request, "sales:contract", before.contract_id, toast=str(before))
            return go_to(request, "sales:contract", won.contract_id, toast="Won: contract created")
    url = reverse("sales:quote", args=[quote_id])
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html",
        context={
            "title": f"Win {quote.number} version {quote.version}",
            "intro": "Makes the contract with its lines, milestones and retainer months, "
            "and the project if you want one. All of it, or nothing.",
            "submit": "Win and create contract",
            "cancel_url": url,
            "crumbs": [("Quotes", reverse("sales:quote_list")), (quote.number, url)],
        },
    )  # fmt: skip


@requires(SalesPermission.MANAGE)
def lose(request: TenantRequest, opportunity_id: int) -> HttpResponse:
    known = visibility.get_opportunity(actor=request.actor, opportunity_id=opportunity_id)
    form = LoseForm(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            services.lose_opportunity(
                opportunity_id=opportunity_id,
                reason=form.cleaned_data["reason"],
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "sales:opportunity", opportunity_id, toast="Closed as lost")
    url = reverse("sales:opportunity", args=[opportunity_id])
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html",
        context={
            "title": f"Lose {known.number}",
            "submit": "Close as lost",
            "cancel_url": url,
            "crumbs": [("Opportunities", reverse("sales:opportunity_list")), (known.name, url)],
        },
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(SalesPermission.MANAGE)
def amendment_preview(request: TenantRequest, amendment_id: int) -> HttpResponse:
    """What an amendment does to contract and ledger; posting here puts it in force."""
    actor, at, today = request.actor, clock.now(), clock.today()
    form = PlainForm({})
    impact = None
    with errors_on(form):
        if request.method == "POST":
            amendments.put_in_force(amendment_id=amendment_id, actor=actor, at=at, today_on=today)
            return go_to(request, "sales:amendment", amendment_id, toast="Amendment in force")
        impact = amendments.preview(amendment_id=amendment_id, actor=actor, at=at, today_on=today)
    page = amendment_selectors.amendment_page(actor=actor, amendment_id=amendment_id)
    context = {"page": page, "row": page.amendment, "impact": impact, "form": form}
    return render_page_or_part(
        request,
        "lifecycle/amendment_preview.html",
        "lifecycle/_amendment_preview.html",
        context,
        status=422 if form.errors else 200,
    )
