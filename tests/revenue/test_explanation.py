"""An estimate in words, with the figures of the worked example."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from revenue.rules.explanation import EstimateFacts, explain

Y1 = EstimateFacts(
    currency="GBP", home="GBP", price=Decimal(1200000), numerator=Decimal(3),
    denominator=Decimal(10), revenue_to_date=Decimal(360000), previous_revenue=Decimal(0),
    period_revenue=Decimal(360000), booked_revenue=Decimal(360000), cost_to_date=Decimal(240000),
    to_complete=Decimal(560000), rate=Decimal(1), rate_on=date(2026, 1, 31), provision=Decimal(0),
    provision_change=Decimal(0), held_cost=Decimal(0), is_posted=False, flags=(),
    adjustment_reason="", inputs={"method": "cost_to_cost"},
)  # fmt: skip


def test_says_how_cost_to_cost_came_to_its_revenue():
    assert explain(Y1) == [
        "Cost to date is 240,000.00 GBP and 560,000.00 GBP is left to complete.",
        "Progress is 240,000.00 ÷ 800,000.00 = 30.00 %.",
        "Of the price of 1,200,000.00 GBP, 360,000.00 is earned to date; 0.00 was recognised "
        "before, so 360,000.00 GBP belongs to this period.",
    ]


def test_says_what_rate_provision_and_wip_come_to():
    told = explain(
        replace(
            Y1,
            currency="EUR",
            rate=Decimal("0.9000000000"),
            booked_revenue=Decimal(324000),
            is_posted=True,
            provision=Decimal(70000),
            provision_change=Decimal(-20000),
            held_cost=Decimal(240000),
        )
    )
    assert told[-3:] == [
        "1 EUR is 0.9 GBP, the rate of 31 Jan 2026; what was invoiced ahead keeps the rate it was "
        "invoiced at. Booked: 324,000.00 GBP.",
        "Costs are expected to pass the price: a provision of 70,000.00 GBP is required for what "
        "is not recognised yet, -20,000.00 GBP in this period.",
        "Until it is complete, cost of 240,000.00 GBP waits in WIP.",
    ]


def test_says_when_a_figure_is_a_persons_and_when_the_inputs_are_silent():
    assert explain(replace(Y1, adjustment_reason="tests passed"))[0] == (
        "Progress was set to 30.00 % by hand: tests passed."
    )
    assert explain(replace(Y1, flags=("no_forecast",)))[0] == (
        "The inputs do not say how far it is, so progress stays at 30.00 %."
    )
    milestone = {"method": "milestone", "milestone_reached": "300", "milestone_total": "1000"}
    assert explain(replace(Y1, inputs=milestone))[0] == (
        "Milestones worth 300.00 of 1,000.00 GBP are reached: 30.00 %."
    )
