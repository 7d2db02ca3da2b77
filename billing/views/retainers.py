"""Pages of retainers: the list, one line's periods, its terms, and reconciling."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.forms_retainers import IssueRefund, RetainerTermsForm
from billing.permissions import BillingPermission
from billing.selectors import retainers as selectors
from billing.services import retainers
from billing.services.retainer_results import outcome
from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web import lists
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import lists_of_retainers as specs

SEES = (BillingPermission.VIEW, BillingPermission.VIEW_OWN)


@require_GET
@requires(*SEES)
def retainer_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.retainers(actor=request.actor, today=clock.today())
    return lists.list_page(request, specs.RETAINERS, rows)


@require_GET
@requires(*SEES)
def retainer(request: TenantRequest, line_id: int) -> HttpResponse:
    return _page(request, line_id)


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.PROPOSE)
def retainer_terms(request: TenantRequest, line_id: int) -> HttpResponse:
    line = selectors.get_line(actor=request.actor, line_id=line_id)
    terms = selectors.terms_of(line)
    is_minutes = line.retainer_minutes is not None
    limit = terms.rollover_limit
    form = RetainerTermsForm(
        request.POST or None,
        is_minutes=is_minutes,
        currency=line.contract.currency,
        initial={
            "overage_rate_per_hour": terms.overage_rate_per_hour,
            "refund_percent": terms.refund_percent,
            "rollover_periods": terms.rollover_periods,
            "rollover_limit": int(limit) if is_minutes and limit is not None else limit,
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            retainers.set_retainer_terms(
                line_id=line_id, actor=request.actor, at=clock.now(), **form.arguments()
            )
            return go_to(request, "billing:retainer", line_id, toast="Terms saved")
    url = reverse("billing:retainer", args=[line_id])
    context = {
        "title": f"Reconciliation of {line.name}",
        "submit": "Save",
        "cancel_url": url,
        "crumbs": [("Retainers", reverse("billing:retainer_list")), (line.name, url)],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


@require_POST
@requires(*SEES)
def retainer_reconcile(request: TenantRequest, period_id: int) -> HttpResponse:
    period = selectors.get_period(actor=request.actor, period_id=period_id)
    now = clock.now()
    form = IssueRefund(request.POST)
    with errors_on(form):
        made = retainers.reconcile_period(
            period_id=period_id, today_on=now.date(), actor=request.actor, at=now
        )
        return go_to(
            request, "billing:retainer", period.contract_line_id,
            toast=f"{selectors.title_of(period)}: {outcome(made)}",
        )  # fmt: skip
    return _page(request, period.contract_line_id, form)


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.CREDIT)
def retainer_refund(request: TenantRequest, period_id: int) -> HttpResponse:
    period = selectors.get_period(actor=request.actor, period_id=period_id)
    now = clock.now()
    form = IssueRefund(request.POST or None, initial={"credited_on": now.date()})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            note = retainers.issue_refund(
                period_id=period_id, actor=request.actor, at=now, **form.cleaned_data
            )
            return go_to(request, "billing:invoice", note.pk, toast=f"{note.number} issued")
    url = reverse("billing:retainer", args=[period.contract_line_id])
    context = {
        "title": f"Refund of {selectors.title_of(period)}",
        "submit": "Issue credit note",
        "cancel_url": url,
        "crumbs": [
            ("Retainers", reverse("billing:retainer_list")),
            (period.contract_line.name, url),
        ],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


def _page(request: TenantRequest, line_id: int, refused: IssueRefund | None = None) -> HttpResponse:
    actor = request.actor
    page = selectors.retainer_page(actor=actor, line_id=line_id, today=clock.today())
    return render_page_or_part(
        request,
        "billing/retainer.html",
        "billing/_retainer.html",
        {
            "page": page,
            "rows": [(row, row.result and outcome(row.result)) for row in page.periods],
            "refused": refused,
            "may_reconcile": actor.has(BillingPermission.PROPOSE)
            or actor.has(BillingPermission.PROPOSE_OWN),
            "may_set_terms": actor.has(BillingPermission.PROPOSE),
            "may_credit": actor.has(BillingPermission.CREDIT),
        },
        status=422 if refused else 200,
    )
