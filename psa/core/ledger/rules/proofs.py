"""What a reconciliation answers: two figures that must agree, and the rows that break them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class BreakingRow:
    """One reason why a proof does not hold: a contract, an invoice, a batch."""

    kind: str
    ref: str
    left: Decimal
    right: Decimal

    @property
    def difference(self) -> Decimal:
        return self.left - self.right


@dataclass(frozen=True, slots=True)
class Proof:
    """A named reconciliation in one currency; it holds when nothing breaks it."""

    name: str
    currency: str
    left_label: str
    right_label: str
    left: Decimal
    right: Decimal
    breaking: tuple[BreakingRow, ...]

    @property
    def difference(self) -> Decimal:
        return self.left - self.right

    @property
    def holds(self) -> bool:
        return self.difference == 0 and not self.breaking


def prove(
    name: str,
    *,
    currency: str,
    kind: str,
    left_label: str,
    right_label: str,
    left: Mapping[str, Decimal],
    right: Mapping[str, Decimal],
) -> Proof:
    """Compare two sides key by key; a key absent on one side counts as 0 there.

    Two errors that cancel in the total still break it. Breaking rows come largest
    difference first, then by key. Source  docs/rules/ledger.md, L-9.
    """
    zero = Decimal(0)
    breaking = [
        BreakingRow(kind, key, left.get(key, zero), right.get(key, zero))
        for key in left.keys() | right.keys()
        if left.get(key, zero) != right.get(key, zero)
    ]
    breaking.sort(key=lambda row: (-abs(row.difference), row.ref))
    return Proof(
        name=name,
        currency=currency,
        left_label=left_label,
        right_label=right_label,
        left=sum(left.values(), zero),
        right=sum(right.values(), zero),
        breaking=tuple(breaking),
    )


def contract_position_proof(
    *,
    currency: str,
    contract_assets: Mapping[str, Decimal],
    contract_liabilities: Mapping[str, Decimal],
    recognised: Mapping[str, Decimal],
    billed_net: Mapping[str, Decimal],
) -> Proof:
    """Contract asset − contract liability = recognised − billed net of tax, per contract."""
    return prove(
        "contract_position",
        currency=currency,
        kind="contract",
        left_label="Contract asset less contract liability",
        right_label="Recognised less billed, net of tax",
        left=_net(contract_assets, contract_liabilities),
        right=_net(recognised, billed_net),
    )


def _net(plus: Mapping[str, Decimal], minus: Mapping[str, Decimal]) -> dict[str, Decimal]:
    zero = Decimal(0)
    return {key: plus.get(key, zero) - minus.get(key, zero) for key in plus.keys() | minus.keys()}


def all_hold(proofs: Iterable[Proof]) -> bool:
    """Whether the close may go on: every proof holds."""
    return all(proof.holds for proof in proofs)
