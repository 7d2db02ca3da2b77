"""Invoices as lists and the record page show them; their state is derived, never stored."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from billing.models import Invoice, InvoiceLine, InvoiceTax, PaymentAllocation
from billing.permissions import BillingPermission
from billing.selectors import tax_codes, visibility
from billing.selectors.deliveries import deliveries_of
from billing.selectors.proposals import activity, plain_quantity
from psa.core.access.permissions import LedgerPermission
from psa.core.actor import Actor
from psa.core.documents.models import Document
from psa.core.notifications.mailing import DeliveryView
from psa.core.web.activity import ActivityEntry

STATES = (
    ("credit_note", "Credit note"),
    ("charge", "Charged inside the firm"),
    ("charge_back", "Charge taken back"),
    ("credited", "Credited"),
    ("written_off", "Written off"),
    ("paid", "Paid"),
    ("partly_paid", "Partly paid"),
    ("overdue", "Overdue"),
    ("sent", "Sent"),
    ("confirmed", "Confirmed, not sent"),
)


def with_state(rows: "QuerySet[Invoice]", *, today: date) -> "QuerySet[Any]":
    """Adds `open_amount` and `state`, the furthest that holds of confirmed, sent, partly paid,
    overdue, paid, written off and credited; a credit note is one, and so is a charge."""
    is_credited = Exists(Invoice.objects.filter(corrects=OuterRef("pk")))
    # Per row shown, not a sum over all rows joined: a page reads no more than it shows.
    paid = Coalesce(
        Subquery(
            PaymentAllocation.objects.filter(invoice_id=OuterRef("pk"))
            .order_by()
            .values("invoice_id")
            .annotate(total=Sum("amount"))
            .values("total")
        ),
        Value(Decimal(0)),
    )
    open_amount = Coalesce(F("balances__open_amount"), Value(Decimal(0)))
    unpaid = Case(When(is_credited, then=Value("credited")), default=Value("written_off"))
    return rows.annotate(open_amount=open_amount, paid=paid).annotate(
        state=Case(
            When(kind=Invoice.Kind.CREDIT_NOTE, then=Value("credit_note")),
            When(kind=Invoice.Kind.CHARGE_BACK, then=Value("charge_back")),
            When(kind=Invoice.Kind.CHARGE, then=Value("charge")),
            When(open_amount__lte=0, then=Case(When(paid=0, then=unpaid), default=Value("paid"))),
            When(due_on__lt=today, then=Value("overdue")),
            When(paid__gt=0, then=Value("partly_paid")),
            When(balances__sent_at__isnull=False, then=Value("sent")),
            default=Value("confirmed"),
            output_field=CharField(),
        )
    )


def invoices(*, actor: Actor, today: date) -> "QuerySet[Any]":
    """The rows of the list of invoices; amounts None where the actor does not see the rates."""
    return with_shown_amounts(
        with_state(visibility.invoices_visible_to(actor), today=today), actor
    ).values(
        "id", "number", "kind", "state", "account__name", "account_id", "contract__number",
        "issued_on", "due_on", "currency", "shown_net", "shown_total", "shown_open",
    )  # fmt: skip


def with_shown_amounts(rows: "QuerySet[Any]", actor: Actor) -> "QuerySet[Any]":
    """Adds to `with_state` the amounts that the actor may see: net, total and open."""
    return rows.annotate(
        shown_net=visibility.priced(actor, "net_amount"),
        shown_total=visibility.priced(actor, "total_amount"),
        shown_open=visibility.priced(actor, "open_amount"),
    )


@dataclass(frozen=True, slots=True)
class InvoiceLineView:
    """A line; price and net are None without the right to see rates."""

    id: int
    position: int
    worked_on: date
    person: str
    project: str
    what: str
    minutes: int | None
    quantity: Decimal | None
    unit: str
    price: Decimal | None
    net: Decimal | None


@dataclass(frozen=True, slots=True)
class TaxView:
    label: str
    net_amount: Decimal | None
    tax_amount: Decimal | None


@dataclass(frozen=True, slots=True)
class PaidView:
    payment_id: int
    number: str
    received_on: date
    amount: Decimal | None
    is_reversal: bool


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """One invoice or credit note with all that hangs on it.

    Every amount is None without the right to see the contract's bill rates.
    """

    invoice: Invoice
    state: str
    open_amount: Decimal | None
    lines: tuple[InvoiceLineView, ...]
    taxes: tuple[TaxView, ...]
    payments: tuple[PaidView, ...]
    corrections: tuple[tuple[int, str, date, Decimal | None], ...]
    documents: tuple[tuple[int, str], ...]
    sees_rates: bool
    sees_journal: bool
    can_credit: bool
    can_pay: bool
    can_send: bool
    deliveries: tuple[DeliveryView, ...]
    activity: tuple[ActivityEntry, ...]

    @property
    def net_amount(self) -> Decimal | None:
        return self.invoice.net_amount if self.sees_rates else None

    @property
    def tax_amount(self) -> Decimal | None:
        return self.invoice.tax_amount if self.sees_rates else None

    @property
    def total_amount(self) -> Decimal | None:
        return self.invoice.total_amount if self.sees_rates else None

    @property
    def is_foreign(self) -> bool:
        return self.invoice.currency != self.invoice.entity_currency


def invoice_page(*, actor: Actor, invoice_id: int, today: date) -> InvoicePage:
    """A fixed number of queries. Raises  NotFound."""
    invoice = visibility.get_invoice(actor=actor, invoice_id=invoice_id)
    found = with_state(Invoice.objects.filter(pk=invoice.pk), today=today).values(
        "state", "open_amount"
    )[0]
    sees_rates = visibility.sees_bill_rates(actor, invoice.contract_id)
    is_invoice = invoice.kind == Invoice.Kind.INVOICE
    return InvoicePage(
        invoice=invoice,
        state=found["state"],
        open_amount=found["open_amount"] if sees_rates else None,
        lines=_lines(invoice, sees_rates),
        taxes=tuple(
            TaxView(
                tax_codes.label(row.name, row.tax_percent),
                row.net_amount if sees_rates else None,
                row.tax_amount if sees_rates else None,
            )
            for row in InvoiceTax.objects.filter(invoice=invoice).order_by("id")
        ),
        payments=_payments(invoice, sees_rates),
        corrections=tuple(
            (note.pk, note.number, note.issued_on, note.total_amount if sees_rates else None)
            for note in invoice.corrections.order_by("id")
        ),
        documents=tuple(
            Document.objects.filter(record_type="billing.Invoice", record_id=invoice.pk)
            .order_by("id")
            .values_list("id", "filename")
        )
        if sees_rates
        else (),
        sees_rates=sees_rates,
        sees_journal=actor.has(LedgerPermission.VIEW_GL),
        can_credit=invoice.kind in (Invoice.Kind.INVOICE, Invoice.Kind.CHARGE)
        and not (is_invoice and found["state"] == "credited")
        and sees_rates
        and actor.has(BillingPermission.CREDIT),
        can_pay=is_invoice
        and found["open_amount"] > 0
        and actor.has(BillingPermission.RECORD_PAYMENT),
        can_send=sees_rates and not invoice.is_charge and actor.has(BillingPermission.CONFIRM),
        deliveries=deliveries_of(invoice),
        activity=activity("billing.Invoice", invoice.pk),
    )


def _lines(invoice: Invoice, sees_rates: bool) -> tuple[InvoiceLineView, ...]:
    names = invoice.snapshot["names"]

    def name(word: str, pk: int | None) -> str:
        return names.get(word, {}).get(str(pk), "") if pk is not None else ""

    return tuple(
        InvoiceLineView(
            id=row.pk,
            position=row.position,
            worked_on=row.work_on,
            person=name("resource", row.resource_id),
            project=name("project", row.project_id),
            what=row.description or name("task", row.task_id) or name("category", row.category_id),
            minutes=row.minutes,
            quantity=plain_quantity(row.quantity),
            unit=row.unit,
            price=row.price if sees_rates else None,
            net=row.net_amount if sees_rates else None,
        )
        for row in InvoiceLine.objects.filter(invoice=invoice).order_by("position")
    )


def _payments(invoice: Invoice, sees_rates: bool) -> tuple[PaidView, ...]:
    rows = (
        PaymentAllocation.objects.filter(invoice=invoice)
        .order_by("id")
        .values_list(
            "payment_id", "payment__number", "payment__received_on", "amount",
            "payment__reverses_id",
        )
    )  # fmt: skip
    return tuple(
        PaidView(pk, number, on, amount if sees_rates else None, reverses is not None)
        for pk, number, on, amount, reverses in rows
    )
