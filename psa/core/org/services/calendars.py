"""Writes of work calendars: hours, public holidays of a country and region, closures."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import holidays

from psa.core.access.permissions import OrgPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.org.models import CalendarException, WorkCalendar, WorkInterval

NAME_LENGTH = 80
# Monday to Friday, 9 to 13 and 14 to 18.
OFFICE_HOURS: tuple[tuple[int, int, int], ...] = tuple(
    (weekday, start, end) for weekday in range(5) for start, end in ((540, 780), (840, 1080))
)


def default_name(country: str, subdivision: str) -> str:
    """What the calendar of a country and region is called."""
    return f"{country} {subdivision}".strip() + " office hours"


def public_holidays(country: str, subdivision: str, years: Iterable[int]) -> list[tuple[date, str]]:
    """Public holidays (date, English or local name) by date; [] for no country.

    Raises  DomainError for a country or region that the holidays library does not know.
    """
    if not country:
        return []
    if country not in holidays.list_supported_countries():
        raise DomainError(f"There are no public holidays known for “{country}”.", "country")
    try:
        found = holidays.country_holidays(
            country, subdiv=subdivision or None, years=list(years), language="en_US"
        )
    except NotImplementedError:
        raise DomainError(
            f"“{subdivision}” is not a region of {country} with public holidays of its own.",
            "subdivision",
        ) from None
    return sorted((on, str(name)[:NAME_LENGTH]) for on, name in found.items())


def create_calendar(
    *,
    tenant_id: int,
    name: str,
    country: str = "",
    subdivision: str = "",
    time_zone: str = "UTC",
    years: Sequence[int] = (),
    intervals: Sequence[tuple[int, int, int]] = OFFICE_HOURS,
) -> WorkCalendar:
    """Make a calendar with weekly hours (weekday, start, end in minutes) and its public holidays.

    Raises  Conflict if the name is taken; DomainError for an unknown country or region.
    """
    days = public_holidays(country, subdivision, years)
    if WorkCalendar.objects.filter(name=name).exists():
        raise Conflict(f"There is a calendar “{name}” already.", "name")
    calendar: WorkCalendar = WorkCalendar.objects.create(
        tenant_id=tenant_id,
        name=name,
        country=country,
        subdivision=subdivision,
        time_zone=time_zone,
    )
    WorkInterval.objects.bulk_create(
        WorkInterval(
            tenant_id=tenant_id,
            calendar=calendar,
            weekday=weekday,
            start_minute=start,
            end_minute=end,
        )
        for weekday, start, end in intervals
    )
    _add_holidays(calendar, days)
    return calendar


def import_holidays(*, calendar_id: int, years: Sequence[int], actor: Actor, at: datetime) -> int:
    """Add the public holidays of the calendar's country for `years`; days it has stay as they are.

    Returns how many were added. Raises  PermissionDenied, NotFound; DomainError without a country.
    """
    actor.require(OrgPermission.MANAGE_CALENDARS)
    calendar = _calendar(calendar_id)
    if not calendar.country:
        raise DomainError(f"“{calendar.name}” has no country. Set it first.", "country")
    added = _add_holidays(calendar, public_holidays(calendar.country, calendar.subdivision, years))
    if added:
        audit.record(
            actor=actor,
            at=at,
            event="org.holidays_imported",
            record_type="org.WorkCalendar",
            record_id=calendar.pk,
            sentence=f"Added {added} public holidays to {calendar.name}.",
        )
    return added


def set_day(
    *,
    calendar_id: int,
    on: date,
    name: str,
    kind: str,
    working_minutes: int,
    actor: Actor,
    at: datetime,
) -> CalendarException:
    """Say what one day of a calendar is: a holiday, a closure, or a day with other hours.

    Raises  PermissionDenied, NotFound; DomainError for minutes outside the day or an unknown kind.
    """
    actor.require(OrgPermission.MANAGE_CALENDARS)
    calendar = _calendar(calendar_id)
    if not 0 <= working_minutes <= 1440:
        raise DomainError("A day has between 0 and 24 hours.", "working_minutes")
    if kind not in CalendarException.Kind.values:
        raise DomainError(f"“{kind}” is not a kind of day.", "kind")
    if kind == CalendarException.Kind.WORKING and not working_minutes:
        raise DomainError("An extra working day needs its hours.", "working_minutes")
    row, _ = CalendarException.objects.update_or_create(
        tenant_id=actor.tenant_id,
        calendar=calendar,
        on=on,
        defaults={"name": name.strip(), "kind": kind, "working_minutes": working_minutes},
    )
    audit.record(
        actor=actor,
        at=at,
        event="org.calendar_day_set",
        record_type="org.WorkCalendar",
        record_id=calendar.pk,
        sentence=f"{on.isoformat()} is “{name.strip()}” in {calendar.name}.",
    )
    made: CalendarException = row
    return made


def _calendar(calendar_id: int) -> WorkCalendar:
    row: WorkCalendar | None = WorkCalendar.objects.filter(pk=calendar_id).first()
    if row is None:
        raise NotFound("This calendar does not exist.")
    return row


def _add_holidays(calendar: WorkCalendar, days: Sequence[tuple[date, str]]) -> int:
    known = set(
        CalendarException.objects.filter(
            calendar=calendar, on__in=[on for on, _ in days]
        ).values_list("on", flat=True)
    )
    made = CalendarException.objects.bulk_create(
        [
            CalendarException(
                tenant_id=calendar.tenant_id,
                calendar=calendar,
                on=on,
                name=name,
                kind=CalendarException.Kind.HOLIDAY,
            )
            for on, name in days
            if on not in known
        ],
        ignore_conflicts=True,
    )
    return len(made)
