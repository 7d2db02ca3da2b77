"""The language a document is written in: its customer's, whoever has it made.

The words are English in the sources and German in `locale/de`, those of documents under the context
“document”. What people wrote (names, descriptions, terms) is never translated. Why so: ADR 70.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from babel.dates import format_date
from django.utils import translation

ENGLISH: Final = "en"
LANGUAGES: Final = ((ENGLISH, "English"), ("de", "Deutsch"))
CONTEXT: Final = "document"
_KNOWN: Final = frozenset(code for code, _ in LANGUAGES)
_PLACE: Final = re.compile(r"\{(\w+)\}")
_FILLED: Final = re.compile(r"%\((\w+)\)s")
_SWAPPED: Final = str.maketrans(",.", ".,")
_written: ContextVar[str] = ContextVar("language_of_document", default=ENGLISH)


def language_of(*wanted: str) -> str:
    """The first that documents are written in: the customer's, then the entity's; else English."""
    return next((code for code in wanted if code in _KNOWN), ENGLISH)


@contextmanager
def written_in(language: str) -> Iterator[None]:
    """Write what is made within in `language`; the reader's own language plays no part."""
    before = _written.set(language_of(language))
    try:
        yield
    finally:
        _written.reset(before)


def written() -> str:
    """The language in force."""
    return _written.get()


def said(text: str, **values: object) -> str:
    """A label or sentence of a document in its language, its places (`{total}`) filled.

    What no catalogue knows stays English.
    """
    meaning = text if written() == ENGLISH else _meaning(text, written())
    return meaning.format(**values) if values else meaning


@lru_cache(maxsize=1024)
def _meaning(text: str, language: str) -> str:
    msgid = _PLACE.sub(r"%(\1)s", text.replace("%", "%%"))
    with translation.override(language):
        found = translation.pgettext(CONTEXT, msgid)
        if found == msgid:
            found = translation.gettext(msgid)
    return _FILLED.sub(r"{\1}", found).replace("%%", "%")


def day(on: date) -> str:
    """9 Jul 2026; 09.07.2026."""
    if written() == ENGLISH:
        return f"{on.day} {on:%b %Y}"
    return str(format_date(on, "medium", locale=written()))


def long_day(on: date) -> str:
    """1 October 2026; 1. Oktober 2026."""
    if written() == ENGLISH:
        return f"{on.day} {on:%B %Y}"
    return str(format_date(on, "long", locale=written()))


def number(value: Decimal | int, places: int = 0) -> str:
    """1,234.50; 1.234,50. Exact up to `places`."""
    text = f"{value:,.{places}f}"
    return text if written() == ENGLISH else text.translate(_SWAPPED)
