"""Reconciling retainers at the end of each period: carry, bill, write off, expire, roll, refund."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from moneyed import Money

from billing.events import BillingEvent
from billing.models import (
    Invoice,
    InvoiceLine,
    RetainerPeriod,
    RetainerReconciliation,
    RetainerTerms,
)
from billing.permissions import BillingPermission
from billing.rules import retainer
from billing.rules.retainer import Measure, RetainerOpening, RetainerResult
from billing.rules.types import Remainder
from billing.selectors import retainers as selectors
from billing.services import credits
from billing.services.credits import CreditLine
from billing.services.readiness import RETAINER_PERIOD, check_can_propose
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualDraft, ActualType, BillingType, TransactionClass
from psa.core.ledger.services import posting
from sales.models import Contract, ContractLine

OVERAGE = "retainer_overage"
ZERO = Decimal(0)


class PeriodNotOver(DomainError):
    """The period has not ended, or an earlier one is not reconciled."""


class AlreadyRefunded(Conflict):
    """The refund's credit note was issued before."""


@transaction.atomic
def set_retainer_terms(
    *,
    line_id: int,
    overage_rate_per_hour: Decimal | None,
    refund_percent: Decimal,
    rollover_periods: int | None,
    rollover_limit: Decimal | None,
    actor: Actor,
    at: datetime,
) -> RetainerTerms:
    """Say by what figures the retainer's policies work; periods reconciled keep their result.

    Raises  PermissionDenied, NotFound; DomainError for a negative figure or over 100 %.
    """
    actor.require(BillingPermission.PROPOSE)
    line = selectors.get_line(actor=actor, line_id=line_id)
    if not refund_percent.is_finite() or not 0 <= refund_percent <= 100:
        raise DomainError("A refund is between 0 and 100 %.", field="refund_percent")
    for name, value in (
        ("overage_rate_per_hour", overage_rate_per_hour),
        ("rollover_limit", rollover_limit),
    ):
        if value is not None and (not value.is_finite() or value < 0):
            raise DomainError("This is 0 or more.", field=name)
    values = {
        "overage_rate_per_hour": overage_rate_per_hour,
        "refund_percent": refund_percent,
        "rollover_periods": rollover_periods,
        "rollover_limit": rollover_limit,
    }
    before = selectors.terms_of(line)
    changes = {k: (getattr(before, k), v) for k, v in values.items() if getattr(before, k) != v}
    terms: RetainerTerms
    terms, _ = RetainerTerms.objects.update_or_create(
        tenant_id=actor.tenant_id, contract_line=line, defaults=values
    )
    audit.record(
        actor=actor, at=at, event=BillingEvent.RETAINER_TERMS, record_type="sales.Contract",
        record_id=line.contract_id, sentence=f"Set how “{line.name}” is reconciled",
        changes=changes,
    )  # fmt: skip
    return terms


@transaction.atomic
def reconcile_period(
    *, period_id: int, today_on: date, actor: Actor, at: datetime
) -> RetainerReconciliation:
    """Reconcile one ended period by the line's policies, once; again gives what is there.

    What was used is the ledger's up to the period's last day less what earlier periods counted, so
    work that came late counts in the next one. Overage to be billed becomes unbilled sales, for the
    next billing run; a refund waits as a draft for `issue_refund`. Locks the contract.
    Raises  PeriodNotOver, PermissionDenied, NotFound, PeriodClosed.
    Source  docs/rules/billing.md, B-10 and B-19.
    """
    seen = selectors.get_period(actor=actor, period_id=period_id)
    contract = _lock(seen.contract_line.contract_id)
    check_can_propose(actor, contract.pk)
    known = RetainerReconciliation.objects.filter(period_id=period_id).first()
    if known is not None:
        return known
    opening = _opening(seen, today_on)
    line = seen.contract_line
    result = _result(line, seen, opening)
    rules = selectors.rule_terms(line, selectors.terms_of(line), seen)
    reconciliation_id = _next_id()
    overage_actual_id = None
    if result.overage_billed.amount:
        overage_actual_id = _bill(contract, seen, reconciliation_id, result, actor, at)
    made: RetainerReconciliation = RetainerReconciliation.objects.create(
        pk=reconciliation_id,
        tenant_id=actor.tenant_id,
        period=seen,
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
        overage_actual_id=overage_actual_id,
        reconciled_at=at,
        reconciled_by_id=actor.membership_id,
    )
    audit.record(
        actor=actor, at=at, event=BillingEvent.RETAINER_RECONCILED, record_type="sales.Contract",
        record_id=contract.pk,
        sentence=f"Reconciled {selectors.title_of(seen)} of “{line.name}”: {outcome(made)}",
    )  # fmt: skip
    return made


@transaction.atomic
def reconcile_due(
    *, until_on: date, legal_entity_id: int | None, actor: Actor, at: datetime
) -> int:
    """Reconcile every period that ended by `until_on` (exclusive), oldest first; how many.

    Raises  as `reconcile_period`.
    """
    periods = list(
        selectors.due_periods(until_on=until_on, legal_entity_id=legal_entity_id).values_list(
            "id", flat=True
        )
    )
    for period_id in periods:
        reconcile_period(period_id=period_id, today_on=until_on, actor=actor, at=at)
    return len(periods)


@transaction.atomic
def issue_refund(*, period_id: int, credited_on: date, actor: Actor, at: datetime) -> Invoice:
    """Credit what a reconciled period refunds, on the invoice of its advance.

    Raises  AlreadyRefunded, PermissionDenied, NotFound, PeriodClosed; DomainError if nothing is to
            be refunded, or the period's advance is not invoiced yet.
    """
    actor.require(BillingPermission.CREDIT)
    seen = selectors.get_period(actor=actor, period_id=period_id)
    _lock(seen.contract_line.contract_id)
    row = RetainerReconciliation.objects.select_for_update().filter(period=seen).first()
    title = selectors.title_of(seen)
    if row is None or not row.refund_amount:
        raise DomainError(f"Nothing of {title} is to be refunded.")
    if row.refund_note_id is not None:
        raise AlreadyRefunded(f"The refund of {title} was credited before.")
    line, stands = _invoiced_advance(seen)
    if line is None:
        raise DomainError(f"The advance of {title} is not invoiced yet. Confirm its invoice first.")
    if stands < row.refund_amount:
        raise DomainError(
            f"Only {Money(stands, line.invoice.currency)} of the advance of {title} still stands, "
            f"less than the refund of {Money(row.refund_amount, line.invoice.currency)}."
        )
    note = credits.credit_invoice(
        invoice_id=line.invoice_id,
        lines=[CreditLine(line.pk, stands - row.refund_amount, Remainder.WRITE_OFF)],
        reason=f"Refund of what {title} left unused",
        credited_on=credited_on,
        at=at,
        actor=actor,
    )
    row.refund_note = note
    row.save(update_fields=["refund_note"])
    return note


def _invoiced_advance(period: RetainerPeriod) -> tuple[InvoiceLine | None, Decimal]:
    """The invoice line on which most of a period's advance stands, and how much does.

    An advance that was credited to be billed anew stands on the line that billed it anew.
    """
    advance = Actual.objects.filter(
        source_kind=RETAINER_PERIOD, source_id=period.pk, actual_type=ActualType.UNBILLED_SALES
    ).values_list("id", flat=True)
    lines = (
        InvoiceLine.objects.filter(
            actual_id__in=ledger.came_of(advance), invoice__kind=Invoice.Kind.INVOICE
        )
        .select_related("invoice")
        .order_by("-id")
    )
    best: tuple[InvoiceLine | None, Decimal] = (None, ZERO)
    for line in lines:
        standing = credits.standing_rows(line.invoice).get(line.pk)
        stands = standing.amount if standing is not None else ZERO
        if best[0] is None or stands > best[1]:
            best = (line, stands)
    return best


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


def _opening(period: RetainerPeriod, today_on: date) -> RetainerOpening:
    title = selectors.title_of(period)
    if period.ends_on > today_on:
        raise PeriodNotOver(
            f"{title} ends on {period.ends_on - timedelta(days=1):%-d %b %Y}. "
            "Reconcile it after that day."
        )
    earlier = RetainerPeriod.objects.filter(
        contract_line_id=period.contract_line_id, starts_on__lt=period.starts_on
    )
    open_one = earlier.filter(reconciliations=None).order_by("starts_on").first()
    if open_one is not None:
        raise PeriodNotOver(f"Reconcile {selectors.title_of(open_one)} before {title}.")
    last = (
        RetainerReconciliation.objects.filter(period__in=earlier)
        .order_by("-period__starts_on")
        .first()
    )
    return RetainerOpening() if last is None else selectors.opening_after(last)


def _result(line: ContractLine, period: RetainerPeriod, opening: RetainerOpening) -> RetainerResult:
    rules = selectors.rule_terms(line, selectors.terms_of(line), period)
    counted = RetainerReconciliation.objects.filter(
        period__contract_line=line, period__starts_on__lt=period.starts_on
    ).values_list("used", flat=True)
    # Recalled work of a reconciled period can make it less than 0: the next period takes it off.
    used = max(selectors.used_until(line, period.ends_on, rules.measure) - sum(counted, ZERO), ZERO)
    over = used - retainer.allowance_of(rules, opening)
    if (
        over > 0
        and rules.overage is retainer.OveragePolicy.BILL
        and rules.measure is Measure.MINUTES
        and rules.overage_rate_per_hour is None
    ):
        rate = selectors.value_of_last_minutes(line, period.ends_on, over)
        rules = replace(rules, overage_rate_per_hour=Money(rate, line.contract.currency))
    return retainer.reconcile(rules, used=used, opening=opening)


def _bill(
    contract: Contract,
    period: RetainerPeriod,
    reconciliation_id: int,
    result: RetainerResult,
    actor: Actor,
    at: datetime,
) -> int:
    line = period.contract_line
    amount = result.overage_billed.amount
    is_minutes = period.included_minutes is not None
    hours = f"{int(result.overage) // 60}:{int(result.overage) % 60:02d} h " if is_minutes else ""
    batch = posting.post(
        drafts=[
            ActualDraft(
                type=ActualType.UNBILLED_SALES,
                work_on=period.ends_on - timedelta(days=1),
                legal_entity_id=contract.legal_entity_id,
                transaction_class=TransactionClass.FEE,
                currency=contract.currency,
                amount=amount,
                source_kind=OVERAGE,
                source_id=reconciliation_id,
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
        ],
        actor=actor,
        at=at,
        kind=OVERAGE,
    )
    return batch.actual_ids[0]


def _lock(contract_id: int) -> Contract:
    contract: Contract = (
        Contract.objects.select_for_update(of=("self",), no_key=True)
        .select_related("legal_entity")
        .get(pk=contract_id)
    )
    return contract


def _next_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('billing_retainerreconciliation', 'id'))"
        )
        number: int = cursor.fetchone()[0]
    return number
