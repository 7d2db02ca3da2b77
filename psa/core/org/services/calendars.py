"""Writes of work calendars: hours, public holidays of a country and region, closures."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from zoneinfo import available_timezones

from django.db import transaction

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
    import holidays

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


@transaction.atomic
def save_calendar(
    *,
    calendar_id: int | None,
    name: str,
    country: str,
    subdivision: str,
    time_zone: str,
    intervals: Sequence[tuple[int, int, int]],
    years: Sequence[int] = (),
    actor: Actor,
    at: datetime,
) -> WorkCalendar:
    """Make a calendar (`calendar_id` None) with holidays of `years`, or change one's week.

    New hours count for every day, past ones too, so a new pattern of a person is a new calendar
    given from a day on. Raises  PermissionDenied, NotFound; Conflict if the name is taken;
    DomainError for hours that overlap or leave the day, an unknown country, region or zone.
    """
    actor.require(OrgPermission.MANAGE_CALENDARS)
    _check_hours(intervals)
    if not name.strip():
        raise DomainError("Give the calendar a name.", "name")
    if time_zone not in available_timezones():
        raise DomainError("There is no such time zone.", "time_zone")
    if calendar_id is None:
        made = create_calendar(
            tenant_id=actor.tenant_id, name=name.strip(), country=country, subdivision=subdivision,
            time_zone=time_zone, years=years, intervals=intervals,
        )  # fmt: skip
        _tell(made, actor, at, f"Added the calendar {made.name}.")
        return made
    public_holidays(country, subdivision, [at.year])
    row = _calendar(calendar_id)
    if WorkCalendar.objects.filter(name=name.strip()).exclude(pk=row.pk).exists():
        raise Conflict(f"There is a calendar “{name.strip()}” already.", "name")
    row.name, row.country, row.subdivision = name.strip(), country, subdivision
    row.time_zone = time_zone
    row.save(update_fields=["name", "country", "subdivision", "time_zone"])
    WorkInterval.objects.filter(calendar=row).delete()
    WorkInterval.objects.bulk_create(
        WorkInterval(
            tenant_id=row.tenant_id, calendar=row, weekday=weekday, start_minute=start,
            end_minute=end,
        )
        for weekday, start, end in intervals
    )  # fmt: skip
    _tell(row, actor, at, f"Changed the hours of {row.name}.")
    return row


@transaction.atomic
def remove_day(*, calendar_id: int, on: date, actor: Actor, at: datetime) -> None:
    """Make a day of a calendar an ordinary one again. Raises  PermissionDenied, NotFound."""
    actor.require(OrgPermission.MANAGE_CALENDARS)
    calendar = _calendar(calendar_id)
    removed, _ = CalendarException.objects.filter(calendar=calendar, on=on).delete()
    if not removed:
        raise NotFound("This day does not differ from the week.")
    _tell(calendar, actor, at, f"{on.isoformat()} is an ordinary day in {calendar.name} again.")


def _check_hours(intervals: Sequence[tuple[int, int, int]]) -> None:
    """Raises  DomainError unless hours lie within their day and do not overlap."""
    if not intervals:
        raise DomainError("A calendar has working hours on at least one day.", "day_0")
    last: dict[int, int] = {}
    for weekday, start, end in sorted(intervals):
        if not (0 <= weekday <= 6 and 0 <= start < end <= 1440):
            raise DomainError("Hours lie within a day, such as 9:00-17:30.", f"day_{weekday}")
        if start < last.get(weekday, 0):
            raise DomainError("These hours overlap.", f"day_{weekday}")
        last[weekday] = end


def _tell(calendar: WorkCalendar, actor: Actor, at: datetime, sentence: str) -> None:
    audit.record(
        actor=actor, at=at, event="org.calendar_saved", record_type="org.WorkCalendar",
        record_id=calendar.pk, sentence=sentence,
    )  # fmt: skip
