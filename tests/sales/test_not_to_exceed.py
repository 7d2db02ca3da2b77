from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moneyed import Money

from psa.core.ledger.rules.types import TransactionClass
from sales.rules.not_to_exceed import (
    Limit,
    LimitLevel,
    MixedCurrency,
    Work,
    reached_on,
    release_chosen,
    release_parked,
    room_of,
    split,
    split_by_limits,
    warnings_between,
)

CENTS = st.integers(-100000, 1000000).map(lambda cents: Money(Decimal(cents) / 100, "INR"))
ROOM = st.integers(0, 2000000).map(lambda cents: Money(Decimal(cents) / 100, "INR"))


def inr(amount):
    return Money(amount, "INR")


CONTRACT = Limit(1, LimitLevel.CONTRACT, limit=inr(2500000), used=inr(2490000))


def work(ref, amount, line=1, on=date(2026, 1, 5), **kwargs):
    return Work(ref, inr(amount), line, TransactionClass.TIME, work_on=on, **kwargs)


def test_the_row_that_crosses_is_split_in_two_legs():
    result = split([inr(20000)], limit=inr(2500000), used=inr(2490000))
    assert result.accrued == (inr(10000),)
    assert result.parked == (inr(10000),)


def test_a_raised_limit_releases_what_it_has_room_for():
    raised = replace(CONTRACT, limit=inr(2505000), used=inr(2500000))
    result = release_parked([work(1, 10000)], [raised])
    assert result.splits[0].accrued == inr(5000)
    assert result.splits[0].parked == inr(5000)
    assert result.limits[0].used == inr(2505000)


def test_order_decides_what_finds_room():
    result = split([inr(60), inr(60), inr(10)], limit=inr(100), used=inr(0))
    assert result.accrued == (inr(60), inr(40), inr(0))
    assert result.parked == (inr(0), inr(20), inr(10))


def test_a_limit_lowered_below_its_use_parks_everything():
    result = split([inr(5)], limit=inr(10), used=inr(50))
    assert result.accrued == (inr(0),)


def test_a_returned_expense_gives_its_room_to_what_follows():
    result = split([inr(-30), inr(30)], limit=inr(100), used=inr(100))
    assert result.accrued == (inr(-30), inr(30))


@given(st.lists(CENTS, max_size=20), ROOM, ROOM)
def test_parts_sum_to_the_whole_and_never_pass_the_limit(amounts, limit, used):
    result = split(amounts, limit=limit, used=used)
    for amount, accrued, parked in zip(amounts, result.accrued, result.parked, strict=True):
        assert accrued + parked == amount
        assert parked >= inr(0)
    if used <= limit:
        assert sum(result.accrued, used) <= limit


def test_negative_limits_are_a_programming_error_and_currencies_do_not_mix():
    with pytest.raises(ValueError, match="negative"):
        split([], limit=inr(-1), used=inr(0))
    with pytest.raises(MixedCurrency, match="EUR"):
        split([Money(1, "EUR")], limit=inr(1), used=inr(0))


LEVELS = [
    Limit(1, LimitLevel.CONTRACT, inr(1000), inr(0)),
    Limit(2, LimitLevel.CONTRACT_CUSTOMER, inr(300), inr(0), account_id=8),
    Limit(3, LimitLevel.LINE, inr(200), inr(0), contract_line_id=1),
    Limit(4, LimitLevel.LINE_CUSTOMER, inr(50), inr(0), contract_line_id=1, account_id=8),
]


@pytest.mark.parametrize(
    ("line_id", "account_id", "accrued", "stopped_by"),
    [(1, 8, 50, 4), (1, 9, 200, 3), (2, 8, 300, 2), (2, 9, 1000, 1)],
)
def test_room_is_the_least_of_the_limits_that_apply(line_id, account_id, accrued, stopped_by):
    result = split_by_limits([work(1, 5000, line=line_id, account_id=account_id)], LEVELS)
    assert result.splits[0].accrued == inr(accrued)
    assert result.splits[0].parked == inr(5000 - accrued)
    assert result.splits[0].stopped_by == stopped_by


def test_one_work_uses_up_every_limit_it_is_under():
    result = split_by_limits([work(1, 50, account_id=8), work(2, 200, account_id=9)], LEVELS)
    assert [each.accrued for each in result.splits] == [inr(50), inr(150)]
    assert {limit.limit_id: limit.used for limit in result.limits} == {
        1: inr(200),
        2: inr(50),
        3: inr(200),
        4: inr(50),
    }


def test_a_limit_for_chosen_classes_leaves_others_alone():
    expenses = replace(CONTRACT, classes=frozenset({TransactionClass.EXPENSE}))
    assert split_by_limits([work(1, 20000)], [expenses]).splits[0].parked == inr(0)
    assert room_of([expenses], work(1, 1)) is None
    assert room_of([CONTRACT], work(1, 1)) == inr(10000)


def test_minutes_of_the_legs_sum_to_the_works():
    result = split_by_limits([work(1, 20000, minutes=480)], [CONTRACT])
    assert (result.splits[0].accrued_minutes, result.splits[0].parked_minutes) == (240, 240)


@given(st.integers(1, 100000), st.integers(1, 1440), ROOM)
def test_minutes_are_never_lost(cents, minutes, room):
    limit = Limit(1, LimitLevel.CONTRACT, room, inr(0))
    row = work(1, Decimal(cents) / 100, minutes=minutes)
    each = split_by_limits([row], [limit]).splits[0]
    assert each.accrued_minutes + each.parked_minutes == minutes
    assert min(each.accrued_minutes, each.parked_minutes) >= 0
    assert each.accrued + each.parked == row.amount


def test_parked_work_is_released_oldest_first_or_as_chosen():
    parked = [work(1, 60, on=date(2026, 2, 1)), work(2, 60, on=date(2026, 1, 1))]
    limit = Limit(1, LimitLevel.CONTRACT, inr(100), inr(0))
    oldest = {each.ref: each.accrued for each in release_parked(parked, [limit]).splits}
    chosen = {each.ref: each.accrued for each in release_chosen(parked, [limit]).splits}
    assert oldest == {2: inr(60), 1: inr(40)}
    assert chosen == {1: inr(60), 2: inr(40)}


@pytest.mark.parametrize(
    ("before", "after", "reached"),
    [(7999, 8000, [False]), (8000, 9999, []), (8500, 10000, [True]), (0, 10000, [True])],
)
def test_warns_once_at_the_threshold_and_once_at_the_limit(before, after, reached):
    limit = Limit(1, LimitLevel.LINE, inr(10000), inr(before), contract_line_id=1)
    result = warnings_between([limit], [replace(limit, used=inr(after))])
    assert [warning.is_reached for warning in result] == reached


def test_forecasts_the_day_the_limit_is_reached():
    plan = [(date(2026, 3, 2), inr(60)), (date(2026, 3, 1), inr(40)), (date(2026, 3, 3), inr(1))]
    assert reached_on(room=inr(100), forecast=plan) == date(2026, 3, 2)
    assert reached_on(room=inr(200), forecast=plan) is None
