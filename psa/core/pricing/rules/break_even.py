"""How busy a role has to be before what it bills covers what it costs."""

from decimal import Decimal

from psa.core.money.rounding import EXACT, round_half_up


def break_even_percent(cost_per_hour: Decimal, bill_per_hour: Decimal) -> Decimal | None:
    """The share of available hours, to a tenth of a percent, at which billed value equals the cost of
    all available hours; above 100 the role never covers it. None where nothing is billed.

    Source  docs/rules/pricing.md, P-20.
    """
    if bill_per_hour <= 0:
        return None
    return round_half_up(EXACT.divide(cost_per_hour * 100, bill_per_hour), 1)
