"""Moving open invoices: write-off within a limit, retention withheld and released, fees."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from moneyed import Money

from billing.events import BillingEvent
from billing.models import BillingTerms, Invoice, InvoiceBalance, ReceivableMove
from billing.permissions import BillingPermission
from billing.rules.tax import tax_on
from billing.selectors import visibility
from billing.selectors.invoice_facts import receivable_dimensions
from billing.services import move_records
from billing.services.move_records import NewMove
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError
from psa.core.ledger.rules.conversion import converted
from psa.core.ledger.rules.postings import SettledItem, booked_share
from psa.core.ledger.services import journals
from psa.core.money import selectors as money
from psa.core.money.rounding import round_to_minor
from psa.core.org import features
from psa.core.org.models import TenantParameters
from psa.core.org.rules.deployment import Feature
from psa.core.tenancy.models import Tenant

Kind = ReceivableMove.Kind
ZERO = Decimal(0)


class OverWriteOffLimit(DomainError):
    """More than may be written off without a credit note."""


class RequestKeyUsed(Conflict):
    """The key named another movement before."""


class MoveReversed(Conflict):
    """The movement was reversed before."""


@transaction.atomic
def set_billing_terms(
    *,
    contract_id: int,
    retention_percent: Decimal,
    is_dunning_stopped: bool,
    actor: Actor,
    at: datetime,
) -> BillingTerms:
    """What the contract's coming invoices withhold, and whether it is dunned.

    Raises  PermissionDenied, NotFound; DomainError for a retention outside 0 to 100 %.
    """
    actor.require(BillingPermission.CONFIRM)
    contract = visibility.get_contract(actor=actor, contract_id=contract_id)
    if not retention_percent.is_finite() or not 0 <= retention_percent < 100:
        raise DomainError("A retention is from 0 to under 100 %.", field="retention_percent")
    if retention_percent:
        features.require(Feature.BOOKS)  # what is held back is an account of its own
    terms: BillingTerms
    terms, _ = BillingTerms.objects.update_or_create(
        tenant_id=actor.tenant_id,
        contract=contract,
        defaults={
            "retention_percent": retention_percent,
            "is_dunning_stopped": is_dunning_stopped,
        },
    )
    stopped = ", reminders stopped" if is_dunning_stopped else ""
    audit.record(
        actor=actor, at=at, event=BillingEvent.BILLING_TERMS, record_type="sales.Contract",
        record_id=contract.pk,
        sentence=f"Set the retention to {retention_percent.normalize():f} %{stopped}",
    )  # fmt: skip
    return terms


@transaction.atomic
def write_off(
    *,
    invoice_id: int,
    amount: Decimal,
    reason: str,
    moved_on: date,
    request_key: str,
    actor: Actor,
    at: datetime,
) -> ReceivableMove:
    """Give up a small rest of an open invoice, within the firm's limit for one invoice.

    Tax stays as invoiced; what is larger, or tax that is to be taken back, is a credit note.
    Raises  OverWriteOffLimit, PermissionDenied, NotFound, PeriodClosed; DomainError without a
            reason, or for more than is open.
    Source  docs/rules/billing.md, B-20.
    """
    actor.require(BillingPermission.RECORD_PAYMENT)
    if not reason.strip():
        raise DomainError("Say why it is written off.", field="reason")
    invoice, balance = _open(invoice_id, actor)
    known = _known(invoice, request_key, Kind.WRITE_OFF, amount)
    if known is not None:
        return known
    _check(invoice, balance, amount, actor)
    limit = TenantParameters.objects.values_list("write_off_limit_amount", flat=True).first()
    home = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    before = ReceivableMove.objects.filter(invoice=invoice, kind=Kind.WRITE_OFF).aggregate(
        n=Sum("amount")
    )["n"]
    worth = converted(amount + (before or ZERO), _rate(invoice.currency, home, moved_on), home)
    if worth > (limit or ZERO):
        raise OverWriteOffLimit(
            f"At most {Money(limit or 0, home)} of an invoice may be written off. Credit the rest, "
            "or have the limit raised in the parameters.",
            field="amount",
        )
    return _move(invoice, balance, Kind.WRITE_OFF, amount, moved_on, reason, request_key, actor, at)


@transaction.atomic
def withhold_retention(
    *,
    invoice_id: int,
    amount: Decimal,
    moved_on: date,
    request_key: str,
    actor: Actor,
    at: datetime,
) -> ReceivableMove:
    """Take what the customer holds back off the open invoice: a retention receivable.

    Raises  PermissionDenied, NotFound, PeriodClosed; DomainError for more than is open.
    """
    actor.require(BillingPermission.CONFIRM)
    invoice, balance = _open(invoice_id, actor)
    known = _known(invoice, request_key, Kind.RETENTION_WITHHELD, amount)
    if known is not None:
        return known
    _check(invoice, balance, amount, actor)
    return _move(
        invoice, balance, Kind.RETENTION_WITHHELD, amount, moved_on, "", request_key, actor, at
    )


def withhold_agreed(*, invoice: Invoice, actor: Actor, at: datetime) -> ReceivableMove | None:
    """The retention that the contract agrees, on an invoice just confirmed. One query without."""
    percent = (
        BillingTerms.objects.filter(contract_id=invoice.contract_id)
        .values_list("retention_percent", flat=True)
        .first()
    )
    if not percent:
        return None
    amount = tax_on(Money(invoice.total_amount, invoice.currency), percent).amount
    if not amount:
        return None
    return withhold_retention(
        invoice_id=invoice.pk,
        amount=amount,
        moved_on=invoice.issued_on,
        request_key=f"agreed retention of {invoice.pk}",
        actor=actor,
        at=at,
    )


@transaction.atomic
def release_retention(
    *,
    invoice_id: int,
    amount: Decimal,
    moved_on: date,
    request_key: str,
    actor: Actor,
    at: datetime,
) -> ReceivableMove:
    """What was held back is due: it is open on its invoice again, to be paid like the rest.

    Raises  PermissionDenied, NotFound, PeriodClosed; DomainError for more than is held.
    """
    actor.require(BillingPermission.RECORD_PAYMENT)
    invoice, balance = _open(invoice_id, actor)
    known = _known(invoice, request_key, Kind.RETENTION_RELEASED, -amount)
    if known is not None:
        return known
    held, held_booked = retained(invoice)
    if not amount.is_finite() or not 0 < amount <= held:
        raise DomainError(
            f"{_told(held, invoice, actor)} of {invoice.number} is held back. Release that or less.",
            field="amount",
        )
    _check_places(invoice, amount)
    item = SettledItem(
        Money(held, invoice.currency), held_booked, Money(amount, invoice.currency),
        receivable_dimensions(invoice.contract, invoice.account_id),
    )  # fmt: skip
    booked = booked_share(item, invoice.entity_currency)
    return _move(
        invoice, balance, Kind.RETENTION_RELEASED, -amount, moved_on, "", request_key, actor, at,
        booked=-booked,
    )  # fmt: skip


@transaction.atomic
def reverse_move(*, move_id: int, moved_on: date, actor: Actor, at: datetime) -> ReceivableMove:
    """Take a movement back by its mirror; the invoice is open again as it was.

    Raises  MoveReversed, PermissionDenied, NotFound, PeriodClosed; DomainError for a reversal, a
            date before it, or a release that would leave less than nothing open.
    """
    actor.require(BillingPermission.RECORD_PAYMENT)
    visible = visibility.invoices_visible_to(actor).values("pk")
    row: ReceivableMove = visibility.one(
        ReceivableMove.objects.filter(invoice__in=visible), move_id, "movement"
    )
    invoice, balance = _open(row.invoice_id, actor)
    if row.reverses_id is not None:
        raise DomainError("This is itself a reversal. Record the movement again.")
    if moved_on < row.moved_on:
        raise DomainError("A reversal is dated on its movement's day or later.", field="moved_on")
    if ReceivableMove.objects.filter(reverses=row).exists():
        raise MoveReversed("This movement was reversed before.")
    if row.kind == Kind.RETENTION_WITHHELD and retained(invoice)[0] < row.amount:
        raise DomainError("Part of this retention was released. Reverse the release first.")
    if balance.open_amount + row.amount < 0:
        raise DomainError(
            f"{invoice.number} is paid with what this added. Reverse the payment first."
        )
    entry = journals.reverse_entry(
        entry_id=row.journal_entry_id, posting_on=moved_on, actor=actor, at=at
    )
    made: ReceivableMove = ReceivableMove.objects.create(
        tenant_id=actor.tenant_id,
        invoice=invoice,
        kind=row.kind,
        moved_on=moved_on,
        amount=-row.amount,
        booked_entity_amount=-row.booked_entity_amount,
        request_key=f"reversal of move {row.pk}",
        reverses=row,
        recorded_at=at,
        recorded_by_id=actor.membership_id,
        journal_entry=entry,
    )
    move_records.apply([(balance, made)])
    audit.record(
        actor=actor, at=at, event=BillingEvent.RECEIVABLE_MOVED, record_type="billing.Invoice",
        record_id=invoice.pk, sentence=f"Reversed: {row.get_kind_display().lower()}",
    )  # fmt: skip
    return made


def retained(invoice: Invoice) -> tuple[Decimal, Decimal]:
    """What is held back of an invoice, and its booked value. One query."""
    sums = ReceivableMove.objects.filter(
        invoice=invoice, kind__in=(Kind.RETENTION_WITHHELD, Kind.RETENTION_RELEASED)
    ).aggregate(amount=Sum("amount"), booked=Sum("booked_entity_amount"))
    return sums["amount"] or ZERO, sums["booked"] or ZERO


def _open(invoice_id: int, actor: Actor) -> tuple[Invoice, InvoiceBalance]:
    """The invoice, and its open item under lock."""
    invoice = visibility.get_invoice(actor=actor, invoice_id=invoice_id)
    if invoice.kind != Invoice.Kind.INVOICE:
        raise DomainError(f"{invoice.number} is a credit note. Choose the invoice it corrects.")
    return invoice, InvoiceBalance.objects.select_for_update().get(invoice=invoice)


def _known(invoice: Invoice, request_key: str, kind: str, amount: Decimal) -> ReceivableMove | None:
    """The movement that this key recorded. Raises  RequestKeyUsed if it recorded another."""
    known = ReceivableMove.objects.filter(request_key=request_key).first()
    if known is None:
        return None
    if (known.invoice_id, known.kind, known.amount) != (invoice.pk, kind, amount):
        raise RequestKeyUsed("This request key moved something else before. Send a key of its own.")
    return known


def _check(invoice: Invoice, balance: InvoiceBalance, amount: Decimal, actor: Actor) -> None:
    if not amount.is_finite() or not 0 < amount <= balance.open_amount:
        told = _told(balance.open_amount, invoice, actor)
        raise DomainError(
            f"{told} of {invoice.number} is open. Enter that or less.", field="amount"
        )
    _check_places(invoice, amount)


def _told(amount: Decimal, invoice: Invoice, actor: Actor) -> str:
    """An amount of the invoice for a refusal; who does not see the rates is not told how much."""
    if visibility.sees_bill_rates(actor, invoice.contract_id):
        return str(Money(round_to_minor(amount, invoice.currency), invoice.currency))
    return "Less"


def _check_places(invoice: Invoice, amount: Decimal) -> None:
    if round_to_minor(amount, invoice.currency) != amount:
        raise DomainError(f"{amount} has more places than {invoice.currency} has.", field="amount")


def _move(
    invoice: Invoice,
    balance: InvoiceBalance,
    kind: str,
    amount: Decimal,
    moved_on: date,
    reason: str,
    request_key: str,
    actor: Actor,
    at: datetime,
    *,
    booked: Decimal | None = None,
) -> ReceivableMove:
    if booked is None:
        item = SettledItem(
            Money(balance.open_amount, invoice.currency), balance.open_entity_amount,
            Money(amount, invoice.currency),
            receivable_dimensions(invoice.contract, invoice.account_id),
        )  # fmt: skip
        booked = booked_share(item, invoice.entity_currency)
    new = NewMove(invoice, balance, kind, amount, booked, moved_on, reason, request_key)
    return move_records.record_moves([new], actor=actor, at=at)[0]


def _rate(currency: str, home: str, on: date) -> Decimal:
    terms = money.fx_terms()
    table = money.fx_table(currencies={currency, home}, from_on=on, until_on=on, terms=terms)
    return table.rate(currency, home, on, terms.base_currency, terms.max_age_days).rate
