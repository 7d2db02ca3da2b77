"""Which weeks are due now, and for whom: the firm's deadlines where each person is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from psa.core.access.models import Membership
from psa.core.notifications.services import zone_of
from psa.core.org import selectors as org
from psa.core.org.models import TenantParameters
from timeexpense.models import WeekNotice
from timeexpense.rules import deadlines
from timeexpense.rules.deadlines import Deadlines
from timeexpense.rules.week import Week, week_of

Kind = WeekNotice.Kind
# What was missed while the clock did not run is made up for within this time, not later.
CATCH_UP: Final = timedelta(hours=12)
# A deadline lies at most so many weeks back: 60 business days and the week itself.
WEEKS_BACK: Final = 14

MOMENTS: Final[dict[str, Callable[[Week, Deadlines, ZoneInfo], datetime]]] = {
    Kind.REMINDER: deadlines.reminder_at,
    Kind.ESCALATION: deadlines.escalation_at,
    Kind.CUTOFF: deadlines.cutoff_at,
}


@dataclass(frozen=True, slots=True)
class Due:
    """A moment that has come in some zones: of which week, and what is to be told."""

    kind: str
    week: Week
    zones: tuple[str, ...]


def terms_of(parameters: TenantParameters) -> Deadlines:
    """The firm's deadlines out of its parameters."""
    return Deadlines(
        weekday=parameters.submission_deadline_weekday,
        due_minute=parameters.submission_deadline_minute,
        reminder_minute=parameters.submission_reminder_minute,
        escalation_business_days=parameters.escalation_business_days,
        cutoff_business_days=parameters.approval_cutoff_business_days,
        lock_business_days=parameters.late_lock_business_days,
    )


def due_now(*, at: datetime) -> list[Due]:
    """The moments that came in the last hours, by kind and week, with the zones they came in.

    None for a firm that is not set up yet. Two queries, whatever the number of people.
    """
    parameters = org.parameters_if_set()
    if parameters is None:
        return []
    terms = terms_of(parameters)
    names = sorted(
        set(Membership.objects.filter(is_active=True).values_list("time_zone", flat=True))
    )
    found: dict[tuple[str, Week], list[str]] = {}
    for name in names:
        zone = zone_of(name)
        for week in _weeks_until(deadlines.local_day(at, zone), parameters.week_starts_on):
            for kind, moment in MOMENTS.items():
                if at - CATCH_UP < moment(week, terms, zone) <= at:
                    found.setdefault((kind, week), []).append(name)
    return [Due(kind, week, tuple(zones)) for (kind, week), zones in found.items()]


def _weeks_until(today: date, starts_weekday: int) -> Iterator[Week]:
    week = week_of(today, starts_weekday=starts_weekday)
    for _ in range(WEEKS_BACK):
        yield week
        week = week.previous


def cutoff_passed(*, at: datetime, zone: ZoneInfo) -> date:
    """Work before this day has to be decided on: the end of the last week whose cut-off passed."""
    parameters = org.parameters()
    terms = terms_of(parameters)
    for week in _weeks_until(deadlines.local_day(at, zone), parameters.week_starts_on):
        if deadlines.cutoff_at(week, terms, zone) <= at:
            return week.ends_on
    return week.starts_on
