"""What rules are about: kinds of records with their fields, people and moments.

Each room registers its own in a module ``automation.py``. A rule reads only the fields listed
here, so a condition can never reach a rate or a margin.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from django.conf import settings
from django.urls import reverse

from psa.core.actor import Actor
from psa.core.errors import NotFound

from .rules.conditions import Kind


@dataclass(frozen=True, slots=True)
class Field:
    """A field that conditions may ask about."""

    key: str
    label: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Facts:
    """One record: what it is called, the page it is on, its fields, and who people of it are.

    `people` maps a person's key ("manager") to members, none if there is nobody.
    """

    label: str
    url_name: str
    url_id: int
    values: Mapping[str, Any]
    people: Mapping[str, Sequence[int]] = field(default_factory=dict)


T = TypeVar("T")


def path_of(url_name: str, *args: Any) -> str:
    """The address of a page inside the tenant; jobs have no request to take it from."""
    return reverse(url_name, urlconf=settings.TENANT_URLCONF, args=args)


Load = Callable[[Collection[int], date], Mapping[int, Facts]]


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of record. `load` gives facts by id, as of a day, in a constant number of queries."""

    record_type: str
    label: str
    events: tuple[tuple[str, str], ...]
    fields: tuple[Field, ...]
    people: tuple[tuple[str, str], ...]
    load: Load


@dataclass(frozen=True, slots=True)
class Gate:
    """A step that a rule may hold up until somebody approves; the room's service asks.

    `events` are what the trail says when the step was taken, for the dry run.
    """

    key: str
    label: str
    record_type: str
    can_see: Callable[[Actor, int], bool]
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day of records. `due` gives (record id, day) with `from_on` <= day < `until_on`, of records
    that are still as the deadline means them; `word` says what the day is.
    """

    key: str
    label: str
    record_type: str
    due: Callable[[date, date], Sequence[tuple[int, date]]]
    word: str = "Due on"


@dataclass(frozen=True, slots=True)
class Message:
    """What a digest says to one member, and the page (without arguments) that it leads to."""

    title: str
    body: str
    url_name: str


@dataclass(frozen=True, slots=True)
class Digest:
    """A weekly message: `compose` says it to each of the members, as of a day."""

    key: str
    label: str
    compose: Callable[[Collection[int], date], Mapping[int, Message]]


_subjects: dict[str, Subject] = {}
_gates: dict[str, Gate] = {}
_deadlines: dict[str, Deadline] = {}
_digests: dict[str, Digest] = {}


def register(*known: Subject | Gate | Deadline | Digest) -> None:
    """Make kinds of records, gates, deadlines and digests known; the last of a name wins."""
    for one in known:
        if isinstance(one, Subject):
            _subjects[one.record_type] = one
        elif isinstance(one, Gate):
            _gates[one.key] = one
        elif isinstance(one, Deadline):
            _deadlines[one.key] = one
        else:
            _digests[one.key] = one


def subject(record_type: str) -> Subject:
    """Raises  NotFound for a kind of record that no installed part registers."""
    return _one(_subjects, record_type)


def gate(key: str) -> Gate:
    """Raises  NotFound."""
    return _one(_gates, key)


def deadline(key: str) -> Deadline:
    """Raises  NotFound."""
    return _one(_deadlines, key)


def digest(key: str) -> Digest:
    """Raises  NotFound."""
    return _one(_digests, key)


def all_subjects() -> list[Subject]:
    return sorted(_subjects.values(), key=lambda one: one.label)


def all_gates() -> list[Gate]:
    return sorted(_gates.values(), key=lambda one: one.label)


def all_deadlines() -> list[Deadline]:
    return sorted(_deadlines.values(), key=lambda one: one.label)


def all_digests() -> list[Digest]:
    return sorted(_digests.values(), key=lambda one: one.label)


def subject_of_event(event: str) -> Subject | None:
    """The kind of record that an event of the trail is about, if rules know the event."""
    return next(
        (one for one in _subjects.values() if event in dict(one.events)),
        None,
    )


def _one(known: dict[str, T], key: str) -> T:
    try:
        return known[key]
    except KeyError:
        raise NotFound(f"This version of the system does not know “{key[:60]}”.") from None
