"""The provision for a contract whose expected cost exceeds its price."""

from dataclasses import dataclass
from fractions import Fraction

from moneyed import Money

from psa.core.errors import DomainError
from revenue.rules.recognition import rounded


@dataclass(frozen=True, slots=True)
class ProvisionMove:
    """`change` is what is posted: positive adds to the provision, negative releases it."""

    expected_loss: Money
    required: Money
    change: Money


def provision_for(
    *, price: Money, expected_total_cost: Money, progress: Fraction, held: Money
) -> ProvisionMove:
    """Expected total loss × (1 − progress), and the change from what is held.

    Tested per contract, with incremental and directly allocated cost. A contract that is not
    expected to lose requires nothing and releases what is held. Rounded half up once.
    Raises  DomainError if progress is not between 0 and 1.
    Source  docs/rules/revenue.md, example R-2.
    """
    if not 0 <= progress <= 1:
        raise DomainError("Progress is between 0 % and 100 %.", field="progress")
    zero = Money(0, price.currency)
    loss = max(expected_total_cost - price, zero)
    required = rounded(Fraction(loss.amount) * (1 - progress), zero)
    return ProvisionMove(loss, required, required - held)
