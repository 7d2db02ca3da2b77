"""Kinds of values in bodies and answers: bounded where they come in, exact where they go out.

name: Annotated[str, Text(120, blank=False)]
kind: Annotated[str, OneOf("prospect", "customer")]
limit_amount: PositiveAmount
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from ninja import Schema
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic_core import core_schema

FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2100, 12, 31)
JsonShape = dict[str, Any]
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def _check_signs(value: str) -> None:
    if _CONTROL.search(value):
        raise ValueError("This text has a control character in it. Type it anew.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("This text has half a character in it. Type it anew.") from None


class Text:
    """Text of at most so many characters, trimmed; no control characters but tabs and lines."""

    def __init__(self, longest: int, *, blank: bool = True) -> None:
        self.longest, self.blank = longest, blank

    def check(self, value: str) -> str:
        # Nearly every text is plain, and thousands come in one body.
        if not (value.isascii() and value.isprintable()):
            _check_signs(value)
        text = value.strip()
        if not text and not self.blank:
            raise ValueError("This may not be blank.")
        return text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        bounded = core_schema.str_schema(
            max_length=self.longest, min_length=0 if self.blank else 1, strict=True
        )
        return core_schema.no_info_after_validator_function(self.check, bounded)


class OneOf:
    """One of these words."""

    def __init__(self, *words: str) -> None:
        self.words = tuple(words)

    def check(self, value: str) -> str:
        if value not in self.words:
            raise ValueError(f"Choose one of: {', '.join(w or '(blank)' for w in self.words)}.")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return core_schema.no_info_after_validator_function(
            self.check, core_schema.str_schema(strict=True)
        )

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> JsonShape:
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True)
class Within:
    """A finite decimal that its column can hold, sent as text such as "1250.00" or as a number."""

    digits: int = 19
    places: int = 4
    least: int | None = None
    most: int | None = None

    def read(self, value: Any) -> Any:
        """Floats as the text that was sent, so that 0.1 is 0.1."""
        if isinstance(value, bool):
            raise ValueError("This is not a number.")
        return str(value) if isinstance(value, float) else value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        decimal = core_schema.decimal_schema(
            allow_inf_nan=False,
            max_digits=self.digits,
            decimal_places=self.places,
            ge=None if self.least is None else Decimal(self.least),
            le=None if self.most is None else Decimal(self.most),
        )
        return core_schema.no_info_before_validator_function(self.read, decimal)

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> JsonShape:
        sign = "-?" if self.least is None else ""
        whole = self.digits - self.places
        return {
            "type": "string",
            "pattern": rf"^{sign}\d{{1,{whole}}}(\.\d{{1,{self.places}}})?$",
            "examples": ["1250.00"],
        }


def _in_calendar(on: date) -> date:
    if not FIRST_DAY <= on <= LAST_DAY:
        raise ValueError("Dates lie between 1990 and 2100.")
    return on


def _mail_address(value: str) -> str:
    if value:
        try:
            validate_email(value)
        except ValidationError:
            raise ValueError("This is not an e-mail address.") from None
    return value


def plain_decimal(value: Decimal) -> str:
    """Digits and a point, never an exponent."""
    return format(value, "f")


Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Day = Annotated[date, AfterValidator(_in_calendar)]
Minutes = Annotated[int, Field(ge=0, le=6_000_000)]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Email = Annotated[str, Text(254), AfterValidator(_mail_address)]
Amount = Annotated[Decimal, Within()]
PositiveAmount = Annotated[Decimal, Within(least=0)]
Rate = Annotated[Decimal, Within(digits=20, places=6, least=0)]
Percent = Annotated[Decimal, Within(digits=7, places=4, least=0, most=100)]
# What goes out: a decimal as text.
Number = Annotated[
    Decimal,
    PlainSerializer(plain_decimal, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}, mode="serialization"),
]


class MoneyOut(Schema):
    """An amount with its currency."""

    amount: Number
    currency: str


def _as_money(value: Any) -> Any:
    if hasattr(value, "amount") and hasattr(value, "currency") and not isinstance(value, Schema):
        return MoneyOut(amount=value.amount, currency=str(value.currency))
    return value


Money = Annotated[MoneyOut, BeforeValidator(_as_money)]
