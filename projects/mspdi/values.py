"""Single values of Microsoft Project's XML: texts, whole numbers, moments, durations."""

import re
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element

from projects.rules.scheduling import Delay
from psa.core.errors import DomainError

# Formats of lags, delays and durations whose unit runs day and night, estimated ones too.
ELAPSED_FORMATS: Final = frozenset({4, 6, 8, 10, 12, 20, 36, 38, 40, 42, 44, 52})
_LONGEST_DELAY: Final = 6_000_000
_NAMESPACE: Final = "{http://schemas.microsoft.com/project}"
# As other programs write it too, which leave out what is 0; a day is day and night.
_DURATION: Final = re.compile(
    r"P(?=.)(?:(\d{1,6})D)?(?:T(?=.)(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})(?:\.\d+)?S)?)?"
)
_FIRST_YEAR: Final = 1980
_LAST_YEAR: Final = 2150


class MalformedPlan(DomainError):
    """A file that is no plan, or says what cannot be; the message names the place."""


def text(node: Element, name: str, default: str | None = None) -> str | None:
    """The text of a child, without space around it; `default` when it is absent or empty."""
    found = node.findtext(_NAMESPACE + name)
    return found.strip() or default if found is not None else default


def flag(node: Element, name: str, *, default: bool = False) -> bool:
    """The yes or no in a child, which other programs write as true or false."""
    found = text(node, name)
    return default if found is None else found in ("1", "true", "True")


def whole(node: Element, name: str, default: int | None = None) -> int:
    """The whole number in a child. Raises  MalformedPlan when it is none, or absent undefaulted."""
    found = text(node, name)
    if found is None:
        if default is None:
            raise MalformedPlan(f"A “{_tag(node)}” has no “{name}”.")
        return default
    try:
        number = int(found)
    except ValueError:
        raise MalformedPlan(f"“{found[:40]}” is not a whole number ({name}).") from None
    if abs(number) > 2**31:
        raise MalformedPlan(f"“{found[:40]}” is out of range ({name}).")
    return number


def moment(node: Element, name: str) -> datetime | None:
    """The wall-clock time in a child, to the minute; None when absent."""
    found = text(node, name)
    if found is None:
        return None
    try:
        at = datetime.fromisoformat(found).replace(tzinfo=None, second=0, microsecond=0)
    except ValueError:
        raise MalformedPlan(f"“{found[:40]}” is not a date and time ({name}).") from None
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise MalformedPlan(f"The year {at.year} is out of range ({name}).")
    return at


def duration_minutes(found: str | None, where: str) -> int | None:
    """Minutes of a duration such as PT24H0M0S, seconds rounded; None when there is none."""
    if found is None:
        return None
    match = _DURATION.fullmatch(found)
    if match is None:
        raise MalformedPlan(f"“{found[:40]}” is not a duration ({where}).")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return days * 1440 + hours * 60 + minutes + (seconds + 30) // 60


def delay(node: Element, name: str, unit: str, where: str) -> Delay:
    """The delay in a child, which is in tenths of a minute, and whether it runs day and night."""
    minutes = int(whole(node, name, 0) / 10)
    if abs(minutes) > _LONGEST_DELAY:
        raise MalformedPlan(f"The delay of {where} is longer than 100,000 hours.")
    return Delay(minutes, bool(minutes) and whole(node, unit, 7) in ELAPSED_FORMATS)


def _tag(node: Element) -> str:
    return node.tag.removeprefix(_NAMESPACE)
