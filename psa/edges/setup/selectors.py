"""What the pages of setting up show."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import F, OuterRef, Subquery, Value

from psa.core.access.models import Membership, MembershipRole
from psa.core.errors import NotFound
from psa.core.org import selectors as org
from psa.core.org.models import (
    CalendarException,
    JobRole,
    LegalEntity,
    OrgUnit,
    Resource,
    TimeRule,
    TransactionCategory,
    WorkCalendar,
    WorkInterval,
)

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit in the order of the tree; `label` shows how deep it stands."""

    id: int
    position: int
    label: str
    name: str
    code: str
    legal_entity_name: str


@dataclass(frozen=True, slots=True)
class CalendarDayRow:
    on: date
    name: str
    kind: str
    working_minutes: int


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """A calendar: its weekly hours in words, and the days that differ."""

    id: int
    name: str
    place: str
    time_zone: str
    week: tuple[tuple[str, str], ...]
    days: tuple[CalendarDayRow, ...]


def entities() -> Any:
    """Legal entities as plain rows."""
    return LegalEntity.objects.values("id", "code", "name", "currency", "country", "tax_id")


def unit_rows() -> list[UnitRow]:
    """Units, parents before children. One query."""
    return [
        UnitRow(
            node.id,
            position,
            f"{'– ' * node.depth}{node.name}",
            node.name,
            node.code,
            node.legal_entity_name,
        )
        for position, node in enumerate(org.unit_tree())
    ]


def job_roles() -> Any:
    """Job roles as plain rows."""
    return JobRole.objects.values(
        "id", "code", "name", "billing_type", "target_utilisation_percent", "is_active"
    )


def people() -> Any:
    """People as plain rows, with the names of role, unit and manager."""
    return Resource.objects.values(
        "id",
        "code",
        "name",
        "kind",
        "employed_from",
        "employed_until",
        "location",
        role_name=F("job_role__name"),
        unit_name=F("org_unit__name"),
        manager_name=F("manager__name"),
    )


def users() -> Any:
    """Members as plain rows, with the names of their roles."""
    names = (
        MembershipRole.objects.filter(membership_id=OuterRef("pk"))
        .order_by()
        .values("membership_id")
        .annotate(names=StringAgg("role__name", Value(", "), order_by="role__name"))
        .values("names")
    )
    return Membership.objects.annotate(role_names=Subquery(names)).values(
        "id", "name", "email", "is_active", "role_names"
    )


def calendars() -> Any:
    """Work calendars as plain rows."""
    return WorkCalendar.objects.values("id", "name", "country", "subdivision", "time_zone")


def calendar_page(*, calendar_id: int) -> CalendarPage:
    """One calendar. Three queries. Raises NotFound."""
    row = _found(WorkCalendar, calendar_id)
    spans: dict[int, list[str]] = {weekday: [] for weekday in range(7)}
    for weekday, start, end in (
        WorkInterval.objects.filter(calendar=row)
        .order_by("weekday", "start_minute")
        .values_list("weekday", "start_minute", "end_minute")
    ):
        spans[weekday].append(f"{_clock(start)}–{_clock(end)}")
    days = (
        CalendarException.objects.filter(calendar=row)
        .order_by("-on")
        .values_list("on", "name", "kind", "working_minutes")
    )
    labels = dict(CalendarException.Kind.choices)
    return CalendarPage(
        id=row.pk,
        name=row.name,
        place=f"{row.country} {row.subdivision}".strip(),
        time_zone=row.time_zone,
        week=tuple((WEEKDAYS[day], ", ".join(found) or "–") for day, found in spans.items()),
        days=tuple(
            CalendarDayRow(on, name, labels[kind], minutes) for on, name, kind, minutes in days
        ),
    )


def entity(entity_id: int) -> LegalEntity:
    """One legal entity. Raises NotFound."""
    row: LegalEntity = _found(LegalEntity, entity_id)
    return row


def unit(unit_id: int) -> OrgUnit:
    """One unit. Raises NotFound."""
    row: OrgUnit = _found(OrgUnit, unit_id)
    return row


def job_role(role_id: int) -> JobRole:
    """One job role. Raises NotFound."""
    row: JobRole = _found(JobRole, role_id)
    return row


def person(resource_id: int) -> Resource:
    """One person. Raises NotFound."""
    row: Resource = _found(Resource, resource_id)
    return row


def member(membership_id: int) -> Membership:
    """One member of this tenant. Raises NotFound."""
    row: Membership = _found(Membership, membership_id)
    return row


def role_codes_of(membership_id: int) -> list[str]:
    """The codes of a member's roles. One query."""
    links = MembershipRole.objects.filter(membership_id=membership_id)
    return list(links.values_list("role__code", flat=True))


def _found(model: Any, row_id: int) -> Any:
    row = model.objects.filter(pk=row_id).first()
    if row is None:
        raise NotFound("This record does not exist, or it is not yours to see.")
    return row


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@dataclass(frozen=True, slots=True)
class Name:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Directory:
    """The names that forms offer, with their ids; retired roles and people who left are not."""

    legal_entities: list[Name]
    units: list[Name]
    job_roles: list[Name]
    categories: list[Name]
    calendars: list[Name]
    people: list[Name]
    members: list[Name]


def directory() -> Directory:
    """Seven queries, whatever the size."""

    def names(rows: Any) -> list[Name]:
        return [Name(pk, name) for pk, name in rows.order_by("name").values_list("id", "name")]

    return Directory(
        legal_entities=names(LegalEntity.objects.all()),
        units=names(OrgUnit.objects.all()),
        job_roles=names(JobRole.objects.filter(is_active=True)),
        categories=names(TransactionCategory.objects.filter(is_active=True)),
        calendars=names(WorkCalendar.objects.all()),
        people=names(Resource.objects.all()),
        members=names(Membership.objects.filter(is_active=True)),
    )


def time_rules() -> dict[str, str]:
    """The switches of the rules of time and expense, by code. One query."""
    return dict(TimeRule.objects.order_by("code").values_list("code", "mode"))
