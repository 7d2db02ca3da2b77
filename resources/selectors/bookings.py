"""Reads of bookings: what people are booked for, and the bookings of a project."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, Sum

from projects import selectors as projects
from projects.models import Project
from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.org import selectors as org
from psa.core.org.booked import BookedDay, ProjectBooking
from psa.core.org.models import JobRole, Resource
from psa.core.org.rules import working_time

from .. import policies
from ..models import Booking, BookingDay
from ..permissions import ResourcesPermission
from ..rules.contour import DayRoom, words

LIVE = (Booking.Status.SOFT, Booking.Status.HARD)
Choices = list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class BookingRow:
    """A booking, named by its person, or by its project on the person's own page."""

    id: int
    resource_id: int
    name: str
    role_name: str
    status: str
    what: str
    valid_from: date
    last_on: date
    minutes: int
    unplaced_minutes: int
    over_reason: str
    note: str
    booked_by: str
    booked_at: datetime
    lock_version: int


@dataclass(frozen=True, slots=True)
class ProjectBookings:
    """The live bookings of a project, and whether the reader may change them."""

    project_id: int
    can_book: bool
    hard_minutes: int
    soft_minutes: int
    bookings: tuple[BookingRow, ...]


class BookingsOfRoom:
    """What this room answers to `psa.core.org.booked`."""

    def booked_days(
        self,
        *,
        resource_ids: Collection[int] | None,
        project_ids: Collection[int] | None,
        from_on: date | None,
        until_on: date | None,
    ) -> list[BookedDay]:
        rows = BookingDay.objects.filter(booking__status__in=LIVE)
        for name, value in (
            ("booking__resource_id__in", resource_ids),
            ("booking__project_id__in", project_ids),
            ("on__gte", from_on),
            ("on__lt", until_on),
        ):
            if value is not None:
                rows = rows.filter(**{name: value})
        summed = (
            rows.order_by("on", "booking__resource_id", "booking__project_id")
            .values_list("booking__resource_id", "booking__project_id", "on")
            .annotate(
                hard=Sum("minutes", filter=Q(booking__status=Booking.Status.HARD), default=0),
                soft=Sum("minutes", filter=Q(booking__status=Booking.Status.SOFT), default=0),
            )
        )
        return [BookedDay(*row) for row in summed]

    def project_bookings(self, project_id: int) -> list[ProjectBooking]:
        return [
            ProjectBooking(
                id=row.pk,
                resource_id=row.resource_id,
                role_id=row.role_id,
                is_hard=row.status == Booking.Status.HARD,
                what=words(row.method, row.percent, row.asked_minutes),
                valid_from=row.valid_from,
                valid_until=row.valid_until,
                minutes=row.minutes,
            )
            for row in Booking.objects.filter(project_id=project_id, status__in=LIVE).order_by(
                "valid_from", "id"
            )
        ]


def get_project(*, actor: Actor, project_id: int) -> Project:
    """The project whose bookings the actor may read: one they may open, or any for who staffs.

    Raises  NotFound.
    """
    if not actor.has(ResourcesPermission.MANAGE):
        return projects.get_project(actor=actor, project_id=project_id)
    found: Project | None = (
        Project.objects.select_related("manager", "account").filter(id=project_id).first()
    )
    if found is None:
        raise NotFound("There is no such project.")
    return found


def project_bookings(*, actor: Actor, project_id: int) -> ProjectBookings:
    """The live bookings of a project. Two queries. Raises  NotFound."""
    project = get_project(actor=actor, project_id=project_id)
    rows = tuple(
        _row(booking)
        for booking in Booking.objects.filter(project=project, status__in=LIVE)
        .select_related("resource", "role", "booked_by")
        .order_by("resource__name", "valid_from", "id")
    )
    return ProjectBookings(
        project_id=project.pk,
        can_book=policies.may_book(project, actor),
        hard_minutes=sum(row.minutes for row in rows if row.status == Booking.Status.HARD),
        soft_minutes=sum(row.minutes for row in rows if row.status == Booking.Status.SOFT),
        bookings=rows,
    )


def bookings_of_person(*, resource_id: int, today: date) -> tuple[BookingRow, ...]:
    """A person's live bookings that are not over, named by their projects. One query.

    For the page of a person: whoever sees people sees them all.
    """
    rows = (
        Booking.objects.filter(resource_id=resource_id, status__in=LIVE, valid_until__gt=today)
        .select_related("resource", "role", "booked_by", "project")
        .order_by("valid_from", "id")
    )
    return tuple(_row(row, row.project.name) for row in rows)


def editable_booking(*, actor: Actor, booking_id: int) -> Booking:
    """A live booking for its form, with person and project. Raises  NotFound, PermissionDenied."""
    found: Booking | None = (
        Booking.objects.select_related("resource", "project__manager")
        .filter(id=booking_id, status__in=LIVE)
        .first()
    )
    if found is None:
        raise NotFound("There is no such booking, or it was cancelled.")
    project = get_project(actor=actor, project_id=found.project_id)
    policies.check_can_book(project, actor)
    return found


def rooms(
    resource_id: int,
    from_on: date,
    until_on: date,
    *,
    counts_soft: bool,
    without_booking_id: int | None = None,
) -> list[DayRoom]:
    """A person's days with what they work and what is booked of it: hard, and soft on demand."""
    spec = org.working_spec([resource_id], from_on, until_on)[resource_id]
    rows = BookingDay.objects.filter(
        booking__resource_id=resource_id,
        booking__status__in=LIVE if counts_soft else (Booking.Status.HARD,),
        on__gte=from_on,
        on__lt=until_on,
    )
    if without_booking_id is not None:
        rows = rows.exclude(booking_id=without_booking_id)
    booked = dict(rows.order_by().values_list("on").annotate(total=Sum("minutes")))
    return [
        DayRoom(on, minutes, booked.get(on, 0))
        for on, minutes in working_time.capacity_by_day(spec, from_on, until_on).items()
    ]


def hard_minutes_by_day(
    resource_ids: Iterable[int], from_on: date, until_on: date
) -> dict[tuple[int, date], int]:
    """Hard minutes by person and day. One query."""
    rows = (
        BookingDay.objects.filter(
            booking__resource_id__in=list(resource_ids),
            booking__status=Booking.Status.HARD,
            on__gte=from_on,
            on__lt=until_on,
        )
        .order_by()
        .values_list("booking__resource_id", "on")
        .annotate(total=Sum("minutes"))
    )
    return {(resource_id, on): total for resource_id, on, total in rows}


def bookable_people() -> Choices:
    """People who can be booked and are not leaving, by name; roles without a person come last."""
    rows = Resource.objects.filter(employed_until__isnull=True, is_bookable=True)
    generic = Resource.Kind.GENERIC
    found = rows.order_by("name").values_list("id", "name", "kind", "job_role__name")
    named = [(pk, f"{name}, {role}") for pk, name, kind, role in found if kind != generic]
    roles = [(pk, f"{name} (role)") for pk, name, kind, _ in found if kind == generic]
    return [*named, *roles]


def roles() -> Choices:
    return list(JobRole.objects.filter(is_active=True).order_by("name").values_list("id", "name"))


def _row(booking: Booking, name: str = "") -> BookingRow:
    return BookingRow(
        id=booking.pk,
        resource_id=booking.resource_id,
        name=name or booking.resource.name,
        role_name=booking.role.name,
        status=booking.status,
        what=words(booking.method, booking.percent, booking.asked_minutes),
        valid_from=booking.valid_from,
        last_on=booking.valid_until - timedelta(days=1),
        minutes=booking.minutes,
        unplaced_minutes=booking.unplaced_minutes,
        over_reason=booking.over_reason,
        note=booking.note,
        booked_by=booking.booked_by.name if booking.booked_by else "",
        booked_at=booking.booked_at,
        lock_version=booking.lock_version,
    )
