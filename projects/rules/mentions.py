"""Whom a comment names: “@Ben Osei” at the start of a word. Source: docs/rules/projects.md, P-24."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from psa.core.errors import DomainError

# An @ within a word, as in an address of e-mail, names nobody.
_AT = re.compile(r"(?<![\w@.])@(?=\w)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a comment's text, and whether it names somebody."""

    text: str
    is_mention: bool


def mentioned(text: str, readers: Mapping[int, str], others: Mapping[int, str]) -> frozenset[int]:
    """The readers that a text names, the longest name first; what names nobody is plain text.

    Two readers of one name are both meant. `others` are those who may not read the comment.
    Raises  DomainError for one of the others: a mention gives no rights.
    """
    found: set[int] = set()
    for start in _starts(text):
        name = _named(text, start, [*readers.values(), *others.values()])
        if name is None:
            continue
        ids = {key for key, one in readers.items() if one.casefold() == name.casefold()}
        if not ids:
            raise DomainError(
                f"{name} may not see this, so they cannot be mentioned here. Leave out the @, or "
                "have them put on the task first.",
                field="text",
            )
        found |= ids
    return frozenset(found)


def pieces(text: str, names: Iterable[str]) -> tuple[Piece, ...]:
    """The text cut where it names one of those who were mentioned."""
    known = list(names)
    found: list[Piece] = []
    done = 0
    for start in _starts(text):
        name = _named(text, start, known)
        if name is None:
            continue
        if start > done:
            found.append(Piece(text[done:start], is_mention=False))
        done = start + 1 + len(name)
        found.append(Piece(text[start:done], is_mention=True))
    if done < len(text):
        found.append(Piece(text[done:], is_mention=False))
    return tuple(found)


def _starts(text: str) -> list[int]:
    return [match.start() for match in _AT.finditer(text)]


def _named(text: str, start: int, names: Sequence[str]) -> str | None:
    """The longest of the names that follows the @ and ends with its word."""
    rest = text[start + 1 :]
    for name in sorted(set(names), key=lambda one: (-len(one), one)):
        if name and rest[: len(name)].casefold() == name.casefold():
            following = rest[len(name) : len(name) + 1]
            if not (following.isalnum() or following == "_"):
                return name
    return None
