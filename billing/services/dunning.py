"""Dunning: an overdue invoice is raised to its next level, with its text and its fee."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing.events import BillingEvent
from billing.invoice_pdf import Detail
from billing.models import BillingTerms, DunningLevel, DunningNotice, InvoiceBalance
from billing.permissions import BillingPermission
from billing.selectors import dunning as selectors
from billing.selectors import visibility
from billing.services import deliveries, receivable_moves
from psa.core import outcomes
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError
from psa.core.ledger.rules.conversion import converted
from psa.core.money import selectors as money
from psa.core.outcomes import Outcome
from psa.core.tenancy.models import Tenant


class NotToBeDunned(DomainError):
    """The invoice is not late enough, paid, at its last level, or its contract is not dunned."""


@dataclass(frozen=True, slots=True)
class LevelInput:
    days_overdue: int
    text: str
    fee_amount: Decimal


@transaction.atomic
def set_levels(*, levels: Sequence[LevelInput], actor: Actor, at: datetime) -> None:
    """Replace the firm's levels; notices sent stay as they are.

    Raises  PermissionDenied; DomainError without a level or a text, for a negative fee, or days
            that do not rise from level to level.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    if not levels:
        raise DomainError("Keep at least one level.")
    days = 0
    for number, level in enumerate(levels, start=1):
        if level.days_overdue <= days:
            raise DomainError(
                f"Level {number} comes later than the one before: enter more than {days} days.",
                field=f"days_{number}",
            )
        days = level.days_overdue
        if not level.text.strip():
            raise DomainError(f"Write the text of level {number}.", field=f"text_{number}")
        if not level.fee_amount.is_finite() or level.fee_amount < 0:
            raise DomainError("A fee is 0 or more.", field=f"fee_{number}")
    DunningLevel.objects.all().delete()
    DunningLevel.objects.bulk_create(
        DunningLevel(
            tenant_id=actor.tenant_id, level=number, days_overdue=level.days_overdue,
            text=level.text.strip(), fee_amount=level.fee_amount,
        )
        for number, level in enumerate(levels, start=1)
    )  # fmt: skip
    audit.record(
        actor=actor, at=at, event=BillingEvent.DUNNING_LEVELS, record_type="tenancy.Tenant",
        record_id=actor.tenant_id, sentence=f"Set {len(levels)} levels of reminders",
    )  # fmt: skip


@transaction.atomic
def raise_dunning(*, invoice_id: int, today_on: date, actor: Actor, at: datetime) -> DunningNotice:
    """Raise an overdue invoice to its next level: its fee is open on it, its text is e-mailed.

    A level is reached once, and one a day at most, however often it is asked for. Without an
    e-mail address on the invoice the reminder is recorded and sent by hand.
    Raises  NotToBeDunned, PermissionDenied, NotFound, PeriodClosed.
    Source  docs/rules/billing.md, B-20.
    """
    actor.require(BillingPermission.RECORD_PAYMENT)
    invoice = visibility.get_invoice(actor=actor, invoice_id=invoice_id)
    balance = InvoiceBalance.objects.select_for_update().get(invoice=invoice)
    days = (today_on - invoice.due_on).days
    if balance.open_amount <= 0 or days <= 0:
        raise NotToBeDunned(f"{invoice.number} is not overdue.")
    if BillingTerms.objects.filter(contract=invoice.contract, is_dunning_stopped=True).exists():
        raise NotToBeDunned(
            f"Reminders of contract {invoice.contract.number} are stopped. Change its billing terms "
            "to send them again."
        )
    last = DunningNotice.objects.filter(invoice=invoice).order_by("-level").first()
    if last is not None and last.raised_on >= today_on:
        raise NotToBeDunned(f"{invoice.number} was reminded of today already.")
    level = selectors.next_level(last.level if last else 0, days, selectors.levels())
    if level is None:
        raise NotToBeDunned(
            f"{invoice.number} is {days} days overdue, at level {last.level if last else 0}; the "
            "next one is not reached."
        )
    fee = None
    amount = _fee_in(invoice.currency, level.fee_amount, today_on, actor)
    if amount:
        fee = receivable_moves.charge_fee(
            invoice_id=invoice.pk, fee=amount, moved_on=today_on,
            reason=f"Reminder, level {level.level}",
            request_key=f"dunning fee {invoice.pk}/{level.level}", actor=actor, at=at,
        )  # fmt: skip
    notice: DunningNotice = DunningNotice.objects.create(
        tenant_id=actor.tenant_id, invoice=invoice, level=level.level, raised_on=today_on,
        days_overdue=days, fee=fee, recorded_at=at, recorded_by_id=actor.membership_id,
    )  # fmt: skip
    recipient = invoice.snapshot["buyer"]["email"]
    if recipient and actor.has(BillingPermission.CONFIRM):
        deliveries.send_invoice(
            invoice_id=invoice.pk, recipients=[recipient], message=level.text,
            detail=Detail.SUMMARY, with_backup=False,
            request_key=f"dunning {invoice.pk}/{level.level}", actor=actor, at=at,
        )  # fmt: skip
    audit.record(
        actor=actor, at=at, event=BillingEvent.DUNNED, record_type="billing.Invoice",
        record_id=invoice.pk, sentence=f"Reminded at level {level.level}, {days} days overdue",
    )  # fmt: skip
    return notice


def _fee_in(currency: str, fee: Decimal, on: date, actor: Actor) -> Decimal:
    """A fee of the firm's currency in the invoice's, rounded once."""
    home = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    if not fee or home == currency:
        return fee
    terms = money.fx_terms()
    table = money.fx_table(currencies={currency, home}, from_on=on, until_on=on, terms=terms)
    rate = table.rate(home, currency, on, terms.base_currency, terms.max_age_days).rate
    return converted(fee, rate, currency)


@transaction.atomic
def raise_many(
    *, invoice_ids: Sequence[int], today_on: date, actor: Actor, at: datetime
) -> list[Outcome]:
    """Remind of several invoices, each on its own: what one refuses leaves the others alone.

    Raises  PermissionDenied; DomainError without an invoice.
    """
    actor.require(BillingPermission.RECORD_PAYMENT)
    if not invoice_ids:
        raise DomainError("Choose at least one invoice.")
    rows = visibility.invoices_visible_to(actor).filter(pk__in=invoice_ids).order_by("number", "pk")
    return outcomes.of_each(
        dict(rows.values_list("pk", "number")),
        lambda invoice_id: raise_dunning(
            invoice_id=invoice_id, today_on=today_on, actor=actor, at=at
        ),
    )
