"""When each limit of a contract will be reached: by bookings, by the plan, or by recent work."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q, Sum
from moneyed import Money

from psa.core.actor import Actor
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType, TransactionClass
from sales import policies
from sales.models import Account, Contract, ContractLine
from sales.planned_work import PlannedWork, Source, planned_work
from sales.rules.limit_forecast import (
    RUN_RATE_DAYS,
    cap_reached,
    cap_reached_by_plan,
    worth_of,
)
from sales.rules.not_to_exceed import Limit
from sales.selectors import limits, visibility
from sales.selectors.limits import USING_LIMITS


@dataclass(frozen=True, slots=True)
class LimitForecast:
    """One limit: of what, how much of it is used, and when it is reached, by what.

    `planned_until` is the last day that is planned, where a plan or bookings say it.
    """

    of: str
    share: Decimal
    is_reached: bool
    reached_on: date | None
    room: Money
    worked: Money
    source: Source
    planned_until: date | None = None


@dataclass(frozen=True, slots=True)
class LimitForecasts:
    contract: Contract
    rows: list[LimitForecast]
    sees_bill: bool


def limit_forecasts(*, actor: Actor, contract_id: int, today: date) -> LimitForecasts:
    """By bookings, else by the plan, else at the pace of four weeks. Constant queries.

    Raises  NotFound. Source  docs/rules/sales.md, S-24.
    """
    contract = visibility.get_contract(actor=actor, contract_id=contract_id)
    found = limits.limits_of([contract_id]).get(contract_id, [])
    worked = _worked(contract_id, today) if found else []
    ahead = _ahead(contract_id, today) if found else None
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
        [_forecast(one, worked, ahead, names, customers, today) for one in found],
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


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What is planned, in the contract's currency: line → day → value."""

    source: Source
    value: Mapping[int, Mapping[date, Decimal]]


def _ahead(contract_id: int, today: date) -> _Ahead | None:
    """The work ahead at what each line's hours earned lately; None if nobody can know. One query
    beside the plan's.
    """
    work = planned_work(contract_id=contract_id, from_on=today)
    if work is None:
        return None
    return _valued(work, contract_id, today)


def _valued(work: PlannedWork, contract_id: int, today: date) -> _Ahead | None:
    is_late = Q(work_on__gt=today - timedelta(days=WORTH_DAYS))
    earned: dict[int, tuple[Decimal, int]] = {}
    for line_id, amount, minutes, late_amount, late_minutes in (
        Actual.objects.filter(
            contract_id=contract_id,
            actual_type__in=(*USING_LIMITS, ActualType.PARKED_SALES),
            transaction_class=TransactionClass.TIME,
        )
        .order_by()
        .values_list("contract_line_id")
        .annotate(
            all_amount=Sum("amount", default=Decimal(0)),
            all_minutes=Sum("minutes", default=0),
            late_amount=Sum("amount", filter=is_late, default=Decimal(0)),
            late_minutes=Sum("minutes", filter=is_late, default=0),
        )
    ):
        if line_id is not None:
            earned[line_id] = (late_amount, late_minutes) if late_minutes else (amount, minutes)
    value: dict[int, dict[date, Decimal]] = defaultdict(dict)
    for day in work.days:
        amount, of_minutes = earned.get(day.contract_line_id, (Decimal(0), 0))
        worth = worth_of(day.minutes, amount=amount, of_minutes=of_minutes)
        if worth is not None:
            value[day.contract_line_id][day.on] = worth
    return _Ahead(work.source, value) if value else None


WORTH_DAYS = 91


def _planned_for(limit: Limit, ahead: _Ahead | None) -> dict[date, Decimal]:
    """What is planned under one limit, by day; {} where nothing is, or it is not of time."""
    found: dict[date, Decimal] = defaultdict(Decimal)
    if ahead is None or (limit.classes and TransactionClass.TIME not in limit.classes):
        return found
    for line_id, days in ahead.value.items():
        if limit.contract_line_id in (None, line_id):
            for on, amount in days.items():
                found[on] += amount
    return found


def _forecast(
    limit: Limit,
    worked: Iterable[_Worked],
    ahead: _Ahead | None,
    names: dict[int, str],
    customers: dict[int, str],
    today: date,
) -> LimitForecast:
    under = [
        row
        for row in worked
        if limit.contract_line_id in (None, row.line_id)
        and limit.account_id in (None, row.account_id)
        and (not limit.classes or row.transaction_class in limit.classes)
    ]
    pace = sum((row.amount for row in under), Decimal(0))
    room = limit.limit - limit.used
    planned = _planned_for(limit, ahead)
    source = ahead.source if ahead is not None and planned else Source.PACE
    if source is Source.PACE:
        found = cap_reached(room=room.amount, worked=pace, today=today)
    else:
        is_beside = (row.amount for row in under if row.transaction_class != TransactionClass.TIME)
        found = cap_reached_by_plan(
            room=room.amount, planned=planned, beside=sum(is_beside, Decimal(0)), today=today
        )
    of = names.get(limit.contract_line_id or 0, "the contract")
    if limit.account_id is not None:
        of = f"{of}, {customers.get(limit.account_id, '')}"
    share = limit.used.amount / limit.limit.amount * 100 if limit.limit.amount else Decimal(100)
    return LimitForecast(
        of, share, found.is_reached, found.reached_on, room, Money(pace, limit.limit.currency),
        source, max(planned, default=None),
    )  # fmt: skip
