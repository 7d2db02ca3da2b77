from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moneyed import Money

from psa.core.errors import DomainError
from sales.rules.funding import FundingRule, fund

F1, F2, F3 = 1, 2, 3
RULES = [
    FundingRule(1, ((F2, Decimal(50)), (F3, Decimal(50)))),
    FundingRule(2, ((F3, Decimal(100)),)),
    FundingRule(3, ((F1, Decimal(100)),)),
]


def gbp(amount):
    return Money(amount, "GBP")


LIMITS = {F1: gbp(10000), F2: gbp(500), F3: gbp(750)}


def legs(result):
    return [(leg.funding_source_id, leg.amount.amount) for leg in result.legs]


def test_the_worked_example_in_two_transactions():
    first = fund(gbp(100), rules=RULES, rooms=LIMITS)
    assert legs(first) == [(F2, 50), (F3, 50)]
    second = fund(gbp(5000), rules=RULES, rooms=first.rooms)
    assert legs(second) == [(F2, 450), (F3, 450), (F3, 250), (F1, 3850)]
    assert second.unfunded == gbp(0)
    assert second.amount_of(F3) == gbp(700)
    assert second.rooms == {F1: gbp(6150), F2: gbp(0), F3: gbp(0)}


def test_what_no_source_carries_is_named_not_dropped():
    result = fund(gbp(20000), rules=RULES, rooms=LIMITS)
    assert result.unfunded == gbp(8750)


def test_a_source_without_a_limit_takes_the_rest():
    result = fund(gbp(20000), rules=RULES, rooms={F2: gbp(500), F3: gbp(750)})
    assert result.amount_of(F1) == gbp(18750)


def test_ties_go_to_the_earlier_source():
    rule = FundingRule(1, ((F1, Decimal(50)), (F2, Decimal(50))))
    assert legs(fund(gbp("0.03"), rules=[rule], rooms={})) == [
        (F1, Decimal("0.02")),
        (F2, Decimal("0.01")),
    ]


def test_a_returned_expense_goes_back_and_restores_room():
    result = fund(gbp(-100), rules=RULES, rooms={F2: gbp(0), F3: gbp(0)})
    assert legs(result) == [(F2, -50), (F3, -50)]
    assert result.rooms == {F2: gbp(50), F3: gbp(50)}


@pytest.mark.parametrize("percents", [("50", "49.99"), ("100", "0"), ("150", "-50")])
def test_shares_that_do_not_sum_to_a_hundred_are_refused(percents):
    rule = FundingRule(4, tuple((n, Decimal(percent)) for n, percent in enumerate(percents)))
    with pytest.raises(DomainError, match="rule 4"):
        fund(gbp(1), rules=[rule], rooms={})


@given(
    st.integers(1, 10**6),
    st.lists(st.integers(0, 10**6), min_size=3, max_size=3),
    st.integers(1, 9999),
)
def test_legs_and_the_unfunded_rest_sum_to_the_amount_within_every_limit(cents, rooms, share):
    percent = Decimal(share) / 100
    rules = [FundingRule(1, ((F1, percent), (F2, 100 - percent))), *RULES]
    limits = {n: gbp(Decimal(room) / 100) for n, room in zip((F1, F2, F3), rooms, strict=True)}
    amount = gbp(Decimal(cents) / 100)
    result = fund(amount, rules=rules, rooms=limits)
    assert sum((leg.amount for leg in result.legs), result.unfunded) == amount
    assert all(room >= gbp(0) for room in result.rooms.values())
    for source in limits:
        assert result.amount_of(source) + result.rooms[source] == limits[source]
