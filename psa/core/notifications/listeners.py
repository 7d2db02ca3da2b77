"""Who hears of notifications beside their readers: places of the firm, such as a channel of a chat.

What is above this layer registers itself here; the floor knows none of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Told:
    """One notification, whoever reads it: no member's name of whom it is for stands in it."""

    event: str
    title: str
    body: str
    path: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Listener:
    """`wants` says whether the firm has a place for an event; `hear` puts it on its way there.

    Both run in the firm's scope and in the transaction of what it is about.
    """

    wants: Callable[[str], bool]
    hear: Callable[[Told], None]


_known: dict[str, Listener] = {}


def register(name: str, listener: Listener) -> None:
    """Make a listener known; the last of a name wins."""
    _known[name] = listener


def tell(told: Told) -> None:
    """Let all of them hear it."""
    for listener in _known.values():
        listener.hear(told)


def anybody_wants(event: str) -> bool:
    """Whether any of them has a place for it."""
    return any(listener.wants(event) for listener in _known.values())
