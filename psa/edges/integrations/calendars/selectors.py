"""What a member's calendar shows: their own bookings and leave, and neither rate nor amount."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Final

from django.utils.translation import gettext

from psa.core.access.models import Membership
from psa.core.actor import Actor
from psa.core.org.models import ResourceException
from psa.core.web import formats, sentences
from psa.core.web.middleware import read_by
from resources.models import Booking, BookingDay
from resources.selectors.bookings import LIVE

from .models import CalendarFeed
from .rules import feed
from .rules.feed import Entry

BACK: Final = timedelta(days=90)
AHEAD: Final = timedelta(days=400)


def own_feed(*, actor: Actor) -> CalendarFeed | None:
    """The actor's living feed. One query."""
    found: CalendarFeed | None = CalendarFeed.objects.filter(
        membership_id=actor.membership_id, revoked_at__isnull=True
    ).first()
    return found


def calendar_of(member: Membership, *, today: date, made_at: datetime) -> bytes:
    """The member's calendar in their language; the same bytes while nothing in it changed.

    A few queries, however much is booked.
    """
    from_on, until_on = today - BACK, today + AHEAD
    with read_by(member):
        entries = _bookings(member, from_on, until_on) + _leave(member, from_on, until_on, made_at)
        return feed.as_ical(gettext("Work at %(firm)s") % {"firm": member.tenant.name}, entries)


def _bookings(member: Membership, from_on: date, until_on: date) -> list[Entry]:
    rows = (
        BookingDay.objects.filter(
            booking__resource__membership=member, booking__status__in=LIVE,
            on__gte=from_on, on__lt=until_on,
        )
        .select_related("booking__project", "booking__role")
        .order_by("booking_id", "on")
    )  # fmt: skip
    days: dict[int, dict[date, int]] = defaultdict(dict)
    bookings: dict[int, Booking] = {}
    for row in rows:
        bookings[row.booking_id] = row.booking
        days[row.booking_id][row.on] = row.minutes
    found = []
    for booking_id, booking in bookings.items():
        is_soft = booking.status == "soft"
        for starts_on, ends_on in feed.runs_of(days[booking_id]):
            minutes = sum(m for on, m in days[booking_id].items() if starts_on <= on < ends_on)
            text = gettext("%(hours)s hours as %(role)s") % {
                "hours": formats.hours_text(minutes), "role": booking.role.name,
            }  # fmt: skip
            if is_soft:
                text = f"{text}\n{gettext('Booked tentatively')}"
            found.append(
                Entry(
                    key=f"booking-{member.tenant_id}-{booking_id}-{starts_on:%Y%m%d}",
                    title=f"{booking.project.code} {booking.project.name}",
                    text=text, starts_on=starts_on, ends_on=ends_on,
                    stamped_at=booking.booked_at, revision=booking.lock_version - 1,
                    is_tentative=is_soft,
                )
            )  # fmt: skip
    return found


def _leave(member: Membership, from_on: date, until_on: date, made_at: datetime) -> list[Entry]:
    rows = ResourceException.objects.filter(
        resource__membership=member, valid_until__gt=from_on, valid_from__lt=until_on
    ).order_by("valid_from", "id")
    return [
        Entry(
            key=f"leave-{member.tenant_id}-{row.pk}",
            title=sentences.told(row.name),
            text=""
            if row.minutes_off_per_day is None
            else gettext("%(hours)s hours a day")
            % {"hours": formats.hours_text(row.minutes_off_per_day)},
            starts_on=row.valid_from,
            ends_on=row.valid_until,
            stamped_at=made_at,
            is_away=row.minutes_off_per_day is None,
        )
        for row in rows
    ]
