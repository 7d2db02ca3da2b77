"""What projects say is left to do for a contract line: hours left at what an hour costs now."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Q, Sum

from projects.models import ContractLineLink, Task
from projects.rules.contract_lines import line_of
from psa.core.ledger.models import Actual, FiscalPeriod
from psa.core.ledger.rules.types import ActualType, TransactionClass
from psa.core.money.rounding import EXACT, round_to_minor
from sales.models import ContractLine

from .models import Obligation

TIME = TransactionClass.TIME
# An hour costs what it cost lately: the last quarter's work, else all of it.
RECENT_DAYS = 91
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Minutes left in the plan, and what they will cost in the entity's currency.

    `to_complete` is None while no hour was worked whose cost could be taken.
    """

    minutes: int
    to_complete: Decimal | None


def forecasts(contract_line_ids: Sequence[int], period: FiscalPeriod) -> Mapping[int, Forecast]:
    """Per contract line that a plan with effort works for. Four queries, whatever their number.

    The work left is that of the plan today: open tasks that the line pays for. An hour costs what
    the line's hours cost in the last quarter up to the period's end, by the ledger.
    Source  docs/rules/revenue.md, R-10.
    """
    left = _minutes_left(contract_line_ids)
    if not left:
        return {}
    rates = _cost_per_minute(list(left), period)
    currency = period.legal_entity.currency
    found = {}
    for line_id, minutes in left.items():
        rate = rates.get(line_id)
        cost = None if rate is None else EXACT.multiply(rate, Decimal(minutes))
        if not minutes:
            cost = ZERO
        found[line_id] = Forecast(minutes, None if cost is None else round_to_minor(cost, currency))
    return found


def _minutes_left(contract_line_ids: Sequence[int]) -> dict[int, int]:
    """Remaining minutes of leaf tasks, by the line that pays for their time. Two queries."""
    project_ids = ContractLineLink.objects.filter(
        contract_line_id__in=contract_line_ids, transaction_class=TIME
    ).values("project_id")
    links = {
        (project_id, outline or "", transaction_class): line_id
        for project_id, outline, transaction_class, line_id in ContractLineLink.objects.filter(
            project_id__in=project_ids, transaction_class=TIME
        ).values_list("project_id", "task__outline", "transaction_class", "contract_line_id")
    }
    wanted = set(contract_line_ids)
    found: dict[int, int] = defaultdict(int)
    rows = Task.objects.filter(
        project_id__in={key[0] for key in links}, is_summary=False, effort_minutes__gt=0
    ).values_list("project_id", "outline", "is_completed", "remaining_minutes")
    for project_id, outline, is_completed, remaining in rows:
        line_id = line_of(links, project_id=project_id, outline=outline, transaction_class=TIME)
        if line_id in wanted:
            found[line_id] += 0 if is_completed else remaining
    return dict(found)


def _cost_per_minute(line_ids: Sequence[int], period: FiscalPeriod) -> dict[int, Decimal]:
    recent = Q(work_on__gte=period.ends_on - timedelta(days=RECENT_DAYS))
    rows = (
        Actual.objects.filter(
            contract_line_id__in=line_ids,
            actual_type=ActualType.COST,
            transaction_class=TIME,
            posted_on__lt=period.ends_on,
        )
        .order_by()
        .values_list("contract_line_id")
        .annotate(
            all_cost=Sum("entity_amount"),
            all_minutes=Sum("minutes"),
            late_cost=Sum("entity_amount", filter=recent),
            late_minutes=Sum("minutes", filter=recent),
        )
    )
    found = {}
    for line_id, all_cost, all_minutes, late_cost, late_minutes in rows:
        if late_minutes and late_minutes > 0:
            found[line_id] = EXACT.divide(late_cost, Decimal(late_minutes))
        elif all_minutes and all_minutes > 0:
            found[line_id] = EXACT.divide(all_cost, Decimal(all_minutes))
    return found


@dataclass(frozen=True, slots=True)
class RightToInvoice:
    """A time-and-material line in its contract's test for a loss.

    Sales are in the contract's currency and cost in the entity's. What is left is worth what the
    hours so far were.
    """

    contract_id: int
    currency: str
    sales_to_date: Decimal
    cost_to_date: Decimal
    time_sales: Decimal
    time_minutes: int
    forecast: Forecast

    @property
    def expected_sales(self) -> Decimal:
        """Sales to date and what the hours left will be worth; exact."""
        if self.time_minutes <= 0:
            return self.sales_to_date
        per_minute = EXACT.divide(self.time_sales, Decimal(self.time_minutes))
        return self.sales_to_date + EXACT.multiply(per_minute, Decimal(self.forecast.minutes))

    @property
    def expected_cost(self) -> Decimal:
        """Without a rate for the hours left, cost to date: the line is as good as it was."""
        return self.cost_to_date + (self.forecast.to_complete or ZERO)


def rights_to_invoice(contract_ids: Collection[int], period: FiscalPeriod) -> list[RightToInvoice]:
    """The contracts' time-and-material lines with sales and cost up to the period's end.

    Six queries when there are such lines, else one.
    """
    lines = {
        pk: (contract_id, currency)
        for pk, contract_id, currency in ContractLine.objects.filter(
            contract_id__in=contract_ids, recognition_method=Obligation.Method.AS_INVOICED
        ).values_list("id", "contract_id", "contract__currency")
    }
    if not lines:
        return []
    left = forecasts(list(lines), period)
    is_sales = Q(actual_type__in=(ActualType.UNBILLED_SALES, ActualType.BILLED_SALES))
    is_cost = Q(actual_type=ActualType.COST)
    is_time_sold = is_sales & Q(transaction_class=TIME)
    rows = (
        Actual.objects.filter(
            is_sales | is_cost, contract_line_id__in=lines, posted_on__lt=period.ends_on
        )
        .order_by()
        .values_list("contract_line_id")
        .annotate(
            sales=Sum("amount", filter=is_sales, default=ZERO),
            booked_cost=Sum("entity_amount", filter=is_cost, default=ZERO),
            time_sales=Sum("amount", filter=is_time_sold, default=ZERO),
            sold_minutes=Sum("minutes", filter=is_time_sold, default=0),
        )
    )
    return [
        RightToInvoice(
            *lines[line_id], sales, cost, time_sales, minutes, left.get(line_id, NOTHING_LEFT)
        )
        for line_id, sales, cost, time_sales, minutes in rows
    ]


NOTHING_LEFT = Forecast(0, ZERO)
