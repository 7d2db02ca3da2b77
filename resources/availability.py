"""Who has how many hours left in the next four weeks, after holidays, leave and hard bookings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Q
from django.urls import reverse

from psa.core.org import selectors as org
from psa.core.org.models import Resource
from psa.core.org.rules import working_time
from psa.core.web.lists import Column, Empty, ListSpec, TextFilter, View

from .selectors import bookings

WEEKS: Final = 4
WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class AvailabilityRow:
    """A bookable person and the minutes they have left in each of the weeks."""

    id: int
    name: str
    role_name: str
    unit_name: str
    week_1: int
    week_2: int
    week_3: int
    week_4: int

    @property
    def total(self) -> int:
        return self.week_1 + self.week_2 + self.week_3 + self.week_4


def first_week(today: date) -> date:
    """The day on which the week after this one starts, by the firm's week."""
    starts = org.parameters().week_starts_on
    return today - timedelta(days=(today.weekday() - starts) % 7) + WEEK


def availability(*, from_on: date) -> list[AvailabilityRow]:
    """Bookable people employed in the four weeks from a day, by name. Seven queries.

    What they work, less what they are booked for hard; a soft booking takes nothing up.
    """
    until_on = from_on + WEEKS * WEEK
    people = list(
        Resource.objects.filter(
            Q(employed_until__isnull=True) | Q(employed_until__gt=from_on),
            employed_from__lt=until_on,
            is_bookable=True,
        )
        .order_by("name")
        .values_list("id", "name", "job_role__name", "org_unit__name")
    )
    booked = bookings.hard_minutes_by_day([person[0] for person in people], from_on, until_on)
    specs = org.working_spec([person[0] for person in people], from_on, until_on)
    rows = []
    for pk, name, role, unit in people:
        days = working_time.capacity_by_day(specs[pk], from_on, until_on)
        weeks = [0] * WEEKS
        for day, minutes in days.items():
            left = max(0, minutes - booked.get((pk, day), 0))
            weeks[(day - from_on).days // 7] += left
        rows.append(AvailabilityRow(pk, name, role, unit, *weeks))
    return rows


def availability_list(from_on: date) -> ListSpec:
    """The list, its columns named after the weeks' first days."""
    starts = [from_on + number * WEEK for number in range(WEEKS)]
    return ListSpec(
        key="availability",
        title="Availability next 4 weeks",
        noun=("person", "people"),
        crumbs=(("Staff", None),),
        columns=(
            Column("name", "Name", kind="link", sort="name"),
            Column("role_name", "Role", sort="role_name"),
            Column("unit_name", "Unit", sort="unit_name"),
            *(
                Column(
                    f"week_{number}", f"{start:%-d %b}", kind="hours", sort=f"week_{number}",
                    hint=f"Hours left in the week of {start:%-d %b %Y}",
                )
                for number, start in enumerate(starts, start=1)
            ),
            Column("total", "In all", kind="hours", sort="total"),
        ),
        filters=(TextFilter("role_name", "Role"), TextFilter("unit_name", "Unit")),
        views=(View("all", "Everybody"), View("away", "Away some week", keep=_is_away)),
        search=("name", "role_name", "unit_name"),
        order="name",
        row_url=lambda row: reverse("resources:person", args=[row.id]),
        empty=Empty("Nobody is bookable", "People are added under Set up.", icon="users"),
    )  # fmt: skip


def _is_away(row: AvailabilityRow) -> bool:
    weeks: Sequence[int] = (row.week_1, row.week_2, row.week_3, row.week_4)
    return min(weeks) == 0
