"""What the pages of calendars, absences and legal entities show."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from billing.models import TaxCode
from psa.core.audit import selectors as audit
from psa.core.errors import NotFound
from psa.core.ledger.models import FiscalPeriod, NumberSequence
from psa.core.org.models import (
    LegalEntity,
    OrgUnit,
    Resource,
    ResourceCalendar,
    ResourceException,
    WorkCalendar,
    WorkInterval,
)
from psa.core.web.activity import ActivityEntry

DAY = timedelta(days=1)


def calendar_initial(calendar_id: int) -> dict[str, Any]:
    """A calendar as its form starts. Two queries. Raises  NotFound."""
    row = WorkCalendar.objects.filter(pk=calendar_id).first()
    if row is None:
        raise NotFound("This calendar does not exist.")
    days: dict[int, list[str]] = {number: [] for number in range(7)}
    for weekday, start, end in (
        WorkInterval.objects.filter(calendar=row)
        .order_by("weekday", "start_minute")
        .values_list("weekday", "start_minute", "end_minute")
    ):
        days[weekday].append(f"{_clock(start)}-{_clock(end)}")
    return {
        "name": row.name,
        "country": row.country,
        "subdivision": row.subdivision,
        "time_zone": row.time_zone,
        **{f"day_{number}": ", ".join(spans) for number, spans in days.items()},
    }


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02d}"


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    id: int
    name: str
    first_on: date
    last_on: date
    minutes_off_per_day: int | None


@dataclass(frozen=True, slots=True)
class DatedRow:
    name: str
    valid_from: date
    last_on: date | None


@dataclass(frozen=True, slots=True)
class PersonCalendar:
    """A person's usual calendar, the dated ones, and days off, newest first."""

    person: Resource
    dated: tuple[DatedRow, ...]
    absences: tuple[AbsenceRow, ...]


def person_calendar(resource_id: int) -> PersonCalendar:
    """Three queries. Raises  NotFound."""
    person = Resource.objects.select_related("calendar").filter(pk=resource_id).first()
    if person is None:
        raise NotFound("This person does not exist.")
    dated = ResourceCalendar.objects.filter(resource=person).select_related("calendar")
    absences = ResourceException.objects.filter(resource=person).order_by("-valid_from")
    return PersonCalendar(
        person,
        tuple(
            DatedRow(
                row.calendar.name,
                row.valid_from,
                row.valid_until - DAY if row.valid_until else None,
            )
            for row in dated.order_by("-valid_from")
        ),
        tuple(
            AbsenceRow(
                row.pk, row.name, row.valid_from, row.valid_until - DAY, row.minutes_off_per_day
            )
            for row in absences[:100]
        ),
    )


@dataclass(frozen=True, slots=True)
class EntityFacts:
    """What a legal entity has beside its own fields."""

    entity: LegalEntity
    fiscal_year_starts: str
    series: tuple[tuple[str, int, int], ...]
    units: tuple[tuple[int, str], ...]
    tax_codes: tuple[tuple[int, str, bool], ...]
    open_periods: int
    history: tuple[ActivityEntry, ...]


def entity_facts(entity_id: int) -> EntityFacts:
    """Six queries. Raises  NotFound."""
    row = LegalEntity.objects.filter(pk=entity_id).first()
    if row is None:
        raise NotFound("This legal entity does not exist.")
    series = NumberSequence.objects.filter(legal_entity=row).order_by("document_type", "-year")
    return EntityFacts(
        row,
        date(2024, row.fiscal_year_start_month, 1).strftime("%B"),
        tuple(
            (kind.replace("_", " ").capitalize(), year, last)
            for kind, year, last in series.values_list("document_type", "year", "last_number")
        ),
        tuple(OrgUnit.objects.filter(legal_entity=row).order_by("name").values_list("id", "name")),
        tuple(
            TaxCode.objects.filter(legal_entity=row)
            .order_by("-is_default", "code")
            .values_list("id", "code", "is_default")
        ),
        FiscalPeriod.objects.filter(legal_entity=row, state=FiscalPeriod.State.OPEN).count(),
        tuple(audit.activity_entries(record_type="org.LegalEntity", record_id=row.pk, limit=10)),
    )
