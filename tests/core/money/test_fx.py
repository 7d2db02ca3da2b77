"""Figures: docs/rules/money.md, M-6."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moneyed import Money

from psa.core.errors import DomainError
from psa.core.money.fx import FxTable, RateMissing, convert

FRIDAY = date(2026, 10, 30)
TABLE = FxTable.from_rows(
    [
        ("EUR", "USD", FRIDAY, Decimal("1.1172")),
        ("EUR", "USD", date(2026, 10, 29), Decimal("1.1130")),
        ("EUR", "GBP", FRIDAY, Decimal("0.8338")),
        ("EUR", "INR", date(2026, 10, 28), Decimal("106.0095")),
        ("CHF", "SEK", FRIDAY, Decimal("11.94")),
    ]
)


@pytest.mark.parametrize(
    ("pair", "on", "rate", "rate_on", "path"),
    [
        (("EUR", "EUR"), FRIDAY, "1", FRIDAY, ("EUR",)),
        (("EUR", "USD"), FRIDAY, "1.1172", FRIDAY, ("EUR", "USD")),
        (("EUR", "USD"), date(2026, 11, 6), "1.1172", FRIDAY, ("EUR", "USD")),
        (("USD", "EUR"), FRIDAY, "0.8950948801", FRIDAY, ("USD", "EUR")),
        (("USD", "GBP"), FRIDAY, "0.7463301110", FRIDAY, ("USD", "EUR", "GBP")),
        (("USD", "INR"), FRIDAY, "94.8885606874", date(2026, 10, 28), ("USD", "EUR", "INR")),
        (("SEK", "CHF"), FRIDAY, "0.0837520938", FRIDAY, ("SEK", "CHF")),
    ],
)
def test_finds_the_rate(pair, on, rate, rate_on, path):
    quote = TABLE.rate(*pair, on)
    assert (quote.rate, quote.rate_on, quote.path) == (Decimal(rate), rate_on, path)
    assert quote.carried == (rate_on != on)


@pytest.mark.parametrize(
    ("pair", "on"),
    [
        (("EUR", "USD"), FRIDAY + timedelta(days=8)),
        (("EUR", "USD"), date(2026, 10, 28)),
        (("USD", "SEK"), FRIDAY),
        (("USD", "INR"), date(2026, 11, 5)),
    ],
)
def test_names_pair_and_date_of_a_missing_rate(pair, on):
    with pytest.raises(RateMissing, match=f"from {pair[0]} to {pair[1]} for {on}"):
        TABLE.rate(*pair, on)


def test_takes_older_rates_when_told():
    assert TABLE.rate("EUR", "USD", date(2026, 12, 1), max_age_days=60).rate_on == FRIDAY


def test_converts_rounding_once_to_the_target():
    quote = TABLE.rate("EUR", "USD", FRIDAY)
    assert convert(Money("100.05", "EUR"), quote) == Money("111.78", "USD")
    with pytest.raises(DomainError, match="GBP"):
        convert(Money(1, "GBP"), quote)


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity"])
def test_refuses_a_rate_not_above_zero(rate):
    with pytest.raises(ValueError, match="not above 0"):
        FxTable.from_rows([("EUR", "USD", FRIDAY, Decimal(rate))])


def test_refuses_two_rates_for_a_day():
    rows = [("EUR", "USD", FRIDAY, Decimal(1)), ("EUR", "USD", FRIDAY, Decimal(2))]
    with pytest.raises(ValueError, match="Two rates"):
        FxTable.from_rows(rows)


@given(st.sets(st.integers(0, 60), min_size=1), st.integers(0, 80))
def test_takes_the_last_rate_on_or_before_the_day(days, asked):
    first = date(2026, 1, 1)
    table = FxTable.from_rows(
        [("EUR", "USD", first + timedelta(days=d), Decimal(d + 1)) for d in days]
    )
    usable = [d for d in days if asked - 7 <= d <= asked]
    on = first + timedelta(days=asked)
    if usable:
        assert table.rate("EUR", "USD", on).rate == max(usable) + 1
    else:
        with pytest.raises(RateMissing):
            table.rate("EUR", "USD", on)
