"""The events people may be told of; each room registers its own, for the preferences page."""

from dataclasses import dataclass

from psa.core.errors import NotFound


@dataclass(frozen=True, slots=True)
class Event:
    """``event`` as passed to notify, its words, and whether it mails unless somebody says no."""

    event: str
    label: str
    email: bool = False


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


def all_events() -> list[Event]:
    """Every event, by its words."""
    return sorted(_events.values(), key=lambda event: event.label)
