"""Pages of receivables, payments and leakage."""

from decimal import Decimal
from uuid import uuid4

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from billing import forms
from billing.permissions import BillingPermission
from billing.selectors import leakage as leaks
from billing.selectors import receivables, visibility
from billing.services import payments
from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.money.rounding import round_to_minor
from psa.core.web import lists
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import lists as specs


@require_GET
@requires(BillingPermission.VIEW)
def receivable_list(request: TenantRequest) -> HttpResponse:
    today = clock.today()
    rows = receivables.open_items(actor=request.actor, today=today)
    return lists.list_page(
        request,
        specs.OPEN_ITEMS,
        rows,
        template="billing/receivables.html",
        context={"ageing": receivables.ageing(actor=request.actor, as_of=today), "today": today},
    )


@require_GET
@requires(BillingPermission.VIEW)
def payment_list(request: TenantRequest) -> HttpResponse:
    rows = receivables.payments(actor=request.actor)
    return lists.list_page(request, specs.PAYMENTS, rows)


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.RECORD_PAYMENT)
def payment_create(request: TenantRequest) -> HttpResponse:
    now = clock.now()
    initial = {"request_key": uuid4().hex, "received_on": now.date()}
    if str(request.GET.get("invoice", "")).isdecimal():
        invoice = visibility.get_invoice(
            actor=request.actor, invoice_id=int(request.GET["invoice"])
        )
        initial |= {
            "account": invoice.account_id,
            "legal_entity": invoice.legal_entity_id,
            "currency": invoice.currency,
            "invoice": invoice.number,
        }
        if visibility.sees_bill_rates(request.actor, invoice.contract_id):
            open_amount = receivables.open_amount_of(invoice.pk) or Decimal(0)
            initial["amount"] = round_to_minor(open_amount, invoice.currency)
    form = forms.RecordPayment(request.POST or None, initial=initial)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            made = payments.record_payment(
                request_key=data["request_key"],
                account_id=data["account"].pk,
                legal_entity_id=data["legal_entity"].pk,
                received_on=data["received_on"],
                amount=data["amount"],
                currency=data["currency"],
                reference=data["reference"],
                chosen=form.chosen,
                actor=request.actor,
                at=now,
            )
            return go_to(request, "billing:payment", made.pk, toast="Payment recorded")
    context = {
        "title": "Record a payment",
        "submit": "Record payment",
        "cancel_url": reverse("billing:receivable_list"),
        "crumbs": [("Receivables", reverse("billing:receivable_list"))],
    }
    return render_form(
        request, form, page="billing/form.html", part="_components/form_part.html", context=context
    )


@require_GET
@requires(BillingPermission.VIEW)
def payment(request: TenantRequest, payment_id: int) -> HttpResponse:
    page = receivables.payment_page(actor=request.actor, payment_id=payment_id)
    return render_page_or_part(
        request, "billing/payment.html", "billing/_payment.html", {"page": page}
    )


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.RECORD_PAYMENT)
def payment_reverse(request: TenantRequest, payment_id: int) -> HttpResponse:
    found = visibility.get_payment(actor=request.actor, payment_id=payment_id)
    now = clock.now()
    form = forms.ReversePayment(request.POST or None, initial={"reversed_on": now.date()})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            payments.reverse_payment(
                payment_id=payment_id, actor=request.actor, at=now, **form.cleaned_data
            )
            return go_to(request, "billing:payment", payment_id, toast="Payment reversed")
    url = reverse("billing:payment", args=[payment_id])
    context = {
        "title": f"Reverse payment {found.number}",
        "submit": "Reverse payment",
        "cancel_url": url,
        "crumbs": [("Payments", reverse("billing:payment_list")), (found.number, url)],
    }
    return render_form(
        request, form, page="billing/form.html", part="_components/form_part.html", context=context
    )


@require_GET
@requires(BillingPermission.VIEW, BillingPermission.VIEW_OWN)
def leakage(request: TenantRequest) -> HttpResponse:
    today = clock.today()
    rows = leaks.leakage(actor=request.actor, today=today)
    return lists.list_page(
        request,
        specs.LEAKAGE,
        rows,
        template="billing/leakage.html",
        context={
            "is_unbilled": leaks.unbilled_of_month(actor=request.actor, today=today),
            "today": today,
        },
    )
