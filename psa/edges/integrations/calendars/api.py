"""Endpoints of the address of one's own calendar, which is told once, by the answer that makes it."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from psa.core.errors import NotFound
from psa.core.web.api import ApiRequest, Endpoints, Nothing, Out

from . import selectors, services

# An address outlives the token that makes it: no token has this unless it is named.
endpoints = Endpoints("calendars", "Calendar addresses", is_named_alone=True)


class CalendarAddressOut(Out):
    """That there is an address, and when a calendar program read it last; never the address."""

    id: int
    created_at: datetime
    last_read_at: datetime | None


class NewCalendarAddressOut(CalendarAddressOut):
    """An address just made: it is told here and never again."""

    url: str


@endpoints.read("/calendar-address", CalendarAddressOut)
def get_calendar_address(request: ApiRequest) -> Any:
    """Your calendar's address, of which you have one at a time."""
    found = selectors.own_feed(actor=request.actor)
    if found is None:
        raise NotFound("Your calendar has no address.")
    return found


@endpoints.write("POST", "/calendar-address", NewCalendarAddressOut, status=201)
def make_calendar_address(request: ApiRequest, body: Nothing) -> Any:
    """Make an address of your calendar; the one there was ends. Asked again, it makes another, even
    under the same `Idempotency-Key`: the address is kept nowhere."""
    made = services.make_feed(actor=request.actor, at=_real_now())
    request.is_told_once = True
    path = reverse("calendar", urlconf="psa.urls", args=[made.secret])
    return {
        "id": made.feed.pk,
        "created_at": made.feed.created_at,
        "last_read_at": None,
        "url": f"{settings.PSA_PUBLIC_URL}/{path[path.index('accounts/') :]}",
    }


@endpoints.write("DELETE", "/calendar-address", None, status=204, of=get_calendar_address)
def revoke_calendar_address(request: ApiRequest) -> Any:
    """End your calendar's address at once."""
    if not services.revoke_feed(actor=request.actor, at=_real_now()):
        raise NotFound("Your calendar has no address.")


def _real_now() -> datetime:
    """Secrets keep the real clock, whatever business date is played."""
    return datetime.now(tz=UTC)
