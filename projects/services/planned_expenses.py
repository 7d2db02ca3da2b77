"""What a project plans to buy beside work: travel, licences, materials, by task and day."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.ledger.rules.types import TransactionClass
from psa.core.money.rounding import minor_units, round_half_up
from psa.core.org.models import TransactionCategory

from .. import policies
from ..events import ProjectEvent
from ..models import PlannedExpense, Project, Task
from ..selectors.planned_expenses import known_currencies
from .locking import lock_project

RECORD: Final = "projects.Project"
MOST: Final = Decimal(10) ** 13


@dataclass(frozen=True, slots=True)
class ExpenseFacts:
    """One purchase to come. Amounts in `currency`: what it costs, and what the client pays for it.

    `is_spent`: it was bought, so the posted cost counts and nothing of it is still to come.
    """

    task_id: int
    category_id: int
    planned_on: date
    currency: str
    cost_amount: Decimal
    price_amount: Decimal = Decimal(0)
    description: str = ""
    is_spent: bool = False


@transaction.atomic
def add_expense(
    *, project_id: int, facts: ExpenseFacts, actor: Actor, at: datetime
) -> PlannedExpense:
    """Plan a purchase; it counts in the estimate, in budgets made from it, and in what is to come.

    Raises  NotFound, PermissionDenied; DomainError naming the field.
    """
    project = _bought_by(actor, project_id)
    values = _checked(project, facts)
    made: PlannedExpense = PlannedExpense.objects.create(
        tenant_id=actor.tenant_id, project=project, **values
    )
    _tell(project, actor, at, f"planned “{_words(made)}” for task {made.task}")
    return made


@transaction.atomic
def edit_expense(
    *, project_id: int, expense_id: int, facts: ExpenseFacts, actor: Actor, at: datetime
) -> PlannedExpense:
    """Replace what is planned. Raises  NotFound, PermissionDenied; DomainError naming the field."""
    project = _bought_by(actor, project_id)
    row = _expense(project, expense_id)
    values = _checked(project, facts)
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    if changed:
        for name in changed:
            setattr(row, name, values[name])
        row.save(update_fields=changed)
        _tell(project, actor, at, f"changed the planned “{_words(row)}”")
    return row


@transaction.atomic
def remove_expense(*, project_id: int, expense_id: int, actor: Actor, at: datetime) -> None:
    """Plan a purchase no longer. Raises  NotFound, PermissionDenied."""
    project = _bought_by(actor, project_id)
    row = _expense(project, expense_id)
    words = _words(row)
    row.delete()
    _tell(project, actor, at, f"took “{words}” out of the plan")


def _bought_by(actor: Actor, project_id: int) -> Project:
    """The locked project, for somebody who may change it and see what it costs."""
    project = lock_project(actor=actor, project_id=project_id)
    if not policies.may_see_cost(actor, manager_membership_id=project.manager.membership_id):
        raise PermissionDenied(
            "Planned expenses say what the project costs; that is not yours to see."
        )
    return project


def _expense(project: Project, expense_id: int) -> PlannedExpense:
    row: PlannedExpense | None = (
        PlannedExpense.objects.select_related("category")
        .filter(project=project, pk=expense_id)
        .first()
    )
    if row is None:
        raise NotFound(f"Project {project.code} plans no such expense.")
    return row


def _checked(project: Project, facts: ExpenseFacts) -> dict[str, Any]:
    """The row's values. Raises  DomainError naming the field."""
    task = Task.objects.filter(project=project, pk=facts.task_id).first()
    if task is None:
        raise DomainError("This task is not part of the plan. Choose another.", field="task")
    if task.is_summary:
        raise DomainError("Plan it for one of the tasks below that one.", field="task")
    kind = (
        TransactionCategory.objects.filter(pk=facts.category_id)
        .values_list("transaction_class", flat=True)
        .first()
    )
    if kind is None:
        raise DomainError("This category does not exist. Choose another.", field="category")
    if kind == TransactionClass.TIME:
        raise DomainError("Work is planned in hours on the task.", field="category")
    if facts.currency not in known_currencies():
        raise DomainError("There is no exchange rate for this currency.", field="currency")
    places = minor_units(facts.currency)
    for field, amount in (("cost_amount", facts.cost_amount), ("price_amount", facts.price_amount)):
        if not 0 <= amount < MOST:
            raise DomainError("An amount lies between 0 and ten million millions.", field=field)
        if round_half_up(amount, places) != amount:
            raise DomainError(
                f"An amount in {facts.currency} has fewer decimals than that.", field=field
            )
    if len(facts.description) > 160:
        raise DomainError("A description has at most 160 characters.", field="description")
    return asdict(facts) | {"description": facts.description.strip()}


def _words(row: PlannedExpense) -> str:
    return row.description or str(row.category.name)


def _tell(project: Project, actor: Actor, at: datetime, sentence: str) -> None:
    audit.record(
        actor=actor, at=at, event=ProjectEvent.EXPENSES_PLANNED, record_type=RECORD,
        record_id=project.pk, sentence=sentence,
    )  # fmt: skip
