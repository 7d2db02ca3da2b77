"""When each limit of a contract will be reached, by what was worked in the last four weeks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Sum
from moneyed import Money

from psa.core.actor import Actor
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType, TransactionClass
from sales import policies
from sales.models import Account, Contract, ContractLine
from sales.rules.limit_forecast import RUN_RATE_DAYS, cap_reached
from sales.rules.not_to_exceed import Limit
from sales.selectors import limits, visibility
from sales.selectors.limits import USING_LIMITS


@dataclass(frozen=True, slots=True)
class LimitForecast:
    """One limit: of what, how much of it is used, and when it is reached."""

    of: str
    share: Decimal
    is_reached: bool
    reached_on: date | None
    room: Money
    worked: Money


@dataclass(frozen=True, slots=True)
class LimitForecasts:
    contract: Contract
    rows: list[LimitForecast]
    sees_bill: bool


def limit_forecasts(*, actor: Actor, contract_id: int, today: date) -> LimitForecasts:
    """Constant queries. Raises  NotFound."""
    contract = visibility.get_contract(actor=actor, contract_id=contract_id)
    found = limits.limits_of([contract_id]).get(contract_id, [])
    worked = _worked(contract_id, today) if found else []
    names = (
        dict(ContractLine.objects.filter(contract=contract).values_list("id", "name"))
        if found
        else {}
    )
    accounts = {one.account_id for one in found if one.account_id is not None}
    customers = (
        dict(Account.objects.filter(pk__in=accounts).values_list("id", "name")) if accounts else {}
    )
    return LimitForecasts(
        contract,
        [_forecast(one, worked, names, customers, today) for one in found],
        policies.sees_bill(actor, contract.owner_id),
    )


@dataclass(frozen=True, slots=True)
class _Worked:
    line_id: int | None
    account_id: int | None
    transaction_class: TransactionClass
    amount: Decimal


def _worked(contract_id: int, today: date) -> list[_Worked]:
    """The value of recent work by what a limit may be of; parked work is work too. One query."""
    rows = (
        Actual.objects.filter(
            contract_id=contract_id,
            actual_type__in=(*USING_LIMITS, ActualType.PARKED_SALES),
            work_on__gt=today - timedelta(days=RUN_RATE_DAYS),
            work_on__lte=today,
        )
        .exclude(transaction_class=TransactionClass.FEE)
        .order_by()
        .values_list("contract_line_id", "account_id", "transaction_class")
        .annotate(total=Sum("amount"))
    )
    return [
        _Worked(line_id, account_id, TransactionClass(kind), total)
        for line_id, account_id, kind, total in rows
    ]


def _forecast(
    limit: Limit,
    worked: Iterable[_Worked],
    names: dict[int, str],
    customers: dict[int, str],
    today: date,
) -> LimitForecast:
    pace = sum(
        (
            row.amount
            for row in worked
            if limit.contract_line_id in (None, row.line_id)
            and limit.account_id in (None, row.account_id)
            and (not limit.classes or row.transaction_class in limit.classes)
        ),
        Decimal(0),
    )
    room = limit.limit - limit.used
    found = cap_reached(room=room.amount, worked=pace, today=today)
    of = names.get(limit.contract_line_id or 0, "the contract")
    if limit.account_id is not None:
        of = f"{of}, {customers.get(limit.account_id, '')}"
    share = limit.used.amount / limit.limit.amount * 100 if limit.limit.amount else Decimal(100)
    return LimitForecast(
        of, share, found.is_reached, found.reached_on, room, Money(pace, limit.limit.currency)
    )
