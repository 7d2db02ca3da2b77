"""The estimate run: what each obligation has earned at a period's end, drafted, reviewed, approved."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import FiscalPeriod
from psa.core.ledger.rules.periods import PeriodClosed
from psa.core.ledger.rules.types import PeriodState
from psa.core.money.fx import FxQuote
from psa.core.money.rounding import EXACT, round_to_minor
from revenue import selectors
from revenue.events import RevenueEvent
from revenue.models import Obligation, RevenueEstimate
from revenue.permissions import RevenuePermission
from revenue.rules import onerous, progress, recognition
from revenue.rules.progress import ProgressUnknown
from revenue.selectors import ObligationFacts
from revenue.services.closing_rates import closing_rates, last_day
from revenue.services.rights import restored, rights_of_contracts, stored

Method = Obligation.Method
State = RevenueEstimate.State
MARGIN_MOVED_POINTS = Decimal("0.05")
RECORD = "ledger.FiscalPeriod"


@dataclass(frozen=True, slots=True)
class EstimateRun:
    """What a run drafted, and how many obligations it left alone because theirs is posted."""

    drafted: int
    kept: int


@transaction.atomic
def draft_estimates(*, period_id: int, run_key: str, actor: Actor, at: datetime) -> EstimateRun:
    """Draft the estimates of a period; drafts are replaced, approved and posted ones stay.

    Cost to date is the ledger's, in the entity's currency at stored rates; the estimate to complete
    is the project's forecast (hours left at what an hour costs now), else what the plan leaves
    (planned cost less cost to date, never below 0). Constant queries.
    Raises  PermissionDenied, NotFound, PeriodClosed, RateMissing.
    Source  docs/rules/revenue.md, R-1 and R-2.
    """
    actor.require(RevenuePermission.ESTIMATE)
    period = ledger.get_period(period_id=period_id)
    if period.state == PeriodState.CLOSED:
        raise PeriodClosed(f"{period.title} is closed. Choose an open period.")
    facts = selectors.obligation_facts(period=period)
    RevenueEstimate.objects.filter(period=period, state=State.DRAFT).delete()
    settled = set(
        RevenueEstimate.objects.filter(
            period=period, state__in=(State.APPROVED, State.POSTED)
        ).values_list("obligation_id", flat=True)
    )
    wanted = [row for row in facts if row.obligation.pk not in settled]
    quotes = closing_rates({row.obligation.currency for row in facts}, period)
    measured = [_measured(row, period, quotes[row.obligation.currency]) for row in facts]
    rights = rights_of_contracts(
        sorted({row.obligation.contract_line.contract_id for row in facts}), period, quotes
    )
    provisions = _provisions(measured, rights)
    RevenueEstimate.objects.bulk_create(
        [
            _estimate(
                one,
                provisions[one.facts.obligation.pk],
                rights.get(one.facts.obligation.contract_line.contract_id, []),
                period,
                run_key,
                actor,
                at,
            )
            for one in measured
            if one.facts.obligation.pk not in settled
        ],
        batch_size=1000,
    )
    audit.record(
        actor=actor, at=at, event=RevenueEvent.ESTIMATED, record_type=RECORD,
        record_id=period.pk,
        sentence=f"drafted {len(wanted)} revenue estimates of {period.title}",
    )  # fmt: skip
    return EstimateRun(len(wanted), len(settled))


@dataclass(frozen=True, slots=True)
class _Measured:
    """An obligation's progress and expected cost, with its price in the entity's currency."""

    facts: ObligationFacts
    quote: FxQuote
    to_complete: Decimal
    progress: Fraction
    flags: tuple[str, ...]
    entity_price: Money

    @property
    def total_cost(self) -> Decimal:
        return self.facts.cost_to_date + self.to_complete


def _measured(row: ObligationFacts, period: FiscalPeriod, quote: FxQuote) -> _Measured:
    planned = row.obligation.planned_cost_amount
    to_complete = row.forecast_cost
    if to_complete is None:
        to_complete = max((planned or Decimal(0)) - row.cost_to_date, Decimal(0))
    reached, flags = _progress(row, to_complete, period)
    worth = EXACT.multiply(row.obligation.price_amount, quote.rate)
    entity_price = Money(round_to_minor(worth, quote.to_currency), quote.to_currency)
    flags += _flags(row, reached, entity_price, row.cost_to_date + to_complete)
    return _Measured(row, quote, to_complete, reached, tuple(flags), entity_price)


def _provisions(
    measured: Sequence[_Measured], rights: Mapping[int, list[onerous.ObligationLoss]]
) -> dict[int, onerous.ProvisionMove]:
    """Per obligation, what is required for its contract's expected loss: tested per contract.

    Time and material counts in it. The contract's progress is its lines' by price. What is
    required is kept on those that lose, in proportion to their losses.
    Source  docs/rules/revenue.md, R-2.
    """
    by_contract: dict[int, list[_Measured]] = defaultdict(list)
    for one in measured:
        by_contract[one.facts.obligation.contract_line.contract_id].append(one)
    found: dict[int, onerous.ProvisionMove] = {}
    for contract_id, group in by_contract.items():
        moves = onerous.provisions_for(
            [
                onerous.ObligationLoss(
                    price=one.entity_price,
                    expected_total_cost=Money(one.total_cost, one.quote.to_currency),
                    progress=one.progress,
                    held=Money(one.facts.provision_held, one.quote.to_currency),
                )
                for one in group
            ]
            + rights.get(contract_id, [])
        )
        for one, move in zip(group, moves, strict=False):
            found[one.facts.obligation.pk] = move
    return found


def _estimate(
    one: _Measured,
    provision: onerous.ProvisionMove,
    rights: Sequence[onerous.ObligationLoss],
    period: FiscalPeriod,
    run_key: str,
    actor: Actor,
    at: datetime,
) -> RevenueEstimate:
    row, quote, reached = one.facts, one.quote, one.progress
    obligation = row.obligation
    price = Money(obligation.price_amount, obligation.currency)
    before = Money(row.recognised_before, obligation.currency)
    variable = Money(row.variable, obligation.currency)
    recognised = recognition.recognise(
        recognition.Obligation(price, reached, before, variable=variable)
    )
    planned = obligation.planned_cost_amount
    held = row.cost_by_origin if reached < 1 else ()
    held_amount = sum((part.amount for part in held), Decimal(0))
    return RevenueEstimate(
        tenant_id=actor.tenant_id,
        obligation=obligation,
        period=period,
        cost_to_date=row.cost_to_date,
        estimate_to_complete=one.to_complete,
        progress_numerator=reached.numerator,
        progress_denominator=reached.denominator,
        revenue_to_date=recognised.to_date.amount,
        previous_revenue=row.recognised_before,
        period_revenue=recognised.of_period.amount,
        entity_period_revenue=round_to_minor(
            EXACT.multiply(recognised.of_period.amount, quote.rate), quote.to_currency
        ),
        entity_rate=quote.rate,
        entity_rate_on=quote.rate_on,
        provision_amount=provision.required.amount,
        provision_change_amount=provision.change.amount,
        held_cost_amount=held_amount,
        held_cost_change_amount=held_amount
        - sum((part.amount for part in row.held_before), Decimal(0)),
        flags=[
            *one.flags,
            *(["stale"] if row.stale else []),
            *(["onerous"] if provision.required.amount > 0 else []),
        ],
        inputs={
            "method": obligation.method,
            "price": str(price.amount),
            "cost_to_date": str(row.cost_to_date),
            "planned_cost": str(planned) if planned is not None else None,
            "minutes_to_date": row.minutes_to_date,
            "minutes_remaining": row.minutes_remaining,
            "stale": [row.stale.tasks, row.stale.minutes] if row.stale else None,
            "etc_from": "project" if row.forecast_cost is not None else "plan",
            "beside": stored(rights),
            "milestone_total": str(row.milestone_total),
            "milestone_reached": str(row.milestone_reached),
            "variable": str(row.variable),
            "rate": str(quote.rate),
            "rate_on": quote.rate_on.isoformat(),
            "rate_type": quote.rate_type,
            "held_cost": [[*part.origin, str(part.amount)] for part in held],
            "held_before": [[*part.origin, str(part.amount)] for part in row.held_before],
        },
        run_key=run_key,
        created_at=at,
    )


def _progress(
    row: ObligationFacts, to_complete: Decimal, period: FiscalPeriod
) -> tuple[Fraction, list[str]]:
    """How far the obligation is, and a flag when the inputs don't say: then it stays where it was."""
    obligation = row.obligation
    currency = period.legal_entity.currency
    try:
        match obligation.method:
            case Method.COST_TO_COST:
                if obligation.planned_cost_amount is None and row.forecast_cost is None:
                    raise ProgressUnknown("There is no planned cost.")
                return progress.cost_to_cost(
                    cost_to_date=Money(row.cost_to_date, currency),
                    cost_to_complete=Money(to_complete, currency),
                ), []
            case Method.EFFORT:
                if row.minutes_remaining is None:
                    raise ProgressUnknown("There is no plan with effort.")
                return progress.effort(
                    minutes_worked=max(row.minutes_to_date, 0),
                    minutes_remaining=row.minutes_remaining,
                ), []
            case Method.MILESTONE:
                if not row.milestone_total:
                    raise ProgressUnknown("There are no milestones.")
                return Fraction(row.milestone_reached) / Fraction(row.milestone_total), []
            case Method.STRAIGHT_LINE:
                if obligation.ends_on is None:
                    raise ProgressUnknown("The term has no end.")
                return progress.straight_line(
                    starts_on=obligation.starts_on,
                    until_on=obligation.ends_on + timedelta(days=1),
                    as_of=last_day(period),
                ), []
            case Method.COMPLETED:
                done = obligation.completed_on
                return progress.completed_contract(
                    is_complete=done is not None and done < period.ends_on
                ), []
            case _:
                raise ProgressUnknown("This method needs the manager's figure.")
    except ProgressUnknown:
        before = row.previous_progress
        return (Fraction(0) if before is None else Fraction(before)), ["no_forecast"]


def _flags(
    row: ObligationFacts, reached: Fraction, entity_price: Money, total_cost: Decimal
) -> list[str]:
    """What a reviewer should look at first."""
    flags = []
    if row.previous_progress is not None and reached < Fraction(row.previous_progress):
        flags.append("progress_fell")
    if row.previous_margin is not None and entity_price.amount:
        margin = (entity_price.amount - total_cost) / entity_price.amount
        if abs(margin - row.previous_margin) > MARGIN_MOVED_POINTS:
            flags.append("margin_moved")
    return flags


@transaction.atomic
def adjust_estimate(
    *,
    estimate_id: int,
    lock_version: int,
    progress_percent: Decimal,
    reason: str,
    actor: Actor,
    at: datetime,
) -> RevenueEstimate:
    """Set a draft's progress by hand, with the reason; its revenue follows.

    Raises  PermissionDenied, NotFound, Conflict if somebody else changed it; DomainError without a
            reason or outside 0 to 100.
    """
    actor.require(RevenuePermission.ESTIMATE)
    row = selectors.get_estimate(actor=actor, estimate_id=estimate_id, lock=True)
    if row.state != State.DRAFT:
        raise Conflict(
            f"This estimate is {row.get_state_display().lower()}; a draft alone can be adjusted."
        )
    if row.lock_version != lock_version:
        raise Conflict("Somebody else changed this estimate. Reload it and look again.")
    if row.obligation.method == Method.COMPLETED:
        raise DomainError(
            "This obligation is recognised when it is complete. Enter its day of completion instead.",
            field="progress_percent",
        )
    if not reason.strip():
        raise DomainError("Give a reason for the adjustment.", field="reason")
    reached = progress.percent_complete(progress_percent)
    obligation = row.obligation
    recognised = recognition.recognise(
        recognition.Obligation(
            Money(obligation.price_amount, obligation.currency),
            reached,
            Money(row.previous_revenue, obligation.currency),
            variable=Money(Decimal(row.inputs.get("variable", "0")), obligation.currency),
        )
    )
    before = row.revenue_to_date
    row.progress_numerator = Decimal(reached.numerator)
    row.progress_denominator = Decimal(reached.denominator)
    row.revenue_to_date = recognised.to_date.amount
    row.period_revenue = recognised.of_period.amount
    row.entity_period_revenue = round_to_minor(
        EXACT.multiply(row.period_revenue, row.entity_rate), row.period.legal_entity.currency
    )
    row.adjustment_reason = reason.strip()[:300]
    row.flags = [*[flag for flag in row.flags if flag != "adjusted"], "adjusted"]
    row.lock_version += 1
    row.save()
    _provide_again(row)
    audit.record(
        actor=actor, at=at, event=RevenueEvent.ADJUSTED, record_type="revenue.RevenueEstimate",
        record_id=row.pk, sentence=f"adjusted a revenue estimate: {row.adjustment_reason}",
        changes={"revenue_to_date": (before, row.revenue_to_date)},
    )  # fmt: skip
    return row


def _provide_again(changed: RevenueEstimate) -> None:
    """The contract's provision after one progress was set by hand; decided ones keep theirs."""
    contract_id = changed.obligation.contract_line.contract_id
    rows = list(
        RevenueEstimate.objects.select_related("obligation")
        .filter(period=changed.period, obligation__contract_line__contract_id=contract_id)
        .exclude(state=State.REVERSED)
        .order_by("obligation_id")
    )
    home = changed.period.legal_entity.currency
    moves = onerous.provisions_for(
        [
            onerous.ObligationLoss(
                price=Money(
                    round_to_minor(
                        EXACT.multiply(row.obligation.price_amount, row.entity_rate), home
                    ),
                    home,
                ),
                expected_total_cost=Money(row.cost_to_date + row.estimate_to_complete, home),
                progress=Fraction(row.progress_numerator) / Fraction(row.progress_denominator),
                held=Money(row.provision_amount - row.provision_change_amount, home),
            )
            for row in rows
        ]
        + restored(changed.inputs.get("beside", []), home)
    )
    for row, move in zip(rows, moves, strict=False):
        if row.state == State.DRAFT and row.provision_amount != move.required.amount:
            row.provision_amount = move.required.amount
            row.provision_change_amount = move.change.amount
            row.save(update_fields=["provision_amount", "provision_change_amount"])


@transaction.atomic
def approve_estimates(*, period_id: int, actor: Actor, at: datetime) -> int:
    """Approve all drafts of a period; returns how many. Raises  PermissionDenied, DomainError."""
    actor.require(RevenuePermission.APPROVE)
    period = ledger.get_period(period_id=period_id)
    count = RevenueEstimate.objects.filter(period=period, state=State.DRAFT).update(
        state=State.APPROVED, approved_by_id=actor.membership_id, approved_at=at
    )
    if not count:
        raise DomainError(
            f"There is no draft to approve in {period.title}. Start the estimate run first."
        )
    audit.record(
        actor=actor, at=at, event=RevenueEvent.APPROVED, record_type=RECORD,
        record_id=period.pk, sentence=f"approved {count} revenue estimates of {period.title}",
    )  # fmt: skip
    return count
