"""Pages of reimbursement batches: making one, its file for the bank, and that it is paid."""

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.forms_receivables import MakeBatch, PaidOn
from billing.permissions import BillingPermission
from billing.selectors import reimbursement_batches as selectors
from billing.services import reimbursement_batches as services
from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.step_up import step_up
from psa.core.web import lists, sentences, states
from psa.core.web.lists.spec import Action, Column, Empty, ListSpec
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest

STATES = {"draft": states.DRAFT, "paid": states.PAID, "cancelled": states.CANCELLED}
BATCHES = ListSpec(
    key="reimbursement_batches",
    title="Reimbursement batches",
    noun=("batch", "batches"),
    crumbs=(("Reimbursements", "billing:reimbursement_owed"),),
    columns=(
        Column("number", "Number", kind="link", sort="number"),
        Column("legal_entity__code", "Legal entity", sort="legal_entity__code", phone=False),
        Column("people", "People", kind="number", phone=False),
        Column("amount", "Amount", kind="money", currency="currency"),
        Column("execute_on", "To be paid", kind="date", sort="execute_on", phone=False),
        Column("state", "State", kind="state", states=STATES, sort="state"),
        Column("paid_on", "Paid", kind="date", sort="paid_on", phone=False),
    ),
    search=("number__startswith",),
    order="-execute_on",
    row_url=lambda row: reverse("billing:reimbursement_batch", args=[row["id"]]),
    actions=(
        Action("New batch", "billing:reimbursement_batch_create", key="c", icon="plus",
               permission=BillingPermission.RECORD_PAYMENT, primary=True),
    ),
    empty=Empty("No batches yet", "A batch pays all that an entity owes people in one currency."),
)  # fmt: skip
CONTENT_TYPES = {"xml": "application/xml", "csv": "text/csv; charset=utf-8"}


class PlainForm(forms.Form):
    """Carries the refusal of an action that has no input."""


@require_GET
@requires(BillingPermission.VIEW)
def batch_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, BATCHES, selectors.batches(actor=request.actor))


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.RECORD_PAYMENT)
def batch_create(request: TenantRequest) -> HttpResponse:
    now = clock.now()
    entity_id, currency = selectors.next_to_pay() or (None, None)
    form = MakeBatch(
        request.POST or None,
        currencies=selectors.batch_currencies(),
        initial={"execute_on": now.date(), "legal_entity": entity_id, "currency": currency},
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = services.make_batch(
                legal_entity_id=form.cleaned_data["legal_entity"].pk,
                currency=form.cleaned_data["currency"],
                execute_on=form.cleaned_data["execute_on"],
                pay_from_id=chosen.pk if (chosen := form.cleaned_data["pay_from"]) else None,
                actor=request.actor, at=now,
            )  # fmt: skip
            said = (f"Made {made.batch.number}.", *made.left_out)
            told = " ".join(sentences.told(one) for one in said)
            return go_to(request, "billing:reimbursement_batch", made.batch.pk, toast=told)
    url = reverse("billing:reimbursement_batches")
    context = {
        "title": "New reimbursement batch",
        "submit": "Make batch",
        "cancel_url": url,
        "crumbs": [("Reimbursement batches", url)],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


@require_GET
@requires(BillingPermission.VIEW)
def batch(request: TenantRequest, batch_id: int) -> HttpResponse:
    return _render(request, batch_id)


def _render(request: TenantRequest, batch_id: int, form: forms.Form | None = None) -> HttpResponse:
    page = selectors.batch_page(actor=request.actor, batch_id=batch_id)
    context = {
        "page": page,
        "state": STATES[page.state],
        "form": form,
        "paid": form
        if isinstance(form, PaidOn)
        else PaidOn(initial={"paid_on": clock.now().date()}),
        "may_pay": request.actor.has(BillingPermission.RECORD_PAYMENT),
    }
    return render_page_or_part(
        request, "billing/reimbursement_batch.html", "billing/_reimbursement_batch.html", context,
        status=422 if form is not None and form.errors else 200,
    )  # fmt: skip


@require_POST
@requires(BillingPermission.RECORD_PAYMENT)
@step_up
def batch_file(request: TenantRequest, batch_id: int, file_format: str) -> HttpResponse:
    """People's bank accounts leave the system here, so it asks anew who it is."""
    form = PlainForm(request.POST)
    with errors_on(form):
        if form.is_valid():
            page = selectors.batch_page(actor=request.actor, batch_id=batch_id)
            content = services.write_file(
                batch_id=batch_id, format="xml" if file_format == "xml" else "csv",
                actor=request.actor, at=clock.now(),
            )  # fmt: skip
            answer = HttpResponse(content, content_type=CONTENT_TYPES.get(file_format, "text/csv"))
            answer["Content-Disposition"] = f'attachment; filename="{page.number}.{file_format}"'
            answer["Cache-Control"] = "no-store"
            return answer
    return _render(request, batch_id, form)


@require_POST
@requires(BillingPermission.RECORD_PAYMENT)
def batch_paid(request: TenantRequest, batch_id: int) -> HttpResponse:
    form = PaidOn(request.POST)
    with errors_on(form):
        if form.is_valid():
            services.mark_paid(
                batch_id=batch_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "billing:reimbursement_batch", batch_id, toast="Marked as paid")
    return _render(request, batch_id, form)


@require_POST
@requires(BillingPermission.RECORD_PAYMENT)
def batch_cancel(request: TenantRequest, batch_id: int) -> HttpResponse:
    form = PlainForm(request.POST)
    with errors_on(form):
        if form.is_valid():
            services.cancel_batch(batch_id=batch_id, actor=request.actor, at=clock.now())
            return go_to(request, "billing:reimbursement_batches", toast="Cancelled")
    return _render(request, batch_id, form)
