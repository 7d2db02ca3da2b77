"""Reads of the organisation: the unit tree, who works when, and the tenant's parameters."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from psa.core.access import beside
from psa.core.tenancy import compiled, reading

from .models import (
    CalendarException,
    JobRole,
    LegalEntity,
    OrgUnit,
    Resource,
    ResourceCalendar,
    ResourceException,
    TenantParameters,
    WorkInterval,
)
from .rules import working_time as engine
from .time_zones import UTC

NINE_O_CLOCK = 540
_PARAMETERS = ("org.parameters",)
beside.register_of_tenant(_PARAMETERS, TenantParameters.objects.all)


def home_time_zone() -> str:
    """The zone of the firm's first legal entity: of who has not chosen one yet. One query."""
    zone: str | None = (
        LegalEntity.objects.order_by("id").values_list("time_zone", flat=True).first()
    )
    return zone or UTC


@dataclass(frozen=True, slots=True)
class UnitNode:
    """A unit in the order of the tree, with how deep it stands."""

    id: int
    code: str
    name: str
    depth: int
    parent_id: int | None
    legal_entity_id: int
    legal_entity_name: str


def parameters() -> TenantParameters:
    """The tenant's one row of policy. One query, and one for a whole page."""
    row = parameters_if_set()
    if row is None:
        raise TenantParameters.DoesNotExist("The tenant has no parameters yet.")
    return row


def parameters_if_set() -> TenantParameters | None:
    """The row of policy, None for a tenant that was just begun. As many queries: on a page it stands
    beside the member."""
    rows: list[TenantParameters] = reading.once(
        _PARAMETERS, lambda: compiled.records(_PARAMETERS, TenantParameters.objects.all)
    )
    return rows[0] if rows else None


def unit_parents() -> dict[int, int | None]:
    """Unit id → its parent's, for the whole tree. One query."""
    return dict(OrgUnit.objects.values_list("id", "parent_id"))


def unit_entities() -> dict[int, int]:
    """Unit id → its legal entity's. One query."""
    return dict(OrgUnit.objects.values_list("id", "legal_entity_id"))


def unit_places() -> tuple[dict[int, int | None], dict[int, int]]:
    """Unit id → its parent's, and unit id → its legal entity's. One query for both."""
    rows = list(OrgUnit.objects.values_list("id", "parent_id", "legal_entity_id"))
    return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}


def units_up(
    unit_id: int | None, *, parents: Mapping[int, int | None] | None = None
) -> tuple[int, ...]:
    """The unit and those above it, nearest first; () for None.

    Hand `parents` (from `unit_parents`) over in a batch: then no query is needed.
    """
    tree = unit_parents() if parents is None else parents
    found: list[int] = []
    while unit_id is not None and unit_id not in found:
        found.append(unit_id)
        unit_id = tree.get(unit_id)
    return tuple(found)


def units_below(unit_id: int, *, parents: Mapping[int, int | None] | None = None) -> set[int]:
    """The unit and all below it."""
    tree = unit_parents() if parents is None else parents
    return {unit for unit in tree if unit_id in units_up(unit, parents=tree)}


def unit_tree() -> list[UnitNode]:
    """All units, parents before children, siblings by name. One query."""
    rows = {row.pk: row for row in OrgUnit.objects.select_related("legal_entity")}
    children: dict[int | None, list[OrgUnit]] = defaultdict(list)
    for row in sorted(rows.values(), key=lambda row: row.name):
        children[row.parent_id].append(row)
    ordered: list[UnitNode] = []

    def walk(parent_id: int | None, depth: int) -> None:
        for row in children[parent_id]:
            ordered.append(
                UnitNode(
                    row.pk,
                    row.code,
                    row.name,
                    depth,
                    row.parent_id,
                    row.legal_entity_id,
                    row.legal_entity.name,
                )
            )
            walk(row.pk, depth + 1)

    walk(None, 0)
    return ordered


def billing_types_of_roles() -> dict[int, str]:
    """What the time of a role is where nothing else says so; chargeable ones are left out. One query."""
    rows = JobRole.objects.exclude(billing_type="chargeable")
    return dict(rows.values_list("id", "billing_type"))


def active_roles() -> Any:
    """Job roles that can be given, by name."""
    return JobRole.objects.filter(is_active=True).order_by("name")


def working_spec(
    resource_ids: Iterable[int], from_on: date, until_on: date
) -> dict[int, engine.CalendarSpec]:
    """When each of these people works between two days (`until_on` is exclusive), by resource id.

    Weekly hours of the calendar in force on each day, public holidays and closures of that
    calendar, extra working days, the person's own approved leave, and nothing outside their
    employment. Ask it through `org.rules.working_time`. Two messages to the database for any
    number of people; one more id costs none. Unknown ids are left out.
    """
    ids = list(dict.fromkeys(resource_ids))
    if not ids:
        return {}
    found, periods_found, leave_found = compiled.answers(
        [
            compiled.question("org.employment", _employment_of, *ids),
            compiled.question("org.calendars_of", _calendars_of, from_on, until_on, *ids),
            compiled.question("org.leave_of", _leave_of, from_on, until_on, *ids),
        ]
    )
    people = {row[0]: _Person(*row) for row in found}
    dated: dict[int, list[_Period]] = defaultdict(list)
    for resource_id, *rest in periods_found:
        dated[resource_id].append(_Period(*rest))
    calendar_ids = {person.calendar_id for person in people.values()}
    calendar_ids |= {period.calendar_id for periods in dated.values() for period in periods}
    calendars = _calendars(calendar_ids, from_on, until_on)
    leave: dict[int, list[engine.CalendarException]] = defaultdict(list)
    for resource_id, starts_on, ends_on, minutes in leave_found:
        leave[resource_id].append(
            engine.CalendarException(
                max(starts_on, from_on), min(ends_on, until_on), minutes=minutes
            )
        )
    shared: dict[tuple[Any, ...], engine.CalendarSpec] = {}
    specs: dict[int, engine.CalendarSpec] = {}
    for resource_id in ids:
        person = people.get(resource_id)
        if person is None:
            continue
        periods = tuple(_periods(person, dated[resource_id], from_on, until_on))
        base = shared.get(periods)
        if base is None:
            base = shared[periods] = _compose(periods, calendars)
        own = leave.get(resource_id)
        specs[resource_id] = engine.with_exceptions(base, own) if own else base
    return specs


def _employment_of(*resource_ids: int) -> "QuerySet[Resource, tuple[Any, ...]]":
    return Resource.objects.filter(pk__in=resource_ids).values_list(
        "id", "calendar_id", "employed_from", "employed_until"
    )


def _calendars_of(
    from_on: date, until_on: date, *resource_ids: int
) -> "QuerySet[ResourceCalendar, tuple[Any, ...]]":
    """The calendars in force for a time, of people who changed theirs."""
    rows = ResourceCalendar.objects.filter(resource_id__in=resource_ids, valid_from__lt=until_on)
    rows = rows.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=from_on))
    return rows.order_by("valid_from").values_list(
        "resource_id", "calendar_id", "valid_from", "valid_until"
    )


def _leave_of(
    from_on: date, until_on: date, *resource_ids: int
) -> "QuerySet[ResourceException, tuple[Any, ...]]":
    rows = ResourceException.objects.filter(
        resource_id__in=resource_ids, valid_from__lt=until_on, valid_until__gt=from_on
    )
    return rows.order_by("id").values_list(
        "resource_id", "valid_from", "valid_until", "minutes_off_per_day"
    )


def calendar_spec(calendar_id: int, from_on: date, until_on: date) -> engine.CalendarSpec:
    """One work calendar by itself, for a project or an entity. One query."""
    calendars = _calendars({calendar_id}, from_on, until_on)
    return _compose((_Period(calendar_id, from_on, until_on),), calendars)


def calendar_specs(
    calendar_ids: Iterable[int], from_on: date, until_on: date
) -> dict[int, engine.CalendarSpec]:
    """Work calendars by id, as `calendar_spec` gives one. One query for any number of them."""
    calendars = _calendars(set(calendar_ids), from_on, until_on)
    return {
        calendar_id: _compose((_Period(calendar_id, from_on, until_on),), calendars)
        for calendar_id in calendars
    }


@dataclass(frozen=True, slots=True)
class _Person:
    resource_id: int
    calendar_id: int
    employed_from: date
    employed_until: date | None


@dataclass(frozen=True, slots=True)
class _Period:
    calendar_id: int
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class _Calendar:
    weekdays: tuple[engine.Spans, ...]
    days: tuple[tuple[date, str, int], ...]


def _periods(
    person: _Person, dated: Sequence[_Period], from_on: date, until_on: date
) -> Iterable[_Period]:
    """Which calendar is in force when, while employed; the person's own one fills the gaps."""
    day = max(from_on, person.employed_from)
    end = min(until_on, person.employed_until) if person.employed_until else until_on
    for period in dated:
        starts_on = max(period.valid_from, day)
        ends_on = min(period.valid_until or end, end)
        if starts_on >= ends_on:
            continue
        if day < starts_on:
            yield _Period(person.calendar_id, day, starts_on)
        yield _Period(period.calendar_id, starts_on, ends_on)
        day = ends_on
    if day < end:
        yield _Period(person.calendar_id, day, end)


def _calendars(calendar_ids: set[int], from_on: date, until_on: date) -> dict[int, _Calendar]:
    key = ("org.calendars", frozenset(calendar_ids), from_on, until_on)
    return reading.once(key, lambda: _read_calendars(calendar_ids, from_on, until_on))


def _read_calendars(calendar_ids: set[int], from_on: date, until_on: date) -> dict[int, _Calendar]:
    """One message to the database."""
    if not calendar_ids:
        return {}
    weekdays: dict[int, list[list[engine.Span]]] = {
        calendar_id: [[] for _ in range(7)] for calendar_id in calendar_ids
    }
    ordered = sorted(calendar_ids)
    intervals, exceptions = compiled.answers(
        [
            compiled.question("org.intervals", _intervals_of, *ordered),
            compiled.question("org.exceptions", _exceptions_of, from_on, until_on, *ordered),
        ]
    )
    for calendar_id, weekday, start, end in intervals:
        weekdays[calendar_id][weekday].append((start, end))
    days: dict[int, list[tuple[date, str, int]]] = defaultdict(list)
    for calendar_id, on, kind, minutes in exceptions:
        days[calendar_id].append((on, kind, minutes))
    return {
        calendar_id: _Calendar(
            tuple(tuple(spans) for spans in weekdays[calendar_id]), tuple(days[calendar_id])
        )
        for calendar_id in calendar_ids
    }


def _intervals_of(*calendar_ids: int) -> "QuerySet[WorkInterval, tuple[Any, ...]]":
    """Which hours of which weekday, by calendar."""
    rows = WorkInterval.objects.filter(calendar_id__in=calendar_ids)
    return rows.order_by("calendar_id", "weekday", "start_minute").values_list(
        "calendar_id", "weekday", "start_minute", "end_minute"
    )


def _exceptions_of(
    from_on: date, until_on: date, *calendar_ids: int
) -> "QuerySet[CalendarException, tuple[Any, ...]]":
    rows = CalendarException.objects.filter(
        calendar_id__in=calendar_ids, on__gte=from_on, on__lt=until_on
    )
    return rows.values_list("calendar_id", "on", "kind", "working_minutes")


def _compose(periods: Sequence[_Period], calendars: Mapping[int, _Calendar]) -> engine.CalendarSpec:
    weeks: list[engine.WorkingWeek] = []
    holidays: list[date] = []
    exceptions: list[engine.CalendarException] = []
    for period in periods:
        calendar = calendars[period.calendar_id]
        weeks.append(
            engine.WorkingWeek(
                calendar.weekdays,  # type: ignore[arg-type]
                period.valid_from,
                period.valid_until,
            )
        )
        for on, kind, minutes in calendar.days:
            if on < period.valid_from or (period.valid_until and on >= period.valid_until):
                continue
            usual = sum(end - start for start, end in calendar.weekdays[on.weekday()])
            if kind != CalendarException.Kind.WORKING and not minutes:
                holidays.append(on)
            else:
                exceptions += _shifted(calendar, on, minutes, usual)
    return engine.calendar_of(weeks, holidays=holidays, exceptions=exceptions)


def _shifted(
    calendar: _Calendar, on: date, minutes: int, usual: int
) -> Iterable[engine.CalendarException]:
    """A day on which `minutes` are worked, more or fewer than `usual` on that weekday."""
    next_day = date.fromordinal(on.toordinal() + 1)
    if minutes < usual:
        yield engine.CalendarException(on, next_day, minutes=usual - minutes)
    elif minutes > usual:
        spans = calendar.weekdays[on.weekday()]
        first = spans[-1][1] if spans else _usual_start(calendar)
        first = min(first, engine.MINUTES_PER_DAY - (minutes - usual))
        yield engine.CalendarException(
            on, next_day, working=True, spans=((first, first + minutes - usual),)
        )


def _usual_start(calendar: _Calendar) -> int:
    return next((spans[0][0] for spans in calendar.weekdays if spans), NINE_O_CLOCK)
