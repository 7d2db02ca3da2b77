"""Dunning: an overdue invoice is raised to its next level, with its text and its fee."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing.events import BillingEvent
from billing.models import (
    BillingTerms,
    DunningLevel,
    DunningNotice,
    InvoiceBalance,
    ReceivableMove,
)
from billing.permissions import BillingPermission
from billing.selectors import dunning as selectors
from billing.selectors import visibility
from billing.services import move_records, reminder_mails
from billing.services.move_records import NewMove
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.ledger.rules.conversion import converted
from psa.core.money import selectors as money
from psa.core.outcomes import Outcome
from psa.core.tenancy.models import Tenant
from sales.models import Contract


class NotToBeDunned(DomainError):
    """The invoice is not late enough, paid, at its last level, or its contract is not dunned."""


@dataclass(frozen=True, slots=True)
class LevelInput:
    days_overdue: int
    text: str
    fee_amount: Decimal
    text_in_german: str = ""


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
            text=level.text.strip(), text_in_german=level.text_in_german.strip(),
            fee_amount=level.fee_amount,
        )
        for number, level in enumerate(levels, start=1)
    )  # fmt: skip
    audit.record(
        actor=actor, at=at, event=BillingEvent.DUNNING_LEVELS, record_type="tenancy.Tenant",
        record_id=actor.tenant_id, sentence=f"Set {len(levels)} levels of reminders",
    )  # fmt: skip


@transaction.atomic
def raise_dunning(*, invoice_id: int, today_on: date, actor: Actor, at: datetime) -> DunningNotice:
    """Raise one overdue invoice to its next level. Raises  as `raise_many`."""
    return raise_many(invoice_ids=[invoice_id], today_on=today_on, actor=actor, at=at)[0]


@transaction.atomic
def raise_many(
    *, invoice_ids: Sequence[int], today_on: date, actor: Actor, at: datetime
) -> list[DunningNotice]:
    """Raise overdue invoices to their next level, all or none: fees open on them, texts e-mailed.

    A level is reached once, and one a day at most, however often it is asked for. Whoever reminds
    may record payments, for the fee, and send invoices, for the e-mail. Without an e-mail address
    on the invoice the reminder is recorded and sent by hand. A fixed number of queries. Locks the
    open items, by invoice.
    Raises  NotToBeDunned, PermissionDenied, NotFound, PeriodClosed; DomainError without an invoice.
    Source  docs/rules/billing.md, B-20.
    """
    check_can_remind(actor)
    wanted = sorted(set(invoice_ids))
    if not wanted:
        raise DomainError("Choose at least one invoice.")
    balances = _locked(wanted, actor)
    known = selectors.levels()
    due, refusals = _due(balances, known, today_on)
    if refusals:
        raise NotToBeDunned(next(iter(refusals.values())))
    return _raise(due, known, today_on, actor, at)


@transaction.atomic
def raise_each(
    *, invoice_ids: Sequence[int], today_on: date, actor: Actor, at: datetime
) -> list[Outcome]:
    """As `raise_many`, but what one invoice refuses leaves the others alone: what became of each.

    Raises  PermissionDenied, NotFound, PeriodClosed; DomainError without an invoice.
    """
    check_can_remind(actor)
    wanted = sorted(set(invoice_ids))
    if not wanted:
        raise DomainError("Choose at least one invoice.")
    balances = _locked(wanted, actor)
    known = selectors.levels()
    due, refusals = _due(balances, known, today_on)
    notices = _raise(due, known, today_on, actor, at) if due else []
    by_hand = {notice.invoice_id for notice in notices if not notice.recipient}
    return [
        Outcome(
            row.invoice_id,
            f"{row.invoice.number}, to be sent by hand: no e-mail address"
            if row.invoice_id in by_hand
            else row.invoice.number,
            refusals.get(row.invoice_id, ""),
        )
        for row in balances
    ]


def _raise(
    due: "Sequence[_Due]",
    known: Sequence[DunningLevel],
    today_on: date,
    actor: Actor,
    at: datetime,
) -> list[DunningNotice]:
    _check_sees_rates([one.balance for one in due], actor)
    fees = _charge_fees(due, today_on, actor, at)
    notices = DunningNotice.objects.bulk_create(
        DunningNotice(
            tenant_id=actor.tenant_id, invoice=one.balance.invoice, level=one.level.level,
            raised_on=today_on, days_overdue=one.days_overdue,
            fee=fees.get(one.balance.invoice_id), recorded_at=at,
            recorded_by_id=actor.membership_id,
        )
        for one in due
    )  # fmt: skip
    reminder_mails.mail_reminders(
        notices, {level.level: level for level in known}, actor=actor, at=at
    )
    audit.record_many(
        actor=actor, at=at, event=BillingEvent.DUNNED, record_type="billing.Invoice",
        items=[(notice.invoice_id, _sentence(notice), {}) for notice in notices],
    )  # fmt: skip
    return notices


def check_can_remind(actor: Actor) -> None:
    """Raises  PermissionDenied without both rights: a reminder charges its fee and goes out by mail."""
    actor.require(BillingPermission.RECORD_PAYMENT)
    actor.require(BillingPermission.CONFIRM)


def can_remind(actor: Actor) -> bool:
    return actor.has(BillingPermission.RECORD_PAYMENT) and actor.has(BillingPermission.CONFIRM)


@dataclass(frozen=True, slots=True)
class _Due:
    """An open item under lock, and the level that its invoice reaches now."""

    balance: InvoiceBalance
    days_overdue: int
    level: DunningLevel


def _locked(invoice_ids: Sequence[int], actor: Actor) -> list[InvoiceBalance]:
    """The open items with their invoices. One query. Raises  NotFound."""
    found = list(
        InvoiceBalance.objects.select_for_update(of=("self",))
        .select_related("invoice__contract", "invoice__account", "invoice__legal_entity")
        .filter(
            invoice__in=visibility.invoices_visible_to(actor)
            .filter(pk__in=invoice_ids)
            .values("pk")
        )
        .order_by("invoice_id")
    )
    if len(found) < len(invoice_ids):
        raise NotFound("One of these invoices does not exist, or it is not yours to see.")
    return found


def _due(
    balances: Sequence[InvoiceBalance], known: Sequence[DunningLevel], today_on: date
) -> tuple[list[_Due], dict[int, str]]:
    """Open items with their next level, and by invoice why others have none. Two queries."""
    stopped = set(
        BillingTerms.objects.filter(
            contract__in=[row.invoice.contract_id for row in balances], is_dunning_stopped=True
        ).values_list("contract_id", flat=True)
    )
    last = {
        row.invoice_id: row
        for row in DunningNotice.objects.filter(
            invoice__in=[row.invoice_id for row in balances]
        ).order_by("level")
    }
    found, refusals = [], {}
    for balance in balances:
        invoice, notice = balance.invoice, last.get(balance.invoice_id)
        days = (today_on - invoice.due_on).days
        reached = notice.level if notice else 0
        level = selectors.next_level(reached, days, known)
        if balance.open_amount <= 0 or days <= 0:
            refusals[invoice.pk] = f"{invoice.number} is not overdue."
        elif invoice.contract_id in stopped:
            refusals[invoice.pk] = (
                f"Reminders of contract {invoice.contract.number} are stopped. Change its billing "
                "terms to send them again."
            )
        elif notice is not None and notice.raised_on >= today_on:
            refusals[invoice.pk] = f"{invoice.number} was reminded of today already."
        elif level is None:
            refusals[invoice.pk] = (
                f"{invoice.number} is {days} days overdue, at level {reached}; the next one is not "
                "reached."
            )
        else:
            found.append(_Due(balance, days, level))
    return found, refusals


def _check_sees_rates(balances: Sequence[InvoiceBalance], actor: Actor) -> None:
    """Raises  PermissionDenied: the e-mail carries the invoice, and the invoice its prices."""
    wanted = {row.invoice.contract_id for row in balances}
    priced = Contract.objects.filter(visibility.priced_contracts(actor, by="pk"), pk__in=wanted)
    seen = set(priced.values_list("pk", flat=True))
    hidden = next((row.invoice for row in balances if row.invoice.contract_id not in seen), None)
    if hidden is not None:
        raise PermissionDenied(
            f"{hidden.number} shows prices, which your role may not see for its contract. Ask the "
            "contract's owner to remind of it."
        )


def _charge_fees(
    due: Sequence[_Due], today_on: date, actor: Actor, at: datetime
) -> dict[int, ReceivableMove]:
    """Invoice → its fee, where the level has one: from the firm's currency, rounded once."""
    charged = [one for one in due if one.level.fee_amount]
    if not charged:
        return {}
    home = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    terms = money.fx_terms()
    table = money.fx_table(
        currencies={home}
        | {one.balance.invoice.currency for one in charged}
        | {one.balance.invoice.entity_currency for one in charged},
        from_on=today_on, until_on=today_on, terms=terms,
    )  # fmt: skip

    def rate(from_currency: str, to_currency: str) -> Decimal:
        base, age = terms.base_currency, terms.max_age_days
        return table.rate(from_currency, to_currency, today_on, base, age).rate

    wanted = []
    for one in charged:
        invoice = one.balance.invoice
        fee = converted(one.level.fee_amount, rate(home, invoice.currency), invoice.currency)
        if not fee:
            continue
        booked = converted(
            fee, rate(invoice.currency, invoice.entity_currency), invoice.entity_currency
        )
        wanted.append(
            NewMove(
                invoice, one.balance, ReceivableMove.Kind.DUNNING_FEE, -fee, -booked, today_on,
                f"Reminder, level {one.level.level}",
                f"dunning fee {invoice.pk}/{one.level.level}",
            )
        )  # fmt: skip
    moves = move_records.record_moves(wanted, actor=actor, at=at)
    return {move.invoice_id: move for move in moves}


def _sentence(notice: DunningNotice) -> str:
    way = f"by e-mail to {notice.recipient}" if notice.recipient else "to be sent by hand"
    return f"Reminded at level {notice.level}, {notice.days_overdue} days overdue, {way}"
