"""Booking people: capacity, policy, the team, and two who want the same hours at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, connections, transaction

from projects.models import TeamMember
from projects.services import team
from psa.core.audit.models import AuditEntry
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.notifications.models import Notification
from psa.core.org import booked
from psa.core.org.models import Resource, TenantParameters
from resources.models import Booking, BookingDay, CapacityDay
from resources.selectors.bookings import project_bookings
from resources.services import bookings
from tests import factories
from tests.edges.api.callers import Caller, token_of
from tests.factories import AT

MONDAY, FRIDAY, NEXT_MONDAY = date(2026, 7, 6), date(2026, 7, 10), date(2026, 7, 13)


@pytest.fixture
def scene(acme):
    """Acme's project, a PM who may book 40 hours, and the arguments of a week at half time."""
    with acme.scope():
        acme.project = factories.make_engagement(acme).project
        yield acme


def week(firm, name="ben", who="priya", **values):
    return {
        "project_id": firm.project.pk, "resource_id": firm.resources[name].pk,
        "valid_from": MONDAY, "valid_until": NEXT_MONDAY, "status": "hard", "method": "percent",
        "percent": Decimal(50), "actor": firm.actors[who], "at": AT, **values,
    }  # fmt: skip


def allow(**values):
    TenantParameters.objects.update(**values)


def by_day(booking):
    return dict(booking.days.values_list("on", "minutes"))


def test_lays_the_hours_on_the_days_that_the_person_works(scene):
    booking = bookings.book_person(**week(scene))
    minutes = by_day(booking)
    assert list(minutes) == [date(2026, 7, day) for day in range(6, 11)]
    assert set(minutes.values()) == {240}
    assert booking.minutes == 1200
    [told] = Notification.objects.filter(event="resources.booking.made")
    assert told.title == "You are booked on ERP core rollout"
    assert told.body == "hard, 50 % of capacity, from 6 Jul 2026 to 12 Jul 2026, 20 hours"
    assert AuditEntry.objects.filter(sentence__startswith="booked Ben hard, 50 %").exists()


def test_hard_over_capacity_is_refused_naming_the_day_and_leaves_nothing(scene):
    bookings.book_person(**week(scene, percent=Decimal(80)))
    with pytest.raises(DomainError, match=r"Ben works 8 h on 6 Jul 2026, 6.4 h are booked, and"):
        bookings.book_person(**week(scene))
    assert Booking.objects.count() == 1
    soft = bookings.book_person(**week(scene, status="soft"))
    assert soft.minutes == 1200


def test_hard_over_capacity_needs_a_reason_where_the_firm_allows_it(scene):
    allow(overbooking="reason")
    bookings.book_person(**week(scene, percent=Decimal(80)))
    with pytest.raises(DomainError) as refused:
        bookings.book_person(**week(scene))
    assert refused.value.field == "over_reason"
    second = bookings.book_person(**week(scene, over_reason="Go-live week"))
    assert set(CapacityDay.objects.values_list("over_minutes", flat=True)) == {144}
    bookings.cancel_booking(booking_id=second.pk, actor=scene.actors["priya"], at=AT)
    assert set(CapacityDay.objects.values_list("over_minutes", flat=True)) == {0}


def test_soft_lowers_what_is_left_and_never_refuses_a_hard_one(scene):
    bookings.book_person(**week(scene, status="soft", method="full"))
    with pytest.raises(DomainError, match="Ben has no free hours"):
        bookings.book_person(**week(scene, status="soft", method="remaining"))
    assert bookings.book_person(**week(scene, method="remaining")).minutes == 2400


def test_front_loaded_hours_that_find_no_room_are_said(scene):
    booking = bookings.book_person(**week(scene, "bea", "rae", method="front", asked_minutes=3000))
    assert (booking.minutes, booking.unplaced_minutes) == (2400, 600)


@pytest.mark.parametrize(
    ("policy", "who", "asked", "refused"),
    [
        ("limited", "priya", 41, "up to 40 hours directly; these are 41"),
        ("limited", "priya", 40, ""),
        ("limited", "rae", 41, ""),
        ("never", "priya", 1, "made by the resource manager"),
        ("never", "rae", 1, ""),
        ("always", "priya", 60, ""),
    ],
)
def test_what_managers_book_directly_is_the_firms_policy(scene, policy, who, asked, refused):
    allow(self_booking=policy)
    values = week(scene, "ben", who, method="evenly", asked_minutes=asked * 60)
    values["valid_until"] = date(2026, 7, 20)
    if refused:
        with pytest.raises(DomainError, match=refused):
            bookings.book_person(**values)
        values["status"] = "soft"
    assert bookings.book_person(**values).minutes == asked * 60


def test_soft_bookings_can_be_switched_off(scene):
    allow(soft_booking_allowed=False)
    with pytest.raises(DomainError, match="does not book softly"):
        bookings.book_person(**week(scene, status="soft"))


def test_a_role_is_booked_softly_only(scene):
    Resource.objects.filter(pk=scene.resources["bea"].pk).update(kind="generic")
    with pytest.raises(DomainError, match="is a role, not a person"):
        bookings.book_person(**week(scene, "bea"))
    bookings.book_person(**week(scene, "bea", status="soft"))


def test_puts_the_person_on_the_team_and_extends_their_time(scene):
    mei = scene.resources["mei"]
    booking = bookings.book_person(**week(scene, "mei", "rae"))
    member = TeamMember.objects.get(resource=mei)
    assert (member.valid_from, member.valid_until) == (MONDAY, NEXT_MONDAY)
    later = {"valid_from": date(2026, 7, 20), "valid_until": date(2026, 8, 1)}
    bookings.change_booking(
        booking_id=booking.pk, lock_version=1, actor=scene.actors["rae"], at=AT, **later
    )
    member.refresh_from_db()
    assert (member.valid_from, member.valid_until) == (MONDAY, date(2026, 8, 1))
    assert min(by_day(booking)) == date(2026, 7, 20)
    with pytest.raises(DomainError, match="Mei is booked on P-1. Cancel the booking first"):
        team.remove_team_member(
            project_id=scene.project.pk, member_id=member.pk, actor=scene.actors["priya"], at=AT
        )


def test_a_stale_form_is_refused(scene):
    booking = bookings.book_person(**week(scene))
    change = {"booking_id": booking.pk, "lock_version": 1, "actor": scene.actors["priya"], "at": AT}
    bookings.change_booking(**change, note="Mornings")
    with pytest.raises(Conflict, match="has changed since you opened it"):
        bookings.change_booking(**change, note="Afternoons")


def test_hardening_asks_for_room_and_a_cancelled_one_comes_back(scene):
    priya = scene.actors["priya"]
    soft = bookings.book_person(**week(scene, status="soft"))
    hard = bookings.book_person(**week(scene, percent=Decimal(70)))
    with pytest.raises(DomainError, match="over capacity on 5 days"):
        bookings.harden_booking(booking_id=soft.pk, actor=priya, at=AT)
    was = bookings.cancel_booking(booking_id=hard.pk, actor=priya, at=AT, reason="Delayed")
    bookings.harden_booking(booking_id=soft.pk, actor=priya, at=AT)
    with pytest.raises(DomainError, match="over capacity"):
        bookings.restore_booking(payload=was, actor=priya, at=AT)
    bookings.cancel_booking(booking_id=soft.pk, actor=priya, at=AT)
    assert bookings.restore_booking(payload=was, actor=priya, at=AT) == "Ben is booked again"
    with pytest.raises(Conflict, match="was cancelled meanwhile"):
        bookings.harden_booking(booking_id=soft.pk, actor=priya, at=AT)


def test_the_database_itself_holds_hard_bookings_to_capacity(scene):
    booking = bookings.book_person(**week(scene))
    day = booking.days.get(on=MONDAY)
    with pytest.raises(IntegrityError, match="overbooked: 481 minutes"), transaction.atomic():
        BookingDay.objects.filter(pk=day.pk).update(minutes=481)
    soft = bookings.book_person(**week(scene, status="soft", percent=Decimal(60)))
    with pytest.raises(IntegrityError, match="overbooked"), transaction.atomic():
        Booking.objects.filter(pk=soft.pk).update(status="hard")
    sunday = {"tenant": scene.tenant, "booking": booking, "on": date(2026, 7, 12), "minutes": 1}
    with pytest.raises(IntegrityError, match="overbooked"), transaction.atomic():
        BookingDay.objects.create(**sunday)


def test_other_rooms_read_booked_minutes_by_person_project_and_day(scene):
    bookings.book_person(**week(scene))
    bookings.book_person(**week(scene, status="soft", percent=Decimal(25)))
    ben = scene.resources["ben"].pk
    days = booked.booked_days(resource_ids=[ben], from_on=FRIDAY, until_on=NEXT_MONDAY)
    assert days == [booked.BookedDay(ben, scene.project.pk, FRIDAY, 240, 120)]
    assert booked.booked_days(project_ids=[0]) == []


@pytest.mark.parametrize("name", ["ben", "mei", "fay", "amara", "sam"])
def test_only_who_manages_or_staffs_books(scene, name):
    with pytest.raises((PermissionDenied, NotFound)):
        bookings.book_person(**week(scene, "bea", name))
    client = scene.client(name)
    path = scene.url(f"people/teams/{scene.project.pk}/add/")
    assert client.get(path).status_code in (403, 404)


def test_bookings_of_another_tenant_do_not_exist(acme, globex):
    with acme.scope():
        acme.project = factories.make_engagement(acme).project
        bookings.book_person(**week(acme))
    project_id = acme.project.pk
    otto = globex.client("otto")
    assert otto.get(globex.url(f"people/bookings/of-project/{project_id}/")).status_code == 404


def test_the_form_adds_to_the_team_and_books_at_once(scene):
    client = scene.client("priya")
    path = scene.url(f"people/teams/{scene.project.pk}/add/")
    assert client.get(path).status_code == 200
    typed = {
        "resource": scene.resources["mei"].pk, "role": "", "valid_from": "2026-07-06",
        "last_on": "2026-07-10", "method": "per_day", "asked_minutes": "4", "status": "hard",
    }  # fmt: skip
    answer = client.post(path, typed)
    assert answer.status_code == 302, answer.context["form"].errors
    [row] = project_bookings(actor=scene.actors["priya"], project_id=scene.project.pk).bookings
    assert (row.name, row.what, row.minutes, row.last_on) == ("Mei", "4 h a day", 1200, FRIDAY)
    page = client.get(scene.url(f"people/bookings/of-project/{scene.project.pk}/"))
    assert "4 h a day" in page.content.decode()
    too_much = client.post(path, typed | {"asked_minutes": "6"})
    assert too_much.status_code == 422
    assert "over capacity on 5 days" in too_much.content.decode()
    only_team = client.post(
        path, typed | {"resource": scene.resources["paul"].pk, "method": "none"}
    )
    assert only_team.status_code == 302
    assert TeamMember.objects.filter(resource=scene.resources["paul"]).exists()
    for way, status in (("harden", 302), ("edit", 200), ("cancel", 302)):
        url = scene.url(f"people/bookings/{row.id}/{way}/")
        assert (client.get(url) if way == "edit" else client.post(url)).status_code == status


def test_by_api(scene):
    caller = Caller(token_of(scene, "priya"))
    path = f"/projects/{scene.project.pk}/bookings"
    body = {
        "resource_id": scene.resources["ben"].pk, "status": "soft", "method": "percent",
        "percent": "50", "valid_from": "2026-07-06", "valid_until": "2026-07-13",
    }  # fmt: skip
    made = caller.call("POST", path, body)
    assert made.status_code == 201, made.content
    [row] = made.json()["bookings"]
    hard = caller.call("POST", f"/bookings/{row['id']}/harden", {})
    assert hard.json()["hard_minutes"] == 1200
    changed = {key: body[key] for key in ("method", "valid_from", "valid_until")}
    moved = caller.call("PUT", f"/bookings/{row['id']}", {**changed, "percent": "25"})
    assert moved.json()["hard_minutes"] == 600
    gone = caller.call("POST", f"/bookings/{row['id']}/cancel", {"reason": "Postponed"})
    assert gone.json()["bookings"] == []


def test_two_who_want_the_same_hours_at_once_do_not_both_get_them(committed_database):
    acme = factories.make_firm("acme")
    with acme.scope():
        acme.project = factories.make_engagement(acme).project

    def book(_):
        try:
            with acme.scope():
                bookings.book_person(**week(acme, who="rae", percent=Decimal(60)))
                return "booked"
        except DomainError as refused:
            return str(refused)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(book, range(2)))
    assert sorted(said == "booked" for said in told) == [False, True]
    with acme.scope():
        assert Booking.objects.filter(status="hard").count() == 1
    connection.close()
