"""The events people may be told of; each room registers its own, for the preferences page."""

from dataclasses import dataclass

from psa.core.errors import NotFound


@dataclass(frozen=True, slots=True)
class Event:
    """``event`` as passed to notify, its words, and whether it mails unless somebody says no.

    On devices that a member lets be written to it shows likewise, unless `push` says otherwise.
    `in_app` is False for what a badge counts anyway: the bell stays silent unless somebody wants it.
    `is_personal` is what concerns its reader alone: no place of the firm, such as a channel, is told.
    """

    event: str
    label: str
    email: bool = False
    push: bool | None = None
    in_app: bool = True
    is_personal: bool = False

    @property
    def pushes(self) -> bool:
        return self.email if self.push is None else self.push


_events: dict[str, Event] = {}


def register(*events: Event) -> None:
    """Make events known; the last registration of a name wins."""
    for event in events:
        _events[event.event] = event


def get(event: str) -> Event:
    """The event of this name. Raises  NotFound."""
    try:
        return _events[event]
    except KeyError:
        raise NotFound(f"There is no event called “{event}”.") from None


def pushes(event: str, *, email: bool) -> bool:
    """Whether it shows on devices without a choice of its reader; unknown events as they mail."""
    known = _events.get(event)
    return known.pushes if known else email


def shows_in_app(event: str) -> bool:
    """Whether it shows in the application without a choice of its reader."""
    known = _events.get(event)
    return known is None or known.in_app


def all_events() -> list[Event]:
    """Every event, by its words."""
    return sorted(_events.values(), key=lambda event: event.label)


def shared_events() -> list[Event]:
    """Those that are of the firm or of a project, by their words."""
    return [event for event in all_events() if not event.is_personal]


def is_personal(event: str) -> bool:
    """Whether it concerns its reader alone; unknown events do not."""
    known = _events.get(event)
    return known is not None and known.is_personal
