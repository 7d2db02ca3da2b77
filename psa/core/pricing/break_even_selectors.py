"""Break-even utilisation of each role in each unit: cost rate over bill rate, beside its target."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from moneyed import Money

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.org import selectors as org
from psa.core.org.models import JobRole, OrgUnit

from . import owners, selectors
from .rules.break_even import break_even_percent
from .rules.types import DAY, PriceContext, PriceQuery, Resolved, Unpriced

COVERED, SHORT, UNPRICED = "covered", "short", "unpriced"
HOURLY_PLACES: Final = 2


@dataclass(frozen=True, slots=True)
class BreakEvenRow:
    """One role in one unit, per hour in the currency of the unit's legal entity."""

    id: int  # one number for the pair of role and unit
    role: str
    unit: str
    cost: Money | None
    bill: Money | None
    break_even: Decimal | None
    target: Decimal
    state: str


def break_even_rows(*, actor: Actor, on: date) -> list[BreakEvenRow]:
    """Each active role in each unit at the prices of a day, as work of the unit would be priced.

    A constant number of queries. Raises  PermissionDenied: it shows what people cost.
    """
    actor.require(PricingPermission.VIEW_COST_RATES)
    units = list(
        OrgUnit.objects.order_by("name").values_list("id", "name", "legal_entity__currency")
    )
    roles = list(
        JobRole.objects.filter(is_active=True)
        .order_by("name")
        .values_list("id", "name", "target_utilisation_percent")
    )
    asked = [(role, unit) for role in roles for unit in units]
    parents = org.unit_parents()
    up = {unit_id: org.units_up(unit_id, parents=parents) for unit_id, _, _ in units}
    book = selectors.price_book(from_on=on, until_on=on)

    def query(role_id: int, unit_id: int, currency: str, context: PriceContext) -> PriceQuery:
        is_cost = context is PriceContext.COST
        chain = owners.cost_owners(up[unit_id])
        return selectors.time_query(
            context=context.value, on=on, role_id=role_id, resourcing_unit_id=unit_id,
            owners=chain if is_cost else owners.sales_owners(None, None, up[unit_id]),
            currency=currency,
        )  # fmt: skip

    costs, bills = (
        selectors.resolve_prices(
            [query(role[0], unit[0], unit[2], context) for role, unit in asked], book=book
        )
        for context in (PriceContext.COST, PriceContext.SALES)
    )
    return [
        _row(role, unit, cost, bill)
        for (role, unit), cost, bill in zip(asked, costs, bills, strict=True)
    ]


def _row(
    role: tuple[int, str, Decimal],
    unit: tuple[int, str, str],
    cost: Resolved | Unpriced,
    bill: Resolved | Unpriced,
) -> BreakEvenRow:
    key, target = owners.pair_id(role[0], unit[0]), role[2]
    if isinstance(cost, Unpriced) or isinstance(bill, Unpriced):
        known = [None if isinstance(one, Unpriced) else _hourly(one) for one in (cost, bill)]
        return BreakEvenRow(key, role[1], unit[1], known[0], known[1], None, target, UNPRICED)
    percent = break_even_percent(_per_hour(cost), _per_hour(bill))
    is_covered = percent is not None and percent <= target
    return BreakEvenRow(
        key, role[1], unit[1], _hourly(cost), _hourly(bill), percent, target,
        COVERED if is_covered else SHORT,
    )  # fmt: skip


def _per_hour(price: Resolved) -> Decimal:
    return price.price / price.hours_per_day if price.unit == DAY else price.price


def _hourly(price: Resolved) -> Money:
    """For reading: to two places, whatever the currency's."""
    return Money(round(_per_hour(price), HOURLY_PLACES), price.currency)
