"""The page of what each unit earns, and its file."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import LedgerPermission
from psa.core.web.lists import export
from psa.core.web.pages import render_page_or_part
from psa.core.web.requests import TenantRequest

from . import lists as room_lists
from . import unit_margins as selectors
from .permissions import RevenuePermission
from .views import asked_day


@require_GET
@requires(RevenuePermission.VIEW)
def unit_margins(request: TenantRequest) -> HttpResponse:
    """Each unit's margin over some days (this year's so far); `?as=csv` or `xlsx` is the file."""
    until_on = asked_day(request, "until") or clock.today()
    from_on = asked_day(request, "from") or until_on.replace(month=1, day=1)
    page = selectors.unit_margins(actor=request.actor, from_on=from_on, until_on=until_on)
    kind = request.GET.get("as", "")
    if kind in ("csv", "xlsx"):
        spec = room_lists.UNIT_MARGINS
        return export.response(kind, spec, spec.columns, page.rows)
    context = {
        "page": page,
        "query": urlencode({"from": from_on.isoformat(), "until": until_on.isoformat()}),
        "days": urlencode({"f.posted_on.from": from_on.isoformat(),
                           "f.posted_on.to": until_on.isoformat()}),
        "sees_actuals": request.actor.has(LedgerPermission.VIEW_ACTUALS),
    }  # fmt: skip
    return render_page_or_part(
        request, "revenue/unit_margins.html", "revenue/_unit_margins.html", context
    )
