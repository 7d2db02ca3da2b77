"""The page by which an administrator has a sample firm removed."""

from datetime import UTC, datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import AccessPermission
from psa.core.access.step_up import step_up
from psa.core.errors import NotFound
from psa.core.web.pages import errors_on, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import forms
from .services import samples


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_USERS)
@step_up
def remove(request: TenantRequest) -> HttpResponse:
    """What goes, and the firm's name to type; afterwards there is no firm to go back to."""
    if not request.tenant.is_demo:
        raise NotFound("This firm was not made as a sample.")
    form = forms.RemoveSample(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            firm = samples.mark_for_removal(
                typed=form.cleaned_data["name"],
                actor=request.actor,
                at=clock.now(),
                now=datetime.now(tz=UTC),
            )
            return render(request, "operations/sample_removed.html", {"firm": firm})
    return render_page_or_part(
        request,
        "operations/sample.html",
        "operations/_sample.html",
        {"form": form, "firm": request.tenant},
        status=422 if form.is_bound and form.errors else 200,
    )
