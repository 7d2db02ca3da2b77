"""Pages of reminders: which invoices are due for one, and the firm's levels."""

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.forms_receivables import DunningLevels
from billing.permissions import BillingPermission
from billing.selectors import dunning as selectors
from billing.services import dunning
from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import AccessPermission
from psa.core.tenancy.models import Tenant
from psa.core.web import lists
from psa.core.web.lists.spec import BulkAction, Column, Empty, ListSpec, TextFilter
from psa.core.web.pages import errors_on, go_to, render_form
from psa.core.web.requests import TenantRequest

REMINDERS = ListSpec(
    key="reminders",
    title="Reminders",
    noun=("overdue invoice", "overdue invoices"),
    crumbs=(("Bill", None),),
    columns=(
        Column("number", "Invoice", kind="link", sort="number"),
        Column("customer", "Customer", sort="customer"),
        Column("contract", "Contract", kind="code", sort="contract"),
        Column("due_on", "Due", kind="date", sort="due_on"),
        Column("days_overdue", "Days overdue", kind="number", sort="days_overdue"),
        Column("open_amount", "Open", kind="money", sort="open_amount", currency="currency"),
        Column("level", "Next level", kind="number", sort="level"),
        Column("reminded_on", "Last reminder", kind="date", sort="reminded_on"),
    ),
    filters=(TextFilter("customer", "Customer"),),
    search=("number", "customer"),
    order="due_on",
    row_url=lambda row: reverse("billing:invoice", args=[row.id]),
    bulk=(
        BulkAction(
            "Remind", "billing:reminders_send", permission=BillingPermission.RECORD_PAYMENT,
            icon="send", tells_each=True,
        ),
    ),
    empty=Empty("Nobody is to be reminded", "Overdue invoices come here when a level is reached."),
)  # fmt: skip


@require_GET
@requires(BillingPermission.VIEW)
def reminder_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.due_reminders(actor=request.actor, today=clock.today())
    spec = REMINDERS if dunning.can_remind(request.actor) else replace(REMINDERS, bulk=())
    return lists.list_page(request, spec, rows)


@require_POST
@requires(BillingPermission.RECORD_PAYMENT)
def reminders_send(request: TenantRequest) -> HttpResponse:
    now = clock.now()
    rows = selectors.due_reminders(actor=request.actor, today=now.date())
    found = dunning.raise_each(
        invoice_ids=lists.selected_ids(request, REMINDERS, rows), today_on=now.date(),
        actor=request.actor, at=now,
    )  # fmt: skip
    back = reverse("billing:reminder_list")
    return lists.bulk_results(request, REMINDERS, found, done="Reminded", back=back)


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def dunning_levels(request: TenantRequest) -> HttpResponse:
    initial: dict[str, Any] = {}
    for row in selectors.levels():
        initial |= {
            f"days_{row.level}": row.days_overdue,
            f"fee_{row.level}": row.fee_amount or None,
            f"text_{row.level}": row.text,
            f"german_{row.level}": row.text_in_german,
        }
    home = Tenant.objects.values_list("currency", flat=True).get(pk=request.actor.tenant_id)
    form = DunningLevels(request.POST or None, currency=home, initial=initial)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            dunning.set_levels(levels=form.levels(), actor=request.actor, at=clock.now())
            return go_to(request, "billing:dunning_levels", toast="Levels saved")
    context = {
        "title": "Reminders",
        "intro": "An overdue invoice is raised from level to level. Its fee is added to what is "
        "open; leave it empty to charge none.",
        "submit": "Save",
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )
