"""Pages of a project's budget: versions and lines, control, and letting it pass."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.errors import NotFound
from psa.core.web.pages import errors_on, go_to
from psa.core.web.requests import TenantRequest

from . import finance_forms as forms
from .finance_views import finance_page
from .permissions import ProjectsPermission
from .selectors import budgets as selectors
from .selectors import get_project
from .selectors.pages import editable_project
from .selectors.projects import currency_of
from .services import budgets
from .views import CHANGE, SEE, form_page


@require_GET
@requires(*SEE)
def budget_list(request: TenantRequest, project_id: int) -> HttpResponse:
    asked = request.GET.get("version", "")
    return _list(request, project_id, int(asked) if asked.isdecimal() and len(asked) < 5 else None)


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def budget_create(request: TenantRequest, project_id: int) -> HttpResponse:
    found = editable_project(actor=request.actor, project_id=project_id)
    form = forms.NewBudget(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = budgets.create_budget(
                project_id=project_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(
                request, "projects:budget_list", project_id, toast=f"Version {made.version} made"
            )
    return form_page(request, form, f"New budget of {found.code}", "Make budget", _back(project_id))


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def line_create(request: TenantRequest, project_id: int, version: int) -> HttpResponse:
    found = editable_project(actor=request.actor, project_id=project_id)
    form = forms.NewBudgetLine(
        request.POST or None, project=found, currency=currency_of(request.actor)
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            budgets.add_line(
                project_id=project_id, version=version, actor=request.actor, at=clock.now(),
                **form.values(),
            )  # fmt: skip
            return go_to(request, "projects:budget_list", project_id, toast="Line added")
    title = f"A line for budget version {version}"
    return form_page(request, form, title, "Add line", _back(project_id))


@require_POST
@requires(*CHANGE)
def line_remove(
    request: TenantRequest, project_id: int, version: int, line_id: int
) -> HttpResponse:
    form = forms.Forecast(request.POST)
    with errors_on(form):
        budgets.remove_line(
            project_id=project_id, version=version, line_id=line_id, actor=request.actor,
            at=clock.now(),
        )  # fmt: skip
        return go_to(request, "projects:budget_list", project_id, toast="Line removed")
    return _list(request, project_id, version, form)


@require_POST
@requires(*CHANGE)
def budget_act(request: TenantRequest, project_id: int, version: int, act: str) -> HttpResponse:
    if act not in ("approve", "delete"):
        raise NotFound("A budget is approved or deleted.")
    common: dict[str, Any] = {
        "project_id": project_id, "version": version, "actor": request.actor, "at": clock.now(),
    }  # fmt: skip
    form = forms.Forecast(request.POST)
    with errors_on(form):
        if act == "approve":
            budgets.approve_budget(**common)
        else:
            budgets.delete_budget(**common)
        words = "approved" if act == "approve" else "deleted"
        return go_to(request, "projects:budget_list", project_id, toast=f"Budget {words}")
    return _list(request, project_id, version, form)


@require_http_methods(["GET", "POST"])
@requires(ProjectsPermission.OVERRIDE_BUDGET)
def control(request: TenantRequest, project_id: int) -> HttpResponse:
    found = get_project(actor=request.actor, project_id=project_id)
    form = forms.BudgetControl(request.POST or None, initial={"control": found.budget_control})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            budgets.set_control(
                project_id=project_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "projects:budget_list", project_id, toast="Budget control saved")
    return form_page(request, form, f"Budget control of {found.code}", "Save", _back(project_id))


@require_http_methods(["GET", "POST"])
@requires(ProjectsPermission.OVERRIDE_BUDGET)
def override(request: TenantRequest, project_id: int) -> HttpResponse:
    found = get_project(actor=request.actor, project_id=project_id)
    form = forms.OverrideBudget(request.POST or None, currency=currency_of(request.actor))
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            budgets.override_budget(
                project_id=project_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "projects:budget_list", project_id, toast="The budget may pass")
    title = f"Let {found.code} pass its budget"
    return form_page(request, form, title, "Let it pass", _back(project_id))


def _list(
    request: TenantRequest,
    project_id: int,
    version: int | None,
    form: forms.Forecast | None = None,
) -> HttpResponse:
    page = selectors.budget_page(
        actor=request.actor, project_id=project_id, as_of=clock.today(), version=version
    )
    return finance_page(request, "budget", page.head, {"page": page, "form": form})


def _back(project_id: int) -> str:
    return reverse("projects:budget_list", args=[project_id])
