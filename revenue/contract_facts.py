"""What revenue reads of contracts beside their obligations: consideration that varied."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, Sum

from billing.models import RetainerReconciliation
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual, FiscalPeriod
from psa.core.ledger.rules.types import ActualType

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class HeldCost:
    """Cost in the entity's currency by what its journal is analysed by."""

    project_id: int | None
    unit_id: int | None
    category_id: int | None
    event: str
    amount: Decimal

    @property
    def origin(self) -> tuple[int | None, int | None, int | None, str]:
        return (self.project_id, self.unit_id, self.category_id, self.event)


def cost_by_origin(line_ids: list[int], period: FiscalPeriod) -> dict[int, tuple[HeldCost, ...]]:
    """Per contract line: its cost up to the period's end as its journals have it. One query."""
    found: dict[int, list[HeldCost]] = defaultdict(list)
    rows = (
        Actual.objects.filter(
            ~Q(posting_event=""),
            contract_line_id__in=line_ids,
            actual_type=ActualType.COST,
            posted_on__lt=period.ends_on,
        )
        .values_list(
            "contract_line_id", "project_id", "resourcing_unit_id", "category_id", "posting_event"
        )
        .annotate(total=Sum("entity_amount"))
        .order_by("project_id", "resourcing_unit_id", "category_id", "posting_event")
    )
    for line_id, project_id, unit_id, category_id, event, total in rows:
        found[line_id].append(HeldCost(project_id, unit_id, category_id, event, total))
    return {line_id: tuple(rows) for line_id, rows in found.items()}


def variable_by_line(
    contract_line_ids: Sequence[int], period: FiscalPeriod
) -> Mapping[int, Decimal]:
    """Per retainer line, in its currency: overage charged less refunds, up to the period's end.

    Known when a period is reconciled, and earned then. What an invoice left out of an overage, and
    what was credited of it for good, is not earned; what is billed anew counts once. Three queries
    and one a re-billing when anything varied, else one.
    Source  docs/rules/revenue.md, R-9.
    """
    if not contract_line_ids:
        return {}
    rows = list(
        RetainerReconciliation.objects.filter(
            period__contract_line_id__in=contract_line_ids
        ).select_related("period", "refund_note")
    )
    found: dict[int, Decimal] = defaultdict(Decimal)
    overages = [row.overage_actual_id for row in rows if row.overage_actual_id is not None]
    stands = ledger.sales_of(overages, until_on=period.ends_on) if overages else {}
    for row in rows:
        line_id = row.period.contract_line_id
        if row.overage_actual_id in stands:
            found[line_id] += stands[row.overage_actual_id]
        if row.refund_note is not None and row.refund_note.issued_on < period.ends_on:
            found[line_id] -= row.refund_amount
    return found
