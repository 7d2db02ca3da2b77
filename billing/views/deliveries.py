"""Pages of sending invoices."""

from uuid import uuid4

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing import forms, policies
from billing.invoice_pdf import Detail
from billing.permissions import BillingPermission
from billing.selectors import deliveries as selectors
from billing.selectors import invoices, visibility
from billing.services import deliveries, documents
from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web import lists
from psa.core.web.pages import errors_on, go_to, render_form
from psa.core.web.requests import TenantRequest

from . import lists as specs


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.CONFIRM)
def invoice_send(request: TenantRequest, invoice_id: int) -> HttpResponse:
    found = visibility.get_invoice(actor=request.actor, invoice_id=invoice_id)
    policies.check_is_no_charge(found)
    form = forms.SendInvoice(
        request.POST or None,
        initial={
            "request_key": uuid4().hex,
            "recipients": found.snapshot["buyer"]["email"],
            "message": selectors.usual_message(found),
            "detail": selectors.first_detail(found) or documents.DEFAULT_DETAIL.value,
            "with_backup": True,
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            deliveries.send_invoice(
                invoice_id=invoice_id,
                recipients=data["recipients"],
                message=data["message"],
                detail=Detail(data["detail"]),
                with_backup=data["with_backup"],
                request_key=data["request_key"],
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(
                request, "billing:invoice", invoice_id, toast=f"{found.number} is on its way"
            )
    url = reverse("billing:invoice", args=[invoice_id])
    context = {
        "title": f"Send {found.number}",
        "submit": "Send",
        "cancel_url": url,
        "crumbs": [("Invoices", reverse("billing:invoice_list")), (found.number, url)],
    }
    return render_form(
        request, form, page="billing/form.html", part="_components/form_part.html", context=context
    )


@require_POST
@requires(BillingPermission.CONFIRM)
def invoices_send(request: TenantRequest) -> HttpResponse:
    """From the list: starts the job that sends each to its customer."""
    now = clock.now()
    rows = invoices.invoices(actor=request.actor, today=now.date())
    run = deliveries.start_sending(
        invoice_ids=lists.selected_ids(request, specs.INVOICES, rows),
        actor=request.actor,
        at=now,
    )
    return go_to(request, "jobs:run", run.pk)


@require_GET
@requires(BillingPermission.VIEW, BillingPermission.VIEW_OWN)
def invoice_backup(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """The timesheets and receipts behind the invoice: made when first opened, then kept."""
    document = deliveries.invoice_backup_of(
        invoice_id=invoice_id, actor=request.actor, at=clock.now()
    )
    return go_to(request, "documents:download", document.pk)


@require_POST
@requires(BillingPermission.CONFIRM)
def delivery_retry(request: TenantRequest, delivery_id: int) -> HttpResponse:
    delivery = deliveries.retry_delivery(
        delivery_id=delivery_id, actor=request.actor, at=clock.now()
    )
    return go_to(
        request, "billing:invoice", delivery.invoice_id, toast=f"Sending to {delivery.recipient}"
    )
