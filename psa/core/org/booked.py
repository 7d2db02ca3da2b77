"""What people are booked for: the room that keeps bookings answers, and every room may ask."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Protocol


@dataclass(frozen=True, slots=True)
class BookedDay:
    """A person's booked minutes on a project on one day: committed (hard) and reserved (soft)."""

    resource_id: int
    project_id: int
    on: date
    hard_minutes: int
    soft_minutes: int


@dataclass(frozen=True, slots=True)
class ProjectBooking:
    """A live booking on a project; `valid_until` is exclusive, `what` says its method in words."""

    id: int
    resource_id: int
    role_id: int
    is_hard: bool
    what: str
    valid_from: date
    valid_until: date
    minutes: int


class Bookings(Protocol):
    """What the room of bookings answers; cancelled bookings are left out."""

    def booked_days(
        self,
        *,
        resource_ids: Collection[int] | None,
        project_ids: Collection[int] | None,
        from_on: date | None,
        until_on: date | None,
    ) -> list[BookedDay]: ...

    def project_bookings(self, project_id: int) -> list[ProjectBooking]: ...


_answering: list[Bookings] = []


def register(bookings: Bookings) -> None:
    """The room that keeps bookings says so when it starts."""
    _answering[:] = [bookings]


def booked_days(
    *,
    resource_ids: Collection[int] | None = None,
    project_ids: Collection[int] | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
) -> list[BookedDay]:
    """Booked minutes by person, project and day, in the order of days; `until_on` is exclusive.

    None asks for all. One query; [] where nobody keeps bookings.
    """
    return [
        day
        for room in _answering
        for day in room.booked_days(
            resource_ids=resource_ids, project_ids=project_ids, from_on=from_on, until_on=until_on
        )
    ]


def project_bookings(project_id: int) -> list[ProjectBooking]:
    """The live bookings on one project, by their first day. One query."""
    return [one for room in _answering for one in room.project_bookings(project_id)]
