"""Days as receipts print them, in English, German and French."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_MONTH_WORDS: Final = (
    ("january", "januar", "janvier", "jan", "janner", "janv"),
    ("february", "februar", "fevrier", "feb", "fevr", "fev"),
    ("march", "marz", "mars", "mar", "maerz", "mrz"),
    ("april", "avril", "apr", "avr"),
    ("may", "mai"),
    ("june", "juni", "juin", "jun"),
    ("july", "juli", "juillet", "jul", "juil"),
    ("august", "aout", "aug"),
    ("september", "septembre", "sep", "sept"),
    ("october", "oktober", "octobre", "oct", "okt"),
    ("november", "novembre", "nov"),
    ("december", "dezember", "decembre", "dec", "dez"),
)
_MONTHS: Final = {word: number for number, words in enumerate(_MONTH_WORDS, 1) for word in words}
_WORD = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?P<year>20\d{2}|'?\d{2})"
_ISO = re.compile(r"(?<!\d)(?P<year>20\d{2})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)")
_NUMERIC = re.compile(
    r"(?<![\d.,])(?P<one>\d{1,2})\s?(?P<mark>[-/.])\s?(?P<two>\d{1,2})\s?(?P=mark)\s?"
    r"(?P<year>20\d{2}|\d{2})(?![\d%])"
)
_DAY_FIRST = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)?[\s.,-]*(?P<word>{_WORD})[\s.,-]*{_YEAR}(?!\d)"
)
_MONTH_FIRST = re.compile(
    rf"(?<![a-z])(?P<word>{_WORD})[\s.]*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s,]+{_YEAR}(?!\d)"
    rf"|(?<![a-z])(?P<word2>{_WORD})[\s.]*(?P<day2>\d{{1,2}}),?(?P<year2>20\d{{2}})(?!\d)"
)
# Readers lose the gap between a day and its time of day: 25.11.202613:42.
_TIME = r"(?:[01]?\d|2[0-3])[:h][0-5]\d"
_BEFORE_TIME = re.compile(
    rf"(\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:20\d{{2}}|\d{{2}})|20\d{{2}}[-/.]\d{{2}}[-/.]\d{{2}})(?={_TIME})"
)
_AFTER_TIME = re.compile(r"([:h][0-5]\d)(?=\d{1,2}[-/.]\d{1,2}[-/.]\d{2})")
_OLDEST = timedelta(days=3 * 366)
# 05/06 is one of two days: how sure the better guess is.
_TOLD_BY_PLACE = 0.9
_GUESSED = 0.6


@dataclass(frozen=True, slots=True)
class Day:
    """A day that a text names, and how sure its reading is (0 to 1)."""

    on: date
    certainty: float


def days_in(text: str, *, month_first: bool | None, today: date) -> list[Day]:
    """The days in a text that a receipt of `today` may be of: not to come, not three years old.

    `month_first` tells how the receipt's country writes 05/06/2026; None where it is not known.
    """
    plain = _plain(text)
    found = [
        *_iso(plain),
        *_in_words(plain),
        *_numeric(plain, month_first=month_first, today=today),
    ]
    return [day for day in found if today - _OLDEST <= day.on <= today + timedelta(days=1)]


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in bare if not unicodedata.combining(letter))
    bare = re.sub(r"(?<=\d)o(?=\d)|(?<=[/.-])o(?=\d)|(?<=\d)o(?=[/.-])", "0", bare)
    bare = _AFTER_TIME.sub(r"\1 ", _BEFORE_TIME.sub(r"\1 ", bare))
    return re.sub(r"0(?=[ck]t)", "o", bare)  # "0ct" is October


def _iso(text: str) -> Iterator[Day]:
    for found in _ISO.finditer(text):
        yield from _day(int(found["year"]), int(found["month"]), int(found["day"]), 1.0)


def _in_words(text: str) -> Iterator[Day]:
    for found in _DAY_FIRST.finditer(text):
        yield from _day(_year(found["year"]), _MONTHS[found["word"]], int(found["day"]), 1.0)
    for found in _MONTH_FIRST.finditer(text):
        word = found["word"] or found["word2"]
        number = found["day"] or found["day2"]
        year = found["year"] or found["year2"]
        yield from _day(_year(year), _MONTHS[word], int(number), 1.0)


def _numeric(text: str, *, month_first: bool | None, today: date) -> Iterator[Day]:
    for found in _NUMERIC.finditer(text):
        one, two, year = int(found["one"]), int(found["two"]), _year(found["year"])
        by_day = list(_day(year, two, one, 1.0))
        by_month = list(_day(year, one, two, 1.0))
        if found["mark"] == "." or one > 12:  # points stand in day-first countries alone
            yield from by_day
        elif two > 12:
            yield from by_month
        elif one == two:
            yield from by_day
        else:
            likely, other = (by_month, by_day) if month_first else (by_day, by_month)
            certainty = _GUESSED if month_first is None else _TOLD_BY_PLACE
            if all(day.on > today for day in likely):
                likely, certainty = other, _GUESSED
            yield from (Day(day.on, certainty) for day in likely)


def _year(said: str) -> int:
    number = int(said.lstrip("'"))
    return number if number > 99 else 2000 + number


def _day(year: int, month: int, day: int, certainty: float) -> Iterator[Day]:
    try:
        yield Day(date(year, month, day), certainty)
    except ValueError:
        return
