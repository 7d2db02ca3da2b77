"""Which records carry custom fields, and who may see and change them; each room registers its own."""

from collections.abc import Callable
from dataclasses import dataclass

from psa.core.actor import Actor
from psa.core.errors import NotFound, PermissionDenied

Check = Callable[[Actor, int], bool]


@dataclass(frozen=True, slots=True)
class RecordType:
    """A kind of record: its name for people, the page of a record, who sees and who changes it."""

    record_type: str
    label: str
    url: Callable[[int], str]
    can_see: Check
    can_change: Check


_types: dict[str, RecordType] = {}


def register(*known: RecordType) -> None:
    """Make kinds of records known; the checks get the actor and the id, inside the scope."""
    for one in known:
        _types[one.record_type] = one


def get(record_type: str) -> RecordType:
    """Raises  NotFound for a kind of record without custom fields."""
    try:
        return _types[record_type]
    except KeyError:
        raise NotFound("There is no such record, or it is not yours to see.") from None


def all_types() -> list[RecordType]:
    """Every kind of record, by its name for people."""
    return sorted(_types.values(), key=lambda one: one.label)


def check_can_see(*, actor: Actor, record_type: str, record_id: int) -> RecordType:
    """Raises  NotFound when the record is unknown, another tenant's or not the actor's to see."""
    known = get(record_type)
    if not known.can_see(actor, record_id):
        raise NotFound("There is no such record, or it is not yours to see.")
    return known


def check_can_change(*, actor: Actor, record_type: str, record_id: int) -> RecordType:
    """Raises  NotFound as above; PermissionDenied when it may be seen but not changed."""
    known = check_can_see(actor=actor, record_type=record_type, record_id=record_id)
    if not known.can_change(actor, record_id):
        raise PermissionDenied("You may read this record but not change it; ask its owner.")
    return known
