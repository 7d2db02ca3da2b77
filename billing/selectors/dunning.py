"""Invoices that are due to be reminded of: how late they are, and which level comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.models import DunningLevel, DunningNotice, Invoice, InvoiceBalance
from billing.selectors import visibility
from psa.core.actor import Actor
from psa.core.documents.language import said, written_in

DEFAULT_LEVELS = (
    (1, 7, "Our records show that this invoice is past its due date. Please check whether it has "
     "been paid; if not, we ask for your payment in the coming days."),
    (2, 21, "This invoice is still open although we reminded you of it. Please pay it within seven "
     "days, or tell us what stands in the way."),
    (3, 42, "This is our last reminder of this invoice. Unless it is paid within seven days we will "
     "have to take further steps."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DueReminder:
    """An overdue invoice whose next level is reached."""

    id: int
    number: str
    customer: str
    contract: str
    due_on: date
    days_overdue: int
    open_amount: Decimal | None  # without the right to see the contract's rates
    currency: str
    level: int
    reminded_on: date | None


def levels() -> list[DunningLevel]:
    """The firm's levels in order; the defaults, unsaved and without fees, until it sets its own."""
    found = list(DunningLevel.objects.order_by("level"))
    if found:
        return found
    with written_in("de"):
        return [
            DunningLevel(level=level, days_overdue=days, text=text, text_in_german=said(text))
            for level, days, text in DEFAULT_LEVELS
        ]


def next_level(
    reached: int, days_overdue: int, known: Sequence[DunningLevel]
) -> DunningLevel | None:
    """The level after the one reached, if the invoice is late enough for it."""
    following = next((row for row in known if row.level > reached), None)
    if following is None or days_overdue < following.days_overdue:
        return None
    return following


def due_reminders(*, actor: Actor, today: date) -> list[DueReminder]:
    """Overdue invoices to remind of, the latest first; contracts with a stop flag are left out.

    Three queries.
    """
    known = levels()
    rows = (
        InvoiceBalance.objects.filter(
            open_amount__gt=0,
            invoice__due_on__lt=today,
            invoice__kind=Invoice.Kind.INVOICE,
            invoice__in=visibility.invoices_visible_to(actor).values("pk"),
        )
        .exclude(invoice__contract__billing_terms__is_dunning_stopped=True)
        .annotate(shown_open=visibility.priced(actor, "open_amount", by="invoice__contract"))
        .select_related("invoice__account", "invoice__contract")
        .order_by("invoice__due_on", "invoice__number")
    )
    last = {
        row.invoice_id: row
        for row in DunningNotice.objects.filter(invoice__balances__open_amount__gt=0).order_by(
            "level"
        )
    }
    found = []
    for row in rows:
        invoice, notice = row.invoice, last.get(row.invoice_id)
        days = (today - invoice.due_on).days
        level = next_level(notice.level if notice else 0, days, known)
        if level is not None:
            found.append(
                DueReminder(
                    invoice.pk, invoice.number, invoice.account.name, invoice.contract.number,
                    invoice.due_on, days, row.shown_open, invoice.currency, level.level,
                    notice.raised_on if notice else None,
                )
            )  # fmt: skip
    return found
