"""One's own bank account, asked for anew who it is."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.step_up import step_up
from psa.core.web.pages import errors_on, go_to, render_form
from psa.core.web.requests import TenantRequest
from timeexpense import forms_policy
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import bank_accounts as selectors
from timeexpense.selectors import people
from timeexpense.services import bank_accounts


@require_http_methods(["GET", "POST"])
@requires(TimeExpensePermission.ENTER)
@step_up
def bank_account(request: TenantRequest) -> HttpResponse:
    """Where one's reimbursements go. What was entered is shown by its end alone."""
    me = people.my_resource(request.actor)  # type: ignore[attr-defined]
    known = selectors.known_account(me.pk)
    form = forms_policy.Bank(
        request.POST or None, initial={"holder": known.holder if known else me.name}
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            bank_accounts.save_own_account(
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
                **form.cleaned_data,
            )
            return go_to(request, "timeexpense:expense_report_list", toast="Bank account saved")
    context = {
        "title": "My bank account",
        "submit": "Save",
        "intro": f"Kept sealed. At present: ends in {known.number_end}." if known else "",
        "cancel_url": reverse("timeexpense:expense_report_list"),
        "crumbs": [("Expenses", reverse("timeexpense:expense_report_list"))],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )
