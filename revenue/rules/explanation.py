"""Why an estimate says what it says, in words: from the inputs that it kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psa.core.money.rounding import EXACT, round_half_up


@dataclass(frozen=True, slots=True)
class EstimateFacts:
    """An estimate as stored. Costs, provision and booked revenue are in the entity's `home`."""

    currency: str
    home: str
    price: Decimal
    numerator: Decimal
    denominator: Decimal
    revenue_to_date: Decimal
    previous_revenue: Decimal
    period_revenue: Decimal
    booked_revenue: Decimal
    cost_to_date: Decimal
    to_complete: Decimal
    rate: Decimal
    rate_on: date
    provision: Decimal
    provision_change: Decimal
    held_cost: Decimal
    is_posted: bool
    flags: Sequence[str]
    adjustment_reason: str
    inputs: Mapping[str, object]


def explain(facts: EstimateFacts) -> list[str]:
    """Sentences from progress to the booked amount, in the order in which they were worked out."""
    told = [*_progress(facts), *_stale(facts.inputs), _revenue(facts)]
    variable = Decimal(str(facts.inputs.get("variable") or 0))
    if variable:
        told.append(
            f"Of what is earned, {_signed(variable)} {facts.currency} is overage less refunds of "
            "reconciled periods, beside the price."
        )
    if facts.currency != facts.home:
        told.append(_exchange(facts))
    if facts.provision or facts.provision_change:
        told.append(
            f"Costs are expected to pass the price: a provision of {_money(facts.provision)} "
            f"{facts.home} is required for what is not recognised yet, "
            f"{_signed(facts.provision_change)} {facts.home} in this period."
        )
    if facts.held_cost:
        told.append(
            f"Until it is complete, cost of {_money(facts.held_cost)} {facts.home} waits in WIP."
        )
    return told


def _progress(facts: EstimateFacts) -> list[str]:
    share = round_half_up(EXACT.divide(facts.numerator, facts.denominator) * 100, 2)
    if facts.adjustment_reason:
        return [f"Progress was set to {share} % by hand: {facts.adjustment_reason}."]
    if "no_forecast" in facts.flags:
        return [f"The inputs do not say how far it is, so progress stays at {share} %."]
    method = facts.inputs.get("method")
    if method == "effort":
        return [
            f"{_hours(facts.inputs, 'minutes_to_date')} hours are worked and "
            f"{_hours(facts.inputs, 'minutes_remaining')} are left: {share} %."
        ]
    done, left = _money(facts.cost_to_date), _money(facts.to_complete)
    if method == "cost_to_cost":
        whole = _money(facts.cost_to_date + facts.to_complete)
        return [
            f"Cost to date is {done} {facts.home} and {left} {facts.home} is left to complete"
            + _source(facts.inputs),
            f"Progress is {done} ÷ {whole} = {share} %.",
        ]
    if method == "milestone":
        reached, total = facts.inputs.get("milestone_reached"), facts.inputs.get("milestone_total")
        return [
            f"Milestones worth {_money(reached)} of {_money(total)} {facts.currency} are reached: "
            f"{share} %."
        ]
    if method == "straight_line":
        return [
            f"{_count(facts.numerator)} of {_count(facts.denominator)} parts of the term have "
            f"elapsed: {share} %."
        ]
    if method == "completed":
        word = "It is complete" if facts.numerator else "It is not complete"
        return [f"{word}, so progress is {share} %."]
    return [f"Progress is {share} %."]


def _stale(inputs: Mapping[str, object]) -> list[str]:
    stale = inputs.get("stale")
    if not isinstance(stale, list):
        return []
    tasks, minutes = stale
    name = "1 task has" if tasks == 1 else f"{tasks} tasks have"
    return [
        f"{name} the same hours left as 14 days before the period's end, though "
        f"{Decimal(minutes) / 60:,.1f} hours were booked there since. Ask the project manager."
    ]


def _source(inputs: Mapping[str, object]) -> str:
    if inputs.get("etc_from") == "project":
        hours = _hours(inputs, "minutes_remaining")
        return f": the project has {hours} hours left, at what an hour cost lately."
    return "."


def _hours(inputs: Mapping[str, object], name: str) -> str:
    return f"{Decimal(str(inputs.get(name) or 0)) / 60:,.1f}"


def _revenue(facts: EstimateFacts) -> str:
    return (
        f"Of the price of {_money(facts.price)} {facts.currency}, "
        f"{_money(facts.revenue_to_date)} is earned to date; "
        f"{_money(facts.previous_revenue)} was recognised before, "
        f"so {_money(facts.period_revenue)} {facts.currency} belongs to this period."
    )


def _exchange(facts: EstimateFacts) -> str:
    rate = f"{facts.rate.normalize():f}"
    at_rate = f"1 {facts.currency} is {rate} {facts.home}, the rate of {facts.rate_on:%-d %b %Y}"
    if facts.is_posted:
        return (
            f"{at_rate}; what was invoiced ahead keeps the rate it was invoiced at. Booked: "
            f"{_money(facts.booked_revenue)} {facts.home}."
        )
    return (
        f"{at_rate}: {_money(facts.booked_revenue)} {facts.home}; what was invoiced ahead keeps "
        "its own rate."
    )


def _money(amount: object) -> str:
    return f"{Decimal(str(amount)):,.2f}"


def _signed(amount: Decimal) -> str:
    return f"{amount:+,.2f}"


def _count(number: Decimal) -> str:
    return f"{number:,.0f}"
