"""Pages of capitalised contract costs."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods
from moneyed import Money

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import LedgerPermission
from psa.core.errors import NotFound
from psa.core.web.lists import list_page
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part, render_part
from psa.core.web.requests import TenantRequest
from sales.models import Contract

from . import cost_selectors, forms
from . import lists as room_lists
from .models import ContractCostCharge
from .permissions import RevenuePermission
from .services import contract_costs


@require_GET
@requires(RevenuePermission.VIEW)
def cost_list(request: TenantRequest) -> HttpResponse:
    rows = cost_selectors.cost_rows(actor=request.actor)
    return list_page(request, room_lists.CONTRACT_COSTS, rows)


@require_GET
@requires(RevenuePermission.VIEW)
def cost(request: TenantRequest, cost_id: int) -> HttpResponse:
    """One capitalised cost with what each period took of it."""
    row = cost_selectors.get_cost(actor=request.actor, cost_id=cost_id)
    standing = cost_selectors.standing_of(row)
    may_post = request.actor.has(RevenuePermission.POST) and row.taken_back_at is None
    charges = cost_selectors.charges_of(row)
    return render_page_or_part(
        request,
        "revenue/contract_cost.html",
        "revenue/_contract_cost.html",
        {
            "row": row,
            "amount": Money(row.amount, row.currency),
            "carrying": standing.carrying,
            "charges": charges,
            "sees_journals": request.actor.has(LedgerPermission.VIEW_GL),
            "may_write_off": may_post and standing.carrying.amount > 0,
            "may_take_back": may_post and not any(not one.is_reversed for one in charges),
            "may_reverse": may_post,
        },
    )


@require_GET
@requires(RevenuePermission.VIEW)
def of_contract(request: TenantRequest, contract_id: int) -> HttpResponse:
    """The part of a contract's page with its capitalised costs."""
    contract = _contract(contract_id)
    return render_part(
        request,
        "revenue/_costs_of_contract.html",
        {
            "rows": cost_selectors.costs_of_contract(actor=request.actor, contract_id=contract.pk),
            "contract": contract,
            "may_post": request.actor.has(RevenuePermission.POST),
        },
    )


@require_http_methods(["GET", "POST"])
@requires(RevenuePermission.POST)
def cost_create(request: TenantRequest, contract_id: int) -> HttpResponse:
    """Capitalise a cost of a contract."""
    contract = _contract(contract_id)
    today = clock.today()
    accounts = contract_costs.booked_accounts(legal_entity_id=contract.legal_entity_id)
    usual = contract_costs.usual_account(legal_entity_id=contract.legal_entity_id)
    form = forms.CapitaliseCost(
        request.POST or None,
        accounts=accounts,
        currency=contract.legal_entity.currency,
        initial={
            "capitalised_on": today,
            "starts_on": max(contract.starts_on or today, today),
            "ends_on": contract.ends_on,
            "booked_account_id": usual,
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = contract_costs.capitalise_cost(
                contract_id=contract.pk,
                cost=contract_costs.NewCost(**form.cleaned_data),
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "revenue:contract_cost", made.pk, toast="Cost capitalised")
    return _form(
        request, form, f"Capitalise a cost of {contract.number}", "Capitalise",
        reverse("sales:contract", args=[contract.pk]),
        "It leaves the account where it was booked and is written down evenly over the term.",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(RevenuePermission.POST)
def cost_write_off(request: TenantRequest, cost_id: int) -> HttpResponse:
    row = cost_selectors.get_cost(actor=request.actor, cost_id=cost_id)
    form = forms.WriteOffCost(request.POST or None, initial={"written_off_on": clock.today()})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            contract_costs.write_off_cost(
                cost_id=cost_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "revenue:contract_cost", cost_id, toast="Written off")
    return _form(
        request, form, f"Write off {row.description}", "Write off",
        reverse("revenue:contract_cost", args=[cost_id]),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(RevenuePermission.POST)
def cost_take_back(request: TenantRequest, cost_id: int) -> HttpResponse:
    row = cost_selectors.get_cost(actor=request.actor, cost_id=cost_id)
    form = forms.WithReason(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            contract_costs.take_back_cost(
                cost_id=cost_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "revenue:contract_cost_list", toast="Taken back")
    return _form(
        request, form, f"Take back {row.description}", "Take back",
        reverse("revenue:contract_cost", args=[cost_id]),
        "Its entry is mirrored on the same day. A cost that a period was charged with is written "
        "off instead.",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(RevenuePermission.POST)
def charge_reverse(request: TenantRequest, charge_id: int) -> HttpResponse:
    charge = (
        ContractCostCharge.objects.select_related("period", "cost").filter(pk=charge_id).first()
    )
    if charge is None:
        raise NotFound("There is no such charge, or it is not yours to see.")
    form = forms.WithReason(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            contract_costs.reverse_charge(
                charge_id=charge_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "revenue:contract_cost", charge.cost_id, toast="Reversed")
    return _form(
        request, form, f"Reverse the charge of {charge.period.title}", "Reverse",
        reverse("revenue:contract_cost", args=[charge.cost_id]),
    )  # fmt: skip


def _contract(contract_id: int) -> Contract:
    found: Contract | None = (
        Contract.objects.select_related("legal_entity").filter(pk=contract_id).first()
    )
    if found is None:
        raise NotFound("There is no such contract, or it is not yours to see.")
    return found


def _form(
    request: TenantRequest, form: Any, title: str, submit: str, back: str, intro: str = ""
) -> HttpResponse:
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html",
        context={
            "title": title,
            "intro": intro,
            "submit": submit,
            "cancel_url": back,
            "crumbs": [
                ("Account", None),
                ("Contract costs", reverse("revenue:contract_cost_list")),
            ],
        },
    )  # fmt: skip
