"""Which records carry documents, and who may see and add them; each room registers its own."""

from collections.abc import Callable
from dataclasses import dataclass

from psa.core.actor import Actor
from psa.core.errors import NotFound, PermissionDenied

CanSee = Callable[[Actor, int], bool]


@dataclass(frozen=True, slots=True)
class RecordType:
    can_see: CanSee
    can_add: CanSee


_types: dict[str, RecordType] = {}


def register(record_type: str, *, can_see: CanSee, can_add: CanSee | None = None) -> None:
    """Say who sees documents of a kind of record ("timeexpense.ExpenseEntry").

    ``can_see`` and ``can_add`` get the actor and the record's id, inside the tenant's scope;
    without ``can_add`` whoever sees the record may add to it.
    """
    _types[record_type] = RecordType(can_see, can_add or can_see)


def can_see(*, actor: Actor, record_type: str, record_id: int) -> bool:
    """Whether the record exists and is the actor's to see."""
    known = _types.get(record_type)
    return known is not None and known.can_see(actor, record_id)


def can_add(*, actor: Actor, record_type: str, record_id: int) -> bool:
    """Whether the actor may put a document on the record."""
    known = _types.get(record_type)
    return known is not None and known.can_see(actor, record_id) and known.can_add(actor, record_id)


def check_can_see(*, actor: Actor, record_type: str, record_id: int) -> None:
    """Raises  NotFound when the record is unknown, another tenant's or not the actor's to see."""
    if not can_see(actor=actor, record_type=record_type, record_id=record_id):
        raise NotFound("There is no such record, or it is not yours to see.")


def check_can_add(*, actor: Actor, record_type: str, record_id: int) -> None:
    """Raises  NotFound as above; PermissionDenied when it may be seen but not added to."""
    check_can_see(actor=actor, record_type=record_type, record_id=record_id)
    if not can_add(actor=actor, record_type=record_type, record_id=record_id):
        raise PermissionDenied(
            "You may read this record but not add documents to it; ask the person who owns it."
        )
