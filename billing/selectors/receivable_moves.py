"""What moved an open invoice beside payments, and what may be moved now."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.models import BillingTerms, DunningNotice, Invoice, InvoiceBalance, ReceivableMove
from billing.permissions import BillingPermission
from billing.selectors import visibility
from psa.core.actor import Actor
from sales.models import Contract

WITHHELD = ReceivableMove.Kind.RETENTION_WITHHELD
RELEASED = ReceivableMove.Kind.RETENTION_RELEASED


@dataclass(frozen=True, slots=True)
class Movement:
    id: int
    kind: str
    label: str
    moved_on: date
    amount: Decimal | None
    reason: str
    reverses_id: int | None


@dataclass(frozen=True, slots=True)
class InvoiceMoves:
    """The movements of one invoice, what is held back, and which doors are open to the actor.

    Amounts are None without the right to see the contract's rates.
    """

    invoice: Invoice
    moves: list[Movement]
    reversed_ids: frozenset[int]
    notices: list[DunningNotice]
    retained: Decimal | None
    open_amount: Decimal | None
    may_write_off: bool
    may_withhold: bool
    may_release: bool
    may_reverse: bool


def invoice_moves(*, actor: Actor, invoice_id: int) -> InvoiceMoves:
    """Three queries and twice the visibility. Raises  NotFound."""
    invoice = visibility.get_invoice(actor=actor, invoice_id=invoice_id)
    moves = list(ReceivableMove.objects.filter(invoice=invoice).order_by("id"))
    retained = sum((m.amount for m in moves if m.kind in (WITHHELD, RELEASED)), Decimal(0))
    balance = InvoiceBalance.objects.filter(invoice=invoice).values_list("open_amount", flat=True)
    is_open = invoice.kind == Invoice.Kind.INVOICE and (balance.first() or 0) > 0
    pays = actor.has(BillingPermission.RECORD_PAYMENT)
    sees = visibility.sees_bill_rates(actor, invoice.contract_id)
    return InvoiceMoves(
        invoice=invoice,
        moves=[
            Movement(
                m.pk, m.kind, m.get_kind_display(), m.moved_on, m.amount if sees else None,
                m.reason, m.reverses_id,
            )
            for m in moves
        ],
        reversed_ids=frozenset(m.reverses_id for m in moves if m.reverses_id is not None),
        notices=list(DunningNotice.objects.filter(invoice=invoice).order_by("level")),
        retained=retained if sees else None,
        open_amount=(balance.first() or Decimal(0)) if sees else None,
        may_write_off=is_open and pays,
        may_withhold=is_open and actor.has(BillingPermission.CONFIRM),
        may_release=retained > 0 and pays,
        may_reverse=pays,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ContractTerms:
    contract: Contract
    terms: BillingTerms
    retained: Decimal | None  # without the right to see its rates


def contract_terms(*, actor: Actor, contract_id: int) -> ContractTerms:
    """A contract's billing terms, the defaults until they are set, and what is held back of it.

    Raises  NotFound. Two queries and the visibility.
    """
    contract = visibility.get_contract(actor=actor, contract_id=contract_id)
    terms = BillingTerms.objects.filter(contract=contract).first()
    amounts = ReceivableMove.objects.filter(
        invoice__contract=contract, kind__in=(WITHHELD, RELEASED)
    ).values_list("amount", flat=True)
    return ContractTerms(
        contract,
        terms or BillingTerms(tenant_id=contract.tenant_id, contract=contract),
        sum(amounts, Decimal(0)) if visibility.sees_bill_rates(actor, contract_id) else None,
    )
