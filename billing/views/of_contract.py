"""The billing of one contract, as the contract's page shows it."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from billing.permissions import BillingPermission
from billing.selectors.of_contract import contract_billing
from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web.pages import render_page_or_part
from psa.core.web.requests import TenantRequest
from psa.core.web.states import State

from . import lists as specs

RETAINER_STATES = {
    "planned": State("Planned"),
    "due": State("To be invoiced", "warn", icon="clock-exclamation"),
    "released": State("Released", "ok", icon="circle-check"),
}


@require_GET
@requires(BillingPermission.VIEW, BillingPermission.VIEW_OWN)
def of_contract(request: TenantRequest, contract_id: int) -> HttpResponse:
    page = contract_billing(actor=request.actor, contract_id=contract_id, today=clock.today())
    context = {
        "page": page,
        "milestones": [(row, specs.MILESTONE_STATES[row.state]) for row in page.milestones],
        "retainers": [(row, RETAINER_STATES[row.state]) for row in page.retainers],
        "invoices": [(row, specs.INVOICE_STATES[row.state]) for row in page.invoices],
    }
    return render_page_or_part(
        request, "billing/of_contract.html", "billing/_of_contract.html", context
    )
