"""The reader's own hours: the present week beside the calendar, the month, and what is late."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Sum

from psa.core.org import selectors as org
from psa.core.org.models import Resource
from psa.core.org.rules import working_time
from psa.core.web.formats import day_short_text
from timeexpense.models import EntryState, TimeEntry

from .addresses import address

WEEK: Final = timedelta(days=7)
BACK: Final = 6 * WEEK
BAR_HEIGHT: Final = 46


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the reader's week; `top` and `height` place its bar in a box of 40 × 46."""

    on: date
    label: str
    minutes: int
    capacity_minutes: int
    is_today: bool
    top: str
    height: str


@dataclass(frozen=True, slots=True)
class MyWeek:
    number: int
    days: tuple[Day, ...]
    minutes: int
    capacity_minutes: int
    url: str


@dataclass(frozen=True, slots=True)
class OwnHours:
    """Minutes of the month by state, and those of weeks that ended without being handed in."""

    entered: int
    approved: int
    drafts: int
    late_minutes: int
    late_week_on: date | None
    week_starts_on: date
    by_day: dict[date, int]


def own_hours(me: Resource, today: date) -> OwnHours:
    """From the start of the month or six weeks back. One query besides the firm's parameters."""
    first_day = org.parameters().week_starts_on
    starts_on = today - timedelta(days=(today.weekday() - first_day) % 7)
    month_on = today.replace(day=1)
    rows = list(
        TimeEntry.objects.filter(
            resource=me,
            work_on__gte=min(month_on, starts_on - BACK),
            work_on__lt=starts_on + WEEK,
        )
        .order_by()
        .values_list("work_on", "state")
        .annotate(total=Sum("minutes"))
    )
    month = [(state, total) for on, state, total in rows if month_on <= on <= today]
    late = [
        (on, total) for on, state, total in rows if state == EntryState.DRAFT and on < starts_on
    ]
    by_day: dict[date, int] = {}
    for on, _, total in rows:
        by_day[on] = by_day.get(on, 0) + total
    oldest = min((on for on, _ in late), default=None)
    return OwnHours(
        entered=_sum(total for _, total in month),
        approved=_sum(total for state, total in month if state == EntryState.APPROVED),
        drafts=_sum(total for state, total in month if state == EntryState.DRAFT),
        late_minutes=_sum(total for _, total in late),
        late_week_on=oldest - timedelta(days=(oldest.weekday() - first_day) % 7)
        if oldest
        else None,
        week_starts_on=starts_on,
        by_day=by_day,
    )


def _sum(minutes: Iterable[int]) -> int:
    return sum(minutes)


def my_week(me: Resource, hours: OwnHours, today: date) -> MyWeek:
    """The present week, beside what the person's calendar holds."""
    starts_on = hours.week_starts_on
    spec = org.working_spec([me.pk], starts_on, starts_on + WEEK).get(me.pk)
    capacity = working_time.capacity_by_day(spec, starts_on, starts_on + WEEK) if spec else {}
    days = []
    for offset in range(7):
        on = starts_on + timedelta(days=offset)
        minutes = hours.by_day.get(on, 0)
        height = min(BAR_HEIGHT, BAR_HEIGHT * minutes / 600)
        days.append(
            Day(
                on, day_short_text(on)[:3], minutes, capacity.get(on, 0), on == today,
                f"{BAR_HEIGHT - height:.1f}", f"{height:.1f}",
            )
        )  # fmt: skip
    return MyWeek(
        number=starts_on.isocalendar().week,
        days=tuple(days),
        minutes=sum(day.minutes for day in days),
        capacity_minutes=sum(capacity.values()),
        url=address("timeexpense:week"),
    )
