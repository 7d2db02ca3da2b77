"""Utilisation of a week: chargeable hours booked over hours to be worked, by unit."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q, Sum

from psa.core.money.rounding import EXACT
from psa.core.org import selectors as org
from psa.core.org.models import Resource
from psa.core.org.rules import working_time
from timeexpense.models import EntryState, TimeEntry

NON_CHARGEABLE = ("non_chargeable", "complimentary")
COUNTED = (EntryState.SUBMITTED, EntryState.APPROVED)


@dataclass(frozen=True, slots=True)
class UnitUtilisation:
    """A unit's week, in minutes; `percent` is None when nobody had to work."""

    unit_id: int
    name: str
    chargeable_minutes: int
    capacity_minutes: int

    @property
    def percent(self) -> Decimal | None:
        if not self.capacity_minutes:
            return None
        return EXACT.divide(Decimal(self.chargeable_minutes * 100), Decimal(self.capacity_minutes))


def utilisation_by_unit(*, from_on: date, until_on: date) -> list[UnitUtilisation]:
    """Per unit, bookable people's handed-in chargeable time against capacity, by name.

    Time on internal projects or marked non-chargeable does not count. Seven queries.
    Source  docs/rules/automation.md, A-4.
    """
    people = dict(
        Resource.objects.filter(
            Q(employed_until__isnull=True) | Q(employed_until__gt=from_on),
            employed_from__lt=until_on,
            is_bookable=True,
        ).values_list("id", "org_unit_id")
    )
    worked = dict(
        TimeEntry.objects.filter(
            resource_id__in=people,
            work_on__gte=from_on,
            work_on__lt=until_on,
            state__in=COUNTED,
            project__is_internal=False,
        )
        .exclude(billing_type__in=NON_CHARGEABLE)
        .order_by()
        .values_list("resource_id")
        .annotate(total=Sum("minutes"))
    )
    specs = org.working_spec(people, from_on, until_on)
    chargeable: dict[int, int] = defaultdict(int)
    capacity: dict[int, int] = defaultdict(int)
    for resource_id, unit_id in people.items():
        chargeable[unit_id] += worked.get(resource_id, 0)
        days = working_time.capacity_by_day(specs[resource_id], from_on, until_on)
        capacity[unit_id] += sum(days.values())
    return [
        UnitUtilisation(node.id, node.name, chargeable[node.id], capacity[node.id])
        for node in org.unit_tree()
        if node.id in capacity
    ]


def last_week(on: date) -> tuple[date, date]:
    """The week before the one that a day falls into, half-open."""
    parameters = org.parameters()
    starts_on = on - timedelta(days=(on.weekday() - parameters.week_starts_on) % 7)
    return starts_on - timedelta(days=7), starts_on
