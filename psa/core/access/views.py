"""Pages outside any tenant: choosing a firm, and health."""

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from .middleware import memberships_of


@login_required
def choose_firm(request: HttpRequest) -> HttpResponse:
    """The firms that the person works in; straight on when there is only one."""
    memberships = memberships_of(request.user.pk)
    if len(memberships) == 1:
        return redirect(f"/{memberships[0].tenant.slug}/")
    return render(request, "account/choose_firm.html", {"memberships": memberships})


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """The process can serve: its database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ready"})
