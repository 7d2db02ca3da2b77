"""Pages of billing runs."""

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
from psa.core.web import lists
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
    form = forms.StartRun(
        request.POST or None,
        initial={
            "cutoff_on": forms.usual_cutoff(
                parameters.billing_cutoff, now.date(), parameters.week_starts_on
            ),
            "contract": request.GET.get("contract"),
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            run = billing_runs.start_billing_run(
                arguments=form.arguments(), actor=request.actor, at=now
            )
            return go_to(request, "billing:run", run.pk)
    context = {
        "title": "Start a billing run",
        "submit": "Draft proposals",
        "cancel_url": reverse("billing:run_list"),
        "crumbs": [("Billing runs", reverse("billing:run_list"))],
    }
    return render_form(
        request, form, page="billing/form.html", part="_components/form_part.html", context=context
    )


@require_GET
@requires(BillingPermission.PROPOSE)
def run(request: TenantRequest, run_id: int) -> HttpResponse:
    page = runs.run_page(actor=request.actor, run_id=run_id)
    return render_page_or_part(
        request,
        "billing/run.html",
        "billing/_run.html",
        {"page": page, "states": specs.PROPOSAL_STATES},
    )
