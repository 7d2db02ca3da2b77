from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moneyed import Money

from billing.rules.payments import (
    OpenItem,
    allocate_chosen,
    allocate_oldest_first,
    check_can_write_off,
)
from billing.rules.types import MixedCurrency
from psa.core.errors import DomainError


def eur(amount):
    return Money(amount, "EUR")


ITEMS = [
    OpenItem(1, "INV-1", date(2026, 3, 1), eur(100)),
    OpenItem(2, "INV-2", date(2026, 2, 1), eur(50)),
    OpenItem(3, "INV-3", date(2026, 1, 1), eur(70), is_disputed=True),
]


def test_settles_the_oldest_due_first_and_disputed_ones_last():
    result = allocate_oldest_first(eur(160), ITEMS)
    assert [(s.invoice_id, s.paid, s.still_open) for s in result.settlements] == [
        (2, eur(50), eur(0)),
        (1, eur(100), eur(0)),
        (3, eur(10), eur(60)),
    ]
    assert result.unallocated == eur(0)


def test_an_overpayment_is_left_unallocated():
    assert allocate_oldest_first(eur(300), ITEMS).unallocated == eur(80)


def test_settles_what_was_chosen():
    result = allocate_chosen(eur(60), ITEMS, [(1, eur(40)), (2, eur(15))])
    assert [(s.invoice_id, s.still_open) for s in result.settlements] == [
        (1, eur(60)),
        (2, eur(35)),
    ]
    assert result.unallocated == eur(5)


@pytest.mark.parametrize(
    "chosen",
    [
        [(9, eur(1))],
        [(1, eur(1)), (1, eur(1))],
        [(2, eur("50.01"))],
        [(2, eur(0))],
        [(1, eur(50)), (2, eur(20))],
    ],
)
def test_a_choice_that_does_not_fit_is_refused(chosen):
    with pytest.raises(DomainError):
        allocate_chosen(eur(60), ITEMS, chosen)


def test_currencies_do_not_mix_and_nothing_is_no_payment():
    with pytest.raises(MixedCurrency):
        allocate_oldest_first(Money(1, "USD"), ITEMS)
    with pytest.raises(MixedCurrency):
        allocate_chosen(eur(1), ITEMS, [(1, Money(1, "USD"))])
    with pytest.raises(DomainError, match="more than 0"):
        allocate_oldest_first(eur(0), ITEMS)


def test_a_small_rest_may_be_written_off():
    check_can_write_off(eur(5), limit=eur(5))
    with pytest.raises(DomainError, match="credit note"):
        check_can_write_off(eur("5.01"), limit=eur(5))


@given(st.integers(1, 10**6), st.lists(st.integers(1, 10**5), max_size=10))
def test_parts_sum_to_the_payment(cents, open_cents):
    items = [
        OpenItem(n, f"INV-{n}", date(2026, 1, 1), eur(Decimal(amount) / 100))
        for n, amount in enumerate(open_cents)
    ]
    received = eur(Decimal(cents) / 100)
    result = allocate_oldest_first(received, items)
    assert sum((s.paid for s in result.settlements), result.unallocated) == received
    assert result.unallocated >= eur(0)
