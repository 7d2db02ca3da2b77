"""Pages of the organisation: calendars' hours, what differs for one person, entities, roles."""

from datetime import date

import pytest

from psa.core.audit.models import AuditEntry
from psa.core.errors import DomainError, PermissionDenied
from psa.core.ledger.models import FiscalPeriod
from psa.core.org import selectors as org
from psa.core.org.models import (
    CalendarException,
    JobRole,
    LegalEntity,
    OrgUnit,
    ResourceCalendar,
    ResourceException,
    WorkCalendar,
    WorkInterval,
)
from psa.core.org.rules import working_time
from psa.core.org.services import calendars, structure
from tests.factories import AT, Firm

CALENDAR = {
    "name": "Four days",
    "country": "DE",
    "subdivision": "BY",
    "time_zone": "Europe/Berlin",
    **{f"day_{number}": "8:00-12:00, 13:00-18:00" for number in range(4)},
}


def minutes(firm: Firm, name: str, on: date) -> int:
    days = on, date.fromordinal(on.toordinal() + 1)
    person = firm.resources[name].pk
    spec = org.working_spec([person], *days)[person]
    return sum(working_time.capacity_by_day(spec, *days).values())


def test_makes_a_calendar_and_changes_its_hours(acme: Firm) -> None:
    rae = acme.client("rae")  # calendars are the resource manager's too
    new = acme.url("setup/calendars/new/")
    assert rae.post(new, CALENDAR).status_code == 302
    assert rae.post(new, CALENDAR).status_code == 422  # the name is taken
    for change in (
        {"day_0": "9:00-25:00"},
        {"day_0": "noon"},
        {"day_0": "9:00-12:00, 11:00-13:00"},
        {"country": "XX"},
        {f"day_{number}": "" for number in range(4)},
    ):
        data = {**CALENDAR, "name": "Other", **change}
        assert rae.post(new, data).status_code == 422, change
    with acme.scope():
        row = WorkCalendar.objects.get(name="Four days")
        assert WorkInterval.objects.filter(calendar=row).count() == 8
        assert CalendarException.objects.filter(calendar=row, on__year=2026).exists()
    edit = acme.url(f"setup/calendars/{row.pk}/hours/")
    assert "8:00-12:00, 13:00-18:00" in rae.get(edit).content.decode()
    assert rae.post(edit, {**CALENDAR, "day_4": "9:00-13:00"}).status_code == 302
    with acme.scope():
        assert WorkInterval.objects.filter(calendar=row).count() == 9
        day = CalendarException.objects.filter(calendar=row).earliest("on").on
    remove = acme.url(f"setup/calendars/{row.pk}/day/remove/")
    assert rae.post(remove, {"on": day.isoformat()}).status_code == 302
    with acme.scope():
        assert not CalendarException.objects.filter(calendar=row, on=day).exists()
        assert AuditEntry.objects.filter(event="org.calendar_saved").count() == 3


def test_takes_days_off_one_person_and_gives_them_back(acme: Firm) -> None:
    rae = acme.client("rae")
    ben = acme.resources["ben"].pk
    url = acme.url(f"setup/people/{ben}/calendar/")
    monday = date(2026, 7, 13)
    leave = {"kind": "leave", "name": "", "first_on": "2026-07-13", "last_on": "2026-07-14"}
    assert rae.post(f"{url}absence/", {**leave, "last_on": "2026-07-12"}).status_code == 422
    assert rae.post(f"{url}absence/", leave).status_code == 302
    with acme.scope():
        assert minutes(acme, "ben", monday) == 0
        row = ResourceException.objects.get()
        assert (row.name, row.valid_until) == ("Leave", date(2026, 7, 15))
    assert "Leave" in rae.get(url).content.decode()
    assert rae.post(acme.url(f"setup/absences/{row.pk}/remove/")).status_code == 302
    with acme.scope():
        assert minutes(acme, "ben", monday) == 480


def test_lets_a_person_work_by_another_calendar_from_a_day_on(acme: Firm) -> None:
    rae = acme.client("rae")
    ben = acme.resources["ben"].pk
    with acme.scope():
        part_time = calendars.save_calendar(
            calendar_id=None, name="Mornings", country="", subdivision="", time_zone="UTC",
            intervals=[(day, 540, 780) for day in range(5)], actor=acme.actors["ada"], at=AT,
        )  # fmt: skip
    url = acme.url(f"setup/people/{ben}/calendar/dated/")
    data = {"calendar": part_time.pk, "valid_from": "2026-07-13"}
    assert rae.post(url, data).status_code == 302
    assert rae.post(url, data).status_code == 422  # these days have a calendar already
    assert rae.post(url, {**data, "valid_from": "2026-08-03"}).status_code == 302
    with acme.scope():
        assert minutes(acme, "ben", date(2026, 7, 10)) == 480
        assert minutes(acme, "ben", date(2026, 7, 13)) == 240
        first = ResourceCalendar.objects.earliest("valid_from")
        assert first.valid_until == date(2026, 8, 3)  # the open one ends where the next begins


def test_adds_a_legal_entity_ready_to_post(acme: Firm) -> None:
    ada = acme.client("ada")
    data = {
        "code": "in",
        "name": "Acme India Pvt",
        "currency": "inr",
        "country": "in",
        "time_zone": "",  # as its country
        "fiscal_year_start_month": "4",
    }
    new = acme.url("setup/entities/new/")
    assert ada.post(new, {**data, "currency": "XXQ"}).status_code == 422
    assert ada.post(new, data).status_code == 302
    assert ada.post(new, data).status_code == 422
    with acme.scope():
        row = LegalEntity.objects.get(code="IN")
        assert (row.currency, row.time_zone) == ("INR", "Asia/Kolkata")
        assert OrgUnit.objects.filter(legal_entity=row).count() == 1
        assert FiscalPeriod.objects.filter(legal_entity=row).exists()
    page = ada.get(acme.url(f"setup/entities/{row.pk}/")).content.decode()
    assert "starts in April" in page
    assert "IN18" in page


def test_keeps_hints_from_who_may_not_see_such_rates(acme: Firm) -> None:
    ada = acme.client("ada")  # sees bill rates, not cost rates
    with acme.scope():
        role = JobRole.objects.get(code="senior")
        JobRole.objects.filter(pk=role.pk).update(cost_rate_hint=61, bill_rate_hint=125)
    url = acme.url(f"setup/roles/{role.pk}/")
    page = ada.get(url).content.decode()
    assert "cost_rate_hint" not in page
    assert 'value="125' in page
    data = {
        "code": "senior",
        "name": "Senior consultant",
        "billing_type": "chargeable",
        "target_utilisation_percent": "80",
        "required_skills": "Python, SQL",
        "bill_rate_hint": "130",
        "cost_rate_hint": "1",
        "is_active": "on",
    }
    assert ada.post(url, data).status_code == 302
    with acme.scope():
        row = JobRole.objects.get(pk=role.pk)
        assert (row.cost_rate_hint, row.bill_rate_hint) == (61, 130)
        assert row.required_skills == "Python, SQL"
        common = {
            "role_id": role.pk, "code": "senior", "name": "Senior", "billing_type": "chargeable",
            "target_utilisation_percent": row.target_utilisation_percent, "is_active": True,
            "actor": acme.actors["ada"], "at": AT,
        }  # fmt: skip
        with pytest.raises(PermissionDenied):
            structure.save_job_role(**common, hints={"cost_rate_hint": None})
        with pytest.raises(DomainError):
            structure.save_job_role(
                **common, hints={"bill_rate_hint": row.target_utilisation_percent * -1}
            )


def test_shows_availability_of_the_next_four_weeks(acme: Firm) -> None:
    with acme.scope():
        ResourceException.objects.create(
            tenant=acme.tenant, resource=acme.resources["ben"], name="Leave",
            valid_from=date(2000, 1, 1), valid_until=date(2100, 1, 1),
        )  # fmt: skip
    rae = acme.client("rae")
    page = rae.get(acme.url("people/availability/")).content.decode()
    assert "Ben" in page
    away = rae.get(acme.url("people/availability/?view=away")).content.decode()
    assert "Ben" in away
    assert "Bea" not in away
    assert acme.client("ben").get(acme.url("people/availability/")).status_code == 404


@pytest.mark.parametrize("name", ["ben", "fay"])
def test_does_not_exist_for_others(acme: Firm, name: str) -> None:
    client = acme.client(name)
    ben = acme.resources["ben"].pk
    for path in ("calendars/new/", "entities/new/", f"people/{ben}/calendar/"):
        assert client.get(acme.url(f"setup/{path}")).status_code == 404, path
