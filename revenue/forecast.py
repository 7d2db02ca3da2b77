"""What projects say is left to do for a contract line: hours left at what an hour costs now."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, Sum

from projects.selectors import LineLeft, time_left_of_lines
from psa.core.ledger.models import Actual, FiscalPeriod
from psa.core.ledger.rules.types import ActualType, TransactionClass
from psa.core.money.rounding import EXACT
from sales.models import ContractLine

from .models import Obligation

TIME = TransactionClass.TIME
ZERO = Decimal(0)
# Minutes left in the plan, and what they will cost in the entity's currency.
Forecast = LineLeft


def forecasts(contract_line_ids: Sequence[int], period: FiscalPeriod) -> Mapping[int, Forecast]:
    """Per contract line that a plan with effort works for, as its projects answer.

    Source  docs/rules/revenue.md, R-10.
    """
    return time_left_of_lines(
        contract_line_ids, until_on=period.ends_on, currency=period.legal_entity.currency
    )


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
