"""Open items, ageing and payments."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet, Sum

from billing.models import Invoice, InvoiceBalance, Payment, PaymentAllocation
from billing.permissions import BillingPermission
from billing.selectors import visibility
from billing.selectors.invoices import with_shown_amounts, with_state
from billing.selectors.proposals import activity
from psa.core.access.permissions import LedgerPermission
from psa.core.actor import Actor
from psa.core.org.models import LegalEntity
from psa.core.web.activity import ActivityEntry
from sales.models import Account

BUCKETS = (("1 to 30", 1, 30), ("31 to 60", 31, 60), ("61 to 90", 61, 90), ("over 90", 91, None))


@dataclass(frozen=True, slots=True)
class AgeingRow:
    """One customer's open items in one currency, by days overdue."""

    id: int
    customer: str
    currency: str
    not_due: Decimal
    days_30: Decimal
    days_60: Decimal
    days_90: Decimal
    older: Decimal
    total: Decimal


def open_items(*, actor: Actor, today: date) -> "QuerySet[Any]":
    """Invoices with something open, and customers' credit balances. One query."""
    rows = visibility.invoices_visible_to(actor).filter(kind=Invoice.Kind.INVOICE)
    return (
        with_shown_amounts(with_state(rows, today=today), actor)
        .filter(~Q(balances__open_amount=0))
        .values(
            "id", "number", "state", "account__name", "account_id", "contract__number",
            "issued_on", "due_on", "currency", "shown_total", "shown_open",
        )
    )  # fmt: skip


def ageing(*, actor: Actor, as_of: date) -> list[AgeingRow]:
    """Per customer and currency, what is open by age, most overdue first. One query.

    Of contracts whose bill rates the actor sees: a customer's only invoice is one of a contract.
    """

    def due(from_days: int, until_days: int | None) -> Q:
        window = Q(invoice__due_on__lte=as_of - timedelta(days=from_days))
        if until_days is not None:
            window &= Q(invoice__due_on__gte=as_of - timedelta(days=until_days))
        return window

    open_sum = {
        name: Sum("open_amount", filter=window, default=Decimal(0))
        for name, window in (
            ("not_due", Q(invoice__due_on__gte=as_of)),
            ("days_30", due(1, 30)),
            ("days_60", due(31, 60)),
            ("days_90", due(61, 90)),
            ("older", due(91, None)),
        )
    }
    rows = (
        InvoiceBalance.objects.filter(
            ~Q(open_amount=0),
            visibility.priced_contracts(actor, by="invoice__contract"),
            invoice__in=visibility.invoices_visible_to(actor).values("pk"),
        )
        .values("invoice__account_id", "invoice__account__name", "invoice__currency")
        .annotate(total=Sum("open_amount"), **open_sum)
        .order_by("-older", "-days_90", "-days_60", "-days_30", "-total")
    )
    return [
        AgeingRow(
            id=row["invoice__account_id"],
            customer=row["invoice__account__name"],
            currency=row["invoice__currency"],
            not_due=row["not_due"],
            days_30=row["days_30"],
            days_60=row["days_60"],
            days_90=row["days_90"],
            older=row["older"],
            total=row["total"],
        )
        for row in rows
    ]


def payments(*, actor: Actor) -> "QuerySet[Any]":
    """The rows of the list of payments."""
    return visibility.payments_visible_to(actor).annotate(
        is_reversed=Q(reversed_by__isnull=False)
    ).values(
        "id", "number", "account__name", "received_on", "currency", "amount", "reference",
        "reverses_id", "is_reversed", "recorded_by__name",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class AllocationView:
    invoice_id: int
    number: str
    due_on: date
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """One payment, what it settled, and whether it can still be reversed.

    What it settled of an invoice is None where the actor does not see the contract's bill rates,
    and so is the advance, which would tell it.
    """

    payment: Payment
    allocations: tuple[AllocationView, ...]
    advance: Decimal | None
    reversed_by: tuple[int, str] | None
    can_reverse: bool
    sees_journal: bool
    activity: tuple[ActivityEntry, ...]


def payment_page(*, actor: Actor, payment_id: int) -> PaymentPage:
    """Raises  NotFound."""
    payment = visibility.get_payment(actor=actor, payment_id=payment_id)
    allocations = tuple(
        AllocationView(*row)
        for row in PaymentAllocation.objects.filter(payment=payment)
        .annotate(shown_amount=visibility.priced(actor, "amount", by="invoice__contract"))
        .order_by("invoice__due_on", "invoice_id")
        .values_list("invoice_id", "invoice__number", "invoice__due_on", "shown_amount")
    )
    reversed_by = Payment.objects.filter(reverses=payment).values_list("id", "number").first()
    settled = sum((row.amount or Decimal(0) for row in allocations), Decimal(0))
    is_told = all(row.amount is not None for row in allocations)
    return PaymentPage(
        payment=payment,
        allocations=allocations,
        advance=payment.amount - settled if is_told else None,
        reversed_by=reversed_by,
        can_reverse=payment.reverses_id is None
        and reversed_by is None
        and actor.has(BillingPermission.RECORD_PAYMENT),
        sees_journal=actor.has(LedgerPermission.VIEW_GL),
        activity=activity("billing.Payment", payment.pk),
    )


def customers_with_open_items() -> "QuerySet[Account]":
    """For the form's choice of customer; all customers that were ever invoiced."""
    return (
        visibility.customers().filter(pk__in=Invoice.objects.values("account_id")).order_by("name")
    )


def entities() -> "QuerySet[LegalEntity]":
    return LegalEntity.objects.order_by("code")


def open_items_of(
    *, account_id: int, legal_entity_id: int, currency: str
) -> list[tuple[int, str, date, Decimal]]:
    """(invoice id, number, due date, open amount), the oldest due first. One query."""
    return list(
        InvoiceBalance.objects.filter(
            invoice__account_id=account_id,
            invoice__legal_entity_id=legal_entity_id,
            invoice__currency=currency,
            open_amount__gt=0,
        )
        .order_by("invoice__due_on", "invoice__number")
        .annotate(number=F("invoice__number"), due_on=F("invoice__due_on"))
        .values_list("invoice_id", "number", "due_on", "open_amount")
    )


def open_amount_of(invoice_id: int) -> Decimal | None:
    """What is open of an invoice; None without an open item. One query."""
    found = InvoiceBalance.objects.filter(invoice_id=invoice_id).values_list(
        "open_amount", flat=True
    )
    return found.first()
