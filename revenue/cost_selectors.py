"""Reads of capitalised contract costs: what each carries, and what a contract can still bear."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Count, DecimalField, F, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from moneyed import Money

from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.ledger.models import FiscalPeriod
from psa.core.money.rounding import EXACT, round_to_minor
from sales.models import ContractLine

from .models import ContractCost, ContractCostCharge, RevenueEstimate
from .permissions import RevenuePermission
from .rules.contract_costs import Base, Outlook, recoverable_of
from .rules.onerous import ObligationLoss

ZERO = Decimal(0)
_AMOUNT: "DecimalField[Any, Any]" = DecimalField(max_digits=19, decimal_places=4)


@dataclass(frozen=True, slots=True)
class Standing:
    """A cost as it stands after its charges: what is left, and evenly over which days."""

    contract_id: int
    base: Base
    last_ends_on: date | None  # exclusive end of the latest period charged
    charge_count: int  # reversed ones too

    @property
    def carrying(self) -> Money:
        return self.base.carrying


def standing_of(cost: ContractCost) -> Standing:
    """One cost's standing. One query."""
    return standings([cost])[cost.pk]


def standings(costs: Iterable[ContractCost]) -> dict[int, Standing]:
    """Each cost's standing, by id. One query beside the costs'."""
    costs = list(costs)
    charges: dict[int, list[ContractCostCharge]] = defaultdict(list)
    for row in (
        ContractCostCharge.objects.filter(cost_id__in=[cost.pk for cost in costs])
        .select_related("period")
        .order_by("period__starts_on", "id")
    ):
        charges[row.cost_id].append(row)
    return {cost.pk: _standing(cost, charges[cost.pk]) for cost in costs}


def _standing(cost: ContractCost, charges: list[ContractCostCharge]) -> Standing:
    zero = Money(0, cost.currency)
    amount, starts_on, taken = Money(cost.amount, cost.currency), cost.starts_on, zero
    last: date | None = None
    for row in charges:
        if row.reversed_at is not None:
            continue
        last = row.period.ends_on
        taken += Money(row.amortised_amount, cost.currency)
        if row.impaired_amount:
            # What an impairment leaves is written down anew, evenly over the days that are left.
            amount, starts_on, taken = Money(row.carrying_amount, cost.currency), last, zero
    base = Base(amount, starts_on, cost.ends_on + timedelta(days=1), taken)
    return Standing(cost.contract_id, base, last, len(charges))


def costs_to_charge(period: FiscalPeriod) -> "QuerySet[ContractCost]":
    """The entity's costs with something left that neither this period nor a later one charged."""
    live = Q(charges__reversed_at__isnull=True)
    return (
        ContractCost.objects.filter(
            legal_entity_id=period.legal_entity_id,
            taken_back_at__isnull=True,
            capitalised_on__lt=period.ends_on,
            starts_on__lt=period.ends_on,
        )
        .annotate(
            charged=Coalesce(
                Sum(
                    F("charges__amortised_amount") + F("charges__impaired_amount"),
                    filter=live,
                    output_field=_AMOUNT,
                ),
                ZERO,
                output_field=_AMOUNT,
            ),
            charged_until=Max("charges__period__ends_on", filter=live),
        )
        .filter(Q(charged_until__isnull=True) | Q(charged_until__lt=period.ends_on))
        .filter(amount__gt=F("charged"))
        .order_by("contract_id", "id")
    )


def recoverable_by_contract(
    contract_ids: Collection[int],
    period: FiscalPeriod,
    rights: dict[int, list[ObligationLoss]],
) -> dict[int, Money | None]:
    """Per contract, what it is still expected to bring less what it will cost. Two queries.

    Of what an estimate of the period measures: price less revenue to date at the estimate's rate,
    and its cost to complete. Of time and material (`rights`): its part not yet done. None where a
    line says nothing of what is left: no estimate in the period, or time and material without a
    plan; half an answer would impair what the rest of the contract bears.
    Source  docs/rules/revenue.md, R-13.
    """
    home = period.legal_entity.currency
    parts: dict[int, list[Outlook]] = defaultdict(list)
    rows = RevenueEstimate.objects.filter(
        period=period, obligation__contract_line__contract_id__in=contract_ids
    ).exclude(state=RevenueEstimate.State.REVERSED)
    for row in rows.annotate(contract_id=F("obligation__contract_line__contract_id")):
        price = Decimal(row.inputs.get("price", "0")) + Decimal(row.inputs.get("variable", "0"))
        left = max(price - row.revenue_to_date, ZERO)
        parts[row.contract_id].append(
            Outlook(
                Money(round_to_minor(EXACT.multiply(left, row.entity_rate), home), home),
                Money(row.estimate_to_complete, home),
            )
        )
    for contract_id, lines in rights.items():
        parts[contract_id] += [
            Outlook(
                _share(line.price, 1 - line.progress),
                _share(line.expected_total_cost, 1 - line.progress),
            )
            for line in lines
            if line.progress < 1
        ]
    line_counts = dict(
        ContractLine.objects.filter(contract_id__in=contract_ids)
        .values_list("contract_id")
        .annotate(Count("id"))
    )
    return {
        contract_id: recoverable_of(parts[contract_id])
        if len(parts[contract_id]) == line_counts.get(contract_id, 0)
        else None
        for contract_id in contract_ids
    }


def _share(whole: Money, part: Fraction) -> Money:
    exact = Decimal(part.numerator) * whole.amount / Decimal(part.denominator)
    return Money(round_to_minor(exact, whole.currency.code), whole.currency)


def visible_costs(actor: Actor) -> "QuerySet[ContractCost]":
    """Capitalised costs that the actor may see: all of the firm's, or none."""
    if actor.has(RevenuePermission.VIEW):
        return ContractCost.objects.all()
    return ContractCost.objects.none()


def get_cost(*, actor: Actor, cost_id: int) -> ContractCost:
    """One cost with its contract. NotFound alike if absent or not visible."""
    found = (
        visible_costs(actor)
        .select_related("contract__account", "legal_entity", "booked_account", "journal_entry")
        .filter(pk=cost_id)
        .first()
    )
    if found is None:
        raise NotFound("There is no such capitalised cost, or it is not yours to see.")
    return found


def cost_rows(*, actor: Actor) -> "QuerySet[Any]":
    """Capitalised costs as plain rows for the list, with what each still carries."""
    charged = (
        ContractCostCharge.objects.filter(cost=OuterRef("pk"), reversed_at__isnull=True)
        .order_by()
        .values("cost")
        .annotate(total=Sum(F("amortised_amount") + F("impaired_amount"), output_field=_AMOUNT))
        .values("total")
    )
    return (
        visible_costs(actor)
        .filter(taken_back_at__isnull=True)
        .annotate(
            contract_number=F("contract__number"),
            customer=F("contract__account__name"),
            entity=F("legal_entity__code"),
            charged_amount=Coalesce(
                Subquery(charged, output_field=_AMOUNT), ZERO, output_field=_AMOUNT
            ),
        )
        .annotate(carrying_amount=F("amount") - F("charged_amount"))
        .values(
            "id", "contract_number", "contract_id", "customer", "entity", "kind", "description",
            "currency", "amount", "charged_amount", "carrying_amount", "capitalised_on",
            "starts_on", "ends_on",
        )
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class CostLine:
    """A capitalised cost in a table."""

    id: int
    description: str
    kind: str
    amount: Money
    carrying: Money
    starts_on: date
    ends_on: date


def costs_of_contract(*, actor: Actor, contract_id: int) -> list[CostLine]:
    """The costs of one contract that stand, oldest first. Two queries; [] for who may not see them."""
    costs = list(
        visible_costs(actor)
        .filter(contract_id=contract_id, taken_back_at__isnull=True)
        .order_by("capitalised_on", "id")
    )
    found = standings(costs)
    return [
        CostLine(
            cost.pk, cost.description, cost.get_kind_display(), Money(cost.amount, cost.currency),
            found[cost.pk].carrying, cost.starts_on, cost.ends_on,
        )
        for cost in costs
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """What one period took, or took and gave back."""

    id: int
    period: str
    amortised: Money
    impaired: Money
    carrying: Money
    recoverable: Money | None
    reason: str
    entry_id: int | None
    is_reversed: bool
    is_latest: bool


def charges_of(cost: ContractCost) -> list[ChargeLine]:
    """A cost's charges, latest first. One query."""
    rows = list(
        ContractCostCharge.objects.filter(cost=cost)
        .select_related("period")
        .order_by("-period__starts_on", "-id")
    )
    latest = next((row.pk for row in rows if row.reversed_at is None), None)
    return [
        ChargeLine(
            row.pk,
            row.period.title,
            Money(row.amortised_amount, cost.currency),
            Money(row.impaired_amount, cost.currency),
            Money(row.carrying_amount, cost.currency),
            None
            if row.recoverable_amount is None
            else Money(row.recoverable_amount, cost.currency),
            row.reason,
            row.journal_entry_id,
            row.reversed_at is not None,
            row.pk == latest,
        )
        for row in rows
    ]


def carried_by_contract(legal_entity_id: int, as_of: date) -> dict[int | None, Decimal]:
    """What the records say is carried, by contract, up to and including a day. Two queries."""
    found: dict[int | None, Decimal] = defaultdict(Decimal)
    costs = ContractCost.objects.filter(
        legal_entity_id=legal_entity_id, capitalised_on__lte=as_of, taken_back_at__isnull=True
    )
    for contract_id, total in costs.values_list("contract_id").annotate(Sum("amount")):
        found[contract_id] += total
    charges = ContractCostCharge.objects.filter(
        cost__legal_entity_id=legal_entity_id,
        cost__taken_back_at__isnull=True,
        reversed_at__isnull=True,
        journal_entry__entry_on__lte=as_of,
    )
    for contract_id, total in charges.values_list("cost__contract_id").annotate(
        total=Sum(F("amortised_amount") + F("impaired_amount"), output_field=_AMOUNT)
    ):
        found[contract_id] -= total
    return found
