"""Who works when, from calendar rows: holidays, part-time from a date, leave, employment."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from psa.core.org import selectors
from psa.core.org.models import (
    CalendarException,
    JobRole,
    OrgUnit,
    Resource,
    ResourceCalendar,
    ResourceException,
    WorkCalendar,
)
from psa.core.org.rules.working_time import CalendarSpec, capacity_by_day, capacity_minutes
from psa.core.org.services import calendars
from psa.core.tenancy.scope import tenant_scope
from psa.edges.setup.services import NewEntity, create_tenant
from tests.core.pricing.firm import AT
from tests.database import StandingScene

MONDAY = date(2026, 7, 6)
NEXT_MONDAY = date(2026, 7, 13)


@pytest.fixture
def tenant_id(standing_scene: StandingScene[int]) -> Iterator[int]:
    made = standing_scene(in_bavaria)
    with tenant_scope(made):
        yield made


def in_bavaria() -> int:
    tenant = create_tenant(
        slug="acme",
        name="Acme",
        currency="EUR",
        entities=[NewEntity("DE", "Acme", "EUR", "DE", "BY")],
        years=[2026],
        at=AT,
    )
    return tenant.pk


def hire(tenant_id: int, code: str, **more: Any) -> Resource:
    made: Resource = Resource.objects.create(
        tenant_id=tenant_id, code=code, name=code, org_unit=OrgUnit.objects.get(),
        job_role=JobRole.objects.get(code="consultant"),
        **{"calendar": WorkCalendar.objects.get(country="DE"), "employed_from": date(2025, 1, 1), **more},
    )  # fmt: skip
    return made


def spec_of(
    resource: Resource, from_on: date = MONDAY, until_on: date = NEXT_MONDAY
) -> CalendarSpec:
    return selectors.working_spec([resource.pk], from_on, until_on)[resource.pk]


def week(resource: Resource) -> list[int]:
    days = capacity_by_day(spec_of(resource), MONDAY, NEXT_MONDAY)
    return [minutes // 60 for minutes in days.values()]


def test_works_eight_hours_on_weekdays(tenant_id: int) -> None:
    assert week(hire(tenant_id, "BEN")) == [8, 8, 8, 8, 8, 0, 0]


def test_rests_on_the_regions_public_holidays(tenant_id: int) -> None:
    epiphany = date(2026, 1, 6)
    spec = spec_of(hire(tenant_id, "BEN"), epiphany, date(2026, 1, 8))
    assert capacity_minutes(spec, epiphany) == 0
    assert capacity_minutes(spec, date(2026, 1, 7)) == 480


def test_takes_leave_by_the_day_and_by_the_hour(tenant_id: int) -> None:
    ben = hire(tenant_id, "BEN")
    for start, end, minutes in ((6, 8, None), (9, 10, 240)):
        ResourceException.objects.create(
            tenant_id=tenant_id, resource=ben, name="Leave", valid_from=date(2026, 7, start),
            valid_until=date(2026, 7, end), minutes_off_per_day=minutes,
        )  # fmt: skip
    assert week(ben) == [0, 0, 8, 4, 8, 0, 0]


def test_follows_the_calendar_in_force_on_each_day(tenant_id: int) -> None:
    mornings = calendars.create_calendar(
        tenant_id=tenant_id, name="Mornings", intervals=[(day, 540, 780) for day in range(5)]
    )
    ben = hire(tenant_id, "BEN")
    ResourceCalendar.objects.create(
        tenant_id=tenant_id, resource=ben, calendar=mornings, valid_from=date(2026, 7, 8)
    )
    assert week(ben) == [8, 8, 4, 4, 4, 0, 0]


def test_is_nowhere_outside_employment(tenant_id: int) -> None:
    ben = hire(tenant_id, "BEN", employed_from=date(2026, 7, 7), employed_until=date(2026, 7, 9))
    assert week(ben) == [0, 8, 8, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("kind", "day", "minutes", "expected"),
    [
        ("closure", date(2026, 7, 8), 0, 0),
        ("closure", date(2026, 7, 8), 240, 240),
        ("working", date(2026, 7, 11), 300, 300),
        ("working", date(2026, 7, 8), 600, 600),
    ],
)
def test_works_what_the_calendar_says_of_a_day(
    tenant_id: int, kind: str, day: date, minutes: int, expected: int
) -> None:
    ben = hire(tenant_id, "BEN")
    CalendarException.objects.create(
        tenant_id=tenant_id, calendar=ben.calendar, on=day, name="Day", kind=kind,
        working_minutes=minutes,
    )  # fmt: skip
    assert capacity_minutes(spec_of(ben), day) == expected


def test_takes_two_messages_for_any_number_of_people(
    tenant_id: int, django_assert_num_queries: Callable[[int], Any]
) -> None:
    ids = [hire(tenant_id, f"P{number}").pk for number in range(30)]
    with django_assert_num_queries(2):
        assert len(selectors.working_spec(ids, MONDAY, NEXT_MONDAY)) == 30
    with django_assert_num_queries(2):
        selectors.working_spec(ids[:1], MONDAY, NEXT_MONDAY)


def test_leaves_unknown_people_out(tenant_id: int) -> None:
    assert selectors.working_spec([10**9], MONDAY, NEXT_MONDAY) == {}
