"""Reconciling invoices and credit notes with the rows they billed, and with the open items kept."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from django.db.models import F, OuterRef, Q, Subquery, Sum

from billing.models import (
    CHARGES,
    Invoice,
    InvoiceBalance,
    InvoiceLine,
    PaymentAllocation,
    ReceivableMove,
    Reimbursement,
)
from billing.rules.confirmation import CREDIT_LINE, INVOICE_LINE
from billing.selectors.reimbursements import own_paid
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.posting_profiles import JournalEvent, Slot
from psa.core.ledger.rules.proofs import Proof, prove
from psa.core.ledger.rules.types import REVERSAL, ActualType
from psa.core.org.models import LegalEntity
from sales.models import Account

from .proof_sums import Sums, lines_on, named

NO_DOCUMENT = "no document"


def document_proofs(entity: LegalEntity, as_of: date) -> list[Proof]:
    """Net of each invoice and credit note = the billed rows that name its lines, per currency.

    A line of a credit note bills what stays and reverses the billed row that it starts from.
    """
    nets: dict[str, Sums] = defaultdict(dict)
    rows: dict[str, Sums] = defaultdict(dict)
    numbers: dict[int, str] = {}
    for pk, number, currency, net in (
        InvoiceLine.objects.filter(invoice__legal_entity=entity, invoice__issued_on__lte=as_of)
        .values_list("invoice_id", "invoice__number", "invoice__currency")
        .annotate(Sum("net_amount"))
    ):
        numbers[pk] = number
        nets[currency][number] = net
    billed = Actual.objects.filter(
        legal_entity_id=entity.pk, actual_type=ActualType.BILLED_SALES, posted_on__lte=as_of
    )
    by_line = InvoiceLine.objects.filter(pk=OuterRef("source_id"))
    by_reversed = InvoiceLine.objects.filter(
        actual_id=OuterRef("reversal_of_id"),
        invoice__kind__in=(Invoice.Kind.CREDIT_NOTE, Invoice.Kind.CHARGE_BACK),
    )
    for source, lines in (
        (Q(source_kind__in=(INVOICE_LINE, CREDIT_LINE)), by_line),
        (Q(source_kind=REVERSAL), by_reversed),
        (~Q(source_kind__in=(INVOICE_LINE, CREDIT_LINE, REVERSAL)), None),
    ):
        found = billed.filter(source)
        if lines is None:
            totals = [(None, *row) for row in found.values_list("currency").annotate(Sum("amount"))]
        else:
            totals = list(
                found.annotate(document_id=Subquery(lines.values("invoice_id")[:1]))
                .values_list("document_id", "currency")
                .annotate(Sum("amount"))
            )
        for document_id, currency, total in totals:
            number = numbers.get(document_id or 0, NO_DOCUMENT)
            rows[currency][number] = rows[currency].get(number, Decimal(0)) + total
    return [
        prove(
            f"documents {currency}",
            currency=currency,
            kind="invoice",
            left_label="Invoices and credit notes, net",
            right_label="Billed sales",
            left=nets[currency],
            right=rows[currency],
        )
        for currency in sorted({*nets, *rows})
    ]


def open_items_proof(entity: LegalEntity) -> Proof:
    """Open items as payments and credits left them = documents less all that moved them, by customer."""
    kept = dict(
        InvoiceBalance.objects.filter(invoice__legal_entity=entity)
        .values_list("invoice__account_id")
        .annotate(Sum("open_entity_amount"))
    )
    computed: dict[int, Decimal] = defaultdict(Decimal)
    for account_id, total in (
        Invoice.objects.filter(legal_entity=entity)
        .exclude(kind__in=CHARGES)
        .values_list("account_id")
        .annotate(Sum("entity_total_amount"))
    ):
        computed[account_id] += total
    for account_id, total in (
        PaymentAllocation.objects.filter(invoice__legal_entity=entity)
        .values_list("invoice__account_id")
        .annotate(Sum("booked_entity_amount"))
    ):
        computed[account_id] -= total
    for account_id, total in (
        ReceivableMove.objects.filter(invoice__legal_entity=entity)
        .values_list("invoice__account_id")
        .annotate(Sum("booked_entity_amount"))
    ):
        computed[account_id] -= total
    codes = dict(Account.objects.filter(pk__in={*kept, *computed}).values_list("id", "code"))
    return prove(
        "open_items",
        currency=entity.currency,
        kind="customer",
        left_label="Open items as kept",
        right_label="Invoices less payments and other moves",
        left={codes[pk]: total for pk, total in kept.items()},
        right={codes[pk]: total for pk, total in computed.items()},
    )


def retention_proof(entity: LegalEntity, as_of: date) -> Proof:
    """Retentions receivable in the books = withheld less released, by customer."""
    booked = dict(
        lines_on(entity, as_of, (Slot.RETENTION_RECEIVABLE,))
        .exclude(entry__event=JournalEvent.REVALUATION)
        .values_list("customer_id")
        .annotate(total=Sum("debit") - Sum("credit"))
    )
    held = dict(
        ReceivableMove.objects.filter(
            invoice__legal_entity=entity,
            moved_on__lte=as_of,
            kind__in=(
                ReceivableMove.Kind.RETENTION_WITHHELD,
                ReceivableMove.Kind.RETENTION_RELEASED,
            ),
        )
        .values_list("invoice__account_id")
        .annotate(Sum("booked_entity_amount"))
    )
    codes = dict(Account.objects.filter(pk__in={*booked, *held}).values_list("id", "code"))
    return prove(
        "retention",
        currency=entity.currency,
        kind="customer",
        left_label="Retentions receivable",
        right_label="Withheld less released",
        left=named(booked, codes),
        right=named(held, codes),
    )


def employee_payable_proof(entity: LegalEntity, as_of: date) -> Proof:
    """Employee payables in the books = expenses that people paid less what was paid back."""
    booked = (
        lines_on(entity, as_of, (Slot.EMPLOYEE_PAYABLE,))
        .exclude(entry__event=JournalEvent.REVALUATION)
        .aggregate(total=Sum("credit") - Sum("debit"))["total"]
    )
    spent = (
        own_paid()
        .filter(legal_entity_id=entity.pk, posted_on__lte=as_of)
        .aggregate(total=Sum(F("entity_amount") + F("entity_recoverable_tax")))["total"]
    )
    paid = Reimbursement.objects.filter(legal_entity=entity, paid_on__lte=as_of).aggregate(
        total=Sum("booked_entity_amount")
    )["total"]
    zero = Decimal(0)
    return prove(
        "employee_payable",
        currency=entity.currency,
        kind="entity",
        left_label="Employee payables",
        right_label="Own-paid expenses less reimbursements",
        left={entity.code: booked or zero},
        right={entity.code: (spent or zero) - (paid or zero)},
    )
