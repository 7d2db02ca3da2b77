"""Work over a contract's limits, and how far each limit is used."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from moneyed import Money

from psa.core.actor import Actor
from psa.core.ledger import dimensions
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType
from sales import policies
from sales.models import Account, Contract, ContractLine
from sales.rules.not_to_exceed import Limit, LimitLevel, Work, room_of
from sales.selectors import limits, visibility


@dataclass(frozen=True, slots=True)
class LimitView:
    """One limit: what it is of, and in the contract's currency what it allows, is used and left."""

    of: str
    limit: Money
    used: Money
    room: Money
    share: Decimal


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """Work that found no room, oldest first; `why` names the limit that has least of it."""

    id: int
    work_on: date
    person: str
    line: str
    minutes: int | None
    amount: Money
    why: str


@dataclass(frozen=True, slots=True)
class ParkedPage:
    contract: Contract
    limits: list[LimitView]
    rows: list[ParkedRow]
    total: Money
    sees_bill: bool
    may_release: bool


def parked_page(*, actor: Actor, contract_id: int) -> ParkedPage:
    """A contract's limits and what waits above them. Constant queries. Raises  NotFound."""
    contract = visibility.get_contract(actor=actor, contract_id=contract_id)
    found = limits.limits_of([contract_id]).get(contract_id, [])
    names = dict(ContractLine.objects.filter(contract=contract).values_list("id", "name"))
    customers = dict(
        Account.objects.filter(pk__in={one.account_id for one in found}).values_list("id", "name")
    )
    of = {one.limit_id: _of(one, names, customers) for one in found}
    actuals = list(
        ledger.live(
            Actual.objects.filter(contract_id=contract_id, actual_type=ActualType.PARKED_SALES)
        ).order_by("work_on", "id")
    )
    people = dimensions.names("resource_id", (row.resource_id for row in actuals))
    return ParkedPage(
        contract=contract,
        limits=[_view(one, of[one.limit_id]) for one in found],
        rows=[
            ParkedRow(
                id=row.pk,
                work_on=row.work_on,
                person=people.get(row.resource_id or 0, ""),
                line=names.get(row.contract_line_id or 0, ""),
                minutes=row.minutes,
                amount=Money(row.amount, row.currency),
                why=_why(row, found, of),
            )
            for row in actuals
        ],
        total=Money(sum((row.amount for row in actuals), Decimal(0)), contract.currency),
        sees_bill=policies.sees_bill(actor, contract.owner_id),
        may_release=policies.may_release_parked(actor, contract),
    )


def _view(limit: Limit, of: str) -> LimitView:
    room = max(limit.limit - limit.used, Money(0, limit.limit.currency))
    share = limit.used.amount * 100 / limit.limit.amount if limit.limit.amount else Decimal(100)
    return LimitView(of, limit.limit, limit.used, room, share)


def _of(limit: Limit, lines: dict[int, str], customers: dict[int, str]) -> str:
    line = lines.get(limit.contract_line_id or 0, "")
    customer = customers.get(limit.account_id or 0, "")
    match limit.level:
        case LimitLevel.LINE:
            return line
        case LimitLevel.LINE_CUSTOMER:
            return f"{customer} on {line}"
        case LimitLevel.CONTRACT_CUSTOMER | LimitLevel.FUNDING:
            return customer
        case LimitLevel.CONTRACT:
            return "the contract"


def _why(row: Actual, found: list[Limit], of: dict[int, str]) -> str:
    """The limit with least room for work like this; what was parked by a limit since lifted waits."""
    work = Work(
        ref=row.pk,
        amount=Money(row.amount, row.currency),
        contract_line_id=row.contract_line_id or 0,
        transaction_class=ledger.as_draft(row).transaction_class,
        account_id=row.account_id,
    )
    least = min(
        (one for one in found if room_of([one], work) is not None),
        key=lambda one: one.limit - one.used,
        default=None,
    )
    return of[least.limit_id] if least else ""
