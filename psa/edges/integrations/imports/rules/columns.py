"""Which column of a file is what: guessed by its name, told otherwise by people."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """Something a row can say: its code, its label, and what its column may be called."""

    code: str
    label: str
    words: tuple[str, ...]
    is_required: bool = False
    help_text: str = ""


def plain(name: str) -> str:
    """A column's name without case, signs and doubled blanks: “E-mail (work)” → “e mail work”."""
    return " ".join(re.sub(r"[^\w]+", " ", name.casefold().replace("_", " ")).split())


def guessed(
    header: Sequence[str], targets: Sequence[Target], remembered: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Target → place of its column; each column is one target's at most.

    What was remembered comes first, then a column named exactly so, then one whose name holds the
    words.
    """
    names = [plain(name) for name in header]
    places: dict[str, int] = {}
    for code, column in (remembered or {}).items():
        if plain(column) in names and any(target.code == code for target in targets):
            places[code] = names.index(plain(column))
    for is_match in (str.__eq__, lambda name, words: f" {words} " in f" {name} "):
        for target in targets:
            if target.code in places:
                continue
            place = _place(target, names, set(places.values()), is_match)
            if place is not None:
                places[target.code] = place
    return places


def _place(target: Target, names: Sequence[str], taken: set[int], is_match: object) -> int | None:
    for words in target.words:
        for place, name in enumerate(names):
            if place not in taken and is_match(name, plain(words)):  # type: ignore[operator]
                return place
    return None


def missing(places: Mapping[str, int], targets: Sequence[Target]) -> list[str]:
    """Labels of required targets that no column was named for."""
    return [t.label for t in targets if t.is_required and t.code not in places]
