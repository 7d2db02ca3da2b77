"""Starting the file of a long list."""

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from psa.core import clock
from psa.core.access.decorators import for_every_member
from psa.core.web.pages import go_to
from psa.core.web.requests import TenantRequest

from . import jobs


@require_POST
@for_every_member
def start(request: TenantRequest) -> HttpResponse:
    """Queue the file and show its progress; the list's own view decides what is in it."""
    address = request.POST.get("address", "")[:6000]
    run = jobs.start_export(address=address, actor=request.actor, at=clock.now())
    return go_to(request, "jobs:run", run.pk)
