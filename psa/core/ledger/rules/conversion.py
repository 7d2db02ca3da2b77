"""Amounts in the entity's currency: converted, and split so that nothing is left over."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from psa.core.errors import DomainError
from psa.core.money.rounding import EXACT, minor_units, round_to_minor

ZERO = Decimal(0)


def converted(amount: Decimal, rate: Decimal, currency: str) -> Decimal:
    """`amount × rate`, rounded once to the minor unit of the currency converted to."""
    return round_to_minor(EXACT.multiply(amount, rate), currency)


def spread(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """`total` in proportion to weights of either sign, to the minor unit, summing exactly.

    Largest remainder, ties by order; a negative total is the mirror of the positive one. (A
    discount line is a negative weight, which `allocate` has no use for.) Weights that sum to
    0 leave nothing to be proportional to: then `total` must be 0 and each part is 0.
    """
    digits = minor_units(currency)
    units = int(abs(total).scaleb(digits))
    whole = sum((Fraction(weight) for weight in weights), Fraction(0))
    if whole == 0:
        if units:
            raise DomainError(f"{total} {currency} cannot be split over lines that sum to 0.")
        return [ZERO for _ in weights]
    exact = [units * Fraction(weight) / whole for weight in weights]
    parts = [value.numerator // value.denominator for value in exact]
    order = sorted(range(len(exact)), key=lambda index: (parts[index] - exact[index], index))
    for index in order[: units - sum(parts)]:
        parts[index] += 1
    sign = -1 if total < 0 else 1
    return [Decimal(sign * part).scaleb(-digits) for part in parts]
