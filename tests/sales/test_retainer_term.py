from datetime import date
from itertools import pairwise

import pytest
from moneyed import Money

from psa.core.errors import DomainError
from sales.rules.retainer_term import months_of, value_of_term


@pytest.mark.parametrize(
    ("first", "last", "starts"),
    [
        (date(2026, 8, 1), date(2026, 10, 31), [(8, 1), (9, 1), (10, 1)]),
        (date(2026, 1, 15), date(2026, 3, 14), [(1, 15), (2, 15)]),
        (date(2026, 1, 31), date(2026, 3, 30), [(1, 31), (2, 28)]),
    ],
)
def test_splits_a_term_into_months(first, last, starts):
    months = months_of(first, last)
    assert [(m.starts_on.month, m.starts_on.day) for m in months] == starts
    assert all(a.ends_on == b.starts_on for a, b in pairwise(months))


def test_values_a_term_by_its_months():
    value = value_of_term(Money(5000, "EUR"), date(2026, 8, 1), date(2026, 10, 31))
    assert value == Money(15000, "EUR")


def test_refuses_a_part_of_a_month_and_names_the_next_end():
    with pytest.raises(DomainError, match="2026-10-31"):
        months_of(date(2026, 8, 1), date(2026, 10, 15))


def test_refuses_an_end_before_the_start():
    with pytest.raises(DomainError, match="ends before"):
        months_of(date(2026, 8, 1), date(2026, 7, 1))
