"""What a project plans to buy beside work, in the currency it is bought in and in the firm's own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from moneyed import Money

from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.ledger.rules.types import TransactionClass
from psa.core.money import fx
from psa.core.money import selectors as money
from psa.core.money.models import FxRate
from psa.core.org.models import LegalEntity, TransactionCategory

from ..models import PlannedExpense
from .page_rows import ProjectHead
from .pages import loaded_project
from .performance import check_sees_cost
from .projects import currency_of

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ExpenseRow:
    """One purchase; `cost_at_home` is its cost in the firm's currency, None without a rate."""

    id: int
    task_id: int
    task: str
    category_id: int
    category: str
    transaction_class: str
    description: str
    planned_on: date
    cost: Money
    price: Money | None
    cost_at_home: Money | None
    is_spent: bool


@dataclass(frozen=True, slots=True)
class ExpensesPage:
    """What is planned to be bought; `left` is what of it is still to come, in the firm's currency."""

    head: ProjectHead
    rows: tuple[ExpenseRow, ...]
    planned: Money
    left: Money
    unconverted_count: int


def expenses_page(*, actor: Actor, project_id: int, as_of: date) -> ExpensesPage:
    """A project's planned expenses in order of day. Raises  NotFound, PermissionDenied."""
    project, _figures, head = loaded_project(actor, project_id, as_of)
    check_sees_cost(head)
    currency = currency_of(actor)
    stored = list(
        PlannedExpense.objects.filter(project=project)
        .select_related("task", "category")
        .order_by("planned_on", "id")
    )
    home_of = _converter(stored, as_of, currency)
    rows = tuple(_row(row, home_of, bill=head.sight.bill) for row in stored)
    home = [(row.cost_at_home.amount if row.cost_at_home else ZERO, row.is_spent) for row in rows]
    return ExpensesPage(
        head=head,
        rows=rows,
        planned=Money(sum((amount for amount, _ in home), ZERO), currency),
        left=Money(sum((amount for amount, is_spent in home if not is_spent), ZERO), currency),
        unconverted_count=sum(1 for row in rows if row.cost_at_home is None),
    )


def get_expense(*, project_id: int, expense_id: int) -> PlannedExpense:
    """One planned expense of a project that the actor was let into. Raises  NotFound."""
    found: PlannedExpense | None = PlannedExpense.objects.filter(
        project_id=project_id, pk=expense_id
    ).first()
    if found is None:
        raise NotFound("This project plans no such expense.")
    return found


def bought_categories() -> list[tuple[int, str]]:
    """What can be planned beside work, by class and name."""
    rows = TransactionCategory.objects.filter(is_active=True).exclude(
        transaction_class=TransactionClass.TIME
    )
    return [
        (pk, f"{name} ({kind})")
        for pk, name, kind in rows.order_by("transaction_class", "name").values_list(
            "id", "name", "transaction_class"
        )
    ]


def known_currencies() -> list[str]:
    """The firm's own currencies first, then those with an exchange rate. Two queries."""
    own = list(LegalEntity.objects.order_by("id").values_list("currency", flat=True))
    pairs = (
        FxRate.objects.filter(rate_type="spot")
        .order_by()
        .values_list("from_currency", "to_currency")
        .distinct()
    )
    return list(dict.fromkeys([*own, *sorted({code for pair in pairs for code in pair})]))


def _converter(
    stored: Sequence[PlannedExpense], as_of: date, currency: str
) -> Callable[[PlannedExpense], Money | None]:
    """What each costs in the firm's currency, days to come at today's rate. Two queries, or none."""
    foreign = {row.currency for row in stored} - {currency}
    if not foreign:
        return lambda row: Money(row.cost_amount, currency)
    days = [min(row.planned_on, as_of) for row in stored]
    terms = money.fx_terms()
    table = money.fx_table(
        currencies=[*foreign, currency], from_on=min(days), until_on=max(days), terms=terms
    )

    def converted(row: PlannedExpense) -> Money | None:
        cost = Money(row.cost_amount, row.currency)
        if row.currency == currency:
            return cost
        on = min(row.planned_on, as_of)
        try:
            quote = table.rate(row.currency, currency, on, terms.base_currency, terms.max_age_days)
        except fx.RateMissing:
            return None
        return fx.convert(cost, quote)

    return converted


def _row(
    row: PlannedExpense, home_of: Callable[[PlannedExpense], Money | None], *, bill: bool
) -> ExpenseRow:
    return ExpenseRow(
        id=row.pk,
        task_id=row.task_id,
        task=str(row.task),
        category_id=row.category_id,
        category=row.category.name,
        transaction_class=row.category.transaction_class,
        description=row.description,
        planned_on=row.planned_on,
        cost=Money(row.cost_amount, row.currency),
        price=Money(row.price_amount, row.currency) if bill else None,
        cost_at_home=home_of(row),
        is_spent=row.is_spent,
    )
