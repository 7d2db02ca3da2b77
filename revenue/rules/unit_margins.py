"""The margin of each unit of the firm: what it sells, what it costs, and what units charge each other."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class UnitFactKind(StrEnum):
    """What a sum of actuals is to the two units that it names."""

    SALES = "sales"  # to customers, or charged to a department
    COST = "cost"  # as the contract's or project's books carry it, at what it really cost
    BORROWED = "borrowed"  # the cost of work of another legal entity: what that one charges
    LENT_ABROAD = "lent_abroad"  # the real cost of work lent to another legal entity
    LENT_WITHIN = "lent_within"  # the real cost of work lent within one: in COST already
    CHARGED_ABROAD = "charged_abroad"
    CHARGED_WITHIN = "charged_within"


@dataclass(frozen=True, slots=True)
class UnitFact:
    """A sum of actuals of one kind, in one currency."""

    kind: UnitFactKind
    contracting_unit_id: int | None
    resourcing_unit_id: int | None
    amount: Decimal


@dataclass(slots=True)
class UnitSums:
    """One unit's four figures; `margin` is what they leave."""

    sales: Decimal = ZERO
    charged: Decimal = ZERO  # to other units, for its people
    cost: Decimal = ZERO  # of what it does itself, and of the people it lends
    borne: Decimal = ZERO  # what other units charge it

    @property
    def margin(self) -> Decimal:
        return self.sales + self.charged - self.cost - self.borne


def sums_by_unit(facts: Iterable[UnitFact]) -> dict[int | None, UnitSums]:
    """Each unit's figures; what units charge each other is one's sale and the other's cost.

    Work lent within an entity costs the unit that lends: its real cost moves there from the unit
    of the contract, which bears the price instead. So the margins of all units are the firm's, and
    `charged` less `borne` over all of them is 0 where both sides are in.
    Source  docs/rules/revenue.md, R-15.
    """
    found: dict[int | None, UnitSums] = defaultdict(UnitSums)
    for fact in facts:
        contracting = found[fact.contracting_unit_id]
        match fact.kind:
            case UnitFactKind.SALES:
                contracting.sales += fact.amount
            case UnitFactKind.COST:
                contracting.cost += fact.amount
            case UnitFactKind.BORROWED:
                contracting.borne += fact.amount
            case UnitFactKind.LENT_ABROAD:
                found[fact.resourcing_unit_id].cost += fact.amount
            case UnitFactKind.LENT_WITHIN:
                contracting.cost -= fact.amount
                found[fact.resourcing_unit_id].cost += fact.amount
            case UnitFactKind.CHARGED_ABROAD:
                found[fact.resourcing_unit_id].charged += fact.amount
            case UnitFactKind.CHARGED_WITHIN:
                contracting.borne += fact.amount
                found[fact.resourcing_unit_id].charged += fact.amount
    return dict(found)
