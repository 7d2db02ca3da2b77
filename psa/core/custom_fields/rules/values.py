"""Values of custom fields: what is typed, what is stored, what is shown.

A value is stored as canonical text, which an index serves for equality, and beside it as a day, a
whole number of ten-thousandths, or a reference: under row security only such comparisons reach an
index (docs/adr/0028). Source: docs/rules/custom_fields.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from psa.core.errors import DomainError

TEXT_LIMIT: Final = 200
FORM_PREFIX: Final = "custom_"
SCALE: Final = 10_000
LARGEST: Final = Decimal(10) ** 14


class FieldKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Stored:
    """A value as the database keeps it; `text` is canonical and never empty."""

    text: str
    scaled: int | None = None
    on: date | None = None
    choice_id: int | None = None
    member_id: int | None = None


def stored(
    kind: FieldKind,
    given: object,
    *,
    label: str,
    choices: Mapping[str, int] | None = None,
    members: Mapping[int, str] | None = None,
) -> Stored | None:
    """What is kept of a value as typed; None for nothing.

    `choices` are the active codes with their ids, `members` the active members with their names.
    A number is rounded half up to four places. Raises  DomainError naming the field.
    """
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    if kind == FieldKind.NUMBER:
        return _number(given, label)
    if kind == FieldKind.DATE:
        return _day(given, label)
    if kind == FieldKind.CHOICE:
        code = str(given)
        if code not in (choices or {}):
            raise DomainError(f"“{code[:40]}” is no choice of {label}.")
        return Stored(code, choice_id=(choices or {})[code])
    if kind == FieldKind.USER:
        return _member(given, label, members or {})
    text = str(given).strip()
    if len(text) > TEXT_LIMIT or "\0" in text:
        raise DomainError(f"{label} has at most {TEXT_LIMIT} characters.")
    return Stored(text)


def _number(given: object, label: str) -> Stored:
    try:
        number = Decimal(str(given).replace(",", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) >= LARGEST:
        raise DomainError(f"{label} is a number, such as 1234.5.")
    scaled = int((number * SCALE).to_integral_value(ROUND_HALF_UP))
    return Stored(shown_number(scaled), scaled=scaled)


def shown_number(scaled: int) -> str:
    """Ten-thousandths as plain text without trailing zeros: 12345000 is “1234.5”."""
    text = f"{Decimal(scaled) / SCALE:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _day(given: object, label: str) -> Stored:
    if isinstance(given, date):
        return Stored(given.isoformat(), on=given)
    try:
        on = date.fromisoformat(str(given).strip())
    except ValueError:
        raise DomainError(f"{label} is a day, such as 2026-12-31.") from None
    return Stored(on.isoformat(), on=on)


def _member(given: object, label: str, members: Mapping[int, str]) -> Stored:
    try:
        member_id = int(str(given))
    except ValueError:
        member_id = 0
    if member_id not in members:
        raise DomainError(f"{label} is an active member of the firm.")
    return Stored(str(member_id), member_id=member_id)
