"""Booking people on projects: by the day, soft or hard. One booking is one transaction."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from projects import policies as projects
from projects.models import Project
from projects.services import team
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.notifications import services as notifications
from psa.core.org import selectors as org
from psa.core.org.models import Resource
from psa.core.web import undo

from .. import policies
from ..events import ResourcesEvent
from ..models import Booking, BookingDay, CapacityDay
from ..permissions import ResourcesPermission
from ..rules import self_booking
from ..rules.contour import Contour, DayRoom, contour, words
from ..selectors import bookings as selectors

RECORD = "projects.Project"
MAX_DAYS = 1830
SOFT, HARD = Booking.Status.SOFT, Booking.Status.HARD
EDITABLE = frozenset(
    {"method", "percent", "asked_minutes", "valid_from", "valid_until", "over_reason", "note"}
)


@transaction.atomic
def add_to_team(
    *,
    project_id: int,
    resource_id: int,
    valid_from: date,
    valid_until: date | None,
    actor: Actor,
    at: datetime,
    role_id: int | None = None,
    planned_minutes: int = 0,
    bill_rate_override: Decimal | None = None,
    booking: Mapping[str, Any] | None = None,
) -> Booking | None:
    """Put a person (or a role) on a project's team and, with `booking`, book them for that time.

    `booking` holds the arguments of `book_person` that are not here already; None books nothing.
    Who staffs but does not manage the project only books: the booking brings them on the team.
    Raises  as `team.add_team_member` and `book_person`.
    """
    if booking is not None and valid_until is None:
        raise DomainError("A booking needs a last day.", field="last_on")
    project = selectors.get_project(actor=actor, project_id=project_id)
    wants_terms = booking is None or bill_rate_override is not None
    if wants_terms or projects.may_manage(project, actor):
        _join(
            project, resource_id, role_id, wants_terms=wants_terms, actor=actor, at=at,
            valid_from=valid_from, valid_until=valid_until, planned_minutes=planned_minutes,
            bill_rate_override=bill_rate_override,
        )  # fmt: skip
    if booking is None or valid_until is None:
        return None
    return book_person(
        project_id=project_id, resource_id=resource_id, role_id=role_id,
        valid_from=valid_from, valid_until=valid_until, actor=actor, at=at, **booking,
    )  # fmt: skip


def _join(
    project: Project,
    resource_id: int,
    role_id: int | None,
    *,
    wants_terms: bool,
    actor: Actor,
    at: datetime,
    **terms: Any,
) -> None:
    """The membership made; somebody who is on the team already is only booked once more."""
    try:
        with transaction.atomic():
            team.add_team_member(
                project_id=project.pk, resource_id=resource_id, role_id=role_id, actor=actor,
                at=at, **terms,
            )  # fmt: skip
    except Conflict:
        if wants_terms:
            raise


@transaction.atomic
def book_person(
    *,
    project_id: int,
    resource_id: int,
    valid_from: date,
    valid_until: date,
    status: str,
    method: str,
    actor: Actor,
    at: datetime,
    role_id: int | None = None,
    percent: Decimal | None = None,
    asked_minutes: int | None = None,
    over_reason: str = "",
    note: str = "",
) -> Booking:
    """Book a person on a project, `valid_until` exclusive, in their own role unless one is given.

    They come on the team if they are not on it, and are told of a hard booking. A hard one over
    their capacity is refused, or needs a reason, as the firm's policy says; a soft one never is.
    Raises  NotFound, PermissionDenied, DomainError naming the field.
    Source  docs/rules/resources.md, R-1 and R-2.
    """
    project = _project(actor, project_id)
    person = _person(resource_id)
    _check_range(person, valid_from, valid_until)
    _check_status(person, status)
    booking = Booking(
        tenant_id=actor.tenant_id, project=project, resource=person,
        role_id=role_id or person.job_role_id, status=status, method=method, percent=percent,
        asked_minutes=asked_minutes, valid_from=valid_from, valid_until=valid_until,
        over_reason=over_reason.strip(), note=note.strip(), booked_by_id=actor.membership_id,
        booked_at=at, minutes=0,
    )  # fmt: skip
    placed = _placed(booking, actor)
    booking.save()
    _write_days(booking, placed)
    team.ensure_member(
        project=project, person=person, role_id=booking.role_id, valid_from=valid_from,
        valid_until=valid_until, actor=actor, at=at,
    )  # fmt: skip
    said = _said(booking)
    _record(booking, actor, at, ResourcesEvent.BOOKED, f"booked {said}")
    if status == HARD:
        _tell(booking, actor, at, ResourcesEvent.BOOKED, "You are booked on")
    return booking


@transaction.atomic
def change_booking(
    *, booking_id: int, lock_version: int | None, actor: Actor, at: datetime, **values: Any
) -> Booking:
    """Change what is given of `EDITABLE`; the days are laid anew.

    Raises  NotFound, PermissionDenied, Conflict (a stale form), DomainError.
    """
    unknown = values.keys() - EDITABLE
    if unknown:
        raise TypeError(f"not a field of a booking that can be edited: {sorted(unknown)}")
    booking = _locked(booking_id, actor, lock_version)
    before, was_from, was_until = _said(booking), booking.valid_from, booking.valid_until
    for name, value in values.items():
        setattr(booking, name, value)
    _check_range(booking.resource, booking.valid_from, booking.valid_until)
    placed = _placed(booking, actor)
    BookingDay.objects.filter(booking=booking).delete()
    booking.lock_version += 1
    booking.save()
    _write_days(booking, placed)
    _give_back_overtime(booking.resource_id, was_from, was_until)
    team.ensure_member(
        project=booking.project, person=booking.resource, role_id=booking.role_id,
        valid_from=booking.valid_from, valid_until=booking.valid_until, actor=actor, at=at,
    )  # fmt: skip
    sentence = f"changed the booking of {before} to {_said(booking, with_name=False)}"
    _record(booking, actor, at, ResourcesEvent.BOOKING_CHANGED, sentence)
    if booking.status == HARD:
        _tell(booking, actor, at, ResourcesEvent.BOOKING_CHANGED, "Your booking is changed on")
    return booking


@transaction.atomic
def harden_booking(
    *, booking_id: int, actor: Actor, at: datetime, over_reason: str = ""
) -> Booking:
    """Make a soft booking hard, on the days it was laid on. One that is hard already stays so.

    Raises  NotFound, PermissionDenied, DomainError.
    """
    booking = _locked(booking_id, actor, None)
    if booking.status == HARD:
        return booking
    _check_status(booking.resource, HARD)
    booking.over_reason = over_reason.strip() or booking.over_reason
    days = dict(BookingDay.objects.filter(booking=booking).values_list("on", "minutes"))
    _check_policy(actor, HARD, sum(days.values()))
    _make_room(booking, days)
    _set_status(booking, HARD)
    _record(booking, actor, at, ResourcesEvent.BOOKED, f"booked {_said(booking)}")
    _tell(booking, actor, at, ResourcesEvent.BOOKED, "You are booked on")
    return booking


@transaction.atomic
def cancel_booking(
    *, booking_id: int, actor: Actor, at: datetime, reason: str = ""
) -> dict[str, Any]:
    """Give the time back; returns what an undo needs. The person stays on the team.

    Raises  NotFound, PermissionDenied, DomainError.
    """
    booking = _locked(booking_id, actor, None)
    was = booking.status
    said = _said(booking)
    booking.ended_because = reason.strip()
    _set_status(booking, Booking.Status.CANCELLED)
    _give_back_overtime(booking.resource_id, booking.valid_from, booking.valid_until)
    because = f": {booking.ended_because}" if booking.ended_because else ""
    _record(
        booking, actor, at, ResourcesEvent.BOOKING_CANCELLED,
        f"cancelled the booking of {said}{because}",
    )  # fmt: skip
    if was == HARD:
        _tell(booking, actor, at, ResourcesEvent.BOOKING_CANCELLED, "You are no longer booked on")
    return {"booking_id": booking.pk, "status": was}


@transaction.atomic
def restore_booking(*, payload: dict[str, Any], actor: Actor, at: datetime) -> str:
    """Take back a cancellation, if there still is room.

    Raises  NotFound, PermissionDenied, DomainError.
    """
    booking = Booking.objects.select_for_update(of=("self",)).select_related("resource").get(
        pk=payload["booking_id"]
    )  # fmt: skip
    _project(actor, booking.project_id)
    if booking.status == Booking.Status.CANCELLED:
        booking.ended_because = ""
        if payload["status"] == HARD:
            days = BookingDay.objects.filter(booking=booking).values_list("on", "minutes")
            _make_room(booking, dict(days))
        _set_status(booking, payload["status"])
        sentence = f"took back the cancelling of the booking of {booking.resource.name}"
        _record(booking, actor, at, ResourcesEvent.BOOKED, sentence)
    return f"{booking.resource.name} is booked again"


undo.register("resources.booking", restore_booking)


def _project(actor: Actor, project_id: int) -> Project:
    project = selectors.get_project(actor=actor, project_id=project_id)
    policies.check_can_book(project, actor)
    return project


def _person(resource_id: int) -> Resource:
    person: Resource | None = Resource.objects.filter(id=resource_id).first()
    if person is None:
        raise DomainError("This person does not exist. Choose another.", field="resource")
    if not person.is_bookable:
        raise DomainError(f"{person.name} is not bookable.", field="resource")
    return person


def _locked(booking_id: int, actor: Actor, lock_version: int | None) -> Booking:
    booking: Booking | None = (
        Booking.objects.select_for_update(of=("self",))
        .select_related("resource", "project__manager")
        .filter(id=booking_id)
        .first()
    )
    if booking is None:
        raise NotFound("There is no such booking.")
    _project(actor, booking.project_id)
    if booking.status == Booking.Status.CANCELLED:
        raise Conflict(f"This booking of {booking.resource.name} was cancelled meanwhile.")
    if lock_version is not None and lock_version != booking.lock_version:
        raise Conflict(
            f"This booking of {booking.resource.name} has changed since you opened it. "
            "Reload to see it, then make your change."
        )
    return booking


def _check_range(person: Resource, valid_from: date, valid_until: date) -> None:
    if valid_until <= valid_from:
        raise DomainError("The last day must not be before the first.", field="last_on")
    if (valid_until - valid_from).days > MAX_DAYS:
        raise DomainError("A booking lasts at most five years.", field="last_on")
    left_on = person.employed_until
    if left_on is not None and valid_until > left_on:
        raise DomainError(f"{person.name} has left by then.", field="last_on")


def _check_status(person: Resource, status: str) -> None:
    if status not in (SOFT, HARD):
        raise DomainError("A booking is soft or hard.", field="status")
    if status == HARD and person.kind == Resource.Kind.GENERIC:
        raise DomainError(
            f"{person.name} is a role, not a person: book it softly until somebody is named.",
            field="status",
        )


def _check_policy(actor: Actor, status: str, minutes: int) -> None:
    policy = org.parameters()
    if status == SOFT:
        if not policy.soft_booking_allowed:
            raise DomainError("The firm does not book softly.", field="status")
    elif not actor.has(ResourcesPermission.MANAGE):
        self_booking.check_direct(
            policy.self_booking, limit_hours=policy.self_booking_hours, minutes=minutes
        )


def _placed(booking: Booking, actor: Actor) -> Contour:
    """The booking laid on days, its sums taken over, allowed by the firm's policies."""
    is_hard = booking.status == HARD
    if is_hard:
        _write_capacity(booking)
    days = selectors.rooms(
        booking.resource_id, booking.valid_from, booking.valid_until, counts_soft=not is_hard,
        without_booking_id=booking.pk,
    )  # fmt: skip
    placed = contour(
        days, method=booking.method, percent=booking.percent, asked_minutes=booking.asked_minutes
    )
    if not placed.minutes:
        raise DomainError(
            f"{booking.resource.name} has no free hours in this time.", field="valid_from"
        )
    booking.minutes, booking.unplaced_minutes = placed.total_minutes, placed.unplaced_minutes
    _check_policy(actor, booking.status, booking.minutes)
    if is_hard:
        _allow_over(booking, placed.over_minutes, {day.on: day for day in days}, placed.minutes)
    return placed


def _write_capacity(booking: Booking) -> None:
    """What the person works on these days, written and thereby locked, in the order of days."""
    days = selectors.rooms(
        booking.resource_id, booking.valid_from, booking.valid_until, counts_soft=False
    )
    CapacityDay.objects.bulk_create(
        [
            CapacityDay(
                tenant_id=booking.tenant_id, resource_id=booking.resource_id, on=day.on,
                minutes=day.capacity_minutes,
            )
            for day in days
            if day.capacity_minutes
        ],
        update_conflicts=True,
        unique_fields=["tenant", "resource", "on"],
        update_fields=["minutes"],
        batch_size=2000,
    )  # fmt: skip


def _make_room(booking: Booking, days: Mapping[date, int]) -> None:
    """Refuse days that would be over the person's capacity, or allow them with the reason."""
    _write_capacity(booking)
    rooms = {
        day.on: day
        for day in selectors.rooms(
            booking.resource_id, booking.valid_from, booking.valid_until, counts_soft=False,
            without_booking_id=booking.pk,
        )
    }  # fmt: skip
    over = {
        on: rooms[on].booked_minutes + minutes - rooms[on].capacity_minutes
        for on, minutes in days.items()
        if rooms[on].booked_minutes + minutes > rooms[on].capacity_minutes
    }
    _allow_over(booking, over, rooms, days)


def _allow_over(
    booking: Booking,
    over: Mapping[date, int],
    rooms: Mapping[date, DayRoom],
    placed: Mapping[date, int],
) -> None:
    """Hours over capacity: refused, or let through for a reason, as the firm's policy says."""
    if not over:
        return
    first = min(over)
    room = rooms[first]
    days = f"{len(over)} days" if len(over) > 1 else "1 day"
    told = (
        f"{booking.resource.name} works {_hours(room.capacity_minutes)} h on "
        f"{first:%-d %b %Y}, {_hours(room.booked_minutes)} h are booked, and these are "
        f"{_hours(placed[first])} h more: over capacity on {days}."
    )
    if org.parameters().overbooking != "reason":
        raise DomainError(f"{told} Book what is left, or book softly.", field="method")
    if not booking.over_reason:
        raise DomainError(f"{told} Say why that is right.", field="over_reason")
    # Rows of days on which nobody works are missing; a booking has no minutes there.
    rows = {
        row.on: row
        for row in CapacityDay.objects.filter(resource_id=booking.resource_id, on__in=over)
    }
    for on, minutes in over.items():
        rows[on].over_minutes = minutes
    CapacityDay.objects.bulk_update(rows.values(), ["over_minutes"], batch_size=500)


def _give_back_overtime(resource_id: int, from_on: date, until_on: date) -> None:
    """After less is booked: no more is allowed over capacity than is still booked."""
    rows = list(
        CapacityDay.objects.filter(
            resource_id=resource_id, on__gte=from_on, on__lt=until_on, over_minutes__gt=0
        )
        .select_for_update()
        .order_by("on")
    )
    if not rows:
        return
    booked = selectors.hard_minutes_by_day([resource_id], from_on, until_on)
    for row in rows:
        row.over_minutes = max(0, booked.get((resource_id, row.on), 0) - row.minutes)
    CapacityDay.objects.bulk_update(rows, ["over_minutes"], batch_size=500)


def _write_days(booking: Booking, placed: Contour) -> None:
    try:
        with transaction.atomic():
            BookingDay.objects.bulk_create(
                [
                    BookingDay(tenant_id=booking.tenant_id, booking=booking, on=on, minutes=minutes)
                    for on, minutes in placed.minutes.items()
                ],
                batch_size=2000,
            )
    except IntegrityError as error:
        _refuse_if_taken(booking, error)
        raise


def _set_status(booking: Booking, status: str) -> None:
    booking.status = status
    booking.lock_version += 1
    try:
        with transaction.atomic():
            booking.save(update_fields=["status", "lock_version", "over_reason", "ended_because"])
    except IntegrityError as error:
        _refuse_if_taken(booking, error)
        raise


def _refuse_if_taken(booking: Booking, error: IntegrityError) -> None:
    """Say that somebody else has booked these hours meanwhile, when that is what happened."""
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    if constraint == "hard_bookings_within_capacity":
        raise Conflict(
            f"Somebody else has booked {booking.resource.name} at this time. "
            "Reload to see what is left."
        ) from error


def _said(booking: Booking, *, with_name: bool = True) -> str:
    """“Ben Osei hard, 50 % of capacity, from 6 Jul 2026 to 31 Jul 2026, 80 hours”."""
    last_on = date.fromordinal(booking.valid_until.toordinal() - 1)
    how = words(booking.method, booking.percent, booking.asked_minutes)
    name = f"{booking.resource.name} " if with_name else ""
    first, last = f"{booking.valid_from:%-d %b %Y}", f"{last_on:%-d %b %Y}"
    hours = _hours(booking.minutes)
    if booking.status == Booking.Status.SOFT:
        return f"{name}soft, {how}, from {first} to {last}, {hours} hours"
    return f"{name}hard, {how}, from {first} to {last}, {hours} hours"


def _hours(minutes: int) -> str:
    return f"{Decimal(minutes) / 60:,.2f}".rstrip("0").rstrip(".")


def _record(
    booking: Booking, actor: Actor, at: datetime, event: ResourcesEvent, sentence: str
) -> None:
    audit.record(
        actor=actor, at=at, event=event, record_type=RECORD, record_id=booking.project_id,
        sentence=sentence,
    )  # fmt: skip


def _tell(booking: Booking, actor: Actor, at: datetime, event: ResourcesEvent, title: str) -> None:
    member = booking.resource.membership_id
    if member is None or member == actor.membership_id:
        return
    notifications.notify(
        membership_ids=[member],
        event=event,
        title=f"{title} {booking.project.name}",
        body=_said(booking, with_name=False),
        at=at,
    )
