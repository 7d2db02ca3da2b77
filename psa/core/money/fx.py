"""Exchange rates by date: the one rate lookup.

A rate is "units of `to` per 1 `from`", to ten places. A day without a rate takes the last one
before it, at most `max_age_days` old, and says so. Worked figures: docs/rules/money.md.
"""

import re
from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.money.rounding import EXACT, currency_of, minor_units, round_half_up

RATE_PLACES: Final = 10
DEFAULT_BASE: Final = "EUR"
DEFAULT_MAX_AGE_DAYS: Final = 7
SPOT: Final = "spot"
AVERAGE: Final = "average"
MONTH_END: Final = "month_end"
BUDGET: Final = "budget"
# The rate types there are for everybody; a firm has its own beside them.
RATE_TYPES: Final = (
    (SPOT, "Spot"), (AVERAGE, "Month average"), (MONTH_END, "Month end"), (BUDGET, "Budget"),
)  # fmt: skip
_OF_A_MONTH: Final = frozenset({AVERAGE, MONTH_END})
BUDGET_MAX_AGE_DAYS: Final = 366
_TYPE_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,9}")

FxRow = tuple[str, str, date, Decimal]


class RateMissing(DomainError):
    """No exchange rate for a pair on a date, nor a recent enough one before it."""


@dataclass(frozen=True, slots=True)
class FxQuote:
    """The rate to use, the date it is from, and the currencies it went through.

    `carried` says that the day itself had no rate; `rate_on` is the older date of two legs.
    `rate_type` is the type it was found under, which need not be the one that was asked for.
    """

    from_currency: str
    to_currency: str
    rate: Decimal
    rate_on: date
    path: tuple[str, ...]
    carried: bool
    rate_type: str = SPOT


@dataclass(frozen=True, slots=True)
class _Series:
    days: tuple[date, ...]
    rates: tuple[Decimal, ...]

    def latest(self, on: date, max_age_days: int) -> tuple[date, Decimal] | None:
        i = bisect_right(self.days, on) - 1
        if i < 0 or (on - self.days[i]).days > max_age_days:
            return None
        return self.days[i], self.rates[i]


@dataclass(frozen=True, slots=True)
class FxTable:
    """All rates of one tenant and rate type, ready to be asked a million times.

    Build with `from_rows`. Answers are remembered, so asking again costs one look-up.
    """

    series: dict[tuple[str, str], _Series]
    _answers: dict[tuple[str, str, date, str, int], FxQuote] = field(
        default_factory=dict, compare=False, repr=False
    )

    @classmethod
    def from_rows(cls, rows: Iterable[FxRow]) -> "FxTable":
        """A table from (from, to, on, rate) tuples in any order.

        Raises  ValueError for a rate that is not above zero or two different rates for one pair
                and day (the database refuses both).
        """
        by_pair: dict[tuple[str, str], dict[date, Decimal]] = {}
        for from_currency, to_currency, on, rate in rows:
            if not rate.is_finite() or rate <= 0:
                raise ValueError(f"The rate {from_currency}→{to_currency} of {on} is not above 0.")
            days = by_pair.setdefault((from_currency, to_currency), {})
            if days.setdefault(on, rate) != rate:
                raise ValueError(f"Two rates {from_currency}→{to_currency} on {on}.")
        return cls(
            {
                pair: _Series(tuple(sorted(days)), tuple(days[day] for day in sorted(days)))
                for pair, days in by_pair.items()
            }
        )

    def rate(
        self,
        from_currency: str,
        to_currency: str,
        on: date,
        base: str = DEFAULT_BASE,
        max_age_days: int = DEFAULT_MAX_AGE_DAYS,
    ) -> FxQuote:
        """Units of `to_currency` per 1 `from_currency` on a date.

        The same currency is 1. Otherwise the first of these that is recent enough: the pair as
        quoted, its inverse, both by way of `base`. The result is rounded once to ten places.
        Raises  RateMissing naming the pair and the date.
        Source  docs/rules/money.md, M-6.
        """
        key = (from_currency, to_currency, on, base, max_age_days)
        quote = self._answers.get(key)
        if quote is None:
            quote = self._answers[key] = self._look_up(*key)
        return quote

    def _look_up(
        self, from_currency: str, to_currency: str, on: date, base: str, max_age_days: int
    ) -> FxQuote:
        if from_currency == to_currency:
            return FxQuote(from_currency, to_currency, Decimal(1), on, (from_currency,), False)
        legs: list[tuple[date, Decimal, Decimal] | None]
        legs = [self._leg(from_currency, to_currency, on, max_age_days)]
        path: tuple[str, ...] = (from_currency, to_currency)
        if legs[0] is None and base not in path:
            path = (from_currency, base, to_currency)
            legs = [
                self._leg(from_currency, base, on, max_age_days),
                self._leg(base, to_currency, on, max_age_days),
            ]
        above, below, rate_on = Decimal(1), Decimal(1), on
        for leg in legs:
            if leg is None:
                raise RateMissing(
                    f"There is no exchange rate from {from_currency} to {to_currency} for "
                    f"{on.isoformat()}, nor one at most {max_age_days} days older. "
                    "Add the rate, then try again."
                )
            day, numerator, denominator = leg
            above = EXACT.multiply(above, numerator)
            below = EXACT.multiply(below, denominator)
            rate_on = min(rate_on, day)
        rate = round_half_up(EXACT.divide(above, below), RATE_PLACES)
        if not rate:
            raise RateMissing(
                f"The exchange rate from {from_currency} to {to_currency} for {on.isoformat()} "
                f"is smaller than {RATE_PLACES} decimals can hold. Use another currency."
            )
        return FxQuote(from_currency, to_currency, rate, rate_on, path, rate_on != on)

    def _leg(
        self, from_currency: str, to_currency: str, on: date, max_age_days: int
    ) -> tuple[date, Decimal, Decimal] | None:
        quoted = self.series.get((from_currency, to_currency))
        found = quoted.latest(on, max_age_days) if quoted else None
        if found is not None:
            return found[0], found[1], Decimal(1)
        inverse = self.series.get((to_currency, from_currency))
        found = inverse.latest(on, max_age_days) if inverse else None
        return None if found is None else (found[0], Decimal(1), found[1])


@dataclass(frozen=True, slots=True)
class TypedFxTable:
    """The rates of one type, and the spot rates that stand in where it has none for a pair."""

    rate_type: str
    own: FxTable
    spot: FxTable

    def rate(
        self,
        from_currency: str,
        to_currency: str,
        on: date,
        base: str = DEFAULT_BASE,
        max_age_days: int = DEFAULT_MAX_AGE_DAYS,
    ) -> FxQuote:
        """The type's rate for a day, else that day's spot rate; the quote says which it is.

        A month average or month-end rate is its month's, whatever day of it it is dated; a budget
        rate counts until the next one, for 366 days at most; others age as spot rates do.
        Raises  RateMissing when there is no spot rate either.
        Source  docs/rules/money.md, M-7.
        """
        if self.rate_type != SPOT and from_currency != to_currency:
            asked_on, reach = _reach(self.rate_type, on, max_age_days)
            try:
                quote = self.own.rate(from_currency, to_currency, asked_on, base, reach)
            except RateMissing:
                pass
            else:
                is_carried = quote.carried and self.rate_type not in _OF_A_MONTH
                return replace(quote, carried=is_carried, rate_type=self.rate_type)
        return self.spot.rate(from_currency, to_currency, on, base, max_age_days)


def _reach(rate_type: str, on: date, max_age_days: int) -> tuple[date, int]:
    """The day to look up for `on`, and how old the rate may be then."""
    if rate_type in _OF_A_MONTH:
        last = on.replace(day=monthrange(on.year, on.month)[1])
        return last, last.day - 1
    return on, BUDGET_MAX_AGE_DAYS if rate_type == BUDGET else max_age_days


def rate_type_of(text: str) -> str:
    """A rate type's code: “Month end” is month_end. Raises  DomainError."""
    code = "_".join(text.casefold().split())
    if not _TYPE_CODE.fullmatch(code):
        raise DomainError(
            "A rate type has up to 10 small letters, digits or underscores, a letter first.",
            "rate_type",
        )
    return code


def convert(money: Money, quote: FxQuote) -> Money:
    """The amount in the quote's target currency, rounded once to its minor unit.

    Raises  DomainError if the amount is not in the currency the quote is from.
    Source  docs/rules/money.md, M-6.
    """
    if money.currency.code != quote.from_currency:
        raise DomainError(
            f"An amount in {money.currency.code} cannot be converted with a rate from "
            f"{quote.from_currency}."
        )
    exact = EXACT.multiply(money.amount, quote.rate)
    places = minor_units(quote.to_currency)
    return Money(round_half_up(exact, places), currency_of(quote.to_currency))
