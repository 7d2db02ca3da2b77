"""Pages of invoices between legal entities."""

from datetime import timedelta
from decimal import Decimal

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods
from moneyed import Money

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import LedgerPermission
from psa.core.ledger import actual_records
from psa.core.ledger import lists as ledger_lists
from psa.core.org.models import LegalEntity
from psa.core.web.lists import list_page
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import forms
from . import intercompany_payment_selectors as payment_selectors
from . import intercompany_selectors as selectors
from . import lists as room_lists
from .permissions import RevenuePermission
from .services import intercompany_documents, intercompany_invoices


@require_GET
@requires(RevenuePermission.VIEW)
def invoice_list(request: TenantRequest) -> HttpResponse:
    rows = payment_selectors.invoices(actor=request.actor)
    return list_page(request, room_lists.INTERCOMPANY_INVOICES, rows)


@require_http_methods(["GET", "POST"])
@requires(RevenuePermission.POST)
def invoice_create(request: TenantRequest) -> HttpResponse:
    """Invoice what was lent: one invoice for each pair of legal entities and currency."""
    selectors.check_may_see(request.actor)
    today = clock.today()
    form = forms.InvoiceLentWork(
        request.POST or None,
        lenders=list(LegalEntity.objects.order_by("code").values_list("id", "name")),
        initial={
            "worked_until_on": today.replace(day=1) - timedelta(days=1),
            "issued_on": today,
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = intercompany_invoices.issue_invoices(
                actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            if len(made) == 1:
                return go_to(
                    request, "revenue:intercompany_invoice", made[0].pk,
                    toast=f"{made[0].number} issued",
                )  # fmt: skip
            return go_to(
                request, "revenue:intercompany_invoice_list", toast=f"{len(made)} invoices issued"
            )
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html",
        context={
            "title": "Invoice lent work",
            "intro": "One invoice for each pair of legal entities and currency, in the books of "
            "both at once. It cannot be changed: work that is taken back later is credited with the "
            "next one.",
            "submit": "Issue invoices",
            "cancel_url": reverse("revenue:intercompany"),
            "crumbs": [("Intercompany", reverse("revenue:intercompany"))],
        },
    )  # fmt: skip


@require_GET
@requires(RevenuePermission.VIEW)
def invoice(request: TenantRequest, intercompany_invoice_id: int) -> HttpResponse:
    """One invoice: its lines, its tax, and its entry in either book."""
    row = selectors.get_invoice(
        actor=request.actor, intercompany_invoice_id=intercompany_invoice_id
    )
    paid = payment_selectors.settlements_of(invoice=row)
    left = row.total_amount - sum((one.amount.amount for one in paid), Decimal(0))
    return render_page_or_part(
        request,
        "revenue/intercompany_invoice.html",
        "revenue/_intercompany_invoice.html",
        {
            "row": row,
            "lines": selectors.lines_of(row),
            "net": Money(row.net_amount, row.currency),
            "tax": Money(row.tax_amount, row.currency),
            "total": Money(row.total_amount, row.currency),
            "open": Money(left, row.currency),
            "payments": paid,
            "may_pay": left and request.actor.has(RevenuePermission.POST),
            "books": [
                (row.lender, "Receivable",
                 Money(row.lender_entity_amount, row.lender.currency), row.lender_entry),
                (row.borrower, "Payable",
                 Money(row.borrower_entity_amount, row.borrower.currency), row.borrower_entry),
            ],
            "sees_journals": request.actor.has(LedgerPermission.VIEW_GL),
            "sees_actuals": request.actor.has(LedgerPermission.VIEW_ACTUALS),
        },
    )  # fmt: skip


@require_GET
@requires(RevenuePermission.VIEW)
def invoice_document(request: TenantRequest, intercompany_invoice_id: int) -> HttpResponse:
    """The document: made when first opened, the very bytes kept from then on."""
    document = intercompany_documents.document_of(
        intercompany_invoice_id=intercompany_invoice_id, actor=request.actor, at=clock.now()
    )
    return go_to(request, "documents:download", document.pk)


@require_GET
@requires(RevenuePermission.VIEW)
def line_actuals(request: TenantRequest, intercompany_line_id: int) -> HttpResponse:
    """The rows of both books that a line is the sum of."""
    ids = selectors.actuals_of_line(actor=request.actor, line_id=intercompany_line_id)
    rows = actual_records.actual_rows(actor=request.actor).filter(pk__in=ids)
    return list_page(request, ledger_lists.ACTUALS, rows)
