from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moneyed import Money

from billing.rules.milestones import (
    ScheduleDiffers,
    amounts_for_percents,
    check_sums_to_value,
    equal_parts,
    monthly_dates,
    progress_due,
    remainder,
)
from psa.core.errors import DomainError

QUARTERS = [Fraction(n, 4) for n in (1, 2, 3, 4)]


def eur(amount):
    return Money(amount, "EUR")


def test_a_schedule_must_sum_to_the_lines_value():
    assert remainder(eur(100), [eur(60), eur(30)]) == eur(10)
    check_sums_to_value(eur(100), [eur(60), eur(40)])
    with pytest.raises(ScheduleDiffers, match="lacks"):
        check_sums_to_value(eur(100), [eur(60), eur(30)])
    with pytest.raises(ScheduleDiffers, match="exceeds"):
        check_sums_to_value(eur(100), [eur(60), eur(41)])


def test_percentages_become_amounts_that_sum_to_the_value():
    parts = amounts_for_percents(eur("100.01"), [Decimal("33.3"), Decimal("33.3"), Decimal("33.4")])
    assert parts == [eur("33.30"), eur("33.30"), eur("33.41")]
    with pytest.raises(ScheduleDiffers, match="99"):
        amounts_for_percents(eur(1), [Decimal(99)])


@pytest.mark.parametrize(
    ("value", "count", "part", "last"),
    [
        ("100.00", 3, "33.33", "33.34"),
        ("200000.00", 12, "16666.67", "16666.63"),
        ("0.05", 9, "0.00", "0.05"),
        ("500.00", 1, "500.00", "500.00"),
    ],
)
def test_equal_parts_leave_the_rounding_in_the_last(value, count, part, last):
    parts = equal_parts(eur(value), count)
    assert parts == [eur(part)] * (count - 1) + [eur(last)]


@given(st.integers(0, 10**8), st.integers(1, 60))
def test_equal_parts_sum_to_the_value_and_are_never_negative(cents, count):
    value = eur(Decimal(cents) / 100)
    parts = equal_parts(value, count)
    assert sum(parts, eur(0)) == value
    assert min(parts) >= eur(0)
    assert len(parts) == count


def test_no_parts_are_refused():
    with pytest.raises(DomainError, match="at least one"):
        equal_parts(eur(1), 0)


def test_monthly_dates_end_with_short_months():
    assert monthly_dates(date(2026, 11, 30), 4) == [
        date(2026, 11, 30),
        date(2026, 12, 30),
        date(2027, 1, 30),
        date(2027, 2, 28),
    ]


@pytest.mark.parametrize(
    ("progress", "billed", "steps", "due"),
    [
        (Fraction(1, 3), 0, (), "33333.33"),
        (Fraction(2, 3), "33333.33", (), "33333.34"),
        (Fraction(3, 2), 0, (), "100000.00"),
        (Fraction(1, 4), 50000, (), "0"),
        (Fraction(49, 100), 0, QUARTERS, "25000.00"),
        (Fraction(1, 2), 25000, QUARTERS, "25000.00"),
        (Fraction(24, 100), 0, QUARTERS, "0"),
    ],
)
def test_progress_bills_up_to_the_value_and_never_less_than_nothing(progress, billed, steps, due):
    result = progress_due(eur(100000), progress=progress, billed=eur(billed), steps=steps)
    assert result == eur(due)
