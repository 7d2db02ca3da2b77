"""The estimate run: what each obligation has earned at a period's end, drafted, reviewed, approved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
from psa.core.money import selectors as money
from psa.core.money.fx import FxQuote
from psa.core.money.rounding import EXACT, round_half_up, round_to_minor
from revenue import selectors
from revenue.events import RevenueEvent
from revenue.models import Obligation, RevenueEstimate
from revenue.permissions import RevenuePermission
from revenue.rules import onerous, progress, recognition
from revenue.rules.progress import ProgressUnknown
from revenue.selectors import ObligationFacts

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
    is what the plan leaves (planned cost less cost to date, never below 0). Constant queries.
    Raises  PermissionDenied, NotFound, PeriodClosed, RateMissing.
    Source  docs/rules/revenue.md, R-1 and R-2.
    """
    actor.require(RevenuePermission.ESTIMATE)
    period = ledger.get_period(period_id=period_id)
    if period.state == PeriodState.CLOSED:
        raise PeriodClosed(f"Period {period.name} is closed. Choose an open period.")
    facts = selectors.obligation_facts(period=period)
    RevenueEstimate.objects.filter(period=period, state=State.DRAFT).delete()
    settled = set(
        RevenueEstimate.objects.filter(
            period=period, state__in=(State.APPROVED, State.POSTED)
        ).values_list("obligation_id", flat=True)
    )
    wanted = [row for row in facts if row.obligation.pk not in settled]
    quotes = _quotes(wanted, period)
    RevenueEstimate.objects.bulk_create(
        [
            _estimate(row, period, quotes[row.obligation.currency], run_key, actor, at)
            for row in wanted
        ],
        batch_size=1000,
    )
    audit.record(
        actor=actor, at=at, event=RevenueEvent.ESTIMATED, record_type=RECORD,
        record_id=period.pk,
        sentence=f"drafted {len(wanted)} revenue estimates of {period.name}",
    )  # fmt: skip
    return EstimateRun(len(wanted), len(settled))


def _quotes(rows: Sequence[ObligationFacts], period: FiscalPeriod) -> dict[str, FxQuote]:
    """Each currency's rate into the entity's at the period's last day."""
    on = last_day(period)
    currencies = {row.obligation.currency for row in rows}
    terms = money.fx_terms()
    home = period.legal_entity.currency
    table = money.fx_table(currencies={*currencies, home}, from_on=on, until_on=on, terms=terms)
    return {
        code: table.rate(code, home, on, terms.base_currency, terms.max_age_days)
        for code in currencies
    }


def last_day(period: FiscalPeriod) -> date:
    return period.ends_on - timedelta(days=1)


def _estimate(
    row: ObligationFacts,
    period: FiscalPeriod,
    quote: FxQuote,
    run_key: str,
    actor: Actor,
    at: datetime,
) -> RevenueEstimate:
    obligation = row.obligation
    planned = obligation.planned_cost_amount
    to_complete = max((planned or Decimal(0)) - row.cost_to_date, Decimal(0))
    reached, flags = _progress(row, to_complete, period)
    price = Money(obligation.price_amount, obligation.currency)
    before = Money(row.recognised_before, obligation.currency)
    recognised = recognition.recognise(recognition.Obligation(price, reached, before))
    entity_price = Money(
        round_to_minor(EXACT.multiply(price.amount, quote.rate), quote.to_currency),
        quote.to_currency,
    )
    provision = onerous.provision_for(
        price=entity_price,
        expected_total_cost=Money(row.cost_to_date + to_complete, quote.to_currency),
        progress=reached,
        held=Money(row.provision_held, quote.to_currency),
    )
    flags += _flags(row, reached, entity_price, row.cost_to_date + to_complete)
    if provision.required.amount > 0:
        flags.append("onerous")
    return RevenueEstimate(
        tenant_id=actor.tenant_id,
        obligation=obligation,
        period=period,
        cost_to_date=row.cost_to_date,
        estimate_to_complete=to_complete,
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
        flags=flags,
        inputs={
            "method": obligation.method,
            "price": str(price.amount),
            "cost_to_date": str(row.cost_to_date),
            "planned_cost": str(planned) if planned is not None else None,
            "minutes_to_date": row.minutes_to_date,
            "rate": str(quote.rate),
            "rate_on": quote.rate_on.isoformat(),
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
                if obligation.planned_cost_amount is None:
                    raise ProgressUnknown("There is no planned cost.")
                return progress.cost_to_cost(
                    cost_to_date=Money(row.cost_to_date, currency),
                    cost_to_complete=Money(to_complete, currency),
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
    if not reason.strip():
        raise DomainError("Give a reason for the adjustment.", field="reason")
    reached = progress.percent_complete(progress_percent)
    obligation = row.obligation
    recognised = recognition.recognise(
        recognition.Obligation(
            Money(obligation.price_amount, obligation.currency),
            reached,
            Money(row.previous_revenue, obligation.currency),
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
    audit.record(
        actor=actor, at=at, event=RevenueEvent.ADJUSTED, record_type="revenue.RevenueEstimate",
        record_id=row.pk, sentence=f"adjusted a revenue estimate: {row.adjustment_reason}",
        changes={"revenue_to_date": (before, row.revenue_to_date)},
    )  # fmt: skip
    return row


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
            f"There is no draft to approve in {period.name}. Start the estimate run first."
        )
    audit.record(
        actor=actor, at=at, event=RevenueEvent.APPROVED, record_type=RECORD,
        record_id=period.pk, sentence=f"approved {count} revenue estimates of {period.name}",
    )  # fmt: skip
    return count


def shown_progress(row: RevenueEstimate) -> Decimal:
    """Progress in percent with two places, for display alone."""
    share = EXACT.divide(row.progress_numerator, row.progress_denominator)
    return round_half_up(share * 100, 2)
