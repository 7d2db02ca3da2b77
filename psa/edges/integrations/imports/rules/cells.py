"""What a cell of a file means: dates, hours, numbers, yes and no, in the orders people write them."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from psa.core.errors import DomainError
from psa.core.money.rounding import parse_amount, parse_minutes, round_half_up

ISO, DAY_FIRST, MONTH_FIRST = "iso", "day_first", "month_first"
AUTO, POINT, COMMA = "auto", "point", "comma"
HOURS, MINUTES, SECONDS = "hours", "minutes", "seconds"

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january", "januar", "janvier"), ("feb", "february", "februar"),
            ("mar", "march", "märz"), ("apr", "april", "avril"), ("may", "mai"),
            ("jun", "june", "juni"), ("jul", "july", "juli"), ("aug", "august"),
            ("sep", "sept", "september"), ("oct", "october", "okt", "oktober"),
            ("nov", "november"), ("dec", "december", "dez", "dezember"),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip
_ISO_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_NUMBERS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?:[T ,].*)?")
_NAMED = re.compile(r"(\d{1,2})[-/. ]+([A-Za-zäÄ]{3,9})\.?[-/., ]+(\d{4}|\d{2})(?:[T ,].*)?")
_NAMED_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})(?:[T ,].*)?")
_CLOCK = re.compile(r"(\d{1,4}):([0-5]?\d):([0-5]?\d)")
_SOME = r"(\d{1,9}(?:[.,]\d{1,9})?)"
# 1w 2d 4h 30m 15s, each part left out at will.
_WORDS = re.compile(
    rf"(?:{_SOME}\s*w\s*)?(?:{_SOME}\s*d\s*)?(?:{_SOME}\s*h\s*)?"
    rf"(?:{_SOME}\s*m(?:in)?\s*)?(?:(\d{{1,9}})\s*s(?:ec)?)?",
    re.I,
)
# Toggl's classic writing of less than an hour.
_MINUTES_AND_SECONDS = re.compile(r"(\d{1,2}):([0-5]\d) min")
DAYS_PER_WEEK: Final = 5
MINUTES_PER_DAY: Final = 480
YES: Final = frozenset({"yes", "y", "true", "1", "x", "ja", "oui", "billable", "chargeable"})
NO: Final = frozenset({"no", "n", "false", "0", "", "-", "nein", "non", "non-billable"})
FORMULA: Final = ("=", "@")


@dataclass(frozen=True, slots=True)
class Reading:
    """How the values of one file are written; `minutes_per_day` is what "1d" stands for."""

    date_order: str = ISO
    decimal: str = AUTO
    duration: str = HOURS
    minutes_per_day: int = MINUTES_PER_DAY


@lru_cache(maxsize=4096)
def day_of(text: str, order: str) -> date:
    """The day a cell names: 2026-07-09, 09/07/2026 or 07/09/2026 as `order` says, 9 Jul 2026.

    Raises  DomainError for what is no date, or reads two ways in a file said to be ISO.
    """
    given = text.strip()
    try:
        if match := _ISO_DATE.fullmatch(given):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _NUMBERS.fullmatch(given):
            return _of_numbers(given, int(match[1]), int(match[2]), _year(match[3]), order)
        if match := _NAMED.fullmatch(given):
            return date(_year(match[3]), _MONTHS[match[2].lower()], int(match[1]))
        if match := _NAMED_MONTH_FIRST.fullmatch(given):
            return date(int(match[3]), _MONTHS[match[1].lower()], int(match[2]))
    except (ValueError, KeyError):
        pass
    raise DomainError(f"“{given[:30]}” is not a date. Write it as 2026-12-31.", "date")


def _of_numbers(text: str, first: int, second: int, year: int, order: str) -> date:
    if order == MONTH_FIRST:
        return date(year, first, second)
    if order == DAY_FIRST or first > 12:
        return date(year, second, first)
    if second > 12:
        return date(year, first, second)
    raise DomainError(
        f"“{text[:30]}” reads two ways. Say whether the day or the month comes first.", "date"
    )


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def date_order_of(samples: list[str]) -> str:
    """The order that the dates of a column are written in; ISO when nothing tells."""
    order = ISO
    for text in samples:
        match = _NUMBERS.fullmatch(text.strip())
        if not match:
            continue
        first, second = int(match[1]), int(match[2])
        if first > 12:
            return DAY_FIRST
        if second > 12:
            return MONTH_FIRST
        # A point between numbers is written where the day comes first.
        order = DAY_FIRST if "." in text else order
    return order


@lru_cache(maxsize=4096)
def minutes_of(
    text: str, duration: str, decimal: str, minutes_per_day: int = MINUTES_PER_DAY
) -> int:
    """Whole minutes, half up: 7.5, 7,5, 7:30, 7:30:00, 1h 30m, 1w 1d 2h (a week has five days); a
    bare number counts hours, minutes or seconds as `duration` says.

    Raises  DomainError for what is no time, or is negative.
    """
    given = text.strip()
    if not given:
        raise DomainError("The time is missing.", "minutes")
    if match := _CLOCK.fullmatch(given):
        seconds = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3])
        return int(round_half_up(Decimal(seconds) / 60, 0))
    if match := _MINUTES_AND_SECONDS.fullmatch(given):
        return int(round_half_up(Decimal(int(match[1]) * 60 + int(match[2])) / 60, 0))
    if duration != HOURS and (number := _plain_number(given, decimal)) is not None:
        return int(round_half_up(number / (60 if duration == SECONDS else 1), 0))
    if (match := _WORDS.fullmatch(given)) and any(match.groups()):
        weeks, days, hours, minutes, seconds_ = (
            Decimal((part or "0").replace(",", ".")) for part in match.groups()
        )
        total = (weeks * DAYS_PER_WEEK + days) * minutes_per_day + hours * 60 + minutes
        total += seconds_ / 60
        return int(round_half_up(total, 0))
    number = _plain_number(given, decimal)
    if number is not None:
        return int(round_half_up(number * 60, 0))
    return parse_minutes(given)


def _plain_number(text: str, decimal: str) -> Decimal | None:
    sign = "," if decimal == COMMA else "."
    if decimal == AUTO:
        sign = "," if "," in text and "." not in text else "."
    match = re.fullmatch(rf"(\d{{0,9}})(?:{re.escape(sign)}(\d{{1,12}}))?", text)
    if not match or not text.strip(sign):
        return None
    return Decimal(f"{match[1] or 0}.{match[2] or 0}")


def amount_of(text: str, decimal: str, *, field: str, places: int = 4) -> Decimal:
    """A number; with `decimal` said, 1.234,50 and 1,234 read one way.

    Raises  DomainError on `field`.
    """
    given = text.strip().replace("\u00a0", " ").replace("’", "").replace("'", "")
    if decimal == COMMA:
        given = given.replace(".", "").replace(" ", "").replace(",", ".")
    elif decimal == POINT:
        given = given.replace(",", "").replace(" ", "")
    return parse_amount(given, field=field, max_places=places)


def yes_or_no(text: str, *, field: str) -> bool:
    """Raises  DomainError on `field` for what is neither."""
    given = text.strip().casefold()
    if given in YES:
        return True
    if given in NO:
        return False
    raise DomainError(f"“{text[:30]}” is neither yes nor no.", field)


def check_no_formula(text: str) -> str:
    """The text, unless a spreadsheet would run it.

    Raises  DomainError naming it.
    """
    if text.startswith(FORMULA):
        raise DomainError(f"“{text[:30]}” is a formula. Put its value there instead.")
    return text


def months_of(day: date) -> str:
    """The month that a day counts in, as totals name it."""
    return f"{day.year:04d}-{day.month:02d}"
