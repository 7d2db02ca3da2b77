"""Sentences in the reader's language: what rules and services say in English, told as the reader reads.

Rules know no language, and audit entries, notifications and jobs are read by others than those who
wrote them. So a sentence is made once, in English, and recognised by its pattern where it is shown:
``“%(name)s” is closed.`` in the catalogue reads “Alpha” is closed. Why so: ADR 65.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path

from babel.messages.mofile import read_mo
from django.conf import settings
from django.utils.dates import MONTHS
from django.utils.translation import get_language, gettext

from psa.core.web import formats

_PLACE = re.compile(r"%\((\w+)\)[sd]")
_BETWEEN = re.compile(r"(?<=[.!?;:])\s+(?=[A-Z“])")
_DATE = re.compile(r"\b(\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4})\b")
_ISO = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b")
_AMOUNT = re.compile(r"(?<![\d.,])(\d{1,3}(?:,\d{3})+\.\d{2}|\d+\.\d{2})(?![\d.,]*\d)")
_MONTH = re.compile(
    r"\b(January|February|March|April|May|June|July|August|September|October|November|December) "
    r"(\d{4})\b"
)
_COUNTED = re.compile(r"([\d.,]+) (.+)", re.DOTALL)
_KEY_LENGTH = 4
# What is shorter would recognise names: “%(one)s and %(other)s” is Mobilise and blueprint too.
_LEAST_LETTERS = 4
_LEAST_WITHIN = 8
_DEPTH = 3


class AsWritten(str):
    """What the firm wrote itself, a choice of its own field: it reads alike in every language."""

    __slots__ = ()

    def __str__(self) -> str:
        """Itself, so that it stays known for what it is."""
        return self


@dataclass(frozen=True, slots=True)
class Pattern:
    """One text with places: how it is recognised and what it becomes."""

    regex: re.Pattern[str]
    told: str
    quoted: frozenset[str]
    letters: int


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts of one language: whole ones, and patterns by how they begin."""

    whole: Mapping[str, str]
    by_beginning: Mapping[str, Sequence[Pattern]]
    others: Sequence[Pattern]


def told(text: str) -> str:
    """The sentence in the reader's language; as it is, when they read English or it is not known.

    Names in it stay; dates and amounts are written as in the reader's region. Costs a look into a
    table for what was told before.
    """
    language = get_language() or "en"
    if not text or language.startswith("en") or isinstance(text, AsWritten):
        return text
    return _told(text, language.partition("-")[0], formats.region())


def label_told(label: str) -> str:
    """The label of a column or a filter: of our own in the reader's language, of the firm's as it is."""
    return label if isinstance(label, AsWritten) else gettext(label)


@lru_cache(maxsize=16384)
def _told(text: str, language: str, _region: str) -> str:
    return _tell(text, catalogue(language), 0)


def _tell(text: str, known: Catalogue, depth: int) -> str:
    if not text:
        return text
    if whole := known.whole.get(text):
        return whole
    for pattern in (*known.by_beginning.get(text[:_KEY_LENGTH], ()), *known.others):
        if depth and pattern.letters < _LEAST_WITHIN:
            continue
        found = pattern.regex.fullmatch(text)
        # A value that goes on over the end of a sentence belongs to another pattern.
        if found and not any(_BETWEEN.search(value) for value in found.groups()):
            return _filled(pattern, found.groupdict(), known, depth)
    pieces = _BETWEEN.split(text)
    if len(pieces) > 1 and depth < _DEPTH:
        return " ".join(_tell(piece, known, depth + 1) for piece in pieces)
    if (counted := _COUNTED.fullmatch(text)) and (whole := known.whole.get(counted[2])):
        return f"{counted[1]} {whole}"
    if text.endswith(".") and (whole := known.whole.get(text[:-1])):
        return f"{whole}."
    return text


def _filled(pattern: Pattern, values: dict[str, str], known: Catalogue, depth: int) -> str:
    given = {
        name: value if name in pattern.quoted or depth >= _DEPTH else _value(value, known, depth)
        for name, value in values.items()
    }
    return pattern.told % defaultdict(str, given)


def _value(value: str, known: Catalogue, depth: int) -> str:
    bare = value.strip()
    before, after = value.partition(bare)[::2] if bare else (value, "")
    told_value = f"{before}{_tell(bare, known, depth + 1)}{after}"
    told_value = _DATE.sub(lambda m: _day(m[1], "%d %b %Y"), told_value)
    told_value = _ISO.sub(lambda m: _day(m[1], "%Y-%m-%d"), told_value)
    told_value = _MONTH.sub(lambda m: f"{_month(m[1])} {m[2]}", told_value)
    return _AMOUNT.sub(
        lambda m: formats.quantity_text(Decimal(m[1].replace(",", "")), 2), told_value
    )


def month_told(title: str) -> str:
    """“January 2026”, the title of a period, in the reader's language; another title as a sentence."""
    found = _MONTH.fullmatch(title)
    return f"{_month(found[1])} {found[2]}" if found else told(title)


def _month(name: str) -> str:
    """A month's name in the reader's language; Django's own catalogue has it."""
    return str(MONTHS[datetime.strptime(name, "%B").month])  # noqa: DTZ007


def _day(text: str, written: str) -> str:
    try:
        return formats.day_text(datetime.strptime(text, written).replace(tzinfo=UTC).date())
    except ValueError:
        return text


@cache
def catalogue(language: str) -> Catalogue:
    """The language's compiled texts, read once a process."""
    whole: dict[str, str] = {}
    patterns: list[tuple[str, Pattern]] = []
    for source, meaning in _messages(language):
        if _PLACE.search(source):
            source, meaning = source.strip(), meaning.strip()
            pattern = _pattern(source, meaning)
            if pattern.letters >= _LEAST_LETTERS:
                patterns.append((_PLACE.split(source, maxsplit=1)[0].replace("%%", "%"), pattern))
        else:
            whole[source.strip().replace("%%", "%")] = meaning.strip().replace("%%", "%")
    patterns.sort(key=lambda one: -one[1].letters)
    by_beginning: dict[str, list[Pattern]] = defaultdict(list)
    others = []
    for beginning, pattern in patterns:
        if len(beginning) >= _KEY_LENGTH:
            by_beginning[beginning[:_KEY_LENGTH]].append(pattern)
        else:
            others.append(pattern)
    return Catalogue(whole, dict(by_beginning), others)


def _messages(language: str) -> list[tuple[str, str]]:
    found = []
    for folder in settings.LOCALE_PATHS:
        path = Path(folder) / language / "LC_MESSAGES" / "django.mo"
        if not path.exists():
            continue
        with path.open("rb") as compiled:
            messages = list(read_mo(compiled))
        for message in messages:
            if message.context:
                continue  # of one place only, which asks for it by its context
            ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
            texts = (message.string,) if isinstance(message.string, str) else message.string or ()
            found += [(i, t) for i, t in zip(ids, texts, strict=False) if i and t]
    return found


def _pattern(source: str, meaning: str) -> Pattern:
    pieces = _PLACE.split(source)
    regex, quoted, seen = "", set(), set()
    for at, piece in enumerate(pieces):
        if at % 2 == 0:
            regex += re.escape(piece.replace("%%", "%"))
        elif piece in seen:
            regex += f"(?P={piece})"
        else:
            seen.add(piece)
            regex += f"(?P<{piece}>.*?)"
            if pieces[at - 1].endswith(("“", "‘")):
                quoted.add(piece)
    letters = sum(c.isalpha() for piece in pieces[::2] for c in piece)
    return Pattern(re.compile(regex, re.DOTALL), meaning, frozenset(quoted), letters)
