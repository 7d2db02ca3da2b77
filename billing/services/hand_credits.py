"""Crediting what was invoiced by hand while no books are kept: the whole invoice, before it is paid."""

from collections.abc import Sequence
from decimal import Decimal

from billing.models import Invoice, InvoiceBalance, InvoiceLine
from billing.rules.confirmation import CREDIT_LINE
from billing.services.credit_notes import Credited
from billing.services.row_ids import next_ids
from psa.core.errors import DomainError
from psa.core.ledger.rules.conversion import converted
from psa.core.ledger.rules.types import ActualDraft, ActualType, BillingType, TransactionClass


def standing_nets(invoice: Invoice) -> dict[int, Decimal]:
    """Invoice line → its net; nothing once the invoice is credited. Two queries."""
    if Invoice.objects.filter(corrects=invoice).exists():
        return {}
    rows = InvoiceLine.objects.filter(invoice=invoice).order_by("position")
    return dict(rows.values_list("id", "net_amount"))


def whole(
    invoice: Invoice, balance: InvoiceBalance | None, line_ids: Sequence[int]
) -> list[Credited]:
    """All lines, each taken back; the rows are counted, not posted.

    Raises  DomainError if the invoice is credited already, partly paid, or not all lines are named.
    """
    standing = standing_nets(invoice)
    if not standing:
        raise DomainError(f"Nothing of invoice {invoice.number} is left to credit.")
    if balance is None or balance.open_amount != invoice.total_amount:
        raise DomainError(
            f"A payment settled {invoice.number}. Reverse the payment first, then credit the invoice."
        )
    charged = {line_id for line_id, net in standing.items() if net}
    if not charged <= set(line_ids):
        raise DomainError(
            f"Your firm works as Lite: {invoice.number} is credited whole. Credit it, and invoice "
            "anew what stays."
        )
    rows = InvoiceLine.objects.filter(invoice=invoice).order_by("position")
    ids = next_ids("billing_invoiceline", len(standing))
    return [
        Credited(row, credit_line_id, None, (taken_back(invoice, row, credit_line_id),))
        for row, credit_line_id in zip(rows, ids, strict=True)
    ]


def taken_back(invoice: Invoice, row: InvoiceLine, credit_line_id: int) -> ActualDraft:
    """What crediting a line would bill: its mirror, at the invoice's rate."""
    return billed(invoice, row, source_kind=CREDIT_LINE, source_id=credit_line_id, sign=-1)


def billed(
    invoice: Invoice, row: InvoiceLine, *, source_kind: str, source_id: int, sign: int = 1
) -> ActualDraft:
    """The billed row of a line that was invoiced by hand, at the invoice's rate."""
    quantity = row.quantity if row.quantity is not None or row.minutes is not None else Decimal(1)
    return ActualDraft(
        type=ActualType.BILLED_SALES,
        work_on=invoice.issued_on,
        legal_entity_id=invoice.legal_entity_id,
        transaction_class=TransactionClass(row.transaction_class),
        currency=invoice.currency,
        amount=sign * row.net_amount,
        source_kind=source_kind,
        source_id=source_id,
        contracting_unit_id=invoice.contract.contracting_unit_id,
        resourcing_unit_id=invoice.contract.contracting_unit_id,
        project_id=row.project_id,
        task_id=row.task_id,
        contract_id=invoice.contract_id,
        contract_line_id=row.contract_line_id,
        account_id=invoice.account_id,
        resource_id=row.resource_id,
        role_id=row.role_id,
        category_id=row.category_id,
        billing_type=BillingType.CHARGEABLE,
        minutes=row.minutes and sign * row.minutes,
        quantity=None if quantity is None else sign * quantity,
        unit=row.unit,
        price=row.price,
        list_amount=sign * row.net_amount,
        entity_amount=converted(
            sign * row.net_amount, invoice.entity_rate, invoice.entity_currency
        ),
        entity_currency=invoice.entity_currency,
        entity_rate=invoice.entity_rate,
        entity_rate_on=invoice.entity_rate_on,
        description=row.description,
    )
