from enum import StrEnum


class ResourcesEvent(StrEnum):
    """What happens to bookings and skills, as the audit trail and notifications name it."""

    BOOKED = "resources.booking.made"
    BOOKING_CHANGED = "resources.booking.changed"
    BOOKING_CANCELLED = "resources.booking.cancelled"
    SKILL_GIVEN = "resources.skill.given"
    SKILL_WITHDRAWN = "resources.skill.withdrawn"


# What people are told of: the event, its words on the preferences page, and whether it is mailed;
# all of it concerns its reader alone.
NOTIFIED: tuple[tuple[str, str, bool], ...] = (
    (ResourcesEvent.BOOKED, "I am booked on a project", False),
    (ResourcesEvent.BOOKING_CHANGED, "A booking of mine is changed", False),
    (ResourcesEvent.BOOKING_CANCELLED, "A booking of mine is cancelled", False),
)
