"""Invoice schedules of a contract just won: its milestones and retainer periods."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from moneyed import Money

from billing.models import ContractMilestone, RetainerPeriod
from billing.rules.milestones import check_sums_to_value
from psa.core.actor import Actor
from psa.core.errors import DomainError
from sales.models import ContractLine
from sales.permissions import SalesPermission
from sales.rules.retainer_term import months_of


@dataclass(frozen=True, slots=True)
class NewMilestone:
    """A part of a fixed price, in the contract's currency."""

    name: str
    due_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class LineSchedule:
    line: ContractLine
    milestones: Sequence[NewMilestone] = ()


@transaction.atomic
def create_schedules(
    *, lines: Sequence[LineSchedule], project_id: int | None, actor: Actor
) -> None:
    """Write the milestones of fixed prices and the monthly periods of retainers.

    Raises  DomainError if milestones do not sum to their line's value, or a retainer's term is not
            a whole number of months; PermissionDenied (sales.win).
    """
    actor.require(SalesPermission.WIN)
    write_schedules(lines, project_id=project_id)


def write_schedules(lines: Sequence[LineSchedule], *, project_id: int | None) -> None:
    """As `create_schedules`, of lines that the caller has just made."""
    milestones: list[ContractMilestone] = []
    periods: list[RetainerPeriod] = []
    for schedule in lines:
        if schedule.line.billing_method == ContractLine.Method.FIXED_PRICE:
            milestones += _milestones(schedule, project_id)
        elif schedule.line.billing_method == ContractLine.Method.RETAINER:
            periods += retainer_months(schedule.line)
    ContractMilestone.objects.bulk_create(milestones)
    RetainerPeriod.objects.bulk_create(periods)


def _milestones(schedule: LineSchedule, project_id: int | None) -> list[ContractMilestone]:
    line = schedule.line
    currency = line.contract.currency
    check_sums_to_value(
        Money(line.value_amount, currency),
        [Money(milestone.amount, currency) for milestone in schedule.milestones],
    )
    return new_milestones(line, schedule.milestones, after=0, project_id=project_id)


def new_milestones(
    line: ContractLine, wanted: Sequence[NewMilestone], *, after: int, project_id: int | None
) -> list[ContractMilestone]:
    """Milestones of a line, not saved yet, placed behind position `after`."""
    return [
        ContractMilestone(
            tenant_id=line.tenant_id,
            contract_line=line,
            position=position,
            name=milestone.name,
            due_on=milestone.due_on,
            amount=milestone.amount,
            project_id=project_id,
        )
        for position, milestone in enumerate(wanted, start=after + 1)
    ]


def retainer_months(line: ContractLine) -> list[RetainerPeriod]:
    """The months of a retainer's term at its present amount and hours, not saved yet.

    Raises  DomainError while the line lacks its term or its amount, or the term is not whole months.
    """
    if line.starts_on is None or line.ends_on is None or line.retainer_amount is None:
        raise DomainError(
            f"The retainer “{line.name}” lacks its term or its amount. Complete the line."
        )
    return [
        RetainerPeriod(
            tenant_id=line.tenant_id,
            contract_line=line,
            starts_on=month.starts_on,
            ends_on=month.ends_on,
            amount=line.retainer_amount,
            included_minutes=line.retainer_minutes,
        )
        for month in months_of(line.starts_on, line.ends_on)
    ]
