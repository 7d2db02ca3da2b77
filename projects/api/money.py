"""A project's estimate, planned expenses and budgets."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from ninja import Field

from projects.models import Budget, Project
from projects.permissions import ProjectsPermission
from projects.selectors import budgets as budget_selectors
from projects.selectors import finance
from projects.selectors import planned_expenses as expense_selectors
from projects.selectors.budgets import BudgetPage
from projects.selectors.finance import EstimatePage
from projects.selectors.planned_expenses import ExpensesPage
from projects.services import budgets, planned_expenses
from projects.services.planned_expenses import ExpenseFacts
from psa.core import clock
from psa.core.ledger.rules.types import TransactionClass
from psa.core.web.api import ApiRequest, In, Nothing, shape
from psa.core.web.api.fields import (
    CurrencyCode,
    Day,
    Id,
    Minutes,
    OneOf,
    PositiveAmount,
    Text,
)

from .area import CHANGE, SEE, endpoints

EstimateOut = shape(EstimatePage, "ProjectEstimateOut", without=("head",))
ExpensesOut = shape(ExpensesPage, "PlannedExpensesOut", without=("head",))
BudgetsOut = shape(BudgetPage, "BudgetsOut", without=("head",))
_Version = Annotated[int, Field(ge=1, le=32767)]


class PlannedExpenseIn(In):
    """A purchase to come; amounts in `currency`."""

    task_id: Id
    category_id: Id
    planned_on: Day
    currency: CurrencyCode
    cost_amount: PositiveAmount
    price_amount: PositiveAmount = Decimal(0)
    description: Annotated[str, Text(160)] = ""
    is_spent: bool = Field(False, description="Bought: nothing of it is still to come.")


class BudgetIn(In):
    source: Annotated[str, OneOf(*Budget.Source.values)]
    note: Annotated[str, Text(200)] = ""
    keeps_contingency: bool = Field(
        False, description="With a last line of what the open risks weigh."
    )


class BudgetLineIn(In):
    """A line of a budget; amounts in the firm's own currency."""

    transaction_class: Annotated[str, OneOf(*TransactionClass)]
    cost_amount: PositiveAmount
    revenue_amount: PositiveAmount = Decimal(0)
    category_id: Id | None = None
    role_id: Id | None = None
    task_id: Id | None = None
    month_on: Day | None = Field(None, description="Any day of the month.")
    description: Annotated[str, Text(160)] = ""
    minutes: Minutes | None = None


class BudgetControlIn(In):
    control: Annotated[str, OneOf("", *Project.BudgetControl.values)] = Field(
        description="What approving finds when the budget is used up; blank: what the firm says."
    )


class BudgetOverrideIn(In):
    extra_amount: PositiveAmount
    reason: Annotated[str, Text(300, blank=False)]


@endpoints.report("/projects/{project_id}/estimate", EstimateOut, *SEE)
def get_project_estimate(request: ApiRequest, project_id: Id) -> Any:
    """What the plan costs and earns by task and month: people at their prices, and purchases."""
    return finance.estimate_page(actor=request.actor, project_id=project_id, as_of=clock.today())


@endpoints.report("/projects/{project_id}/tasks/{task_id}/estimate", EstimateOut, *SEE)
def get_task_estimate(request: ApiRequest, project_id: Id, task_id: Id) -> Any:
    """As the project's estimate, the months being those of one task and all below it."""
    return finance.estimate_page(
        actor=request.actor, project_id=project_id, as_of=clock.today(), task_id=task_id
    )


@endpoints.read("/projects/{project_id}/planned-expenses", ExpensesOut, *SEE)
def get_planned_expenses(request: ApiRequest, project_id: Id) -> Any:
    """What the project plans to buy beside work."""
    return expense_selectors.expenses_page(
        actor=request.actor, project_id=project_id, as_of=clock.today()
    )


@endpoints.write(
    "POST",
    "/projects/{project_id}/planned-expenses",
    ExpensesOut,
    *CHANGE,
    status=201,
    of=get_planned_expenses,
)
def add_planned_expense(request: ApiRequest, project_id: Id, body: PlannedExpenseIn) -> Any:
    """Plan a purchase for a task."""
    planned_expenses.add_expense(
        project_id=project_id, facts=ExpenseFacts(**body.values()), actor=request.actor,
        at=clock.now(),
    )  # fmt: skip
    return get_planned_expenses(request, project_id=project_id)


@endpoints.write(
    "PUT",
    "/projects/{project_id}/planned-expenses/{expense_id}",
    ExpensesOut,
    *CHANGE,
    of=get_planned_expenses,
)
def edit_planned_expense(
    request: ApiRequest, project_id: Id, expense_id: Id, body: PlannedExpenseIn
) -> Any:
    """Replace a planned purchase."""
    planned_expenses.edit_expense(
        project_id=project_id, expense_id=expense_id, facts=ExpenseFacts(**body.values()),
        actor=request.actor, at=clock.now(),
    )  # fmt: skip
    return get_planned_expenses(request, project_id=project_id)


@endpoints.write(
    "DELETE",
    "/projects/{project_id}/planned-expenses/{expense_id}",
    ExpensesOut,
    *CHANGE,
    of=get_planned_expenses,
)
def remove_planned_expense(request: ApiRequest, project_id: Id, expense_id: Id) -> Any:
    """Plan a purchase no longer."""
    planned_expenses.remove_expense(
        project_id=project_id, expense_id=expense_id, actor=request.actor, at=clock.now()
    )
    return get_planned_expenses(request, project_id=project_id)


@endpoints.read("/projects/{project_id}/budgets", BudgetsOut, *SEE)
def get_budgets(request: ApiRequest, project_id: Id) -> Any:
    """The versions, the lines of the approved one or else the latest, and the room that is left."""
    return _budgets(request, project_id, None)


@endpoints.read("/projects/{project_id}/budgets/{version}", BudgetsOut, *SEE)
def get_budget_version(request: ApiRequest, project_id: Id, version: _Version) -> Any:
    """As the budgets, with the lines of this version."""
    return _budgets(request, project_id, version)


@endpoints.write(
    "POST", "/projects/{project_id}/budgets", BudgetsOut, *CHANGE, status=201, of=get_budgets
)
def create_budget(request: ApiRequest, project_id: Id, body: BudgetIn) -> Any:
    """A new draft: from the plan's estimate, from the won quote, or empty."""
    made = budgets.create_budget(
        project_id=project_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return _budgets(request, project_id, made.version)


@endpoints.write(
    "POST",
    "/projects/{project_id}/budgets/{version}/lines",
    BudgetsOut,
    *CHANGE,
    status=201,
    of=get_budget_version,
)
def add_budget_line(
    request: ApiRequest, project_id: Id, version: _Version, body: BudgetLineIn
) -> Any:
    """Add a line to a draft."""
    budgets.add_line(
        project_id=project_id, version=version, actor=request.actor, at=clock.now(),
        **body.values(),
    )  # fmt: skip
    return _budgets(request, project_id, version)


@endpoints.write(
    "DELETE",
    "/projects/{project_id}/budgets/{version}/lines/{line_id}",
    BudgetsOut,
    *CHANGE,
    of=get_budget_version,
)
def remove_budget_line(request: ApiRequest, project_id: Id, version: _Version, line_id: Id) -> Any:
    """Take a line out of a draft."""
    budgets.remove_line(
        project_id=project_id, version=version, line_id=line_id, actor=request.actor,
        at=clock.now(),
    )  # fmt: skip
    return _budgets(request, project_id, version)


@endpoints.write(
    "POST",
    "/projects/{project_id}/budgets/{version}/approve",
    BudgetsOut,
    *CHANGE,
    of=get_budget_version,
)
def approve_budget(request: ApiRequest, project_id: Id, version: _Version, body: Nothing) -> Any:
    """Make a draft the project's budget."""
    budgets.approve_budget(
        project_id=project_id, version=version, actor=request.actor, at=clock.now()
    )
    return _budgets(request, project_id, version)


@endpoints.write(
    "DELETE",
    "/projects/{project_id}/budgets/{version}",
    BudgetsOut,
    *CHANGE,
    of=get_budget_version,
)
def delete_budget(request: ApiRequest, project_id: Id, version: _Version) -> Any:
    """Delete a draft."""
    budgets.delete_budget(
        project_id=project_id, version=version, actor=request.actor, at=clock.now()
    )
    return _budgets(request, project_id, None)


@endpoints.write(
    "PUT",
    "/projects/{project_id}/budget-control",
    BudgetsOut,
    ProjectsPermission.OVERRIDE_BUDGET,
    of=get_budgets,
)
def set_budget_control(request: ApiRequest, project_id: Id, body: BudgetControlIn) -> Any:
    """What approving finds when this project's budget is used up."""
    budgets.set_control(
        project_id=project_id, control=body.control, actor=request.actor, at=clock.now()
    )
    return _budgets(request, project_id, None)


@endpoints.write(
    "POST",
    "/projects/{project_id}/budget-overrides",
    BudgetsOut,
    ProjectsPermission.OVERRIDE_BUDGET,
    status=201,
    of=get_budgets,
)
def override_budget(request: ApiRequest, project_id: Id, body: BudgetOverrideIn) -> Any:
    """Let the project's cost pass its budget by so much, with the reason."""
    budgets.override_budget(
        project_id=project_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return _budgets(request, project_id, None)


def _budgets(request: ApiRequest, project_id: int, version: int | None) -> Any:
    as_of: date = clock.today()
    return budget_selectors.budget_page(
        actor=request.actor, project_id=project_id, as_of=as_of, version=version
    )
