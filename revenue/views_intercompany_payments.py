"""Pages of payments between legal entities."""

from uuid import uuid4

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods
from moneyed import Money

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import LedgerPermission
from psa.core.web.lists import list_page
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import forms, intercompany_selectors
from . import intercompany_payment_selectors as selectors
from . import lists as room_lists
from .permissions import RevenuePermission
from .services import intercompany_payments


@require_GET
@requires(RevenuePermission.VIEW)
def payment_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.payments(actor=request.actor)
    return list_page(request, room_lists.INTERCOMPANY_PAYMENTS, rows)


@require_http_methods(["GET", "POST"])
@requires(RevenuePermission.POST)
def payment_create(request: TenantRequest, intercompany_invoice_id: int) -> HttpResponse:
    """Record what was paid of an invoice, and of others between the same two entities."""
    invoice = intercompany_selectors.get_invoice(
        actor=request.actor, intercompany_invoice_id=intercompany_invoice_id
    )
    form = forms.PaySister(
        request.POST or None,
        items=selectors.open_beside(actor=request.actor, invoice=invoice),
        initial={"paid_on": clock.today(), "request_key": uuid4().hex},
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = intercompany_payments.record_payment(
                chosen=form.chosen(),
                paid=form.paid(),
                paid_on=form.cleaned_data["paid_on"],
                reference=form.cleaned_data["reference"],
                request_key=form.cleaned_data["request_key"],
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(
                request, "revenue:intercompany_payment", made.pk, toast=f"{made.number} recorded"
            )
    url = reverse("revenue:intercompany_invoice", args=[invoice.pk])
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html",
        context={
            "title": "Record payment",
            "intro": "Recorded once, and in the books of both legal entities on the same day. What "
            "the day's rate makes of it beyond the booked value is a realised exchange difference.",
            "submit": "Record payment",
            "cancel_url": url,
            "crumbs": [
                ("Intercompany invoices", reverse("revenue:intercompany_invoice_list")),
                (invoice.number, url),
            ],
        },
    )  # fmt: skip


@require_GET
@requires(RevenuePermission.VIEW)
def payment(request: TenantRequest, intercompany_payment_id: int) -> HttpResponse:
    """One payment: what it settles, and its entry in either book."""
    row = selectors.get_payment(
        actor=request.actor, intercompany_payment_id=intercompany_payment_id
    )
    reversal = row.reversals.first()
    return render_page_or_part(
        request,
        "revenue/intercompany_payment.html",
        "revenue/_intercompany_payment.html",
        {
            "row": row,
            "reversal": reversal,
            "settled": selectors.settlements_of(payment=row),
            "amount": Money(row.amount, row.currency),
            "paid": Money(row.paid_amount, row.paid_currency),
            "books": [
                (row.borrower, "Paid",
                 Money(row.borrower_entity_amount, row.borrower.currency), row.borrower_entry),
                (row.lender, "Received",
                 Money(row.lender_entity_amount, row.lender.currency), row.lender_entry),
            ],
            "sees_journals": request.actor.has(LedgerPermission.VIEW_GL),
            "can_reverse": row.reverses_id is None
            and reversal is None
            and request.actor.has(RevenuePermission.POST),
        },
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(RevenuePermission.POST)
def payment_reverse(request: TenantRequest, intercompany_payment_id: int) -> HttpResponse:
    row = selectors.get_payment(
        actor=request.actor, intercompany_payment_id=intercompany_payment_id
    )
    form = forms.ReversePayment(request.POST or None, initial={"reversed_on": clock.today()})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = intercompany_payments.reverse_payment(
                intercompany_payment_id=intercompany_payment_id,
                actor=request.actor,
                at=clock.now(),
                **form.cleaned_data,
            )
            return go_to(
                request, "revenue:intercompany_payment", made.pk, toast=f"{row.number} reversed"
            )
    url = reverse("revenue:intercompany_payment", args=[row.pk])
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html",
        context={
            "title": f"Reverse {row.number}",
            "submit": "Reverse",
            "cancel_url": url,
            "crumbs": [
                ("Intercompany payments", reverse("revenue:intercompany_payment_list")),
                (row.number, url),
            ],
        },
    )  # fmt: skip
