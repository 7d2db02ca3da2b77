"""People and when they work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from projects.models import TeamMember
from projects.policies import visible_to as projects_visible_to
from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.org import selectors as org
from psa.core.org.models import Resource, ResourceCalendar, ResourceException
from psa.core.org.rules import working_time

from ..models import ResourceSkill
from .bookings import BookingRow, bookings_of_person

WEEKS_AHEAD = 8
WEEK = timedelta(days=7)
LEVELS = {1: "Aware", 2: "Familiar", 3: "Proficient", 4: "Expert"}


@dataclass(frozen=True, slots=True)
class WeekOfPerson:
    """A week's working time: what the calendar holds without leave, and what leave takes."""

    starts_on: date
    number: int
    capacity_minutes: int
    away_minutes: int
    percent: int


@dataclass(frozen=True, slots=True)
class Away:
    name: str
    kind: str
    first_on: date
    last_on: date
    minutes_per_day: int | None


@dataclass(frozen=True, slots=True)
class CalendarPeriod:
    name: str
    valid_from: date | None
    last_on: date | None


@dataclass(frozen=True, slots=True)
class SkillOfPerson:
    name: str
    level: int
    label: str


@dataclass(frozen=True, slots=True)
class TeamOfPerson:
    """A team the person is on; `project_id` is None where the reader may not open the project."""

    project_id: int | None
    project_name: str
    role_name: str
    valid_from: date
    last_on: date | None
    planned_minutes: int


@dataclass(frozen=True, slots=True)
class PersonPage:
    """A person's record: facts, calendar, availability, skills and teams. No cost, ever."""

    id: int
    code: str
    name: str
    kind: str
    email: str
    role_name: str
    unit_name: str
    entity_name: str
    manager_name: str
    location: str
    time_zone: str
    employed_from: date
    last_day_on: date | None
    is_bookable: bool
    has_left: bool
    calendars: tuple[CalendarPeriod, ...]
    weeks: tuple[WeekOfPerson, ...]
    away: tuple[Away, ...]
    skills: tuple[SkillOfPerson, ...]
    teams: tuple[TeamOfPerson, ...]
    bookings: tuple[BookingRow, ...]


def people(*, today: date) -> "QuerySet[Any, dict[str, Any]]":
    """Everybody work can be planned on, with who is away today. One query."""
    away = ResourceException.objects.filter(
        resource_id=OuterRef("id"), valid_from__lte=today, valid_until__gt=today
    )
    return Resource.objects.annotate(
        is_away=Exists(away),
        is_employed=Q(employed_until__isnull=True) | Q(employed_until__gt=today),
    ).values(
        "id", "code", "name", "kind", "location", "seniority", "is_bookable", "is_away",
        "is_employed", "employed_from", "employed_until", "job_role__name", "org_unit__name",
        "manager__name", "calendar__name",
    )  # fmt: skip


def values_of(resource_id: int, names: Sequence[str]) -> dict[str, Any]:
    """Some values of a person as they are stored. Raises  NotFound."""
    found: dict[str, Any] | None = Resource.objects.filter(id=resource_id).values(*names).first()
    if found is None:
        raise NotFound("There is no such person.")
    return found


def person_page(*, actor: Actor, resource_id: int, today: date) -> PersonPage:
    """One person's record. Raises  NotFound."""
    person: Resource | None = (
        Resource.objects.select_related("job_role", "org_unit__legal_entity", "manager", "calendar")
        .filter(id=resource_id)
        .first()
    )
    if person is None:
        raise NotFound("There is no such person.")
    left_on = person.employed_until
    return PersonPage(
        id=person.pk,
        code=person.code,
        name=person.name,
        kind=str(person.get_kind_display()),
        email=person.email,
        role_name=person.job_role.name,
        unit_name=person.org_unit.name,
        entity_name=person.org_unit.legal_entity.name,
        manager_name=person.manager.name if person.manager else "",
        location=person.location,
        time_zone=person.calendar.time_zone,
        employed_from=person.employed_from,
        last_day_on=_last(left_on),
        is_bookable=person.is_bookable,
        has_left=left_on is not None and left_on <= today,
        calendars=_calendars(person),
        weeks=_weeks(person, today),
        away=_away(person, today),
        skills=_skills(person),
        teams=_teams(person, actor, today),
        bookings=bookings_of_person(resource_id=person.pk, today=today),
    )


def _last(until_on: date | None) -> date | None:
    return until_on - timedelta(days=1) if until_on else None


def _calendars(person: Resource) -> tuple[CalendarPeriod, ...]:
    """The dated calendars, or the person's own where none is dated."""
    rows = (
        ResourceCalendar.objects.filter(resource=person)
        .order_by("-valid_from")
        .values_list("calendar__name", "valid_from", "valid_until")
    )
    dated = tuple(CalendarPeriod(name, start, _last(until)) for name, start, until in rows)
    return dated or (CalendarPeriod(person.calendar.name, None, None),)


def _weeks(person: Resource, today: date) -> tuple[WeekOfPerson, ...]:
    first_day = org.parameters().week_starts_on
    starts_on = today - timedelta(days=(today.weekday() - first_day) % 7)
    until = starts_on + WEEKS_AHEAD * WEEK
    spec = org.working_spec([person.pk], starts_on, until)[person.pk]
    present = working_time.capacity_by_day(spec, starts_on, until)
    # The same calendar without the person's own leave says what the leave takes.
    whole = working_time.capacity_by_day(
        org.calendar_spec(person.calendar_id, starts_on, until), starts_on, until
    )
    weeks = []
    for number in range(WEEKS_AHEAD):
        on = starts_on + number * WEEK
        days = [on + timedelta(days=n) for n in range(7)]
        here = sum(present[day] for day in days)
        full = sum(whole[day] for day in days)
        away = max(full - here, 0)
        percent = 100 * here // full if full else 0
        weeks.append(WeekOfPerson(on, on.isocalendar().week, here, away, min(percent, 100)))
    return tuple(weeks)


def _away(person: Resource, today: date) -> tuple[Away, ...]:
    rows = (
        ResourceException.objects.filter(resource=person, valid_until__gt=today)
        .order_by("valid_from")
        .values_list("name", "kind", "valid_from", "valid_until", "minutes_off_per_day")[:12]
    )
    return tuple(
        Away(name, kind.replace("_", " "), start, until - timedelta(days=1), minutes)
        for name, kind, start, until, minutes in rows
    )


def _skills(person: Resource) -> tuple[SkillOfPerson, ...]:
    rows = (
        ResourceSkill.objects.filter(resource=person)
        .order_by("-level", "skill__name")
        .values_list("skill__name", "level")
    )
    return tuple(SkillOfPerson(name, level, LEVELS[level]) for name, level in rows)


def _teams(person: Resource, actor: Actor, today: date) -> tuple[TeamOfPerson, ...]:
    """Present and coming teams; others' projects are named but not linked."""
    may_open = projects_visible_to(actor).filter(pk=OuterRef("project_id"))
    rows = (
        TeamMember.objects.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gt=today), resource=person
        )
        .exclude(project__status__in=("completed", "closed"))
        .order_by("valid_from", "project__code")
        .annotate(may_open=Exists(may_open))
        .values_list(
            "project_id", "project__name", "role__name", "valid_from", "valid_until",
            "planned_minutes", "may_open",
        )
    )  # fmt: skip
    return tuple(
        TeamOfPerson(pk if seen else None, name, role, start, _last(until), minutes)
        for pk, name, role, start, until, minutes, seen in rows
    )
