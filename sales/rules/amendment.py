"""What an amendment may change of a contract's terms, and what it does to the contract's value.

Source  docs/rules/sales.md, S-30 to S-33.
"""

import types
import typing
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from psa.core.errors import DomainError

from .line_terms import LineTermsInput, MilestoneInput
from .retainer_term import months_of

TIME_AND_MATERIAL, FIXED_PRICE, RETAINER = "time_and_material", "fixed_price", "retainer"
UNITS: Final = ("hour", "day")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line that the contract gets. A fixed price without milestones is one, at its end."""

    terms: LineTermsInput
    milestones: tuple[MilestoneInput, ...] = ()


@dataclass(frozen=True, slots=True)
class NewValue:
    """A line's value; of a fixed price also the milestones that are not due yet, all of them."""

    value_amount: Decimal
    milestones: tuple[MilestoneInput, ...] = ()


@dataclass(frozen=True, slots=True)
class NewLimit:
    """A line's not-to-exceed limit, higher or lower; None lifts it."""

    limit_amount: Decimal | None


@dataclass(frozen=True, slots=True)
class NewTerm:
    """The first and the last day of a line, or of the contract."""

    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class NewRate:
    """The agreed rate of a role on a line; None gives it back to the price lists."""

    price: Decimal | None
    unit: str = "hour"


@dataclass(frozen=True, slots=True)
class NewRetainer:
    """What a retainer costs and includes a month, from the first month that starts under it."""

    amount: Decimal
    minutes: int | None


Change = NewLine | NewValue | NewLimit | NewTerm | NewRate | NewRetainer
KINDS: Final[dict[str, type[Change]]] = {
    "new_line": NewLine,
    "value": NewValue,
    "limit": NewLimit,
    "term": NewTerm,
    "rate": NewRate,
    "retainer": NewRetainer,
}
# These price work: what was approved under the former terms is priced again.
PRICES_WORK: Final = frozenset({"rate", "limit"})


def kind_of(change: Change) -> str:
    """The word that a change is stored under."""
    return next(kind for kind, cls in KINDS.items() if type(change) is cls)


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A contract line as it stands."""

    id: int
    name: str
    method: str
    value_amount: Decimal
    limit_amount: Decimal | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    retainer_amount: Decimal | None = None
    retainer_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """One change with the line it is about (None: a new one, or the contract) and its role."""

    change: Change
    line_id: int | None = None
    role_id: int | None = None


def check_change(change: Change, line: LineFacts | None) -> None:
    """Refuse a change that makes no sense of the line it is about.

    Raises  DomainError naming the field.
    """
    if isinstance(change, NewLine):
        _check_new_line(change)
    elif isinstance(change, NewTerm):
        _check_term(change, line)
    else:
        if line is None:
            raise DomainError("Choose the line that changes.", field="line")
        _check_line(change, line)


def check_set(changes: Sequence[Wanted]) -> None:
    """Refuse an amendment that changes nothing, or one thing twice. Raises  DomainError."""
    if not changes:
        raise DomainError("This amendment changes nothing yet. Add what it changes.")
    seen: set[tuple[str, int | None, int | None]] = set()
    for wanted in changes:
        kind = kind_of(wanted.change)
        key = (kind, wanted.line_id, wanted.role_id)
        if kind != "new_line" and key in seen:
            raise DomainError(
                "Two changes of this amendment are about the same term. Remove one of them."
            )
        seen.add(key)


def check_effective(
    effective_on: date, *, contract_starts_on: date, last_effective_on: date | None
) -> None:
    """Versions follow each other: none takes effect before the contract or a version in force.

    Raises  DomainError.
    """
    if effective_on < contract_starts_on:
        raise DomainError(
            f"The contract starts on {_day(contract_starts_on)}; an amendment takes effect from "
            "then on at the earliest.",
            field="effective_on",
        )
    if last_effective_on is not None and effective_on < last_effective_on:
        raise DomainError(
            f"The last amendment takes effect on {_day(last_effective_on)}. A later one cannot "
            "take effect before it.",
            field="effective_on",
        )


def retainer_value(
    line: LineFacts,
    *,
    effective_on: date,
    amount: Decimal | None = None,
    term: NewTerm | None = None,
) -> Decimal:
    """What a retainer's months come to: those that start before the day at the former amount.

    Source  docs/rules/sales.md, example S-32.
    """
    starts_on = term.starts_on if term and term.starts_on else line.starts_on
    ends_on = term.ends_on if term and term.ends_on else line.ends_on
    if starts_on is None or ends_on is None:
        return line.value_amount
    before = line.retainer_amount or ZERO
    after = before if amount is None else amount
    return sum(
        (
            after if month.starts_on >= effective_on else before
            for month in months_of(starts_on, ends_on)
        ),
        ZERO,
    )


def value_of_new(change: NewLine) -> Decimal:
    """What a new line adds to the contract's value."""
    terms = change.terms
    if terms.billing_method != RETAINER:
        return terms.value_amount
    if terms.starts_on is None or terms.ends_on is None or terms.retainer_amount is None:
        return ZERO
    return terms.retainer_amount * len(months_of(terms.starts_on, terms.ends_on))


def value_difference(
    changes: Sequence[Wanted], lines: Mapping[int, LineFacts], *, effective_on: date
) -> Decimal:
    """What the changes together add to the contract's value, or take from it."""
    total = ZERO
    retainers: dict[int, tuple[Decimal | None, NewTerm | None]] = {}
    for wanted in changes:
        change, line = wanted.change, lines.get(wanted.line_id or 0)
        if isinstance(change, NewLine):
            total += value_of_new(change)
        elif line is None:
            continue
        elif isinstance(change, NewValue):
            total += change.value_amount - line.value_amount
        elif line.method == RETAINER and isinstance(change, NewRetainer | NewTerm):
            amount, term = retainers.get(line.id, (None, None))
            if isinstance(change, NewRetainer):
                amount = change.amount
            else:
                term = change
            retainers[line.id] = (amount, term)
    for line_id, (amount, term) in retainers.items():
        line = lines[line_id]
        total += (
            retainer_value(line, effective_on=effective_on, amount=amount, term=term)
            - line.value_amount
        )
    return total


def lowers_limit(before: Decimal | None, after: Decimal | None) -> bool:
    """Whether work may find less room than before; None is no limit."""
    return after is not None and (before is None or after < before)


# --- as stored ------------------------------------------------------------------------------


def stored(change: Any) -> dict[str, Any]:
    """A change as JSON keeps it: decimals and dates as text, so that nothing is rounded."""
    return {field.name: _plain(getattr(change, field.name)) for field in fields(change)}


def restored(kind: str, data: Mapping[str, Any]) -> Change:
    """The change that `stored` wrote. Raises  ValueError for an unknown kind."""
    if kind not in KINDS:
        raise ValueError(f"{kind} is no kind of change")
    change: Change = _built(KINDS[kind], data)
    return change


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return stored(value)
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value


def _built(cls: type[Any], data: Mapping[str, Any]) -> Any:
    hints = typing.get_type_hints(cls)
    return cls(**{name: _value(hints[name], value) for name, value in data.items()})


def _value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next(one for one in typing.get_args(hint) if one is not type(None))
    if typing.get_origin(hint) is tuple:
        return tuple(_value(typing.get_args(hint)[0], one) for one in value)
    if hint is Decimal:
        return Decimal(value)
    if hint is date:
        return date.fromisoformat(value)
    if is_dataclass(hint):
        return _built(hint, value)  # type: ignore[arg-type]
    return value


# --- single checks --------------------------------------------------------------------------


def _check_new_line(change: NewLine) -> None:
    terms = change.terms
    if terms.billing_method == FIXED_PRICE:
        _check_milestones(change.milestones)
    if terms.billing_method == RETAINER and terms.starts_on and terms.ends_on:
        months_of(terms.starts_on, terms.ends_on)


def _check_term(change: NewTerm, line: LineFacts | None) -> None:
    if change.starts_on is None and change.ends_on is None:
        raise DomainError("Give a first or a last day.", field="ends_on")
    starts_on = change.starts_on or (line.starts_on if line else None)
    ends_on = change.ends_on or (line.ends_on if line else None)
    if starts_on and ends_on and ends_on < starts_on:
        raise DomainError("It would end before it starts. Correct a date.", field="ends_on")
    if line is not None and line.method == RETAINER:
        if change.starts_on is not None and change.starts_on != line.starts_on:
            raise DomainError(
                "A retainer keeps its first day: its months hang on it. Change the last day.",
                field="starts_on",
            )
        if starts_on and ends_on:
            months_of(starts_on, ends_on)


def _check_line(change: Change, line: LineFacts) -> None:
    match change:
        case NewValue():
            if line.method == RETAINER:
                raise DomainError(
                    f"“{line.name}” is a retainer: its value is its months. Change the monthly "
                    "amount or the dates.",
                    field="value_amount",
                )
            if change.value_amount < 0:
                raise DomainError("A value cannot be negative.", field="value_amount")
            if line.method == FIXED_PRICE:
                _check_milestones(change.milestones)
            elif change.milestones:
                raise DomainError(f"“{line.name}” has no milestones.", field="name_1")
        case NewLimit():
            if line.method != TIME_AND_MATERIAL:
                raise DomainError(f"“{line.name}” is not time and material, so it has no limit.")
            if change.limit_amount is not None and change.limit_amount < 0:
                raise DomainError("A limit cannot be negative.", field="limit_amount")
            if change.limit_amount == line.limit_amount:
                raise DomainError("That is the present limit.", field="limit_amount")
        case NewRate():
            if line.method == FIXED_PRICE:
                raise DomainError(f"“{line.name}” has a fixed price, so no rates.", field="price")
            if change.price is not None and change.price < 0:
                raise DomainError("A rate cannot be negative.", field="price")
            if change.unit not in UNITS:
                raise DomainError("A rate is by the hour or by the day.", field="unit")
        case NewRetainer():
            if line.method != RETAINER:
                raise DomainError(f"“{line.name}” is not a retainer.", field="amount")
            if change.amount <= 0:
                raise DomainError("A retainer needs an amount per month.", field="amount")


def _check_milestones(milestones: Collection[MilestoneInput]) -> None:
    for milestone in milestones:
        if not milestone.name.strip():
            raise DomainError("A milestone needs a name.", field="name_1")
        if milestone.amount <= 0:
            raise DomainError(f"“{milestone.name}” needs an amount above 0.", field="amount_1")


def _day(on: date) -> str:
    return f"{on.day} {on:%B %Y}"
