"""Pages outside any tenant: choosing a firm."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from .middleware import memberships_of


@login_required
def choose_firm(request: HttpRequest) -> HttpResponse:
    """The firms that the person works in; straight on when there is only one."""
    memberships = memberships_of(request.user.pk)
    if len(memberships) == 1:
        return redirect(f"/{memberships[0].tenant.slug}/")
    return render(request, "account/choose_firm.html", {"memberships": memberships})
