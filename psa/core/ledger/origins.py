"""What an actual came from: the entry, invoice or milestone, and who approved it.

The ledger knows kinds and ids alone; each room says what its own are called, and where they are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from psa.core.actor import Actor

from .models import Actual, ActualLink
from .rules.types import REVERSAL

# Corrected, released and credited work has a chain; none is this long but by a fault.
_LONGEST = 30


@dataclass(frozen=True, slots=True)
class Decided:
    """Who decided what about it, and when."""

    what: str
    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """A record behind an actual, in words; `url` is empty for who may not open it."""

    words: str
    url: str = ""
    decisions: tuple[Decided, ...] = ()


# The record of an id and, for work, its revision; None if there is none.
Describer = Callable[[Actor, int, int], Origin | None]
_describers: dict[str, Describer] = {}


def register(source_kind: str, describer: Describer) -> None:
    """A room says what its sources of actuals are."""
    _describers[source_kind] = describer


def origins_of(*, actor: Actor, actual_id: int) -> list[Origin]:
    """The records behind an actual, the nearest first, back to the first of its chain.

    A reversal leads to the row that it reverses; what was billed, credited, released or left over
    leads to the row that it came from. Three queries a step, and those of the rooms.
    """
    found: list[Origin] = []
    seen: set[int] = set()
    at: int | None = actual_id
    while at is not None and at not in seen and len(seen) < _LONGEST:
        seen.add(at)
        row = Actual.objects.filter(pk=at).first()
        if row is None:
            break
        if row.source_kind == REVERSAL:
            at = row.reversal_of_id
            continue
        describer = _describers.get(row.source_kind)
        origin = describer(actor, row.source_id, row.revision) if describer else None
        if origin is not None and origin not in found:
            found.append(origin)
        at = (
            ActualLink.objects.filter(to_actual_id=row.pk)
            .order_by("id")
            .values_list("from_actual_id", flat=True)
            .first()
        )
    return found
