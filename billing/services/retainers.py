"""Reconciling retainers at the end of each period: carry, bill, write off, expire, roll, refund."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
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
from billing.rules.types import Remainder
from billing.selectors import retainers as selectors
from billing.services import credits, retainer_results
from billing.services.credits import CreditLine
from billing.services.readiness import (
    RETAINER_PERIOD,
    check_can_propose,
    check_can_propose_all,
)
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType
from sales.models import Contract

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
    _check_is_next(seen, today_on)
    return retainer_results.record_results([seen], actor=actor, at=at)[0]


@transaction.atomic
def reconcile_due(
    *, until_on: date, legal_entity_id: int | None, actor: Actor, at: datetime
) -> int:
    """Reconcile every period that ended by `until_on` (exclusive), oldest first; how many.

    A fixed number of queries. Locks the contracts, by id.
    Raises  as `reconcile_period`.
    """
    due = selectors.due_periods(until_on=until_on, legal_entity_id=legal_entity_id)
    contract_ids = sorted(set(due.values_list("contract_line__contract_id", flat=True)))
    for refusal in check_can_propose_all(actor, contract_ids).values():
        raise refusal
    # Under lock: what somebody else reconciled meanwhile is not due any more.
    list(Contract.objects.select_for_update(no_key=True).filter(pk__in=contract_ids).order_by("pk"))
    periods = due.filter(contract_line__contract_id__in=contract_ids).select_related(
        "contract_line__contract__account"
    )
    return len(retainer_results.record_results(list(periods), actor=actor, at=at))


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


def _check_is_next(period: RetainerPeriod, today_on: date) -> None:
    """Raises  PeriodNotOver before its last day is over, and while an earlier one is open."""
    title = selectors.title_of(period)
    if period.ends_on > today_on:
        raise PeriodNotOver(
            f"{title} ends on {period.ends_on - timedelta(days=1):%-d %b %Y}. "
            "Reconcile it after that day."
        )
    open_one = (
        RetainerPeriod.objects.filter(
            contract_line_id=period.contract_line_id,
            starts_on__lt=period.starts_on,
            reconciliations=None,
        )
        .order_by("starts_on")
        .first()
    )
    if open_one is not None:
        raise PeriodNotOver(f"Reconcile {selectors.title_of(open_one)} before {title}.")


def _lock(contract_id: int) -> Contract:
    contract: Contract = (
        Contract.objects.select_for_update(of=("self",), no_key=True)
        .select_related("legal_entity")
        .get(pk=contract_id)
    )
    return contract
