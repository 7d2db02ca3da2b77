"""What is open of invoices between legal entities, and what was paid."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from moneyed import Money

from psa.core.actor import Actor
from psa.core.errors import NotFound

from .intercompany_selectors import all_invoices, check_may_see
from .models import IntercompanyInvoice, IntercompanyPayment, IntercompanySettlement
from .rules.intercompany_payments import OpenInvoice

_AMOUNT = DecimalField(max_digits=19, decimal_places=4)


def with_open(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """Adds `open_amount`: the total less what payments settled of it."""
    settled = (
        IntercompanySettlement.objects.filter(invoice=OuterRef("pk"))
        .order_by()
        .values("invoice")
        .annotate(n=Sum("amount"))
        .values("n")
    )
    return rows.annotate(
        open_amount=F("total_amount")
        - Coalesce(Subquery(settled, output_field=_AMOUNT), Value(Decimal(0)), output_field=_AMOUNT)
    )


def invoices(*, actor: Actor) -> "QuerySet[Any]":
    """The rows of the list of invoices, with what is open. Raises  PermissionDenied."""
    return with_open(all_invoices(actor=actor)).values(
        "id", "number", "lender__code", "borrower__code", "worked_until_on", "issued_on",
        "currency", "net_amount", "tax_amount", "total_amount", "open_amount",
    )  # fmt: skip


def open_invoices(invoices: Collection[IntercompanyInvoice]) -> dict[int, OpenInvoice]:
    """By id: what is open and how it is booked, of those with something open. One query."""
    sums = {
        pk: (amount, lender, borrower)
        for pk, amount, lender, borrower in IntercompanySettlement.objects.filter(
            invoice__in=[row.pk for row in invoices]
        )
        .order_by()
        .values_list("invoice_id")
        .annotate(Sum("amount"), Sum("lender_booked_amount"), Sum("borrower_booked_amount"))
    }
    zero = Decimal(0)
    found = {}
    for row in invoices:
        amount, lender, borrower = sums.get(row.pk, (zero, zero, zero))
        left = row.total_amount - amount
        if left:
            found[row.pk] = OpenInvoice(
                row.pk, row.number, Money(left, row.currency),
                row.lender_entity_amount - lender, row.borrower_entity_amount - borrower,
            )  # fmt: skip
    return found


def open_beside(*, actor: Actor, invoice: IntercompanyInvoice) -> list[OpenInvoice]:
    """What is open between the two entities of an invoice, in its currency, it first; then by day.

    Two queries. Raises  PermissionDenied.
    """
    check_may_see(actor)
    rows = IntercompanyInvoice.objects.filter(
        lender=invoice.lender_id, borrower=invoice.borrower_id, currency=invoice.currency
    ).order_by("issued_on", "id")
    found = open_invoices(list(rows))
    return sorted(found.values(), key=lambda one: one.invoice_id != invoice.pk)


@dataclass(frozen=True, slots=True)
class SettlementRow:
    """A payment and an invoice that it settles a part of."""

    payment_id: int
    payment: str
    invoice_id: int
    invoice: str
    paid_on: date
    amount: Money


def settlements_of(
    *, invoice: IntercompanyInvoice | None = None, payment: IntercompanyPayment | None = None
) -> list[SettlementRow]:
    """Of an invoice or of a payment, in the order recorded. One query."""
    rows = IntercompanySettlement.objects.order_by("id")
    rows = rows.filter(payment=payment) if invoice is None else rows.filter(invoice=invoice)
    return [
        SettlementRow(payment_id, paid, invoice_id, number, on, Money(amount, currency))
        for payment_id, paid, invoice_id, number, on, amount, currency in rows.values_list(
            "payment_id", "payment__number", "invoice_id", "invoice__number", "payment__paid_on",
            "amount", "payment__currency",
        )
    ]  # fmt: skip


def payments(*, actor: Actor) -> "QuerySet[Any]":
    """The rows of the list. Raises  PermissionDenied."""
    check_may_see(actor)
    return IntercompanyPayment.objects.values(
        "id", "number", "lender__code", "borrower__code", "paid_on", "currency", "amount",
        "paid_currency", "paid_amount", "reference", "reverses__number",
    )  # fmt: skip


def get_payment(*, actor: Actor, intercompany_payment_id: int) -> IntercompanyPayment:
    """One payment with entities, entries, and what it reverses. Raises  NotFound, PermissionDenied."""
    check_may_see(actor)
    found = (
        IntercompanyPayment.objects.select_related(
            "lender", "borrower", "lender_entry", "borrower_entry", "reverses", "recorded_by"
        )
        .filter(pk=intercompany_payment_id)
        .first()
    )
    if found is None:
        raise NotFound("There is no such intercompany payment, or it is not yours to see.")
    return found
