"""The installation's page for its operator."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from psa.core import clock
from psa.core.web.middleware import read_by_user
from psa.edges.operations import selectors


@require_GET
def operator(request: HttpRequest) -> HttpResponse:
    """Version, database, queue, backups and, per firm, counts; for others there is no such page."""
    if not selectors.is_operator(request.user.pk):
        raise Http404("This page does not exist, or it is not yours to see.")
    found = selectors.installation(at=clock.now())
    # No firm is open here: it is written as its reader reads in a firm of theirs.
    with read_by_user(request.user.pk):
        return render(request, "operations/operator.html", {"found": found})
