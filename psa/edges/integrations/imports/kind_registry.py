"""The kinds of records that can be imported; each is a module of `kinds` that registers itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from typing import Any, Final, Protocol

from psa.core.actor import Actor
from psa.core.errors import NotFound

from .rules.cells import Reading
from .rules.columns import Target
from .rules.reconciliation import Key

MODULES: Final = (
    "accounts", "resources", "skills", "price_lists", "chart", "projects", "time_entries",
    "expenses",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """A row as it was mapped: target → text. `key` is what the check found to make it itself."""

    number: int
    fields: Mapping[str, str]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: "imported", "known" or "bad", the reason, and its record."""

    state: str
    sentence: str = ""
    record_type: str = ""
    record_id: int | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What was said of the whole file: how values are written, and the kind's own options."""

    reading: Reading = field(default_factory=Reading)
    options: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""

    def get(self, name: str, otherwise: Any = "") -> Any:
        """An option of the kind, or what holds without it."""
        found = self.options.get(name)
        return otherwise if found in (None, "") else found


@dataclass(frozen=True, slots=True)
class Profile:
    """A ready mapping for the export of a known tool: target → names its column may have."""

    name: str
    columns: Mapping[str, tuple[str, ...]]
    signature: tuple[str, ...]
    date_order: str = ""
    duration: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Aliased:
    """A value that names a record: what the file calls it is told once, and remembered.

    `spoken` is what a row says of it, the surest first; `records` are (id, code, further names).
    """

    code: str
    label: str
    targets: tuple[str, ...]
    spoken: Callable[[Mapping[str, str]], Sequence[str]]
    records: Callable[[], Sequence[tuple[int, str, *tuple[str, ...]]]]


class Importer(Protocol):
    """The work of one kind. All of it goes through the services that a form calls."""

    def apply(
        self, rows: Sequence[Draft], settings: Settings, *, actor: Actor, at: datetime
    ) -> list[Outcome]: ...

    def undo(
        self, record_type: str, record_ids: Sequence[int], *, actor: Actor, at: datetime
    ) -> dict[int, str]: ...

    def totals_of_file(
        self, rows: Sequence[Draft], settings: Settings
    ) -> Mapping[Key, Decimal]: ...

    def totals_of_records(self, records: Sequence[tuple[str, int]]) -> Mapping[Key, Decimal]: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: who may import it, what a row may say, and how much of it at once.

    `undo` answers with a sentence for each record that has to stay. `chunk_rows` None: the file is
    applied whole, since its rows speak of each other.
    """

    code: str
    title: str
    noun: tuple[str, str]
    permissions: tuple[str, ...]
    targets: tuple[Target, ...]
    importer: Importer
    max_rows: int
    intro: str
    chunk_rows: int | None = None
    profiles: tuple[Profile, ...] = ()
    # Columns that are never kept, by words in their names: rates belong into price lists.
    left_out: tuple[str, ...] = ()
    aliased: tuple[Aliased, ...] = ()

    def is_for(self, actor: Actor) -> bool:
        """Whether the actor may import this kind."""
        return all(actor.has(permission) for permission in self.permissions)


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known; the last registration of a code wins."""
    _kinds[kind.code] = kind


def load() -> None:
    """Import the kinds there are, once, when the app is ready."""
    for name in MODULES:
        import_module(f"psa.edges.integrations.imports.kinds.{name}")


def get(code: str) -> Kind:
    """The kind of this code. Raises  NotFound."""
    found = _kinds.get(code)
    if found is None:
        raise NotFound("There is no such kind of import.")
    return found


def kinds_for(actor: Actor) -> list[Kind]:
    """The kinds the actor may import, in the order of their modules."""
    return [kind for kind in _kinds.values() if kind.is_for(actor)]
