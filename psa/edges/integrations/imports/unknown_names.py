"""What a staged file calls projects and people that nobody here is called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Count
from django.db.models.fields.json import KeyTextTransform

from psa.core.org.rules.names import by_names, plain

from .kind_registry import Aliased, Kind
from .models import ImportRow, ImportRun
from .rules import aliases

SHOWN: Final = 30


@dataclass(frozen=True, slots=True)
class UnknownName:
    """One such name, on how many rows it stands, and the records it may mean: (code, label)."""

    of: str
    label: str
    name: str
    rows: int
    choices: Sequence[tuple[str, str]]

    @property
    def key(self) -> str:
        return plain(self.name)


def unknown_names(run: ImportRun, kind: Kind) -> list[UnknownName]:
    """The names that mean nothing here, the most frequent first. Two queries for each aliased value."""
    found: list[UnknownName] = []
    for one in kind.aliased:
        mapped = {target: run.mapping[target] for target in one.targets if target in run.mapping}
        if mapped:
            found += _of(run, one, mapped)
    return found


def _of(run: ImportRun, one: Aliased, mapped: Mapping[str, int]) -> list[UnknownName]:
    records = one.records()
    known = by_names(records)
    counts: dict[str, tuple[str, int]] = {}
    cells = {f"of_{target}": KeyTextTransform(place, "cells") for target, place in mapped.items()}
    rows = ImportRow.objects.filter(run=run).values(**cells).annotate(count=Count("id"))
    for row in rows.order_by("-count", *cells):
        given = {target: row[f"of_{target}"] or "" for target in mapped}
        spoken = [name for name in one.spoken(given) if name]
        if spoken and not any(aliases.is_known(name, known) for name in spoken):
            name, before = counts.get(plain(spoken[0]), (spoken[0], 0))
            counts[plain(spoken[0])] = (name, before + row["count"])
    if not counts:
        return []
    # The last of a record's names is the one that people know.
    choices = sorted(
        ((row[1], f"{row[-1]} ({row[1]})") for row in records), key=lambda pair: pair[1].casefold()
    )
    return [
        UnknownName(one.code, one.label, name, count, choices)
        for name, count in list(counts.values())[:SHOWN]
    ]
