"""How far the cost of projects may still go."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType

from ..models import BudgetOverride, Project

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class BudgetRoom:
    """How far a project's cost may go, and how far it is; in the firm's own currency."""

    code: str
    control: str  # "" is what the firm says
    limit: Decimal
    spent: Decimal

    @property
    def left(self) -> Decimal:
        return self.limit - self.spent

    @property
    def is_used_up(self) -> bool:
        return self.spent >= self.limit


def budget_rooms(project_ids: Collection[int]) -> dict[int, BudgetRoom]:
    """The room of each project that has a budget: budget and what finance lets pass, less cost.

    One query, whatever the number of projects.
    """
    cost = _sum_of(
        Actual.objects.filter(actual_type=ActualType.COST, project_id=OuterRef("pk")),
        "tenant_amount",
    )
    extra = _sum_of(BudgetOverride.objects.filter(project_id=OuterRef("pk")), "extra_amount")
    rows = (
        Project.objects.filter(pk__in=project_ids, budget_cost_amount__isnull=False)
        .annotate(spent=cost, limit=F("budget_cost_amount") + extra)
        .values_list("id", "code", "budget_control", "limit", "spent")
    )
    return {pk: BudgetRoom(*room) for pk, *room in rows}


def _sum_of(rows: QuerySet[Any], field: str) -> Coalesce:
    sums = rows.order_by().values("project_id").annotate(total=Sum(field)).values("total")
    return Coalesce(
        Subquery(sums), Value(ZERO), output_field=DecimalField(max_digits=19, decimal_places=4)
    )
