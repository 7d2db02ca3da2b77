"""Endpoints of the room: people and their bookings."""

from decimal import Decimal
from typing import Annotated, Any

from ninja import Field

from projects.permissions import ProjectsPermission
from psa.core import clock
from psa.core.custom_fields import selectors as custom_fields
from psa.core.custom_fields.api import own_values
from psa.core.web.api import ApiRequest, Endpoints, In, shape
from psa.core.web.api.fields import Day, Id, Minutes, OneOf, Text, Within
from resources import selectors
from resources.lists import PEOPLE
from resources.models import Booking
from resources.permissions import ResourcesPermission
from resources.selectors import bookings as booking_selectors
from resources.services import bookings

endpoints = Endpoints("people", "People")
SEE = (ResourcesPermission.VIEW, ResourcesPermission.MANAGE)
READ = (
    ProjectsPermission.VIEW,
    ProjectsPermission.VIEW_OWN,
    ProjectsPermission.MANAGE_ALL,
    ResourcesPermission.MANAGE,
)
BOOK = (ProjectsPermission.MANAGE_OWN, ProjectsPermission.MANAGE_ALL, ResourcesPermission.MANAGE)
PersonOut = shape(selectors.PersonPage, "PersonOut")
BookingsOut = shape(booking_selectors.ProjectBookings, "ProjectBookingsOut")
_UNTIL = "The day after the last one."


class _Booked(In):
    method: Annotated[str, OneOf(*Booking.Method.values)]
    percent: Annotated[Decimal, Within(digits=6, places=2, least=0, most=200)] | None = Field(
        None, description="Of “percent”: the share of each day's working time."
    )
    asked_minutes: Minutes | None = Field(
        None, description="Of “per_day” a day's, of “evenly” and “front” the whole."
    )
    valid_from: Day
    valid_until: Day = Field(description=_UNTIL)
    over_reason: Annotated[str, Text(200)] = ""
    note: Annotated[str, Text(300)] = ""


class BookingIn(_Booked):
    resource_id: Id
    role_id: Id | None = Field(None, description="Their own role when left out.")
    status: Annotated[str, OneOf("soft", "hard")]


class EditBookingIn(_Booked):
    lock_version: int | None = Field(None, ge=1, le=2**31 - 1)


class CancelIn(In):
    reason: Annotated[str, Text(200)] = ""


class HardenIn(In):
    over_reason: Annotated[str, Text(200)] = ""


@endpoints.list("/people", PEOPLE, *SEE, name="Person", own=own_values("org.Resource"))
def list_people(request: ApiRequest) -> Any:
    """The people that work is planned and booked on."""
    rows = selectors.people(today=clock.today())
    return custom_fields.with_columns(PEOPLE, rows, "org.Resource")


@endpoints.read("/people/{resource_id}", PersonOut, *SEE)
def get_person(request: ApiRequest, resource_id: Id) -> Any:
    """One person: role, unit, capacity, absence, skills and teams."""
    return selectors.person_page(actor=request.actor, resource_id=resource_id, today=clock.today())


@endpoints.read("/projects/{project_id}/bookings", BookingsOut, *READ)
def get_project_bookings(request: ApiRequest, project_id: Id) -> Any:
    """The live bookings of a project, by person."""
    return booking_selectors.project_bookings(actor=request.actor, project_id=project_id)


@endpoints.write(
    "POST", "/projects/{project_id}/bookings", BookingsOut, *BOOK, status=201,
    of=get_project_bookings,
)  # fmt: skip
def book_person(request: ApiRequest, project_id: Id, body: BookingIn) -> Any:
    """Book a person, soft or hard; they come on the team of the project."""
    bookings.book_person(
        project_id=project_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_project_bookings(request, project_id=project_id)


@endpoints.write("PUT", "/bookings/{booking_id}", BookingsOut, *BOOK)
def change_booking(request: ApiRequest, booking_id: Id, body: EditBookingIn) -> Any:
    """Change days, way and hours of a booking; its days are laid anew."""
    booking = bookings.change_booking(
        booking_id=booking_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_project_bookings(request, project_id=booking.project_id)


@endpoints.write("POST", "/bookings/{booking_id}/harden", BookingsOut, *BOOK)
def harden_booking(request: ApiRequest, booking_id: Id, body: HardenIn) -> Any:
    """Commit a soft booking."""
    booking = bookings.harden_booking(
        booking_id=booking_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_project_bookings(request, project_id=booking.project_id)


@endpoints.write("POST", "/bookings/{booking_id}/cancel", BookingsOut, *BOOK)
def cancel_booking(request: ApiRequest, booking_id: Id, body: CancelIn) -> Any:
    """Give the time back; the person stays on the team."""
    booking = booking_selectors.editable_booking(actor=request.actor, booking_id=booking_id)
    bookings.cancel_booking(
        booking_id=booking_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_project_bookings(request, project_id=booking.project_id)
