"""The provision for a contract whose expected cost exceeds its price."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.money.rounding import allocate
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


@dataclass(frozen=True, slots=True)
class ObligationLoss:
    """One obligation of a contract, in the entity's currency."""

    price: Money
    expected_total_cost: Money
    progress: Fraction
    held: Money
    # Time and material has no estimate to keep a provision on; it counts in the contract's test.
    keeps_provision: bool = True


def provisions_for(obligations: Sequence[ObligationLoss]) -> list[ProvisionMove]:
    """The contract's provision, kept on the obligations that lose, in proportion to their losses.

    A loss on one obligation that the others of its contract make good needs none. The contract's
    progress is its obligations' weighted by price; of one obligation it is that one's own.
    Source  docs/rules/revenue.md, example R-2.
    """
    if not obligations:
        return []
    zero = Money(0, obligations[0].price.currency)
    price = sum((one.price for one in obligations), zero)
    cost = sum((one.expected_total_cost for one in obligations), zero)
    losses = [max(one.expected_total_cost - one.price, zero) for one in obligations]
    earned = sum((Fraction(one.price.amount) * one.progress for one in obligations), Fraction(0))
    reached = earned / Fraction(price.amount) if price.amount else Fraction(0)
    whole = provision_for(price=price, expected_total_cost=cost, progress=reached, held=zero)
    weights = _weights(obligations, losses)
    parts = (
        allocate(whole.required, weights)
        if whole.required.amount and any(weights)
        else [zero for _ in obligations]
    )
    return [
        ProvisionMove(loss, part, part - one.held)
        for one, loss, part in zip(obligations, losses, parts, strict=True)
    ]


def _weights(obligations: Sequence[ObligationLoss], losses: Sequence[Money]) -> list[Decimal]:
    """By what each loses that can keep a provision; by price if time and material alone loses."""
    pairs = list(zip(obligations, losses, strict=True))
    weights = [loss.amount if one.keeps_provision else Decimal(0) for one, loss in pairs]
    if any(weights):
        return weights
    return [one.price.amount if one.keeps_provision else Decimal(0) for one in obligations]
