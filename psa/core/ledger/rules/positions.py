"""A contract's one net position: contract asset or contract liability, in two currencies.

An asset is owed by the customer and an advance is not: invoicing relieves the asset at the rate it
was recognised at and books the difference; revenue set against an advance is worth what the advance
was. So both balances reach 0 together, in the contract's currency and in the entity's.
"""

from dataclasses import dataclass
from decimal import Decimal

from psa.core.ledger.rules.conversion import spread

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ContractPosition:
    """Balances in the contract's currency, and as the entity's books carry them (`*_booked`)."""

    asset: Decimal = ZERO
    liability: Decimal = ZERO
    asset_booked: Decimal = ZERO
    liability_booked: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        return self.asset - self.liability


@dataclass(frozen=True, slots=True)
class PositionMove:
    """Signed changes: `asset*` debits the contract asset, `liability*` credits the liability.

    `exchange` is what invoicing a contract asset gains (credit) against the rate it was booked at.
    """

    asset: Decimal
    liability: Decimal
    asset_booked: Decimal
    liability_booked: Decimal
    exchange: Decimal
    after: ContractPosition

    @property
    def booked(self) -> Decimal:
        """What the net position rises by in the entity's books."""
        return self.asset_booked - self.liability_booked


def recognise(
    position: ContractPosition, amount: Decimal, worth: Decimal, *, currency: str
) -> PositionMove:
    """Revenue of `amount`, `worth` that much in the entity's `currency` at today's rate.

    Positive: the contract liability up to its balance, at the rate it is booked at, then the
    contract asset at today's. Negative revenue: the asset up to its balance at its booked rate,
    then the liability. The revenue posted is the move's `booked`; no exchange difference arises.
    Source  docs/rules/ledger.md, L-7 and L-11.
    """
    if amount < 0:
        return _lower(position, -amount, -worth, currency)
    relieved = min(amount, position.liability)
    relieved_booked = _booked_part(
        position.liability, position.liability_booked, relieved, currency
    )
    raised = amount - relieved
    raised_booked = _share(worth, relieved, raised, currency)
    return _moved(position, raised, -relieved, raised_booked, -relieved_booked, ZERO)


def bill(
    position: ContractPosition, amount: Decimal, worth: Decimal, *, currency: str
) -> PositionMove:
    """An invoice of `amount`, `worth` that much at its rate; negative for a credit note.

    Positive: the contract asset up to its balance, at the rate it is booked at, then the contract
    liability at the invoice's; what the relieved asset is worth more now is an exchange gain.
    A credit note undoes it at the original's rate: the liability up to its balance, then the asset.
    Source  docs/rules/ledger.md, L-7 and L-11.
    """
    if amount < 0:
        move = recognise(position, -amount, -worth, currency=currency)
        # An advance taken back at another rate than it stands at leaves the difference.
        return _moved(
            position, move.asset, move.liability, move.asset_booked, move.liability_booked,
            worth + move.booked,
        )  # fmt: skip
    move = _lower(position, amount, worth, currency)
    return _moved(
        position, move.asset, move.liability, move.asset_booked, move.liability_booked,
        worth + move.booked,
    )  # fmt: skip


def _lower(
    position: ContractPosition, amount: Decimal, worth: Decimal, currency: str
) -> PositionMove:
    relieved = min(amount, position.asset)
    relieved_booked = _booked_part(position.asset, position.asset_booked, relieved, currency)
    raised = amount - relieved
    raised_booked = _share(worth, relieved, raised, currency)
    return _moved(position, -relieved, raised, -relieved_booked, raised_booked, ZERO)


def _booked_part(balance: Decimal, booked: Decimal, part: Decimal, currency: str) -> Decimal:
    """The booked value of a part of a balance; all of it takes all."""
    if not part:
        return ZERO
    return spread(booked, [part, balance - part], currency)[0]


def _share(worth: Decimal, relieved: Decimal, raised: Decimal, currency: str) -> Decimal:
    if not raised:
        return ZERO
    return spread(worth, [relieved, raised], currency)[1]


def _moved(
    position: ContractPosition,
    asset: Decimal,
    liability: Decimal,
    asset_booked: Decimal,
    liability_booked: Decimal,
    exchange: Decimal,
) -> PositionMove:
    return PositionMove(
        asset,
        liability,
        asset_booked,
        liability_booked,
        exchange,
        ContractPosition(
            position.asset + asset,
            position.liability + liability,
            position.asset_booked + asset_booked,
            position.liability_booked + liability_booked,
        ),
    )
