"""Doors of open invoices: write-off, retention, reversal; and a contract's billing terms."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from billing.forms_receivables import BillingTermsForm, MoveReceivable, ReverseMove
from billing.models import ReceivableMove
from billing.permissions import BillingPermission
from billing.selectors import receivable_moves as selectors
from billing.services import receivable_moves
from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.errors import NotFound
from psa.core.money.rounding import round_to_minor
from psa.core.web.pages import errors_on, go_to, render_form, render_part
from psa.core.web.requests import TenantRequest

SEES = (BillingPermission.VIEW, BillingPermission.VIEW_OWN)


@require_GET
@requires(*SEES)
def invoice_moves(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """The part of an invoice's page with what moved it, and its doors."""
    page = selectors.invoice_moves(actor=request.actor, invoice_id=invoice_id)
    return render_part(request, "billing/_invoice_moves.html", {"page": page})


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.RECORD_PAYMENT)
def invoice_write_off(request: TenantRequest, invoice_id: int) -> HttpResponse:
    return _move(
        request, invoice_id, receivable_moves.write_off, "Write off", asks_reason=True,
        intro="Tax stays as invoiced. To take tax back, credit the invoice instead.",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.CONFIRM)
def invoice_withhold(request: TenantRequest, invoice_id: int) -> HttpResponse:
    return _move(request, invoice_id, receivable_moves.withhold_retention, "Withhold retention")


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.RECORD_PAYMENT)
def invoice_release(request: TenantRequest, invoice_id: int) -> HttpResponse:
    return _move(
        request, invoice_id, receivable_moves.release_retention, "Release retention",
        of_retained=True,
    )  # fmt: skip


def _move(
    request: TenantRequest,
    invoice_id: int,
    service: Callable[..., ReceivableMove],
    title: str,
    *,
    asks_reason: bool = False,
    of_retained: bool = False,
    intro: str = "",
) -> HttpResponse:
    page = selectors.invoice_moves(actor=request.actor, invoice_id=invoice_id)
    invoice, now = page.invoice, clock.now()
    amount = page.retained if of_retained else page.open_amount
    form = MoveReceivable(
        request.POST or None,
        currency=invoice.currency,
        asks_reason=asks_reason,
        initial={
            "request_key": uuid4().hex,
            "moved_on": now.date(),
            "amount": round_to_minor(amount, invoice.currency) if amount else None,
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            service(invoice_id=invoice_id, actor=request.actor, at=now, **form.cleaned_data)
            return go_to(request, "billing:invoice", invoice_id, toast=f"{title}: done")
    return _form(request, form, f"{title}: {invoice.number}", title, invoice_id, intro)


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.RECORD_PAYMENT)
def move_reverse(request: TenantRequest, invoice_id: int, move_id: int) -> HttpResponse:
    page = selectors.invoice_moves(actor=request.actor, invoice_id=invoice_id)
    row = next((m for m in page.moves if m.id == move_id), None)
    if row is None:
        raise NotFound("This movement does not exist, or it is not yours to see.")
    now = clock.now()
    form = ReverseMove(request.POST or None, initial={"moved_on": now.date()})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            receivable_moves.reverse_move(
                move_id=move_id, actor=request.actor, at=now, **form.cleaned_data
            )
            return go_to(request, "billing:invoice", invoice_id, toast="Reversed")
    title = f"Reverse: {row.label.lower()}"
    return _form(request, form, title, "Reverse", invoice_id)


@require_GET
@requires(*SEES)
def contract_terms_part(request: TenantRequest, contract_id: int) -> HttpResponse:
    """The part of a contract's page with its billing terms."""
    page = selectors.contract_terms(actor=request.actor, contract_id=contract_id)
    return render_part(
        request,
        "billing/_contract_terms.html",
        {"page": page, "may_edit": request.actor.has(BillingPermission.CONFIRM)},
    )


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.CONFIRM)
def contract_terms(request: TenantRequest, contract_id: int) -> HttpResponse:
    page = selectors.contract_terms(actor=request.actor, contract_id=contract_id)
    form = BillingTermsForm(
        request.POST or None,
        initial={
            "retention_percent": page.terms.retention_percent,
            "is_dunning_stopped": page.terms.is_dunning_stopped,
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            receivable_moves.set_billing_terms(
                contract_id=contract_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "sales:contract", contract_id, toast="Billing terms saved")
    url = reverse("sales:contract", args=[contract_id])
    context: dict[str, Any] = {
        "title": "Billing terms",
        "submit": "Save",
        "cancel_url": url,
        "crumbs": [("Contracts", reverse("sales:contract_list")), (page.contract.number, url)],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


def _form(
    request: TenantRequest, form: Any, title: str, submit: str, invoice_id: int, intro: str = ""
) -> HttpResponse:
    url = reverse("billing:invoice", args=[invoice_id])
    context = {
        "title": title,
        "intro": intro,
        "submit": submit,
        "cancel_url": url,
        "crumbs": [("Invoices", reverse("billing:invoice_list"))],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )
