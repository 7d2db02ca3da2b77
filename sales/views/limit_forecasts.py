"""The part of a contract's and its project's page that says when a limit will be reached."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web.pages import render_part
from psa.core.web.requests import TenantRequest
from sales.permissions import SalesPermission
from sales.selectors import limit_forecasts as selectors


@require_GET
@requires(SalesPermission.VIEW, SalesPermission.VIEW_OWN)
def limit_forecast(request: TenantRequest, contract_id: int) -> HttpResponse:
    page = selectors.limit_forecasts(
        actor=request.actor, contract_id=contract_id, today=clock.today()
    )
    return render_part(request, "sales/_limit_forecast.html", {"page": page})
