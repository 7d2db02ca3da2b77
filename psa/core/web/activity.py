"""One line of a record's activity."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ActivityEntry:
    """Reads as "<who> <what> <object>"; `quote` is what the person wrote."""

    who: str
    what: str
    at: datetime
    url: str | None = None
    object_label: str | None = None
    quote: str | None = None
