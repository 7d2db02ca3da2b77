"""Rounding, splitting and reading of money and durations: the one place where money is rounded.

Amounts are `Decimal`, never float, and are rounded once, half up (away from zero, so that a
reversal mirrors its original), to the currency's minor unit. Durations are whole minutes.
Worked figures: docs/rules/money.md.
"""

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from fractions import Fraction
from functools import cache
from typing import Final, Literal, overload

from moneyed import Currency, CurrencyDoesNotExist, Money, get_currency

from psa.core.errors import DomainError

MINUTES_PER_HOUR: Final = 60
AMOUNT_PLACES: Final = 4
AMOUNT_INTEGER_DIGITS: Final = 15
PRICE_PLACES: Final = 6
MAX_HOURS_DIGITS: Final = 4

# The default context has 28 digits: an amount of 19 times an exchange rate of 20 needs more.
EXACT: Final = Context(
    prec=120, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow]
)

Weight = int | Decimal | Fraction


@cache
def minor_units(currency: str | Currency) -> int:
    """How many decimal places the currency's minor unit has: EUR 2, JPY 0, KWD 3.

    Raises  DomainError if the code is not a currency.
    """
    sub_unit = currency_of(currency).sub_unit
    places = len(str(sub_unit)) - 1
    if sub_unit != 10**places:
        raise ValueError(f"{currency} divides into {sub_unit}, which is no power of ten.")
    return places


@cache
def currency_of(code: str | Currency) -> Currency:
    """The currency for a three-letter code.

    Raises  DomainError naming the code if there is none.
    """
    if isinstance(code, Currency):
        return code
    try:
        return get_currency(code.upper())
    except CurrencyDoesNotExist:
        raise DomainError(
            f"“{code}” is not a currency. Use a three-letter code such as EUR.", "currency"
        ) from None


@cache
def _unit_of(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def round_half_up(value: Decimal, places: int) -> Decimal:
    """`value` with exactly `places` decimals, half away from zero; never negative zero."""
    rounded = value.quantize(_unit_of(places), context=EXACT)
    return rounded if rounded else abs(rounded)


@overload
def round_to_minor(amount: Money) -> Money: ...
@overload
def round_to_minor(amount: Decimal, currency: str | Currency) -> Decimal: ...
def round_to_minor(
    amount: Money | Decimal, currency: str | Currency | None = None
) -> Money | Decimal:
    """The amount rounded half up to the currency's minor unit; Money in, Money out.

    EUR 2.665 → 2.67, −2.665 → −2.67; JPY 0.5 → 1; KWD 1.0005 → 1.001.
    Source  docs/rules/money.md, M-1.
    """
    if isinstance(amount, Money):
        return Money(round_half_up(amount.amount, minor_units(amount.currency)), amount.currency)
    if currency is None:
        raise TypeError("A bare Decimal has no minor unit: give its currency.")
    return round_half_up(amount, minor_units(currency))


def allocate_whole(total: int, weights: Sequence[Weight]) -> list[int]:
    """Split a whole number of minutes or minor units in proportion to `weights`.

    Largest remainder; ties go to the earlier part. The parts sum to `total`; a weight of 0 gets
    0; a negative total is the mirror of the positive one.
    Raises  DomainError if there is something to split and no weight is above 0;
            ValueError for a negative weight (a programming error).
    Source  docs/rules/money.md, M-2.
    """
    exact = [Fraction(weight) for weight in weights]
    if any(weight < 0 for weight in exact):
        raise ValueError("A weight to split by must not be negative.")
    whole = sum(exact, Fraction(0))
    if not whole:
        if total:
            raise DomainError(
                "There is an amount to split, but every share is 0. Give at least one share "
                "above 0."
            )
        return [0] * len(exact)
    parts: list[int] = []
    remainders: list[Fraction] = []
    size = abs(total)
    for weight in exact:
        share = size * weight / whole
        part = share.numerator // share.denominator
        parts.append(part)
        remainders.append(share - part)
    left_over = size - sum(parts)
    by_remainder = sorted(range(len(parts)), key=lambda i: (-remainders[i], i))
    for i in by_remainder[:left_over]:
        parts[i] += 1
    return parts if total >= 0 else [-part for part in parts]


def allocate(total: Money, weights: Sequence[Weight]) -> list[Money]:
    """Split `total` in proportion to `weights`; the parts sum to it exactly.

    Largest remainder in the currency's minor unit; ties go to the earlier part; a weight of 0
    gets 0; a negative total is the mirror of the positive one.
    Raises  DomainError if there is something to split and no weight is above 0; ValueError for a
            negative weight or a total finer than the minor unit (programming errors).
    Source  docs/rules/money.md, M-2.
    """
    places = minor_units(total.currency)
    scaled = total.amount.scaleb(places, context=EXACT)
    units = int(scaled)
    if units != scaled:
        raise ValueError(
            f"{total.amount} {total.currency.code} is finer than the minor unit; round it first."
        )
    return [
        Money(Decimal(part).scaleb(-places, context=EXACT), total.currency)
        for part in allocate_whole(units, weights)
    ]


def total_of(amounts: Iterable[Money], currency: str | Currency) -> Money:
    """The sum of `amounts` in `currency`; zero of that currency when there are none.

    Raises  DomainError if one is in another currency.
    """
    wanted = currency_of(currency)
    total = Decimal(0)
    for money in amounts:
        if money.currency != wanted:
            raise DomainError(
                f"Amounts in {money.currency.code} and {wanted.code} cannot be added. "
                "Convert them first."
            )
        total = EXACT.add(total, money.amount)
    return Money(total, wanted)


def amount_for_minutes(
    minutes: int,
    price: Decimal,
    unit: Literal["hour", "day"] | str,
    hours_per_day: Decimal,
    currency: str | Currency,
) -> Money:
    """What `minutes` of work come to at `price` per hour or per day, rounded once.

    minutes × price ÷ 60, and ÷ `hours_per_day` too for a day price.
    Raises  DomainError if the unit is neither hour nor day, or a day has no hours.
    Source  docs/rules/money.md, M-3.
    """
    if unit == "hour":
        divisor = Decimal(MINUTES_PER_HOUR)
    elif unit == "day":
        if not 0 < hours_per_day <= 24:
            raise DomainError(
                "Hours per day must be above 0 and at most 24. Correct the price list.",
                "hours_per_day",
            )
        divisor = EXACT.multiply(hours_per_day, Decimal(MINUTES_PER_HOUR))
    else:
        raise DomainError(f"Time is priced per hour or per day, not per “{unit}”.", "unit")
    exact = EXACT.divide(EXACT.multiply(Decimal(minutes), price), divisor)
    return Money(round_half_up(exact, minor_units(currency)), currency_of(currency))


# Reading what people type -----------------------------------------------------------------------

_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}\.[0-9]*")
_GROUPED_TWICE = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{2,3})+,[0-9]{3}")
_COMMA_DECIMAL = re.compile(r"[+-]?[0-9]*,(?:[0-9]{1,2}|[0-9]{4,})")
_ONE_COMMA_THREE = re.compile(r"[+-]?[0-9]+,[0-9]{3}")
# 1 234 567 and 1'234'567: a mark between digits goes only where a group of three follows.
_GROUP_MARK = re.compile(r"(?<=[0-9])[\s'’](?=[0-9]{3}(?![0-9]))")
_SPACE_BESIDE_WORD = re.compile(r"(?<![0-9])\s+|\s+(?![0-9])")


def parse_amount(
    value: str | int | Decimal,
    *,
    field: str,
    max_places: int = AMOUNT_PLACES,
    max_integer_digits: int = AMOUNT_INTEGER_DIGITS,
    minimum: Decimal | None = None,
) -> Decimal:
    """The number somebody typed, as an exact Decimal that fits its column.

    Reads 1234.5, 1,234.50, 25,00,000, 1 234,50 and 12,50. Refuses what reads two ways
    (1,234), exponents, NaN and infinity, more decimals than `max_places`, and more than
    `max_integer_digits` digits before the point. Nothing is rounded.
    Raises  DomainError on `field`.
    Source  docs/rules/money.md, M-4.
    """
    number = value if isinstance(value, Decimal) else _decimal_from(str(value), field)
    if not number.is_finite():
        raise DomainError("This is not a number. Write digits, such as 1234.50.", field)
    if number.adjusted() >= max_integer_digits and number:
        raise DomainError(
            f"This number is too large: at most {max_integer_digits} digits before the decimal "
            "point.",
            field,
        )
    # adjusted() bounds the number from above only: 1e-400 has no large digits to expand.
    if number and number.adjusted() < -max_places:
        raise _too_many_places(max_places, field)
    exact = number.quantize(Decimal(1).scaleb(-max_places), context=EXACT)
    if exact != number:
        raise _too_many_places(max_places, field)
    if minimum is not None and exact < minimum:
        raise DomainError(f"This number must be at least {minimum}.", field)
    trimmed = exact.normalize(EXACT) if exact else Decimal(0)
    exponent = trimmed.as_tuple().exponent
    return trimmed.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else trimmed


def _too_many_places(max_places: int, field: str) -> DomainError:
    places = "no decimals" if not max_places else f"at most {max_places} decimals"
    return DomainError(f"This number has too many decimals: {places} fit here.", field)


def _decimal_from(typed: str, field: str) -> Decimal:
    if len(typed) > 60:
        raise DomainError("This is too long for a number. Write digits, such as 1234.50.", field)
    text = _GROUP_MARK.sub("", typed.strip().replace("\u2212", "-"))
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    if _GROUPED.fullmatch(text) or _GROUPED_TWICE.fullmatch(text):
        return Decimal(text.replace(",", ""))
    if _COMMA_DECIMAL.fullmatch(text):
        return Decimal(text.replace(",", "."))
    if _ONE_COMMA_THREE.fullmatch(text):
        raise DomainError(
            f"“{text}” can be read in two ways. Write {text.replace(',', '')} or "
            f"{text.replace(',', '.')}.",
            field,
        )
    if re.fullmatch(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+", text):
        return Decimal(text.replace(".", "").replace(",", "."))
    raise DomainError("This is not a number. Write digits, such as 1234.50.", field)


_HOURS = re.compile(r"([0-9]*)(?:[.,]([0-9]*))?(?:h|hrs?|hours?)?")
_CLOCK = re.compile(r"([0-9]*):([0-9]{2})")
_HOURS_AND_MINUTES = re.compile(r"([0-9]+)h([0-9]{1,2})(?:m|min)?")
_MINUTES = re.compile(r"([0-9]+)(?:m|mins?|minutes?)")


def parse_minutes(value: str, *, field: str = "minutes") -> int:
    """Whole minutes from what somebody typed into a time cell; bare numbers are hours.

    Reads 7.5, 7,5, .5, 7:30, 7h30, 7h, 1.5h, 90m and 1h30m, rounded half up to the minute
    (7.33 → 440, which is 7:20). A blank cell and 0 are 0: the cell is cleared. More than a day
    is for the day's rule to refuse; a sign is refused, because "+1" could mean "one more".
    Raises  DomainError on `field`.
    Source  docs/rules/money.md, M-5.
    """
    text = _SPACE_BESIDE_WORD.sub("", value[:40]).lower()
    if not text and len(value) <= 40:
        return 0
    if text.startswith(("-", "\u2212")):
        raise DomainError("Time cannot be negative. To take time off, lower the entry.", field)
    minutes: Decimal | None = None
    if match := _CLOCK.fullmatch(text) or _HOURS_AND_MINUTES.fullmatch(text):
        hours, past = match.groups()
        if len(hours) <= MAX_HOURS_DIGITS and int(past) < MINUTES_PER_HOUR:
            minutes = Decimal(int(hours or "0") * MINUTES_PER_HOUR + int(past))
    elif match := _MINUTES.fullmatch(text):
        if len(match[1]) <= MAX_HOURS_DIGITS + 2:
            minutes = Decimal(match[1])
    elif match := _HOURS.fullmatch(text):
        whole, part = match[1], match[2] or ""
        if (whole or part) and len(whole) <= MAX_HOURS_DIGITS:
            minutes = Decimal(f"{whole or 0}.{part or 0}") * MINUTES_PER_HOUR
    if minutes is None or len(value) > 40:
        raise DomainError(
            f"“{value[:20]}” is not a time. Write hours such as 7.5, 7:30 or 7h30, or minutes "
            "such as 90m.",
            field,
        )
    return int(round_half_up(minutes, 0))
