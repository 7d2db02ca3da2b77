"""Pages of reimbursements: who is owed what, paying, what was paid, taking it back."""

from uuid import uuid4

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from billing.forms import ReversePayment
from billing.forms_receivables import PayBack
from billing.permissions import BillingPermission
from billing.selectors import reimbursements as selectors
from billing.selectors.reimbursement_batches import waiting_in_batches
from billing.services import reimbursements
from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.money.rounding import round_to_minor
from psa.core.web import lists
from psa.core.web.lists.spec import Action, Column, Empty, ListSpec, TextFilter
from psa.core.web.pages import errors_on, go_to, render_form
from psa.core.web.requests import TenantRequest

BILL = (("Bill", None),)


def _pay_url(row: selectors.Owed) -> str:
    query: dict[str, str | int] = {
        "person": row.resource_id, "entity": row.legal_entity_id, "currency": row.currency,
    }  # fmt: skip
    return f"{reverse('billing:reimbursement_create')}?{urlencode(query)}"


OWED = ListSpec(
    key="owed_to_people",
    title="Reimbursements",
    noun=("person", "people"),
    crumbs=BILL,
    columns=(
        Column("person", "Person", kind="link", sort="person"),
        Column("entity", "Legal entity", sort="entity", phone=False),
        Column("oldest_on", "Oldest expense", kind="date", sort="oldest_on"),
        Column("amount", "Owed", kind="money", sort="amount", currency="currency"),
        Column("in_batches", "In batches", kind="money", currency="currency", phone=False),
        Column("batches", "Batches", phone=False),
    ),
    filters=(TextFilter("entity", "Legal entity"),),
    search=("person",),
    order="oldest_on",
    row_url=_pay_url,
    actions=(
        Action("Batches", "billing:reimbursement_batches"),
        Action("What was paid", "billing:reimbursement_list"),
        Action("New batch", "billing:reimbursement_batch_create", key="c", icon="plus",
               permission=BillingPermission.RECORD_PAYMENT, primary=True),
    ),
    empty=Empty("Nobody is owed", "Own-paid expenses come here once they are in the books."),
)  # fmt: skip
PAID = ListSpec(
    key="reimbursements",
    title="Paid back",
    noun=("reimbursement", "reimbursements"),
    crumbs=(("Reimbursements", "billing:reimbursement_owed"),),
    columns=(
        Column("number", "Number", kind="link", sort="number"),
        Column("resource__name", "Person", sort="resource__name"),
        Column("legal_entity__code", "Legal entity", sort="legal_entity__code", phone=False),
        Column("paid_on", "Paid", kind="date", sort="paid_on", phone=False),
        Column("amount", "Amount", kind="money", sort="amount", currency="currency"),
        Column("reference", "Reference", phone=False),
    ),
    search=("number__startswith", "resource__name__icontains"),
    order="-paid_on",
    row_url=lambda row: reverse("billing:reimbursement_reverse", args=[row["id"]]),
    empty=Empty("Nothing was paid back yet", "Pay a person from the list of what is owed."),
)  # fmt: skip


@require_GET
@requires(BillingPermission.VIEW)
def reimbursement_owed(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, OWED, selectors.owed_to_people(actor=request.actor))


@require_GET
@requires(BillingPermission.VIEW)
def reimbursement_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, PAID, selectors.reimbursements(actor=request.actor))


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.RECORD_PAYMENT)
def reimbursement_create(request: TenantRequest) -> HttpResponse:
    now = clock.now()
    initial = {"request_key": uuid4().hex, "paid_on": now.date()}
    person, entity = request.GET.get("person", ""), request.GET.get("entity", "")
    currency = request.GET.get("currency", "")[:3]
    if person.isdecimal() and entity.isdecimal() and len(person) < 19 and len(entity) < 19:
        amount, _ = selectors.owed(
            resource_id=int(person), legal_entity_id=int(entity), currency=currency
        )
        amount -= sum(waiting_in_batches(int(person), int(entity), currency).values())
        initial |= {"resource": int(person), "legal_entity": int(entity), "currency": currency}
        if amount > 0:
            initial["amount"] = round_to_minor(amount, currency)
    form = PayBack(request.POST or None, initial=initial)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = reimbursements.reimburse(actor=request.actor, at=now, **form.arguments())
            return go_to(request, "billing:reimbursement_owed", toast=f"{made.number}: paid back")
    context = {
        "title": "Pay back",
        "submit": "Record payment",
        "cancel_url": reverse("billing:reimbursement_owed"),
        "crumbs": [("Reimbursements", reverse("billing:reimbursement_owed"))],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.RECORD_PAYMENT)
def reimbursement_reverse(request: TenantRequest, reimbursement_id: int) -> HttpResponse:
    row = selectors.get_reimbursement(actor=request.actor, reimbursement_id=reimbursement_id)
    now = clock.now()
    form = ReversePayment(request.POST or None, initial={"reversed_on": now.date()})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            reimbursements.reverse_reimbursement(
                reimbursement_id=reimbursement_id, actor=request.actor, at=now, **form.cleaned_data
            )
            return go_to(request, "billing:reimbursement_list", toast=f"{row.number} reversed")
    url = reverse("billing:reimbursement_list")
    context = {
        "title": f"Reverse {row.number}, {row.resource.name}",
        "submit": "Reverse",
        "cancel_url": url,
        "crumbs": [("Paid back", url)],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )
