"""Conditions on a record's fields: a field, an operator, a value. Nothing is ever evaluated.

Source: docs/rules/automation.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from psa.core.errors import DomainError

VALUE_LIMIT: Final = 200


class Kind(StrEnum):
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    YES_NO = "yes_no"


class Operator(StrEnum):
    IS = "is"
    IS_NOT = "is_not"
    OVER = "over"
    UNDER = "under"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    BEFORE = "before"
    AFTER = "after"


OPERATORS: Final[dict[Kind, tuple[Operator, ...]]] = {
    Kind.NUMBER: (Operator.OVER, Operator.UNDER, Operator.IS),
    Kind.TEXT: (Operator.IS, Operator.IS_NOT, Operator.CONTAINS, Operator.STARTS_WITH),
    Kind.DATE: (Operator.BEFORE, Operator.AFTER, Operator.IS),
    Kind.YES_NO: (Operator.IS,),
}
WORDS: Final[dict[Operator, str]] = {
    Operator.IS: "is",
    Operator.IS_NOT: "is not",
    Operator.OVER: "is over",
    Operator.UNDER: "is under",
    Operator.CONTAINS: "contains",
    Operator.STARTS_WITH: "starts with",
    Operator.BEFORE: "is before",
    Operator.AFTER: "is after",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; `value` is as typed, and parses as the field's kind."""

    field: str
    kind: Kind
    operator: Operator
    value: str


def parsed(kind: Kind, value: str) -> Any:
    """The value as its kind. Raises  DomainError naming what was expected."""
    text = value.strip()
    if len(text) > VALUE_LIMIT:
        raise DomainError(f"A value has at most {VALUE_LIMIT} characters.", "value")
    if kind == Kind.NUMBER:
        try:
            number = Decimal(text.replace(",", ""))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
            raise DomainError(f"“{text[:40]}” is not a number. Try 1000000.", "value")
        return number
    if kind == Kind.DATE:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise DomainError(f"“{text[:40]}” is not a day. Try 2026-12-31.", "value") from None
    if kind == Kind.YES_NO:
        if text.lower() not in ("yes", "no"):
            raise DomainError("Write yes or no.", "value")
        return text.lower() == "yes"
    if not text:
        raise DomainError("Give a value to compare with.", "value")
    return text.casefold()


def checked(condition: Condition) -> Condition:
    """The condition, if it can be asked. Raises  DomainError."""
    if condition.operator not in OPERATORS[condition.kind]:
        raise DomainError("This comparison does not fit the field. Choose another.", "operator")
    parsed(condition.kind, condition.value)
    return condition


def matches(
    conditions: Sequence[Condition], facts: Mapping[str, Any], *, unknown_matches: bool
) -> bool:
    """Whether all conditions hold; none hold of nothing asked, so no condition always matches.

    A field without a value matches only where `unknown_matches`: a gate stays shut when it cannot
    tell, a reminder stays silent.
    """
    return all(
        unknown_matches if facts.get(one.field) is None else _holds(one, facts[one.field])
        for one in conditions
    )


def _holds(condition: Condition, actual: Any) -> bool:
    wanted = parsed(condition.kind, condition.value)
    if condition.kind == Kind.TEXT:
        actual = str(actual).casefold()
    match condition.operator:
        case Operator.IS:
            return bool(actual == wanted)
        case Operator.IS_NOT:
            return bool(actual != wanted)
        case Operator.OVER | Operator.AFTER:
            return bool(actual > wanted)
        case Operator.UNDER | Operator.BEFORE:
            return bool(actual < wanted)
        case Operator.CONTAINS:
            return wanted in actual
        case Operator.STARTS_WITH:
            return bool(actual.startswith(wanted))


def fingerprint(conditions: Sequence[Condition], facts: Mapping[str, Any]) -> str:
    """What an approval was given for: the values its conditions look at.

    Another value is another fingerprint, so that a contract that grew needs approval anew.
    """
    seen = sorted({(one.field, _canonical(facts.get(one.field))) for one in conditions})
    return sha256(repr(seen).encode()).hexdigest()


def _canonical(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else str(value)
