from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moneyed import Money

from billing.rules.retainer import (
    Measure,
    OveragePolicy,
    RetainerOpening,
    RetainerTerms,
    RolledOver,
    UnderusePolicy,
    reconcile,
)
from psa.core.errors import DomainError


def inr(amount):
    return Money(amount, "INR")


def hours(number):
    return Decimal(number * 60)


TERMS = RetainerTerms(
    period_amount=inr(500000),
    measure=Measure.MINUTES,
    included=hours(40),
    overage=OveragePolicy.CARRY_FORWARD,
    underuse=UnderusePolicy.EXPIRE,
    overage_rate_per_hour=inr(12500),
    refund_percent=Decimal(50),
)


@pytest.mark.parametrize(
    ("policy", "invoiced", "next_hours", "written_off_hours"),
    [
        (OveragePolicy.CARRY_FORWARD, 500000, 34, 0),
        (OveragePolicy.BILL, 575000, 40, 0),
        (OveragePolicy.WRITE_OFF, 500000, 40, 6),
    ],
)
def test_46_of_40_hours_used(policy, invoiced, next_hours, written_off_hours):
    result = reconcile(replace(TERMS, overage=policy), used=hours(46))
    assert result.invoiced == inr(invoiced)
    assert result.next_allowance == hours(next_hours)
    assert result.overage_written_off == hours(written_off_hours)
    assert result.overage == hours(6)


@pytest.mark.parametrize(
    ("policy", "next_hours", "refund", "expired_hours"),
    [
        (UnderusePolicy.EXPIRE, 40, 0, 10),
        (UnderusePolicy.ROLL_OVER, 50, 0, 0),
        (UnderusePolicy.REFUND, 40, 62500, 0),
    ],
)
def test_30_of_40_hours_used(policy, next_hours, refund, expired_hours):
    result = reconcile(replace(TERMS, underuse=policy), used=hours(30))
    assert result.next_allowance == hours(next_hours)
    assert result.refund == inr(refund)
    assert result.expired == hours(expired_hours)
    assert result.invoiced == inr(500000)


def test_an_overage_of_more_than_a_period_is_repaid_over_several():
    first = reconcile(TERMS, used=hours(130))
    assert first.next_allowance == 0
    second = reconcile(TERMS, used=hours(0), opening=first.closing)
    assert (second.unused, second.next_allowance) == (0, 0)
    third = reconcile(TERMS, used=hours(0), opening=second.closing)
    assert third.next_allowance == hours(30)


ROLLING = replace(TERMS, underuse=UnderusePolicy.ROLL_OVER)


def test_the_oldest_part_is_used_first_and_expires_after_its_periods():
    terms = replace(ROLLING, rollover_periods=1)
    first = reconcile(terms, used=hours(30))
    second = reconcile(terms, used=hours(5), opening=first.closing)
    assert second.allowance == hours(50)
    assert second.expired == hours(5)
    assert second.closing.rolled_over == (RolledOver(hours(40), 1),)


def test_rolling_over_is_capped_and_the_oldest_expires():
    opening = RetainerOpening((RolledOver(hours(10), None),))
    result = reconcile(replace(ROLLING, rollover_limit=hours(25)), used=hours(20), opening=opening)
    assert result.unused == hours(30)
    assert result.expired == hours(5)
    assert result.next_allowance == hours(65)


def test_an_allowance_in_money_bills_its_overage_as_it_is():
    terms = replace(
        TERMS, measure=Measure.AMOUNT, included=Decimal(500000), overage=OveragePolicy.BILL
    )
    assert reconcile(terms, used=Decimal("512345.67")).overage_billed == inr("12345.67")


def test_overage_without_a_rate_is_refused():
    terms = replace(TERMS, overage=OveragePolicy.BILL, overage_rate_per_hour=None)
    with pytest.raises(DomainError, match="overage rate"):
        reconcile(terms, used=hours(41))
    with pytest.raises(DomainError, match="negative"):
        reconcile(TERMS, used=Decimal(-1))


@given(
    st.lists(st.integers(0, 6000), min_size=1, max_size=12),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, Decimal(600)]),
)
def test_no_minute_is_lost_over_a_year(uses, periods, limit):
    terms = replace(ROLLING, rollover_periods=periods, rollover_limit=limit)
    opening = RetainerOpening()
    granted = used = expired = Decimal(0)
    for minutes in uses:
        result = reconcile(terms, used=Decimal(minutes), opening=opening)
        granted += terms.included
        used += minutes
        expired += result.expired
        opening = result.closing
    rolled = sum((lot.quantity for lot in opening.rolled_over), Decimal(0))
    assert granted - used - expired == rolled - opening.overage_owed
