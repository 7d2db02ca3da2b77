"""Pages of invoices and credit notes."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from billing import forms
from billing.invoice_pdf import DETAILS, Detail
from billing.models import InvoiceLine
from billing.permissions import BillingPermission
from billing.selectors import invoices as selectors
from billing.services import credit_limits, credits, documents
from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web import lists
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import lists as specs

SEES = (BillingPermission.VIEW, BillingPermission.VIEW_OWN)


@require_GET
@requires(*SEES)
def invoice_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.invoices(actor=request.actor, today=clock.today())
    return lists.list_page(request, specs.INVOICES, rows)


@require_GET
@requires(*SEES)
def invoice(request: TenantRequest, invoice_id: int) -> HttpResponse:
    page = selectors.invoice_page(actor=request.actor, invoice_id=invoice_id, today=clock.today())
    return render_page_or_part(
        request,
        "billing/invoice.html",
        "billing/_invoice.html",
        {
            "page": page,
            "state": specs.INVOICE_STATES[page.state],
            "details": DETAILS,
        },
    )


@require_GET
@requires(*SEES)
def invoice_document(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """The document at `detail`: made when first opened, the very bytes kept from then on."""
    asked = request.GET.get("detail", documents.DEFAULT_DETAIL)
    detail = Detail(asked) if asked in {d.value for d in Detail} else documents.DEFAULT_DETAIL
    document = documents.invoice_pdf_of(
        invoice_id=invoice_id, detail=detail, actor=request.actor, at=clock.now()
    )
    return go_to(request, "documents:download", document.pk)


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.CREDIT)
def invoice_credit(request: TenantRequest, invoice_id: int) -> HttpResponse:
    found = credits.creditable(actor=request.actor, invoice_id=invoice_id)
    standing = credits.standing_nets(found)
    now = clock.now()
    rows = InvoiceLine.objects.filter(pk__in=standing).order_by("position")
    form = forms.CreditInvoice(
        request.POST or None,
        lines=[
            (row.pk, f"{row.position} {row.description or row.transaction_class}"[:60],
             standing[row.pk])
            for row in rows
            if standing[row.pk]
        ],
        currency=found.currency,
        initial={"credited_on": now.date()},
    )  # fmt: skip
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            note = credits.credit_invoice(
                invoice_id=invoice_id,
                lines=form.credit_lines(),
                reason=form.cleaned_data["reason"],
                credited_on=form.cleaned_data["credited_on"],
                gives_room=form.cleaned_data["gives_room"],
                actor=request.actor,
                at=now,
            )
            return go_to(request, "billing:invoice", note.pk, toast=f"{note.number} issued")
    url = reverse("billing:invoice", args=[invoice_id])
    limit = credit_limits.limit_of(request.actor)
    context = {
        "title": f"Credit {found.number}",
        "intro": f"You may credit up to {limit} of an invoice, net." if limit else "",
        "submit": "Issue credit note",
        "cancel_url": url,
        "crumbs": [("Invoices", reverse("billing:invoice_list")), (found.number, url)],
    }
    return render_form(
        request, form, page="billing/form.html", part="_components/form_part.html", context=context
    )
