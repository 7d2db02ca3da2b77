"""Pages of what a project plans to buy beside work."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web import stale
from psa.core.web.pages import errors_on, go_to
from psa.core.web.requests import TenantRequest

from . import expense_forms as forms
from .finance_forms import Forecast
from .finance_views import finance_page
from .models import Project
from .selectors import planned_expenses as selectors
from .selectors.pages import editable_project
from .selectors.performance import check_may_see_cost
from .selectors.projects import currency_of, sight
from .services import planned_expenses
from .views import CHANGE, SEE, form_page


@require_GET
@requires(*SEE)
def expense_list(request: TenantRequest, project_id: int) -> HttpResponse:
    return _list(request, project_id)


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def expense_add(request: TenantRequest, project_id: int) -> HttpResponse:
    found = _bought(request, project_id)
    form = forms.Expense(
        request.POST or None,
        project=found,
        bill=sight(request.actor, found).bill,
        initial={"planned_on": clock.today(), "currency": currency_of(request.actor)},
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            planned_expenses.add_expense(
                project_id=project_id, facts=form.facts(), actor=request.actor, at=clock.now()
            )
            return go_to(request, "projects:expense_list", project_id, toast="Expense planned")
    title = f"Plan an expense of {found.code}"
    return form_page(request, form, title, "Plan expense", _back(project_id))


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def expense_edit(request: TenantRequest, project_id: int, expense_id: int) -> HttpResponse:
    found = _bought(request, project_id)
    row = selectors.get_expense(project_id=project_id, expense_id=expense_id)
    form = forms.Expense(
        request.POST or None,
        project=found,
        bill=sight(request.actor, found).bill,
        row=row,
        initial=forms.Expense.initial_of(row),
    )
    stale.watch(form, record=f"projects.expense:{expense_id}")
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            planned_expenses.edit_expense(
                project_id=project_id, expense_id=expense_id, facts=form.facts(),
                actor=request.actor, at=clock.now(),
            )  # fmt: skip
            return go_to(request, "projects:expense_list", project_id, toast="Saved")
    return form_page(request, form, "Planned expense", "Save", _back(project_id))


@require_POST
@requires(*CHANGE)
def expense_remove(request: TenantRequest, project_id: int, expense_id: int) -> HttpResponse:
    form = Forecast(request.POST)
    with errors_on(form):
        planned_expenses.remove_expense(
            project_id=project_id, expense_id=expense_id, actor=request.actor, at=clock.now()
        )
        return go_to(request, "projects:expense_list", project_id, toast="Removed")
    return _list(request, project_id, form)


def _bought(request: TenantRequest, project_id: int) -> Project:
    """The project, for somebody who may change it and see what it costs."""
    found = editable_project(actor=request.actor, project_id=project_id)
    check_may_see_cost(request.actor, found)
    return found


def _list(request: TenantRequest, project_id: int, form: Forecast | None = None) -> HttpResponse:
    page = selectors.expenses_page(actor=request.actor, project_id=project_id, as_of=clock.today())
    return finance_page(request, "expenses", page.head, {"page": page, "form": form})


def _back(project_id: int) -> str:
    return reverse("projects:expense_list", args=[project_id])
