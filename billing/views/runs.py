"""Pages of billing runs."""

import re
from datetime import date

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from billing import forms
from billing.permissions import BillingPermission
from billing.selectors import runs
from billing.services import billing_runs
from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.org import selectors as org
from psa.core.web import formats, lists
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import lists as specs


@require_GET
@requires(BillingPermission.PROPOSE)
def run_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, specs.RUNS, runs.billing_runs(actor=request.actor))


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.PROPOSE)
def run_create(request: TenantRequest) -> HttpResponse:
    now = clock.now()
    parameters = org.parameters()
    usual_on = forms.usual_cutoff(parameters.billing_cutoff, now.date(), parameters.week_starts_on)
    contract = request.GET.get("contract", "")
    until_on = None
    if request.method == "GET":
        until_on = runs.work_after(
            actor=request.actor,
            cutoff_on=usual_on,
            today=now.date(),
            contract_id=int(contract) if re.fullmatch(r"[0-9]{1,18}", contract) else None,
        )
    form = forms.StartRun(
        request.POST or None,
        initial={"cutoff_on": until_on or usual_on, "contract": contract},
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            run = billing_runs.start_billing_run(
                arguments=form.arguments(), actor=request.actor, at=now
            )
            return go_to(request, "billing:run", run.pk)
    context = {
        "title": "Start a billing run",
        "intro": until_on and _nothing_until(usual_on, until_on),
        "submit": "Draft proposals",
        "cancel_url": reverse("billing:run_list"),
        "crumbs": [("Billing runs", reverse("billing:run_list"))],
    }
    return render_form(
        request, form, page="billing/form.html", part="_components/form_part.html", context=context
    )


def _nothing_until(usual_on: date, until_on: date) -> str:
    usual, until = formats.day_text(usual_on), formats.day_text(until_on)
    return f"Up to {usual} there is nothing to bill. There is work up to {until}."


@require_GET
@requires(BillingPermission.PROPOSE)
def run(request: TenantRequest, run_id: int) -> HttpResponse:
    page = runs.run_page(actor=request.actor, run_id=run_id, today=clock.now().date())
    return render_page_or_part(
        request,
        "billing/run.html",
        "billing/_run.html",
        {"page": page, "states": specs.PROPOSAL_STATES},
    )
