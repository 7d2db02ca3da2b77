"""What ended retainer periods come to, one or many: reckoned by rule, billed, written down."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection
from moneyed import Money

from billing.events import BillingEvent
from billing.models import RetainerPeriod, RetainerReconciliation
from billing.rules import retainer
from billing.rules.retainer import Measure, RetainerOpening, RetainerResult
from billing.selectors import retainers as selectors
from billing.selectors.retainers import RetainerUse
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.ledger.rules.types import ActualDraft, ActualType, BillingType, TransactionClass
from psa.core.ledger.services import posting
from sales.services import funding

OVERAGE = "retainer_overage"
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Reckoned:
    period: RetainerPeriod
    rules: retainer.RetainerTerms
    result: RetainerResult
    row: RetainerReconciliation


def record_results(
    periods: Sequence[RetainerPeriod], *, actor: Actor, at: datetime
) -> list[RetainerReconciliation]:
    """Reconcile periods in the order given, each line's oldest first. A fixed number of queries.

    `periods` come with line, contract and customer, none reconciled, their contracts under lock.
    Raises  PeriodClosed.
    Source  docs/rules/billing.md, B-10 and B-19.
    """
    if not periods:
        return []
    reckoned = _reckoned(periods, actor, at)
    over = [one for one in reckoned if one.result.overage_billed.amount]
    if over:
        drafts = funding.share_due([_overage_draft(one) for one in over])
        batch = posting.post(drafts=drafts, actor=actor, at=at, kind=OVERAGE)
        # Where several pay, the row of the first stands for all: they share its source.
        first = {
            draft.source_id: actual_id
            for draft, actual_id in reversed(list(zip(drafts, batch.actual_ids, strict=True)))
        }
        for one in over:
            one.row.overage_actual_id = first[one.row.pk]
    made = RetainerReconciliation.objects.bulk_create(one.row for one in reckoned)
    audit.record_many(
        actor=actor, at=at, event=BillingEvent.RETAINER_RECONCILED, record_type="sales.Contract",
        items=[
            (
                one.period.contract_line.contract_id,
                f"Reconciled {selectors.title_of(one.period)} of "
                f"“{one.period.contract_line.name}”: {outcome(one.row)}",
                {},
            )
            for one in reckoned
        ],
    )  # fmt: skip
    return made


def _reckoned(periods: Sequence[RetainerPeriod], actor: Actor, at: datetime) -> list[_Reckoned]:
    """The results, each starting from what the line's earlier periods left. Five queries."""
    lines = {period.contract_line_id: period.contract_line for period in periods}
    terms = selectors.terms_of_lines(lines.values())
    earlier = selectors.results_of_lines(lines)
    uses = selectors.use_of_lines(lines)
    ids = _next_ids(len(periods))
    found = []
    for period, pk in zip(periods, ids, strict=True):
        line = period.contract_line
        rules = selectors.rule_terms(line, terms[line.pk], period)
        before = [r for r in earlier[line.pk] if r.period.starts_on < period.starts_on]
        opening = RetainerOpening()
        if before:
            opening = selectors.opening_after(max(before, key=lambda r: r.period.starts_on))
        counted = sum((r.used for r in before), ZERO)
        result = _result(line.contract.currency, rules, opening, counted, uses[line.pk], period)
        row = _row(pk, period, rules, result, actor, at)
        earlier[line.pk].append(row)
        found.append(_Reckoned(period, rules, result, row))
    return found


def _result(
    currency: str,
    rules: retainer.RetainerTerms,
    opening: RetainerOpening,
    counted: Decimal,
    use: RetainerUse,
    period: RetainerPeriod,
) -> RetainerResult:
    # Recalled work of a reconciled period can make it less than 0: the next period takes it off.
    used = max(use.until(period.ends_on, rules.measure) - counted, ZERO)
    over = used - retainer.allowance_of(rules, opening)
    if (
        over > 0
        and rules.overage is retainer.OveragePolicy.BILL
        and rules.measure is Measure.MINUTES
        and rules.overage_rate_per_hour is None
    ):
        rate = use.worth_per_hour_of_last(over, until_on=period.ends_on)
        rules = replace(rules, overage_rate_per_hour=Money(rate, currency))
    return retainer.reconcile(rules, used=used, opening=opening)


def _row(
    pk: int,
    period: RetainerPeriod,
    rules: retainer.RetainerTerms,
    result: RetainerResult,
    actor: Actor,
    at: datetime,
) -> RetainerReconciliation:
    return RetainerReconciliation(
        pk=pk,
        tenant_id=actor.tenant_id,
        period=period,
        measure=rules.measure.value,
        allowance=result.allowance,
        used=result.used,
        overage=result.overage,
        unused=result.unused,
        overage_policy=rules.overage.value,
        underuse_policy=rules.underuse.value,
        overage_amount=result.overage_billed.amount,
        written_off=result.overage_written_off,
        expired=result.expired,
        refund_amount=result.refund.amount,
        overage_owed=result.closing.overage_owed,
        rolled_over=[[str(lot.quantity), lot.periods_left] for lot in result.closing.rolled_over],
        next_allowance=result.next_allowance,
        reconciled_at=at,
        reconciled_by_id=actor.membership_id,
    )


def outcome(row: RetainerReconciliation) -> str:
    """What became of a period, in words without amounts of money."""

    def quantity(value: Decimal) -> str:
        if row.measure != Measure.MINUTES:
            return "the amount"
        return f"{int(value) // 60}:{int(value) % 60:02d} h"

    if row.overage:
        words = {
            "carry_forward": "taken from the next",
            "bill": "billed",
            "write_off": "written off",
        }
        return f"{quantity(row.overage)} over, {words[row.overage_policy]}"
    if row.unused:
        words = {"expire": "expired", "roll_over": "rolled over", "refund": "to be refunded"}
        return f"{quantity(row.unused)} left, {words[row.underuse_policy]}"
    return "used exactly"


def _overage_draft(one: _Reckoned) -> ActualDraft:
    period, result = one.period, one.result
    line = period.contract_line
    contract = line.contract
    amount = result.overage_billed.amount
    is_minutes = period.included_minutes is not None
    hours = f"{int(result.overage) // 60}:{int(result.overage) % 60:02d} h " if is_minutes else ""
    return ActualDraft(
        type=ActualType.UNBILLED_SALES,
        work_on=period.ends_on - timedelta(days=1),
        legal_entity_id=contract.legal_entity_id,
        transaction_class=TransactionClass.FEE,
        currency=contract.currency,
        amount=amount,
        source_kind=OVERAGE,
        source_id=one.row.pk,
        contracting_unit_id=contract.contracting_unit_id,
        resourcing_unit_id=contract.contracting_unit_id,
        contract_id=contract.pk,
        contract_line_id=line.pk,
        account_id=contract.account_id,
        billing_type=BillingType.CHARGEABLE,
        quantity=Decimal(1),
        unit="unit",
        price=amount,
        list_amount=amount,
        description=f"{line.name}, {hours}over in {selectors.title_of(period)}",
    )


def _next_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('billing_retainerreconciliation', 'id')) "
            "FROM generate_series(1, %s)",
            [count],
        )
        return [row[0] for row in cursor.fetchall()]
