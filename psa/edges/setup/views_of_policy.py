"""Pages of the firm's policy: parameters with their history, decision log, manual controls."""

from django import forms as django_forms
from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import AccessPermission, LedgerPermission
from psa.core.org import selectors as org
from psa.core.org.rules.parameters import BY_NAME
from psa.core.org.services import decisions
from psa.core.web import lists
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import forms_of_policy as forms
from . import lists_of_policy as specs
from . import selectors_of_policy as selectors
from .services import policy
from .views import form_page

SEES_CONTROLS = (AccessPermission.MANAGE_PARAMETERS, LedgerPermission.MANAGE_PERIODS)


class PlainForm(django_forms.Form):
    """Carries the refusal of an action that has no input."""


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def parameters(request: TenantRequest) -> HttpResponse:
    row = org.parameters()
    initial = {name: getattr(row, name) for name in BY_NAME}
    form = forms.Parameters(request.POST or None, initial=initial)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            changed = policy.change_policy(
                values=form.values(),
                rule_modes=form.rule_modes(),
                actor=request.actor,
                at=clock.now(),
            )
            words = f"{changed} changed" if changed else "Nothing changed"
            return go_to(request, "setup:parameters", toast=words)
    return render_form(
        request,
        form,
        page="setup/parameters.html",
        part="setup/_parameters.html",
        context={"history": selectors.history(parameters_id=row.pk), "tab": "parameters"},
    )


@require_GET
@requires(AccessPermission.MANAGE_PARAMETERS)
def decision_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, specs.DECISIONS, selectors.decisions())


@require_GET
@requires(AccessPermission.MANAGE_PARAMETERS)
def decision(request: TenantRequest, decision_id: int) -> HttpResponse:
    return render_page_or_part(
        request,
        "setup/decision.html",
        "setup/_decision.html",
        {"decision": selectors.decision(decision_id)},
    )


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def decision_create(request: TenantRequest) -> HttpResponse:
    form = forms.Decision(request.POST or None, initial={"decided_on": clock.today()})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            decisions.record_decision(actor=request.actor, at=clock.now(), **form.cleaned_data)
            return go_to(request, "setup:decision_list", toast="Decision recorded")
    return form_page(request, form, "Record a decision", "Record", "setup:decision_list")


@require_GET
@requires(*SEES_CONTROLS)
def control_list(request: TenantRequest) -> HttpResponse:
    return _controls(request)


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def control_create(request: TenantRequest) -> HttpResponse:
    return _save_control(request, None, forms.Control(request.POST or None), "New manual control")


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def control(request: TenantRequest, control_id: int) -> HttpResponse:
    row = selectors.control(control_id)
    initial = {
        name: getattr(row, "owner_id" if name == "owner" else name)
        for name in forms.Control.base_fields
    }
    form = forms.Control(request.POST or None, initial=initial)
    return _save_control(request, control_id, form, "Manual control")


@require_POST
@requires(LedgerPermission.MANAGE_PERIODS)
def control_acknowledge(request: TenantRequest, control_id: int) -> HttpResponse:
    form = PlainForm({})
    with errors_on(form):
        decisions.acknowledge_control(control_id=control_id, actor=request.actor, at=clock.now())
        return go_to(request, "setup:control_list", toast="Acknowledged")
    return _controls(request, refused=form)


def _save_control(
    request: TenantRequest, control_id: int | None, form: forms.Control, title: str
) -> HttpResponse:
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            decisions.save_control(
                control_id=control_id, actor=request.actor, at=clock.now(), **form.arguments()
            )
            return go_to(request, "setup:control_list", toast="Saved")
    return form_page(request, form, title, "Save", "setup:control_list")


def _controls(request: TenantRequest, *, refused: PlainForm | None = None) -> HttpResponse:
    response = render_page_or_part(
        request,
        "setup/controls.html",
        "setup/_controls.html",
        {
            "controls": selectors.controls(actor=request.actor),
            "may_configure": selectors.may_configure(request.actor),
            "refused": refused,
        },
    )
    if refused is not None:
        response.status_code = 422
    return response
