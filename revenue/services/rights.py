"""Time-and-material lines in the test of their contract for a loss, and as an estimate keeps them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from moneyed import Money

from psa.core.ledger.models import FiscalPeriod
from psa.core.money.fx import FxQuote
from psa.core.money.rounding import EXACT, round_to_minor
from revenue.forecast import rights_to_invoice
from revenue.rules.onerous import ObligationLoss

Beside = list[list[str]]


def rights_of_contracts(
    contract_ids: Sequence[int], period: FiscalPeriod, quotes: Mapping[str, FxQuote]
) -> dict[int, list[ObligationLoss]]:
    """Per contract, its time-and-material lines in the entity's currency at the period's rate.

    Their progress is cost to date ÷ expected cost: it weighs in the contract's.
    """
    home = period.legal_entity.currency
    zero = Money(0, home)
    found: dict[int, list[ObligationLoss]] = defaultdict(list)
    for row in rights_to_invoice(contract_ids, period):
        worth = EXACT.multiply(row.expected_sales, quotes[row.currency].rate)
        cost = round_to_minor(row.expected_cost, home)
        reached = Fraction(row.cost_to_date) / Fraction(cost) if cost > 0 else Fraction(1)
        found[row.contract_id].append(
            ObligationLoss(
                price=Money(round_to_minor(worth, home), home),
                expected_total_cost=Money(cost, home),
                progress=min(max(reached, Fraction(0)), Fraction(1)),
                held=zero,
                keeps_provision=False,
            )
        )
    return found


def stored(rights: Sequence[ObligationLoss]) -> Beside:
    """As an estimate's inputs keep them: price, expected cost, progress."""
    return [
        [str(one.price.amount), str(one.expected_total_cost.amount), str(one.progress)]
        for one in rights
    ]


def restored(kept: Beside, home: str) -> list[ObligationLoss]:
    """The lines as they were when the estimate was drafted."""
    return [
        ObligationLoss(
            Money(Decimal(price), home), Money(Decimal(cost), home), Fraction(progress),
            Money(0, home), keeps_provision=False,
        )
        for price, cost, progress in kept
    ]  # fmt: skip
