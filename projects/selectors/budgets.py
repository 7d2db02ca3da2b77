"""Budgets: versions and lines of a project, and how far work may still go."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Sum
from django.db.models.functions import Coalesce
from moneyed import Money

from psa.core.actor import Actor
from psa.core.org import selectors as org
from psa.core.org.models import TransactionCategory

from ..models import Budget, BudgetLine, BudgetOverride, Project, Task
from ..permissions import ProjectsPermission
from ..rules.estimate import margin_percent
from .budget_control import budget_rooms
from .page_rows import ProjectHead
from .pages import loaded_project
from .performance import check_sees_cost
from .projects import currency_of

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class BudgetRow:
    version: int
    status: str
    status_words: str
    source_words: str
    note: str
    created_at: datetime
    approved_at: datetime | None
    cost: Money
    revenue: Money | None
    margin_percent: Decimal | None


@dataclass(frozen=True, slots=True)
class BudgetLineRow:
    """A line; `posted` is the cost posted on its task, where it names one."""

    id: int
    transaction_class: str
    what: str
    task: str
    month_on: date | None
    minutes: int | None
    cost: Money
    revenue: Money | None
    margin_percent: Decimal | None


@dataclass(frozen=True, slots=True)
class OverrideRow:
    given_at: datetime
    who: str
    extra: Money
    reason: str


@dataclass(frozen=True, slots=True)
class BudgetPage:
    head: ProjectHead
    versions: tuple[BudgetRow, ...]
    shown: BudgetRow | None
    lines: tuple[BudgetLineRow, ...]
    budget: Money | None
    limit: Money | None
    spent: Money
    left: Money | None
    control_words: str
    overrides: tuple[OverrideRow, ...]
    can_override: bool


def budget_page(*, actor: Actor, project_id: int, as_of: date, version: int | None) -> BudgetPage:
    """Versions, the lines of one of them, and the room that is left.

    Raises  NotFound, PermissionDenied.
    """
    project, figures, head = loaded_project(actor, project_id, as_of)
    check_sees_cost(head)
    currency, bill = currency_of(actor), head.sight.bill
    versions = _versions(project, bill)
    shown = next((row for row in versions if row.version == version), None)
    if version is None:
        approved = (row for row in versions if row.status == Budget.Status.APPROVED)
        shown = next(approved, versions[0] if versions else None)
    room = budget_rooms([project_id]).get(project_id)
    control = project.budget_control or org.parameters().budget_control
    overrides = BudgetOverride.objects.filter(project=project).order_by("-given_at", "-id")
    return BudgetPage(
        head=head,
        versions=versions,
        shown=shown,
        lines=_lines(project, shown, bill) if shown else (),
        budget=figures.budget,
        limit=Money(room.limit, currency) if room else None,
        spent=Money(room.spent, currency) if room else figures.cost,
        left=Money(room.left, currency) if room else None,
        control_words=str(Project.BudgetControl(control).label)
        + ("" if project.budget_control else ", as the firm’s parameters say"),
        overrides=tuple(
            OverrideRow(at, who or "", Money(extra, of), reason)
            for at, who, extra, of, reason in overrides.values_list(
                "given_at", "given_by__name", "extra_amount", "currency", "reason"
            )
        ),
        can_override=actor.has(ProjectsPermission.OVERRIDE_BUDGET) and not head.is_closed,
    )


def _versions(project: Project, bill: bool) -> tuple[BudgetRow, ...]:
    rows = (
        Budget.objects.filter(project=project)
        .annotate(
            cost=Coalesce(Sum("lines__cost_amount"), ZERO),
            revenue=Coalesce(Sum("lines__revenue_amount"), ZERO),
        )
        .order_by("-version")
    )
    return tuple(
        BudgetRow(
            row.version, row.status, row.get_status_display(), row.get_source_display(), row.note,
            row.created_at, row.approved_at, Money(row.cost, row.currency),
            Money(row.revenue, row.currency) if bill else None,
            margin_percent(row.cost, row.revenue) if bill else None,
        )
        for row in rows
    )  # fmt: skip


def _lines(project: Project, shown: BudgetRow, bill: bool) -> tuple[BudgetLineRow, ...]:
    rows = BudgetLine.objects.filter(
        budget__project=project, budget__version=shown.version
    ).select_related("role", "category", "task")
    currency = str(shown.cost.currency)
    found = []
    for row in rows.order_by("position"):
        named = [str(one.name) for one in (row.role, row.category) if one is not None]
        found.append(
            BudgetLineRow(
                row.pk, row.transaction_class, ", ".join(named) or row.description or "–",
                str(row.task) if row.task else "", row.month_on, row.minutes,
                Money(row.cost_amount, currency),
                Money(row.revenue_amount, currency) if bill else None,
                margin_percent(row.cost_amount, row.revenue_amount) if bill else None,
            )
        )  # fmt: skip
    return tuple(found)


def categories() -> list[tuple[int, str]]:
    """Categories of what can be budgeted, by name."""
    return list(
        TransactionCategory.objects.filter(is_active=True)
        .order_by("name")
        .values_list("id", "name")
    )


def roles() -> list[tuple[int, str]]:
    return list(org.active_roles().values_list("id", "name"))


def tasks_of_plan(project_id: int) -> list[tuple[int, str]]:
    rows = Task.objects.filter(project_id=project_id, is_summary=False).order_by("position")
    return [(task.pk, str(task)) for task in rows]
