"""Budgets: made from the plan, from the quote or by hand, approved, controlled, let pass."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import Max, Sum

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.ledger.rules.types import TransactionClass
from psa.core.money.rounding import round_to_minor
from psa.core.org.models import JobRole, TransactionCategory
from psa.core.tenancy import reading
from sales.models import QuoteLineDetail

from .. import policies
from ..events import ProjectEvent
from ..models import Budget, BudgetLine, BudgetOverride, Project, Task
from ..permissions import ProjectsPermission
from ..selectors.estimates import estimate_of
from ..selectors.rates import Rates
from ..selectors.register import contingency_of
from .locking import lock_project

RECORD: Final = "projects.Project"
ZERO: Final = Decimal(0)
MOST: Final = Decimal(10) ** 13
_CLASSES: Final = frozenset(kind.value for kind in TransactionClass)


@transaction.atomic
def create_budget(
    *,
    project_id: int,
    source: str,
    note: str,
    actor: Actor,
    at: datetime,
    keeps_contingency: bool = False,
) -> Budget:
    """A new draft: from the plan's estimate, from the won quote's, or empty to be entered.

    With `keeps_contingency` its last line is what the open risks weigh (docs/rules/projects.md, P-20).
    Raises  NotFound, PermissionDenied; DomainError if there is nothing to make it from.
    """
    project = _budgeted_by(actor, project_id)
    if source not in Budget.Source.values:
        raise DomainError("Make it from the plan, from the quote, or enter it.", field="source")
    if len(note.strip()) > 200:
        raise DomainError("A note has at most 200 characters.", field="note")
    currency = reading.firm_currency(actor.tenant_id)
    last = Budget.objects.filter(project=project).aggregate(last=Max("version"))["last"] or 0
    budget: Budget = Budget.objects.create(
        tenant_id=actor.tenant_id, project=project, version=last + 1, source=source,
        note=note.strip(), currency=currency, created_at=at,
    )  # fmt: skip
    lines: list[dict[str, Any]] = []
    if source == Budget.Source.PLAN:
        lines = _from_plan(project, at.date(), currency)
    elif source == Budget.Source.QUOTE:
        lines = _from_quote(project, at.date(), currency)
    if keeps_contingency:
        lines.append(_for_risks(project, actor))
    _write(budget, lines)
    _tell(project, actor, at, f"made budget version {budget.version}")
    return budget


@transaction.atomic
def add_line(
    *,
    project_id: int,
    version: int,
    transaction_class: str,
    cost_amount: Decimal,
    actor: Actor,
    at: datetime,
    revenue_amount: Decimal = ZERO,
    category_id: int | None = None,
    role_id: int | None = None,
    task_id: int | None = None,
    month_on: date | None = None,
    description: str = "",
    minutes: int | None = None,
) -> BudgetLine:
    """Add a line to a draft. Raises  NotFound, PermissionDenied, DomainError naming the field."""
    project = _budgeted_by(actor, project_id)
    budget = _draft(project, version)
    if transaction_class not in _CLASSES:
        raise DomainError("Choose time, expense, material or fee.", field="transaction_class")
    for field, amount in (("cost_amount", cost_amount), ("revenue_amount", revenue_amount)):
        if not 0 <= amount < MOST:
            raise DomainError("An amount lies between 0 and ten million millions.", field=field)
        if round_to_minor(amount, budget.currency) != amount:
            raise DomainError(
                f"An amount in {budget.currency} has fewer decimals than that.", field=field
            )
    for field, model, key in (
        ("category", TransactionCategory, category_id), ("role", JobRole, role_id),
    ):  # fmt: skip
        if key is not None and not model.objects.filter(pk=key).exists():
            raise DomainError(f"This {field} does not exist. Choose another.", field=field)
    if task_id is not None and not Task.objects.filter(project=project, pk=task_id).exists():
        raise DomainError("This task is not part of the plan. Choose another.", field="task")
    if len(description) > 160:
        raise DomainError("A description has at most 160 characters.", field="description")
    last = budget.lines.aggregate(last=Max("position"))["last"] or 0
    line: BudgetLine = BudgetLine.objects.create(
        tenant_id=actor.tenant_id, budget=budget, position=last + 1,
        transaction_class=transaction_class, category_id=category_id, role_id=role_id,
        task_id=task_id, month_on=month_on.replace(day=1) if month_on else None,
        description=description, minutes=minutes, cost_amount=cost_amount,
        revenue_amount=revenue_amount,
    )  # fmt: skip
    _tell(project, actor, at, f"added a line to budget version {version}")
    return line


@transaction.atomic
def remove_line(*, project_id: int, version: int, line_id: int, actor: Actor, at: datetime) -> None:
    """Take a line out of a draft. Raises  NotFound, PermissionDenied, DomainError."""
    project = _budgeted_by(actor, project_id)
    budget = _draft(project, version)
    gone, _ = BudgetLine.objects.filter(budget=budget, pk=line_id).delete()
    if not gone:
        raise NotFound("This budget has no such line.")
    _tell(project, actor, at, f"removed a line of budget version {version}")


@transaction.atomic
def approve_budget(*, project_id: int, version: int, actor: Actor, at: datetime) -> Budget:
    """Make a draft the project's budget; the one before it is superseded.

    Raises  NotFound, PermissionDenied; DomainError if it is no draft, or has no lines.
    """
    project = _budgeted_by(actor, project_id)
    budget = _draft(project, version)
    cost = budget.lines.aggregate(cost=Sum("cost_amount"))["cost"]
    if cost is None:
        raise DomainError(f"Budget version {version} has no lines. Add what it is to pay for.")
    Budget.objects.filter(project=project, status=Budget.Status.APPROVED).update(
        status=Budget.Status.SUPERSEDED
    )
    budget.status, budget.approved_at = Budget.Status.APPROVED, at
    budget.approved_by_id = actor.membership_id
    budget.save(update_fields=["status", "approved_at", "approved_by"])
    project.budget_cost_amount = cost
    project.lock_version += 1
    project.save(update_fields=["budget_cost_amount", "lock_version"])
    _tell(project, actor, at, f"approved budget version {version}")
    return budget


@transaction.atomic
def delete_budget(*, project_id: int, version: int, actor: Actor, at: datetime) -> None:
    """Delete a draft. Raises  NotFound, PermissionDenied, DomainError."""
    project = _budgeted_by(actor, project_id)
    _draft(project, version).delete()
    _tell(project, actor, at, f"deleted the draft of budget version {version}")


@transaction.atomic
def set_control(*, project_id: int, control: str, actor: Actor, at: datetime) -> Project:
    """What approving finds when this project's budget is used up; "" is what the firm says.

    Finance decides it, or who manages all projects: a manager does not loosen their own.
    Raises  NotFound, PermissionDenied, DomainError.
    """
    project = _visible_to_finance(actor, project_id)
    if control and control not in Project.BudgetControl.values:
        raise DomainError("Choose off, warn or block.", field="control")
    before = project.budget_control
    if before != control:
        project.budget_control = control
        project.save(update_fields=["budget_control"])
        audit.record(
            actor=actor, at=at, event=ProjectEvent.BUDGET_CHANGED, record_type=RECORD,
            record_id=project.pk, sentence=f"set the budget control of {project.code}",
            changes={"budget_control": (before, control)},
        )  # fmt: skip
    return project


@transaction.atomic
def override_budget(
    *, project_id: int, extra_amount: Decimal, reason: str, actor: Actor, at: datetime
) -> BudgetOverride:
    """Let a project's cost pass its budget by an amount in the firm's currency, and say why.

    Raises  NotFound, PermissionDenied without the permission, DomainError.
    """
    project = _visible_to_finance(actor, project_id)
    currency = reading.firm_currency(actor.tenant_id)
    if project.budget_cost_amount is None:
        raise DomainError(f"{project.code} has no budget: nothing holds its work up.")
    if not 0 < extra_amount < MOST or round_to_minor(extra_amount, currency) != extra_amount:
        raise DomainError("Say by how much the budget may be passed.", field="extra_amount")
    if not reason.strip() or len(reason.strip()) > 300:
        raise DomainError("Say why, in 1 to 300 characters.", field="reason")
    given: BudgetOverride = BudgetOverride.objects.create(
        tenant_id=actor.tenant_id, project=project, extra_amount=extra_amount, currency=currency,
        reason=reason.strip(), given_at=at, given_by_id=actor.membership_id,
    )  # fmt: skip
    audit.record(
        actor=actor, at=at, event=ProjectEvent.BUDGET_OVERRIDDEN, record_type=RECORD,
        record_id=project.pk,
        sentence=f"let {project.code} pass its budget: {reason.strip()}",
    )  # fmt: skip
    return given


def _budgeted_by(actor: Actor, project_id: int) -> Project:
    """The locked project, for somebody who may change it and see what it costs."""
    project = lock_project(actor=actor, project_id=project_id)
    if not policies.may_see_cost(actor, manager_membership_id=project.manager.membership_id):
        raise PermissionDenied("A budget says what the project costs; that is not yours to see.")
    return project


def _visible_to_finance(actor: Actor, project_id: int) -> Project:
    found: Project | None = (
        Project.objects.select_for_update(of=("self",), no_key=True)
        .select_related("manager")
        .filter(id__in=policies.visible_to(actor).filter(id=project_id).values("id"))
        .first()
    )
    if found is None:
        raise NotFound("There is no such project, or it is not yours to see.")
    actor.require(ProjectsPermission.OVERRIDE_BUDGET)
    if found.status == Project.Status.CLOSED:
        raise DomainError(f"Project {found.code} is closed and can no longer be changed.")
    return found


def _draft(project: Project, version: int) -> Budget:
    found: Budget | None = Budget.objects.filter(project=project, version=version).first()
    if found is None:
        raise NotFound(f"Project {project.code} has no budget version {version}.")
    if found.status != Budget.Status.DRAFT:
        raise DomainError(
            f"Budget version {version} is {found.get_status_display().lower()} and stays as it is. "
            "Make a new version."
        )
    return found


def _from_plan(project: Project, on: date, currency: str) -> list[dict[str, Any]]:
    """The estimate, summed by task, role, category and month."""
    sums: dict[tuple[Any, ...], list[Any]] = {}
    for line in estimate_of(project, as_of=on, currency=currency).lines:
        key = (
            line.task_id, line.transaction_class, line.role_id, line.category_id, line.month_on,
        )  # fmt: skip
        whole = sums.setdefault(key, [0, ZERO, ZERO])
        whole[0] += line.minutes
        whole[1] += line.cost or ZERO
        whole[2] += line.price or ZERO
    if not sums:
        raise DomainError(
            f"The plan of {project.code} has no work to budget. Plan its hours first.",
            field="source",
        )
    return [
        {
            "task_id": task_id, "transaction_class": kind, "role_id": role_id,
            "category_id": category_id, "month_on": month_on, "minutes": minutes or None,
            "cost_amount": cost, "revenue_amount": revenue,
        }
        for (task_id, kind, role_id, category_id, month_on), (minutes, cost, revenue) in sums.items()
    ]  # fmt: skip


def _for_risks(project: Project, actor: Actor) -> dict[str, Any]:
    """What is kept aside for the open risks, as a line of its own."""
    kept = contingency_of(actor=actor, project=project).amount
    if not kept:
        raise DomainError(
            f"No open risk of {project.code} has a cost to keep something aside for.",
            field="keeps_contingency",
        )
    return {
        "transaction_class": TransactionClass.EXPENSE.value,
        "description": "Contingency for open risks",
        "cost_amount": kept.amount,
    }


def _from_quote(project: Project, on: date, currency: str) -> list[dict[str, Any]]:
    """The rows of the quote that was won, in the firm's currency at today's rate."""
    quote_id = project.contract.quote_id if project.contract else None
    rows = list(
        QuoteLineDetail.objects.filter(line__quote_id=quote_id)
        .select_related("line__quote")
        .order_by("line__position", "position")
    ) if quote_id else []  # fmt: skip
    if not rows:
        raise DomainError(
            f"{project.code} comes from no quote with an estimate. Make the budget from the plan.",
            field="source",
        )
    rates = Rates((), as_of=on, currency=currency)

    def converted(amount: Decimal | None, of: str) -> Decimal:
        found = rates.converted(amount or ZERO, of, on)
        if found is None:
            raise DomainError(
                f"There is no exchange rate from {of} to {currency} on {on:%-d %B %Y}. Add it, then "
                "try again.",
                field="source",
            )
        return found

    return [
        {
            "transaction_class": row.transaction_class, "role_id": row.role_id,
            "category_id": row.category_id, "month_on": row.starts_on.replace(day=1),
            "description": row.description or row.line.name, "minutes": row.minutes,
            "cost_amount": converted(row.cost_amount, row.line.quote.currency),
            "revenue_amount": converted(row.bill_amount, row.line.quote.currency),
        }
        for row in rows
    ]  # fmt: skip


def _write(budget: Budget, lines: Iterable[dict[str, Any]]) -> None:
    BudgetLine.objects.bulk_create(
        [
            BudgetLine(tenant_id=budget.tenant_id, budget=budget, position=n, **values)
            for n, values in enumerate(lines, start=1)
        ],
        batch_size=1000,
    )


def _tell(project: Project, actor: Actor, at: datetime, sentence: str) -> None:
    audit.record(
        actor=actor, at=at, event=ProjectEvent.BUDGET_CHANGED, record_type=RECORD,
        record_id=project.pk, sentence=sentence,
    )  # fmt: skip
