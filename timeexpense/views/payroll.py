"""Exports of approved hours to payroll."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web import lists
from psa.core.web.pages import errors_on, go_to, render_form
from psa.core.web.requests import TenantRequest
from timeexpense import forms_cards, lists_of_cards
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import payroll as selectors
from timeexpense.services import payroll

EXPORT = TimeExpensePermission.EXPORT_PAYROLL


@require_GET
@requires(EXPORT)
def payroll_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.exports(actor=request.actor)  # type: ignore[attr-defined]
    return lists.list_page(request, lists_of_cards.PAYROLL, rows)


@require_http_methods(["GET", "POST"])
@requires(EXPORT)
def payroll_create(request: TenantRequest) -> HttpResponse:
    today = clock.now().date()
    form = forms_cards.PayPeriod(
        request.POST or None, initial={"starts_on": today.replace(day=1), "last_on": today}
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            starts_on, last_on = form.period()
            payroll.export_period(
                legal_entity_id=form.cleaned_data["legal_entity"].pk,
                starts_on=starts_on,
                last_on=last_on,
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return go_to(request, "timeexpense:payroll", toast="Exported; open it for its file")
    url = reverse("timeexpense:payroll")
    context = {
        "title": "New payroll export",
        "submit": "Export",
        "cancel_url": url,
        "crumbs": [("Payroll exports", url)],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


@require_GET
@requires(EXPORT)
def payroll_export(request: TenantRequest, payroll_id: int) -> HttpResponse:
    name, content = selectors.as_csv(
        actor=request.actor,  # type: ignore[attr-defined]
        export_id=payroll_id,
    )
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
