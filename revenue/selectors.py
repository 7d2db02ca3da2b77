"""Reads of revenue: what estimates are made of, work in progress, contract balances."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet, Sum

from billing.models import ContractMilestone
from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.ledger import unbilled
from psa.core.ledger.models import Actual, FiscalPeriod
from psa.core.ledger.rules.types import ActualType, TransactionClass
from psa.core.ledger.unbilled import UnbilledMoved, UnbilledSum
from psa.core.tenancy import reading
from sales.models import Account, Contract, FundingShare

from .contract_facts import HeldCost, cost_by_origin, variable_by_line
from .forecast import forecasts
from .models import Obligation, RevenueEstimate
from .permissions import RevenuePermission
from .rules.explanation import EstimateFacts, explain
from .staleness import Stale, stale_hours

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ObligationFacts:
    """One obligation at a period's end; costs in the entity's currency, revenue in its own."""

    obligation: Obligation
    cost_to_date: Decimal
    minutes_to_date: int
    minutes_remaining: int | None  # None without a plan
    recognised_before: Decimal
    provision_held: Decimal
    previous_progress: Decimal | None
    previous_margin: Decimal | None
    milestone_total: Decimal
    milestone_reached: Decimal
    held_before: tuple[HeldCost, ...] = ()
    cost_by_origin: tuple[HeldCost, ...] = ()
    # The project's own figure of what is left; None without a plan, or an hour's cost.
    forecast_cost: Decimal | None = None
    variable: Decimal = ZERO  # earned beside the price: overage less refunds
    stale: Stale | None = None  # hours left that did not move while hours were booked


def obligation_facts(*, period: FiscalPeriod) -> list[ObligationFacts]:
    """Every obligation of the entity that an estimate measures, with its figures up to the period.

    Thirteen queries, whatever the number of obligations and of actuals: each sums once, by line.
    """
    obligations = list(
        Obligation.objects.select_related("contract_line__contract__account")
        .filter(legal_entity_id=period.legal_entity_id, starts_on__lt=period.ends_on)
        .exclude(method=Obligation.Method.AS_INVOICED)
        .exclude(contract_line__contract__status__in=("draft", "cancelled"))
        .order_by("contract_line__contract__number", "contract_line__position")
    )
    line_ids = [row.contract_line_id for row in obligations]
    costs = {
        line_id: (amount, minutes or 0)
        for line_id, amount, minutes in Actual.objects.filter(
            contract_line_id__in=line_ids,
            actual_type=ActualType.COST,
            posted_on__lt=period.ends_on,
        )
        .values_list("contract_line_id")
        .annotate(Sum("entity_amount"), Sum("minutes"))
    }
    posted = _posted_before([row.pk for row in obligations], period)
    origins = cost_by_origin(
        [row.contract_line_id for row in obligations if row.method == Obligation.Method.COMPLETED],
        period,
    )
    milestones = {
        line_id: (total, reached or ZERO)
        for line_id, total, reached in ContractMilestone.objects.filter(
            contract_line_id__in=line_ids
        )
        .values_list("contract_line_id")
        .annotate(total=Sum("amount"), reached=Sum("amount", filter=Q(ready_on__lt=period.ends_on)))
    }
    variable = variable_by_line(
        [r.contract_line_id for r in obligations if r.contract_line.billing_method == "retainer"],
        period,
    )
    left = forecasts(line_ids, period)
    stale = stale_hours(list(left), period)
    return [
        replace(
            _facts(row, costs, posted, milestones, origins, variable),
            minutes_remaining=found.minutes if found else None,
            forecast_cost=found.to_complete if found and _is_time_alone(row) else None,
            stale=stale.get(row.contract_line_id) if row.method in _BY_HOURS_LEFT else None,
        )
        for row in obligations
        for found in (left.get(row.contract_line_id),)
    ]


_BY_HOURS_LEFT = (Obligation.Method.COST_TO_COST, Obligation.Method.EFFORT)


def _is_time_alone(row: Obligation) -> bool:
    """Whether hours are all that the line has to pay for: the plan says nothing of what else is left."""
    return set(row.contract_line.transaction_classes) <= {TransactionClass.TIME}


@dataclass(frozen=True, slots=True)
class _Posted:
    revenue: Decimal
    provision: Decimal
    progress: Decimal | None
    margin: Decimal | None
    held: tuple[HeldCost, ...] = ()


def _posted_before(obligation_ids: list[int], period: FiscalPeriod) -> dict[int, _Posted]:
    """What posted estimates of earlier periods come to, and the last one's progress and margin."""
    found: dict[int, _Posted] = {}
    rows = (
        RevenueEstimate.objects.filter(
            obligation_id__in=obligation_ids,
            state=RevenueEstimate.State.POSTED,
            period__starts_on__lt=period.starts_on,
        )
        .order_by("obligation_id", "-period__starts_on")
        .distinct("obligation_id")
        .select_related("obligation")
    )
    for row in rows:
        total_cost = row.cost_to_date + row.estimate_to_complete
        price = row.obligation.price_amount
        found[row.obligation_id] = _Posted(
            row.revenue_to_date,
            row.provision_amount,
            _quotient(row.progress_numerator, row.progress_denominator),
            None if not price else 1 - total_cost / (price * row.entity_rate),
            held_costs(row),
        )
    return found


def held_costs(row: RevenueEstimate) -> tuple[HeldCost, ...]:
    """What an estimate holds back in WIP, as it kept it."""
    return tuple(
        HeldCost(project_id, unit_id, category_id, event, Decimal(amount))
        for project_id, unit_id, category_id, event, amount in row.inputs.get("held_cost", ())
    )


def _facts(
    row: Obligation,
    costs: dict[int, tuple[Decimal, int]],
    posted: dict[int, _Posted],
    milestones: dict[int, tuple[Decimal, Decimal]],
    origins: dict[int, tuple[HeldCost, ...]],
    variable: Mapping[int, Decimal],
) -> ObligationFacts:
    cost, minutes = costs.get(row.contract_line_id, (ZERO, 0))
    before = posted.get(row.pk, _Posted(ZERO, ZERO, None, None))
    total, reached = milestones.get(row.contract_line_id, (ZERO, ZERO))
    return ObligationFacts(
        obligation=row,
        cost_to_date=cost,
        minutes_to_date=minutes,
        minutes_remaining=0,
        recognised_before=before.revenue,
        provision_held=before.provision,
        previous_progress=before.progress,
        previous_margin=before.margin,
        milestone_total=total,
        milestone_reached=reached,
        held_before=before.held,
        cost_by_origin=origins.get(row.contract_line_id, ()),
        variable=variable.get(row.contract_line_id, ZERO),
    )


def _quotient(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    return numerator / denominator if denominator else None


def visible_estimates(actor: Actor) -> "QuerySet[RevenueEstimate]":
    """Estimates the actor may see: all of the firm's, or none."""
    if actor.has(RevenuePermission.VIEW):
        return RevenueEstimate.objects.all()
    return RevenueEstimate.objects.none()


def get_estimate(*, actor: Actor, estimate_id: int, lock: bool = False) -> RevenueEstimate:
    """One estimate with its obligation. NotFound alike if absent or not visible."""
    rows = visible_estimates(actor).select_related(
        "obligation__contract_line__contract", "period__legal_entity"
    )
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(pk=estimate_id).first()
    if found is None:
        raise NotFound("There is no such revenue estimate, or it is not yours to see.")
    return found


def why(row: RevenueEstimate) -> list[str]:
    """The estimate in words, from the inputs that it kept; `row` as `get_estimate` gives it."""
    return explain(
        EstimateFacts(
            currency=row.obligation.currency,
            home=row.period.legal_entity.currency,
            price=Decimal(row.inputs.get("price", row.obligation.price_amount)),
            numerator=row.progress_numerator,
            denominator=row.progress_denominator,
            revenue_to_date=row.revenue_to_date,
            previous_revenue=row.previous_revenue,
            period_revenue=row.period_revenue,
            booked_revenue=row.entity_period_revenue,
            cost_to_date=row.cost_to_date,
            to_complete=row.estimate_to_complete,
            rate=row.entity_rate,
            rate_on=row.entity_rate_on,
            provision=row.provision_amount,
            provision_change=row.provision_change_amount,
            held_cost=row.held_cost_amount,
            is_posted=row.state == RevenueEstimate.State.POSTED,
            flags=row.flags,
            adjustment_reason=row.adjustment_reason,
            inputs=row.inputs,
        )
    )


def estimates(*, actor: Actor, period_id: int | None = None) -> "QuerySet[Any]":
    """Estimates as plain rows for the review grid: with customer, contract and line."""
    rows = visible_estimates(actor)
    if period_id is not None:
        rows = rows.filter(period_id=period_id)
    return rows.annotate(
        contract_number=F("obligation__contract_line__contract__number"),
        contract_id=F("obligation__contract_line__contract_id"),
        customer=F("obligation__contract_line__contract__account__name"),
        line=F("obligation__contract_line__name"),
        method=F("obligation__method"),
        currency=F("obligation__currency"),
        price_amount=F("obligation__price_amount"),
        period_name=F("period__name"),
        entity=F("period__legal_entity__code"),
    )


@dataclass(frozen=True, slots=True)
class WipRow:
    """Work done and not invoiced of one contract, as of a date and as known on a date.

    `customer` is who pays; where several do there is a row for each, with its `payer_id`.
    """

    contract_id: int
    contract_number: str
    customer: str
    currency: str
    unbilled_amount: Decimal
    tenant_amount: Decimal
    oldest_on: date | None
    minutes: int
    payer_id: int | None = None


def work_in_progress(*, actor: Actor, as_of: date, known_on: date | None = None) -> list[WipRow]:
    """Unbilled sales by contract and currency, recomputed from the ledger; by payer too where a
    contract has several. Four queries, with such contracts two more.

    ``as_of`` takes actuals posted up to and including that day; ``known_on`` leaves out what was
    recorded later, so that a past report comes out as it was. [] for who may not see revenue.
    """
    if not actor.has(RevenuePermission.VIEW):
        return []
    sums = [one for one in _unbilled(as_of, known_on) if one.contract_id is not None]
    names = _contract_names({one.contract_id for one in sums if one.contract_id})
    shared = set(
        FundingShare.objects.filter(contract__in=names).values_list("contract_id", flat=True)
    )
    found = [
        _wip_row(one, names[one.contract_id or 0]) for one in sums if one.contract_id not in shared
    ]
    if shared:
        parts = unbilled.sums_by_payer(contract_ids=shared, as_of=as_of, known_on=known_on)
        payers = dict(
            Account.objects.filter(pk__in={one.account_id for one in parts}).values_list(
                "id", "name"
            )
        )
        for one in parts:
            number, customer = names[one.unbilled.contract_id or 0]
            payer = payers.get(one.account_id or 0, customer)
            found.append(_wip_row(one.unbilled, (number, payer), one.account_id))
    return sorted(found, key=lambda row: -row.tenant_amount)


def _wip_row(one: UnbilledSum, names: tuple[str, str], payer_id: int | None = None) -> WipRow:
    return WipRow(
        contract_id=one.contract_id or 0,
        contract_number=names[0],
        customer=names[1],
        currency=one.currency,
        unbilled_amount=one.amount,
        tenant_amount=one.tenant_amount,
        oldest_on=one.oldest_on,
        minutes=one.minutes,
        payer_id=payer_id,
    )


def _unbilled(as_of: date, known_on: date | None) -> list[UnbilledSum]:
    """Unbilled work by contract and currency: what stands now, or summed over history for a date
    before the latest posting or knowledge of one.
    """
    return reading.once(
        ("revenue.unbilled", as_of, known_on),
        lambda: (
            unbilled.standing_sums()
            if known_on is None and as_of >= (unbilled.latest_posted_on() or as_of)
            else unbilled.sums_as_of(as_of=as_of, known_on=known_on)
        ),
    )


def _contract_names(contract_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    return {
        pk: (number, name)
        for pk, number, name in Contract.objects.filter(pk__in=set(contract_ids)).values_list(
            "id", "number", "account__name"
        )
    }


@dataclass(frozen=True, slots=True)
class RollForward:
    """Opening + performed − invoiced ± adjusted = closing, in one currency."""

    currency: str
    opening: Decimal
    performed: Decimal
    invoiced: Decimal
    adjusted: Decimal
    closing: Decimal


def roll_forward(
    *, actor: Actor, from_on: date, until_on: date, known_on: date | None = None
) -> list[RollForward]:
    """How work in progress moved from ``from_on`` up to and including ``until_on``. Four queries,
    two of them work in progress's own.

    Performed is what approvals and due amounts added; invoiced what confirmations took out;
    adjusted everything else (recalls, releases, re-postings of a backlog).
    """
    if not actor.has(RevenuePermission.VIEW):
        return []
    rows = (
        unbilled.standing_moves(from_on=from_on, until_on=until_on)
        if known_on is None
        else unbilled.moves_as_known(from_on=from_on, until_on=until_on, known_on=known_on)
    )
    moved = {row.currency: row for row in rows}
    closing: dict[str, Decimal] = defaultdict(Decimal)
    for one in _unbilled(until_on, known_on):
        closing[one.currency] += one.amount
    found = []
    for currency in sorted({*moved, *closing}):
        row = moved.get(currency) or UnbilledMoved(currency, ZERO, ZERO, ZERO)
        found.append(
            RollForward(
                currency=currency,
                opening=closing[currency] - row.total,
                performed=row.performed,
                invoiced=-row.invoiced,
                adjusted=row.total - row.performed - row.invoiced,
                closing=closing[currency],
            )
        )
    return found
