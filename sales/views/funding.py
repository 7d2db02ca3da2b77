"""The page on which is said who pays a contract."""

from django.http import HttpResponse
from django.urls import reverse

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web.pages import errors_on, go_to, render_form
from psa.core.web.requests import TenantRequest
from sales.forms.funding import FundingForm
from sales.permissions import SalesPermission
from sales.selectors import funding as selectors
from sales.selectors import visibility
from sales.services import funding

INTRO = (
    "Steps are used up in order: a step pays until one of its payers has reached their limit, then "
    "the next step takes over. The shares of a step sum to 100 %. What was approved or invoiced "
    "stays with whom it was posted for. A department of the firm pays by journal: it gets no invoice, "
    "no tax is added, and nothing is receivable from it."
)


@requires(SalesPermission.MANAGE)
def funding_set(request: TenantRequest, contract_id: int) -> HttpResponse:
    known = visibility.get_contract(actor=request.actor, contract_id=contract_id)
    splits = selectors.splits_of(known)
    payers = selectors.payers_of(known, splits)
    form = FundingForm(
        request.POST or None,
        contract=known,
        actor=request.actor,
        initial=FundingForm.initial_of(known, splits, payers),
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            funding.set_split(
                contract_id=contract_id,
                valid_from=form.cleaned_data["valid_from"],
                line_id=form.line_id(),
                shares=form.shares(),
                actor=request.actor,
                at=clock.now(),
                today_on=clock.today(),
            )
            return go_to(request, "sales:contract", contract_id, toast="Payers saved")
    url = reverse("sales:contract", args=[known.pk])
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html",
        context={
            "title": "Who pays",
            "intro": INTRO,
            "submit": "Save",
            "cancel_url": url,
            "crumbs": [("Contracts", reverse("sales:contract_list")), (known.number, url)],
        },
    )  # fmt: skip
