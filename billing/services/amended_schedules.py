"""Invoice schedules follow an amendment: what is not due yet changes, the rest stands."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.db.models import Max
from moneyed import Money

from billing.models import ContractMilestone, RetainerPeriod
from billing.rules.amended_milestones import paired
from billing.rules.milestones import check_sums_to_value
from psa.core.actor import Actor
from psa.core.errors import DomainError
from sales.models import ContractLine
from sales.permissions import SalesPermission

from .schedules import LineSchedule, new_milestones, retainer_months, write_schedules

State = ContractMilestone.State


@transaction.atomic
def follow_amendment(
    *,
    added: Sequence[LineSchedule],
    changed: Sequence[LineSchedule],
    effective_on: date,
    project_id: int | None,
    actor: Actor,
) -> None:
    """Schedule the lines that were added, and bring the schedules of changed ones to their terms.

    A changed fixed price names all its milestones that are not due yet: one of a known name keeps
    its task and criteria, others are renamed in order, added or dropped. A changed retainer's
    months that start on the effective day or later, and are not released, get the new amount;
    months are added or dropped at its end. Must run under the contract's lock.
    Raises  DomainError if milestones do not sum to the value, or a month that would go is released;
            PermissionDenied (sales.manage).
    """
    actor.require(SalesPermission.MANAGE)
    write_schedules(added, project_id=project_id)
    for schedule in changed:
        if schedule.line.billing_method == ContractLine.Method.FIXED_PRICE:
            _milestones(schedule, project_id)
        elif schedule.line.billing_method == ContractLine.Method.RETAINER:
            _periods(schedule.line, effective_on)


def _milestones(schedule: LineSchedule, project_id: int | None) -> None:
    line = schedule.line
    standing = list(line.milestones.select_for_update().order_by("position"))
    fixed = [one for one in standing if one.state != State.NOT_STARTED]
    still_open = [one for one in standing if one.state == State.NOT_STARTED]
    currency = line.contract.currency
    amounts = [one.amount for one in fixed] + [one.amount for one in schedule.milestones]
    check_sums_to_value(
        Money(line.value_amount, currency), [Money(amount, currency) for amount in amounts]
    )
    pairs = paired([one.name for one in still_open], [one.name for one in schedule.milestones])
    kept: set[int] = set()
    last = line.milestones.aggregate(last=Max("position"))["last"] or 0
    added = [one for place, one in zip(pairs, schedule.milestones, strict=True) if place is None]
    ContractMilestone.objects.bulk_create(
        new_milestones(line, added, after=last, project_id=project_id)
    )
    for place, wanted in zip(pairs, schedule.milestones, strict=True):
        if place is None:
            continue
        row = still_open[place]
        kept.add(row.pk)
        row.name, row.due_on, row.amount = wanted.name, wanted.due_on, wanted.amount
        row.lock_version += 1
        row.save(update_fields=["name", "due_on", "amount", "lock_version"])
    ContractMilestone.objects.filter(
        pk__in=[one.pk for one in still_open if one.pk not in kept]
    ).delete()


def _periods(line: ContractLine, effective_on: date) -> None:
    months = {month.starts_on: month for month in retainer_months(line)}
    standing = {
        row.starts_on: row
        for row in line.retainer_periods.select_for_update().order_by("starts_on")
    }
    for starts_on, row in standing.items():
        if starts_on not in months:
            if row.is_released:
                raise DomainError(
                    f"The month from {starts_on.isoformat()} of “{line.name}” is released already, "
                    "so the retainer cannot end before it. Choose a later last day."
                )
            row.delete()
        elif starts_on >= effective_on and not row.is_released:
            new = months[starts_on]
            row.amount, row.included_minutes = new.amount, new.included_minutes
            row.save(update_fields=["amount", "included_minutes"])
    RetainerPeriod.objects.bulk_create(
        month for starts_on, month in months.items() if starts_on not in standing
    )
