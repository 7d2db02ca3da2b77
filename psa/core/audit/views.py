"""The audit trail for who may read it."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from psa.core.access.decorators import requires
from psa.core.access.permissions import AccessPermission
from psa.core.web import lists
from psa.core.web.pages import render_page_or_part
from psa.core.web.requests import TenantRequest

from . import lists_of_audit, selectors


@require_GET
@requires(AccessPermission.VIEW_AUDIT)
def entry_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.entries(actor=request.actor)
    return lists.list_page(request, lists_of_audit.ENTRIES, rows)


@require_GET
@requires(AccessPermission.VIEW_AUDIT)
def entry(request: TenantRequest, entry_id: int) -> HttpResponse:
    found = selectors.get_entry(actor=request.actor, entry_id=entry_id)
    context = {"entry": found, "through": dict(lists_of_audit.VIA).get(found.via, found.via)}
    return render_page_or_part(request, "audit/entry.html", "audit/_entry.html", context)
