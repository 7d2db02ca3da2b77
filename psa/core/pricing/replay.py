"""How work that waited for a price is taken up again: rooms register a replay for their sources."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from psa.core.actor import Actor


class Replay(Protocol):
    """Prices and posts the sources again, in the caller's transaction.

    For each source that is no longer waiting it calls `unpriced.resolve`; one that still has no
    price is queued again (`unpriced.queue`, which refreshes its reason). Returns a sentence for
    each source that failed for another reason, by source id.
    """

    def __call__(
        self, *, source_ids: Sequence[int], actor: Actor, at: datetime
    ) -> dict[int, str]: ...


# The words for a source in the queue, and where to open it.
SourceUrl = Callable[[int], str | None]
_registered: dict[str, tuple[str, Replay, SourceUrl | None]] = {}


def register(source_kind: str, *, title: str, replay: Replay, url: SourceUrl | None = None) -> None:
    """Name the replay of one kind of source ("time_entry"), once, when the room is ready."""
    _registered[source_kind] = (title, replay, url)


def replay_of(source_kind: str) -> Replay | None:
    """The replay of a kind, or None if no room registered one."""
    found = _registered.get(source_kind)
    return found[1] if found else None


def title_of(source_kind: str) -> str:
    """What a kind of source is called on screen."""
    found = _registered.get(source_kind)
    return found[0] if found else source_kind.replace("_", " ").capitalize()


def url_of(source_kind: str, source_id: int) -> str | None:
    """Where the source can be opened, if its room said so."""
    found = _registered.get(source_kind)
    return found[2](source_id) if found and found[2] else None
