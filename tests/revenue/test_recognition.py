from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moneyed import Money

from psa.core.errors import DomainError
from revenue.rules import progress as methods
from revenue.rules.onerous import ObligationLoss, provision_for, provisions_for
from revenue.rules.progress import ProgressUnknown, ReachableMilestone
from revenue.rules.recognition import (
    ModificationTreatment,
    Obligation,
    allocate_price,
    catch_up,
    modification_treatment,
    net_position,
    prospective_price,
    recognise,
)


def eur(amount):
    return Money(amount, "EUR")


PRICE = eur(1200000)


def test_three_years_of_the_worked_example():
    years = [
        (240000, 560000, 300000, 360000, 360000, 60000, 0),
        (600000, 300000, 900000, 800000, 440000, 0, 100000),
        (920000, 0, 1200000, 1200000, 400000, 0, 0),
    ]
    before = eur(0)
    for cost, to_complete, billed, to_date, of_period, asset, liability in years:
        done = methods.cost_to_cost(cost_to_date=eur(cost), cost_to_complete=eur(to_complete))
        result = recognise(Obligation(PRICE, done, before))
        assert result.to_date == eur(to_date)
        assert result.of_period == eur(of_period)
        position = net_position(recognised=result.to_date, billed=eur(billed))
        assert (position.asset, position.liability) == (eur(asset), eur(liability))
        before = result.to_date


def test_progress_stays_exact():
    done = methods.cost_to_cost(cost_to_date=eur(600000), cost_to_complete=eur(300000))
    assert done == Fraction(2, 3)


def test_an_onerous_contract_provides_for_the_loss_to_come():
    done = methods.cost_to_cost(cost_to_date=eur(390000), cost_to_complete=eur(910000))
    assert done == Fraction(30, 100)
    revenue = recognise(Obligation(PRICE, done, eur(0))).to_date
    assert revenue - eur(390000) == eur(-30000)
    move = provision_for(price=PRICE, expected_total_cost=eur(1300000), progress=done, held=eur(0))
    assert move.expected_loss == eur(100000)
    assert move.required == move.change == eur(70000)


def test_a_provision_is_released_as_recognised_and_when_no_loss_is_expected():
    move = provision_for(
        price=PRICE, expected_total_cost=eur(1300000), progress=Fraction(1, 2), held=eur(70000)
    )
    assert (move.required, move.change) == (eur(50000), eur(-20000))
    move = provision_for(
        price=PRICE, expected_total_cost=PRICE, progress=Fraction(1, 2), held=eur(50000)
    )
    assert (move.required, move.change) == (eur(0), eur(-50000))


def test_a_modification_catches_up():
    done = methods.cost_to_cost(cost_to_date=eur(240000), cost_to_complete=eur(660000))
    assert done == Fraction(240, 900)
    assert recognise(Obligation(eur(1400000), done, eur(360000))).to_date == eur("373333.33")
    assert catch_up(price=eur(1400000), progress=done, recognised=eur(360000)) == eur("13333.33")


def test_uninstalled_materials_earn_their_cost_and_show_no_progress():
    done = methods.cost_to_cost(
        cost_to_date=eur(300000),
        cost_to_complete=eur(400000),
        uninstalled_to_date=eur(200000),
        uninstalled_total=eur(200000),
    )
    assert done == Fraction(20, 100)
    result = recognise(
        Obligation(
            eur(1000000),
            done,
            eur(0),
            uninstalled_to_date=eur(200000),
            uninstalled_total=eur(200000),
        )
    )
    assert result.to_date == eur(360000)


def test_an_overrun_against_the_original_estimate_is_a_loss_not_revenue():
    done = methods.cost_to_cost(
        cost_to_date=eur(3800), cost_to_complete=eur(2200), original_total_cost=eur(5400)
    )
    assert done == Fraction(3800, 5400)
    assert round(Decimal(done.numerator * 100) / done.denominator, 2) == Decimal("70.37")
    over = methods.cost_to_cost(
        cost_to_date=eur(6000), cost_to_complete=eur(100), original_total_cost=eur(5400)
    )
    assert over == 1


def test_the_price_is_allocated_by_standalone_prices():
    assert allocate_price(eur(450), [eur(100), eur(400)]) == [eur(90), eur(360)]
    with pytest.raises(DomainError, match="stand-alone"):
        allocate_price(eur(450), [eur(0)])


def test_the_other_methods():
    assert methods.effort(minutes_worked=600, minutes_remaining=1800) == Fraction(1, 4)
    assert methods.percent_complete(Decimal("33.3")) == Fraction(333, 1000)
    weights = [ReachableMilestone(Decimal(30), True), ReachableMilestone(Decimal(70), False)]
    assert methods.milestone(weights) == Fraction(3, 10)
    assert methods.usage(consumed=Decimal(2400), allowance=Decimal(1800)) == 1
    assert methods.completed_contract(is_complete=False) == 0
    assert methods.completed_contract(is_complete=True) == 1


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (date(2025, 12, 31), Fraction(0)),
        (date(2026, 1, 31), Fraction(31, 365)),
        (date(2026, 12, 31), Fraction(1)),
        (date(2027, 5, 1), Fraction(1)),
    ],
)
def test_straight_line_counts_days(as_of, expected):
    term = {"starts_on": date(2026, 1, 1), "until_on": date(2027, 1, 1)}
    assert methods.straight_line(**term, as_of=as_of) == expected


@pytest.mark.parametrize(
    "unknown",
    [
        lambda: methods.cost_to_cost(cost_to_date=eur(0), cost_to_complete=eur(0)),
        lambda: methods.cost_to_cost(cost_to_date=eur(1), cost_to_complete=eur(-1)),
        lambda: methods.effort(minutes_worked=0, minutes_remaining=0),
        lambda: methods.percent_complete(Decimal("100.01")),
        lambda: methods.percent_complete(Decimal("NaN")),
        lambda: methods.milestone([]),
        lambda: methods.usage(consumed=Decimal(1), allowance=Decimal(0)),
        lambda: methods.straight_line(
            starts_on=date(2026, 1, 1), until_on=date(2026, 1, 1), as_of=date(2026, 1, 1)
        ),
    ],
)
def test_inputs_that_say_nothing_are_refused(unknown):
    with pytest.raises(ProgressUnknown):
        unknown()


@pytest.mark.parametrize(
    ("first", "second", "treatment"),
    [
        (True, True, ModificationTreatment.SEPARATE_CONTRACT),
        (False, True, ModificationTreatment.PROSPECTIVE),
        (False, False, ModificationTreatment.CUMULATIVE_CATCH_UP),
    ],
)
def test_two_questions_choose_the_treatment_of_a_modification(first, second, treatment):
    assert treatment is modification_treatment(
        adds_distinct_at_standalone_price=first, remaining_is_distinct=second
    )


def test_a_prospective_modification_recognises_what_is_left():
    left = prospective_price(price=PRICE, recognised=eur(360000), price_change=eur(200000))
    assert left == eur(1040000)


@given(
    st.integers(0, 10**9),
    st.lists(st.fractions(min_value=0, max_value=1), min_size=1, max_size=8),
)
def test_periods_sum_to_the_price_when_progress_reaches_all(cents, steps):
    price = eur(Decimal(cents) / 100)
    before, total = eur(0), eur(0)
    for step in [*steps, Fraction(1)]:
        result = recognise(Obligation(price, step, before))
        total += result.of_period
        before = result.to_date
    assert total == price


def test_a_loss_that_the_contract_makes_good_needs_no_provision():
    """A line that loses 100,000 beside one that earns 150,000, then one that earns 40,000."""

    def line(price, cost, progress, held=0):
        return ObligationLoss(eur(price), eur(cost), progress, eur(held))

    losing = line(1_200_000, 1_300_000, Fraction(3, 10))
    good = provisions_for([losing, line(650_000, 500_000, Fraction(1, 2), held=7)])
    assert [move.required for move in good] == [eur(0), eur(0)]
    assert [move.change for move in good] == [eur(0), eur(-7)]
    bad = provisions_for([losing, line(400_000, 360_000, Fraction(1, 2))])
    assert [move.required for move in bad] == [eur(39_000), eur(0)]
    assert [move.required for move in provisions_for([losing])] == [eur(70_000)]
    assert provisions_for([]) == []
