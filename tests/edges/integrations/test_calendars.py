"""One's own bookings and leave in a calendar program: by a secret address, and nobody else's."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar

from psa.core.access.models import Membership
from psa.core.org.models import ResourceException
from psa.core.telemetry.logs import without_secrets
from psa.core.tenancy.models import Tenant
from psa.edges.api.models import IdempotencyKey
from psa.edges.integrations.calendars.models import CalendarFeed
from psa.edges.integrations.calendars.rules.feed import runs_of
from resources.models import Booking, BookingDay, CapacityDay
from tests.edges.api.callers import caller
from tests.factories import AT, Firm, make_engagement


@pytest.fixture
def engagement(acme: Firm) -> Any:
    with acme.scope():
        return make_engagement(acme)


def book(firm: Firm, engagement: Any, name: str, days: tuple[date, ...], status: str) -> Booking:
    booking = Booking.objects.create(
        tenant=firm.tenant, resource=firm.resources[name], project=engagement.project,
        role=firm.roles["SC"], status=status, method="evenly", asked_minutes=480 * len(days),
        valid_from=days[0], valid_until=date(2026, 8, 1), minutes=480 * len(days), booked_at=AT,
        note="RATE 777",
    )  # fmt: skip
    CapacityDay.objects.bulk_create(
        CapacityDay(tenant=firm.tenant, resource=booking.resource, on=on, minutes=480)
        for on in days
    )
    BookingDay.objects.bulk_create(
        BookingDay(tenant=firm.tenant, booking=booking, on=on, minutes=480) for on in days
    )
    return booking


def make(firm: Firm, name: str) -> str:
    """The path of a new address of a member's calendar, as the page shows it once."""
    page = firm.client(name).post(firm.url("calendar/make/")).content.decode()
    return "/accounts/calendar/" + page.partition("/accounts/calendar/")[2].partition("<")[0]


def test_days_that_follow_each_other_are_one_event() -> None:
    days = [date(2026, 7, 3), date(2026, 7, 2), date(2026, 7, 6)]
    assert runs_of(days) == [
        (date(2026, 7, 2), date(2026, 7, 4)),
        (date(2026, 7, 6), date(2026, 7, 7)),
    ]
    assert runs_of([]) == []


def test_shows_own_bookings_and_leave_until_it_is_revoked(
    acme: Firm,
    globex: Firm,
    engagement: Any,
    settings: Any,
    django_assert_max_num_queries: Any,
) -> None:
    settings.PSA_NOW = AT
    with acme.scope():
        days = (date(2026, 7, 9), date(2026, 7, 10), date(2026, 7, 13))
        book(acme, engagement, "ben", days, "hard")
        book(acme, engagement, "ben", (date(2026, 7, 20),), "soft")
        book(acme, engagement, "ben", (date(2026, 7, 21),), "cancelled")
        book(acme, engagement, "priya", (date(2026, 7, 22),), "hard")
        ResourceException.objects.create(
            tenant=acme.tenant, resource=acme.resources["ben"], name="Leave",
            valid_from=date(2026, 7, 27), valid_until=date(2026, 8, 1),
        )  # fmt: skip
    address = make(acme, "ben")
    with django_assert_max_num_queries(12):
        answer = Client().get(address)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    assert "777" not in answer.content.decode()
    calendar = Calendar.from_ical(answer.content)
    events = {event.decoded("dtstart"): event for event in calendar.walk("VEVENT")}
    assert list(events) == [
        date(2026, 7, 9), date(2026, 7, 13), date(2026, 7, 20), date(2026, 7, 27)
    ]  # fmt: skip
    first = events[date(2026, 7, 9)]
    assert first.decoded("dtend") == date(2026, 7, 11)
    assert first["summary"].startswith(engagement.project.code)
    assert first["description"].startswith("16:00 hours as ")
    assert (first["status"], first["transp"]) == ("CONFIRMED", "TRANSPARENT")
    assert first.decoded("dtstamp") == AT.astimezone(UTC).replace(microsecond=0)
    assert events[date(2026, 7, 20)]["status"] == "TENTATIVE"
    assert events[date(2026, 7, 27)]["transp"] == "OPAQUE"

    # Unchanged, it is not sent again; changed, it is.
    etag = answer["ETag"]
    assert Client().get(address, HTTP_IF_NONE_MATCH=etag).status_code == 304
    with acme.scope():
        BookingDay.objects.filter(on=date(2026, 7, 13)).update(minutes=240)
    assert Client().get(address, HTTP_IF_NONE_MATCH=etag).status_code == 200

    # Its secret is kept nowhere, and opens no other firm.
    secret = address.removeprefix("/accounts/calendar/").removesuffix(".ics")
    with acme.scope():
        row = CalendarFeed.objects.get()
        assert secret not in str(CalendarFeed.objects.values())
        assert row.last_read_at is not None
    other = address.replace(f"{acme.tenant.slug}_", f"{globex.tenant.slug}_")
    assert Client().get(other).status_code == 404
    assert Client().get("/accounts/calendar/nothing.ics").status_code == 404
    assert secret not in without_secrets(address)
    assert secret not in acme.client("ben").get(acme.url("calendar/")).content.decode()

    # A deactivated member, a suspended firm, a new address and a revoked one close it.
    for is_active, status in ((False, 404), (True, 200)):
        with acme.scope():
            Membership.objects.filter(pk=acme.actors["ben"].membership_id).update(
                is_active=is_active
            )
        assert Client().get(address).status_code == status
    Tenant.objects.filter(pk=acme.tenant.pk).update(status=Tenant.Status.SUSPENDED)
    assert Client().get(address).status_code == 404
    Tenant.objects.filter(pk=acme.tenant.pk).update(status=Tenant.Status.ACTIVE)
    newer = make(acme, "ben")
    assert [Client().get(one).status_code for one in (address, newer)] == [404, 200]
    assert acme.client("ben").post(acme.url("calendar/revoke/")).status_code == 302
    assert Client().get(newer).status_code == 404


def test_what_nobody_is_booked_for_is_an_empty_calendar(acme: Firm) -> None:
    answer = Client().get(make(acme, "ada"))
    assert Calendar.from_ical(answer.content).walk("VEVENT") == []
    assert datetime.now(tz=UTC).strftime("DTSTAMP:%Y") not in answer.content.decode()


def test_by_the_api_it_is_told_once_and_needs_a_scope_of_its_own(acme: Firm) -> None:
    path = "/calendar-address"
    caller(acme, "ben", "write").post(path, status=403)
    ben = caller(acme, "ben", "calendars:write")
    ben.get(path, 404)
    answer = ben.call("POST", path, {}, idempotency_key="one")
    first = answer.json()["url"]
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    again = ben.call("POST", path, {}, idempotency_key="one").json()["url"]
    opened = [Client().get(url.partition("8000")[2]).status_code for url in (first, again)]
    assert opened == [404, 200]
    secret = again.rpartition("/")[2].removesuffix(".ics")
    told = ben.get(path)
    assert secret not in str(told) and told["last_read_at"] is not None
    with acme.scope():
        assert secret not in str(list(IdempotencyKey.objects.values()))
    caller(acme, "ben", "calendars:read").delete(path, 403)
    ben.delete(path, 204)
    ben.delete(path, 404)
    assert Client().get(again.partition("8000")[2]).status_code == 404
