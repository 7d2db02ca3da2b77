"""Figures: docs/rules/money.md, M-1 to M-5."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moneyed import Money

from psa.core.errors import DomainError
from psa.core.money.rounding import (
    allocate,
    allocate_whole,
    amount_for_minutes,
    minor_units,
    parse_amount,
    parse_minutes,
    round_to_minor,
    total_of,
)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("2.665", "EUR", "2.67"),
        ("-2.665", "EUR", "-2.67"),
        ("2.6649999", "EUR", "2.66"),
        ("0.5", "JPY", "1"),
        ("1.0005", "KWD", "1.001"),
        ("123456789012345.675", "EUR", "123456789012345.68"),
        ("-0.001", "EUR", "0.00"),
    ],
)
def test_rounds_half_up_to_the_minor_unit(amount, currency, rounded):
    assert str(round_to_minor(Decimal(amount), currency)) == rounded
    assert round_to_minor(Money(amount, currency)) == Money(rounded, currency)


def test_knows_the_places_of_currencies():
    assert [minor_units(code) for code in ("EUR", "JPY", "KWD", "CLF")] == [2, 0, 3, 4]


def test_refuses_what_is_no_currency():
    with pytest.raises(DomainError, match="XQZ"):
        minor_units("XQZ")


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        ("100.00", [1, 1, 1], ["33.34", "33.33", "33.33"]),
        ("-100.00", [1, 1, 1], ["-33.34", "-33.33", "-33.33"]),
        ("0.05", [3, 7], ["0.02", "0.03"]),
        ("10.00", [0, 1, 0], ["0.00", "10.00", "0.00"]),
        ("0.00", [0, 0], ["0.00", "0.00"]),
        ("0.02", [1, 1, 1], ["0.01", "0.01", "0.00"]),
    ],
)
def test_splits_by_largest_remainder(total, weights, parts):
    assert allocate(Money(total, "EUR"), weights) == [Money(part, "EUR") for part in parts]


def test_refuses_to_split_something_among_nobody():
    for weights in ([], [0, 0]):
        with pytest.raises(DomainError, match="every share is 0"):
            allocate(Money("1.00", "EUR"), weights)


def test_refuses_a_total_finer_than_the_minor_unit_and_a_negative_weight():
    with pytest.raises(ValueError, match="finer"):
        allocate(Money("1.005", "EUR"), [1])
    with pytest.raises(ValueError, match="negative"):
        allocate(Money("1.00", "EUR"), [2, -1])


weights = st.lists(
    st.one_of(st.integers(0, 10**9), st.decimals(0, 10**9, places=6)), min_size=1, max_size=20
).filter(any)


@given(
    st.integers(-(10**17), 10**17),
    weights,
    st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_parts_sum_to_the_whole_and_mirror(units, weights, currency):
    total = Money(Decimal(units).scaleb(-minor_units(currency)), currency)
    parts = allocate(total, weights)
    assert sum(part.amount for part in parts) == total.amount
    assert [-part for part in parts] == allocate(-total, weights)
    share = sum(Decimal(weight) for weight in weights)
    for part, weight in zip(parts, weights, strict=True):
        exact = total.amount * Decimal(weight) / share
        assert abs(part.amount - exact) <= Decimal(1).scaleb(-minor_units(currency)) + Decimal(
            "1e-9"
        )
        assert weight or not part.amount


@given(st.integers(0, 10_000), weights)
def test_minutes_split_without_loss(minutes, weights):
    assert sum(allocate_whole(minutes, weights)) == minutes


@pytest.mark.parametrize(
    ("minutes", "price", "unit", "hours_per_day", "currency", "amount"),
    [
        (360, "1200", "day", "8", "GBP", "900.00"),
        (150, "8000", "day", "8", "INR", "2500.00"),
        (150, "25000", "day", "8", "INR", "7812.50"),
        (2400, "800", "day", "8", "GBP", "4000.00"),
        (440, "100", "hour", "8", "EUR", "733.33"),
        (225, "100.01", "day", "7.5", "EUR", "50.01"),
        (30, "1", "hour", "8", "JPY", "1"),
        (0, "100", "hour", "8", "EUR", "0.00"),
    ],
)
def test_prices_minutes_rounding_once(minutes, price, unit, hours_per_day, currency, amount):
    found = amount_for_minutes(minutes, Decimal(price), unit, Decimal(hours_per_day), currency)
    assert found == Money(amount, currency)


def test_refuses_a_unit_that_is_no_time_and_a_day_without_hours():
    with pytest.raises(DomainError, match="per hour or per day"):
        amount_for_minutes(60, Decimal(1), "km", Decimal(8), "EUR")
    with pytest.raises(DomainError, match="Hours per day"):
        amount_for_minutes(60, Decimal(1), "day", Decimal(0), "EUR")


def test_adds_amounts_of_one_currency_only():
    assert total_of([], "EUR") == Money(0, "EUR")
    assert total_of([Money("1.10", "EUR"), Money("2.20", "EUR")], "EUR") == Money("3.30", "EUR")
    with pytest.raises(DomainError, match="USD and EUR"):
        total_of([Money(1, "USD")], "EUR")


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1234.5", "1234.5"),
        ("1,234.50", "1234.5"),
        ("25,00,000", "2500000"),
        ("1 234,50", "1234.5"),
        ("1.234,50", "1234.5"),
        ("1'234.50", "1234.5"),
        ("12,50", "12.5"),
        ("-3", "-3"),
        ("\u22123", "-3"),
        (" 7 ", "7"),
        ("999999999999999.9999", "999999999999999.9999"),
        (Decimal("1E+3"), "1000"),
        (0, "0"),
    ],
)
def test_reads_amounts_exactly(typed, number):
    assert str(parse_amount(typed, field="amount")) == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        ".",
        "NaN",
        "sNaN",
        "Infinity",
        "-inf",
        "1e400",
        "1e5",
        "1E-400",
        "0x1",
        "1,234",
        "1,2,3",
        "12 34",
        "1.00001",
        "1" * 16,
        "9" * 500,
        "٣",
        "1_000",
        Decimal("1e400"),
        Decimal("1e-400"),
        Decimal("NaN"),
        Decimal("Infinity"),
    ],
)
def test_refuses_amounts_naming_the_field(typed):
    with pytest.raises(DomainError) as refusal:
        parse_amount(typed, field="limit_amount")
    assert refusal.value.field == "limit_amount"


def test_refuses_an_amount_below_the_minimum():
    with pytest.raises(DomainError, match="at least 0"):
        parse_amount("-1", field="price", minimum=Decimal(0))


@given(st.decimals(-(10**14), 10**14, places=4))
def test_reads_back_any_amount_it_wrote(amount):
    assert parse_amount(f"{amount:f}", field="amount") == amount


def outcome(parse, text):
    try:
        return parse(text, field="f")
    except DomainError as refusal:
        return refusal.field


@given(st.text(max_size=30))
def test_reads_or_refuses_any_text(text):
    amount, minutes = outcome(parse_amount, text), outcome(parse_minutes, text)
    assert amount == "f" or isinstance(amount, Decimal)
    assert minutes == "f" or minutes >= 0


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        ("7.5", 450),
        ("7,5", 450),
        ("7:30", 450),
        ("7h30", 450),
        ("7H30m", 450),
        ("1h30", 90),
        ("90m", 90),
        ("90 min", 90),
        ("1.5h", 90),
        ("8 h", 480),
        (".5", 30),
        ("7.33", 440),
        ("0.008", 0),
        ("0.0084", 1),
        ("0", 0),
        ("0:00", 0),
        ("", 0),
        ("  ", 0),
        ("25", 1500),
    ],
)
def test_reads_hours_and_minutes(typed, minutes):
    assert parse_minutes(typed) == minutes


@pytest.mark.parametrize(
    "typed",
    [
        "-1",
        "−1",
        "+1",
        "7:60",
        "7:5",
        "7 30",
        "1e3",
        "NaN",
        "h",
        ":",
        ".",
        "99999",
        "٣",
        "8" * 99,
        " " * 41,
        "7.5.1",
        "7h60",
        "one",
    ],
)
def test_refuses_what_is_no_time(typed):
    with pytest.raises(DomainError) as refusal:
        parse_minutes(typed, field="monday")
    assert refusal.value.field == "monday"


@given(st.integers(0, 24 * 60))
def test_reads_back_any_time_it_shows(minutes):
    assert parse_minutes(f"{minutes // 60}:{minutes % 60:02}") == minutes
    assert parse_minutes(f"{Decimal(minutes) / 60:.4f}") == minutes
