"""The page of the deployment model: what each offers, and moving up."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import AccessPermission
from psa.core.web.forms import DateField
from psa.core.web.pages import errors_on, go_to, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import deployment


class MoveUpForm(forms.Form):
    """Since when books are kept, and from when approved work is valued."""

    begin_on = DateField(
        label="The books begin on",
        help_text="Costs, invoices and payments of that day or later are journalled on their own day.",
    )
    revalue_from_on = DateField(
        label="Value work since",
        required=False,
        help_text="Approved work of that day or later gets its sales price and waits to be invoiced. "
        "Choose a day up to which everything is invoiced; leave it empty to value nothing.",
    )


class PlainForm(forms.Form):
    """Carries the refusal of an action that has no input."""


@require_GET
@requires(AccessPermission.MANAGE_PARAMETERS)
def model(request: TenantRequest) -> HttpResponse:
    first_on = clock.today().replace(day=1)
    return _page(request, MoveUpForm(initial={"begin_on": first_on, "revalue_from_on": first_on}))


@require_http_methods(["POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def move_up(request: TenantRequest) -> HttpResponse:
    form = MoveUpForm(request.POST)
    with errors_on(form):
        if form.is_valid():
            moved = deployment.move_up(actor=request.actor, at=clock.now(), **form.cleaned_data)
            if moved.revaluation is not None:
                return go_to(request, "jobs:run", moved.revaluation.pk, toast="Moved up")
            return go_to(request, "lifecycle:deployment", toast="Moved up")
    return _page(request, form)


@require_POST
@requires(AccessPermission.MANAGE_PARAMETERS)
def begin_as_lite(request: TenantRequest) -> HttpResponse:
    form = PlainForm({})
    with errors_on(form):
        deployment.begin_as_lite(actor=request.actor, at=clock.now())
        return go_to(request, "lifecycle:deployment", toast="Your firm works as Lite")
    return _page(request, MoveUpForm(), refused=form)


def _page(
    request: TenantRequest, form: MoveUpForm, *, refused: PlainForm | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        "standing": deployment.standing(actor=request.actor),
        "form": form,
        "refused": refused,
        "move_url": reverse("lifecycle:move_up"),
    }
    return render_page_or_part(
        request,
        "lifecycle/deployment.html",
        "lifecycle/_deployment.html",
        context,
        status=422 if form.errors or refused else 200,
    )
