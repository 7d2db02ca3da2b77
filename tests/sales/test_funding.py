from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moneyed import Money

from psa.core.errors import DomainError
from psa.core.ledger.rules.types import TransactionClass
from sales.rules.funding import FundingRule, FundingTerms, Payers, fund, pay
from sales.rules.not_to_exceed import Limit, LimitLevel, Work

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


PAYERS = Payers(tuple(RULES), ((F2, 12), (F3, 13), (F1, 11)))


def limit_of(source, amount, used="0"):
    account = dict(PAYERS.accounts)[source]
    return Limit(
        100 + source, LimitLevel.FUNDING, gbp(amount), gbp(used), account_id=account,
        funding_source_id=source,
    )  # fmt: skip


def work(amount, minutes=480):
    return Work(1, gbp(amount), 7, TransactionClass.TIME, 11, minutes)


def told(parts):
    return [
        (part.funding_source_id, part.split.accrued.amount, part.split.parked.amount)
        for part in parts
    ]


def test_the_worked_example_is_paid_by_each_in_one_part():
    limits = [limit_of(F1, 10000), limit_of(F2, 500), limit_of(F3, 750)]
    parts, limits = pay(work(100), PAYERS, limits)
    assert told(parts) == [(F2, 50, 0), (F3, 50, 0)]
    assert [part.account_id for part in parts] == [12, 13]
    parts, limits = pay(work(5000), PAYERS, limits)
    assert told(parts) == [(F2, 450, 0), (F3, 700, 0), (F1, 3850, 0)]
    assert [part.split.accrued_minutes for part in parts] == [43, 67, 370]
    assert {limit.funding_source_id: limit.used.amount for limit in limits} == {
        F1: 3850, F2: 500, F3: 750,
    }  # fmt: skip
    parts, _ = pay(work(7000), PAYERS, limits)
    assert told(parts) == [(F1, 6150, 0), (None, 0, 850)]


def test_the_contracts_own_limit_is_shared_before_the_payers_are():
    """Room for 60 of 100 in halves is 30 each, not 50 and 10."""
    payers = Payers((RULES[0],), PAYERS.accounts)
    whole = Limit(1, LimitLevel.CONTRACT, gbp(60), gbp(0))
    parts, [after] = pay(work(100), payers, [whole])
    assert told(parts) == [(F2, 30, 0), (F3, 30, 0), (None, 0, 40)]
    assert after.used == gbp(60)


def test_a_customers_own_limit_parks_theirs_alone():
    payers = Payers((RULES[0],), PAYERS.accounts)
    theirs = Limit(1, LimitLevel.CONTRACT_CUSTOMER, gbp(20), gbp(0), account_id=13)
    parts, _ = pay(work(100), payers, [theirs])
    assert told(parts) == [(F2, 50, 0), (F3, 20, 30)]


def test_a_lines_own_split_goes_before_the_contracts():
    first, second, own = (Payers((rule,), PAYERS.accounts) for rule in RULES)
    terms = FundingTerms(
        (
            (None, date(2026, 7, 1), second), (5, date(2026, 3, 1), own),
            (None, date(2026, 1, 1), first),
        )
    )  # fmt: skip
    assert terms.payers(5, date(2026, 2, 1)) == first
    assert terms.payers(5, date(2026, 8, 1)) == own
    assert terms.payers(6, date(2026, 6, 30)) == first
    assert terms.payers(6, date(2026, 7, 1)) == second
    assert terms.payers(6, date(2025, 12, 31)) is None


@given(
    st.integers(1, 10**6),
    st.lists(st.integers(0, 10**6), min_size=3, max_size=3),
    st.integers(0, 10**6),
    st.integers(1, 9999),
    st.integers(1, 1440),
)
def test_parts_sum_to_work_and_minutes_within_every_limit(cents, rooms, nte, share, minutes):
    percent = Decimal(share) / 100
    rules = (FundingRule(1, ((F1, percent), (F2, 100 - percent))), *RULES[1:])
    limits = [limit_of(n, Decimal(room) / 100) for n, room in zip((F1, F2, F3), rooms, strict=True)]
    limits.append(Limit(1, LimitLevel.CONTRACT, gbp(Decimal(nte) / 100), gbp(0)))
    asked = work(Decimal(cents) / 100, minutes)
    parts, after = pay(asked, Payers(rules, PAYERS.accounts), limits)
    zero = gbp(0)
    assert sum((p.split.accrued + p.split.parked for p in parts), zero) == asked.amount
    assert sum(p.split.accrued_minutes + p.split.parked_minutes for p in parts) == minutes
    assert all(limit.used <= limit.limit for limit in after)
    accrued = sum((p.split.accrued for p in parts), zero)
    assert next(one.used for one in after if one.level is LimitLevel.CONTRACT) == accrued
