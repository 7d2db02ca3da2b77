"""Pages of contracts: list, record, hold, limits, chargeability, agreed rates."""

from urllib.parse import urlencode

from django import forms as django_forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.custom_fields import forms as custom_forms
from psa.core.custom_fields import selectors as custom_fields
from psa.core.errors import NotFound
from psa.core.web import lists, stale
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest
from sales import policies
from sales.forms.contracts import (
    ChargeabilityForm,
    HeaderForm,
    HoldForm,
    LimitForm,
    NotToExceedForm,
    RateForm,
)
from sales.forms.fields import optional_id
from sales.models import Contract
from sales.permissions import SalesPermission
from sales.selectors import contracts as selectors
from sales.selectors import visibility
from sales.services import contracts

from . import activity
from . import lists as specs

SEES = (SalesPermission.VIEW, SalesPermission.VIEW_OWN)


class PlainForm(django_forms.Form):
    """Carries the refusal of an action that has no input."""


@requires(*SEES)
def contract_list(request: TenantRequest) -> HttpResponse:
    spec, rows = custom_fields.with_columns(
        specs.CONTRACTS, selectors.contracts(actor=request.actor), "sales.Contract"
    )
    return lists.list_page(request, spec, rows)


@requires(*SEES)
def contract(request: TenantRequest, contract_id: int) -> HttpResponse:
    return _contract(request, contract_id)


@requires(SalesPermission.MANAGE)
def contract_edit(request: TenantRequest, contract_id: int) -> HttpResponse:
    known = visibility.get_contract(actor=request.actor, contract_id=contract_id)
    form = HeaderForm(
        request.POST or None, currency=known.currency, initial=HeaderForm.initial_of(known)
    )
    custom_forms.add_fields(form, record_type=contracts.RECORD, record_id=contract_id)
    stale.watch(form, record=f"sales.contract:{contract_id}")
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            contracts.edit_header(
                contract_id=contract_id,
                lock_version=form.cleaned_data["lock_version"],
                facts=form.facts(),
                custom=custom_forms.values_in(form),
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "sales:contract", contract_id, toast="Contract saved")
    return _form(request, form, known, title="Edit contract")


@require_POST
@requires(SalesPermission.MANAGE)
def contract_confirm(request: TenantRequest, contract_id: int) -> HttpResponse:
    form = PlainForm({})
    with errors_on(form):
        contracts.confirm_contract(contract_id=contract_id, actor=request.actor, at=clock.now())
        return go_to(request, "sales:contract", contract_id, toast="Contract confirmed")
    return _contract(request, contract_id, refused=form)


@requires(SalesPermission.MANAGE)
def contract_hold(request: TenantRequest, contract_id: int) -> HttpResponse:
    known = visibility.get_contract(actor=request.actor, contract_id=contract_id)
    form = HoldForm(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            contracts.hold_contract(
                contract_id=contract_id,
                reason=form.cleaned_data["reason"],
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "sales:contract", contract_id, toast="Contract on hold")
    return _form(request, form, known, title="Put on hold", submit="Put on hold")


@require_POST
@requires(SalesPermission.MANAGE)
def contract_resume(request: TenantRequest, contract_id: int) -> HttpResponse:
    form = PlainForm({})
    with errors_on(form):
        contracts.resume_contract(contract_id=contract_id, actor=request.actor, at=clock.now())
        return go_to(request, "sales:contract", contract_id, toast="Contract resumed")
    return _contract(request, contract_id, refused=form)


@requires(SalesPermission.MANAGE)
def not_to_exceed(request: TenantRequest, line_id: int) -> HttpResponse:
    line = visibility.get_contract_line(actor=request.actor, line_id=line_id)
    form = NotToExceedForm(request.POST or None, currency=line.contract.currency)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            contracts.raise_not_to_exceed(
                line_id=line_id,
                actor=request.actor,
                at=clock.now(),
                today_on=clock.today(),
                **form.cleaned_data,
            )
            return go_to(request, "sales:contract", line.contract_id, toast="Limit raised")
    title = f"Raise the limit of {line.name}"
    return _form(request, form, line.contract, title=title, submit="Raise limit")


@requires(SalesPermission.MANAGE)
def limit_set(request: TenantRequest, contract_id: int) -> HttpResponse:
    known = visibility.get_contract(actor=request.actor, contract_id=contract_id)
    form = LimitForm(request.POST or None, currency=known.currency)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            contracts.set_contract_limit(
                contract_id=contract_id,
                actor=request.actor,
                at=clock.now(),
                today_on=clock.today(),
                **form.cleaned_data,
            )
            return go_to(request, "sales:contract", contract_id, toast="Limit set")
    return _form(request, form, known, title="Limit of the contract", submit="Set limit")


@require_POST
@requires(SalesPermission.MANAGE)
def limit_remove(request: TenantRequest, contract_id: int, limit_id: int) -> HttpResponse:
    visibility.get_contract(actor=request.actor, contract_id=contract_id)
    form = PlainForm({})
    with errors_on(form):
        contracts.remove_contract_limit(
            limit_id=limit_id, actor=request.actor, at=clock.now(), today_on=clock.today()
        )
        return go_to(request, "sales:contract", contract_id, toast="Limit removed")
    return _contract(request, contract_id, refused=form)


@requires(SalesPermission.MANAGE)
def rule_create(request: TenantRequest, line_id: int) -> HttpResponse:
    line = visibility.get_contract_line(actor=request.actor, line_id=line_id)
    form = ChargeabilityForm(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            contracts.add_chargeability_rule(
                line_id=line_id,
                billing_type=form.cleaned_data["billing_type"],
                role_id=optional_id(form.cleaned_data["role"]),
                category_id=optional_id(form.cleaned_data["category"]),
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "sales:contract", line.contract_id, toast="Rule added")
    title = f"What of {line.name} is charged"
    return _form(request, form, line.contract, title=title, submit="Add rule")


@require_POST
@requires(SalesPermission.MANAGE)
def rule_remove(request: TenantRequest, contract_id: int, rule_id: int) -> HttpResponse:
    visibility.get_contract(actor=request.actor, contract_id=contract_id)
    form = PlainForm({})
    with errors_on(form):
        contracts.remove_chargeability_rule(rule_id=rule_id, actor=request.actor, at=clock.now())
        return go_to(request, "sales:contract", contract_id, toast="Rule removed")
    return _contract(request, contract_id, refused=form)


@requires(SalesPermission.MANAGE)
def rate_set(request: TenantRequest, line_id: int) -> HttpResponse:
    line = visibility.get_contract_line(actor=request.actor, line_id=line_id)
    if not policies.sees_bill(request.actor, line.contract.owner_id):
        raise NotFound("This page does not exist, or it is not yours to see.")
    form = RateForm(request.POST or None, currency=line.contract.currency)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            contracts.set_rate_override(
                line_id=line_id,
                role_id=int(form.cleaned_data["role"]),
                price=form.cleaned_data["price"],
                unit=form.cleaned_data["unit"],
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "sales:contract", line.contract_id, toast="Rate agreed")
    title = f"Agreed rate on {line.name}"
    return _form(request, form, line.contract, title=title, submit="Agree rate")


@require_POST
@requires(SalesPermission.MANAGE)
def rate_remove(request: TenantRequest, contract_id: int, override_id: int) -> HttpResponse:
    visibility.get_contract(actor=request.actor, contract_id=contract_id)
    form = PlainForm({})
    with errors_on(form):
        contracts.remove_rate_override(override_id=override_id, actor=request.actor, at=clock.now())
        return go_to(request, "sales:contract", contract_id, toast="Rate removed")
    return _contract(request, contract_id, refused=form)


def _contract(
    request: TenantRequest, contract_id: int, *, refused: django_forms.Form | None = None
) -> HttpResponse:
    page = selectors.contract_page(actor=request.actor, contract_id=contract_id)
    is_refused = refused is not None and bool(refused.errors)
    may_edit = request.actor.has(SalesPermission.MANAGE)
    status = page.contract.status
    return render_page_or_part(
        request,
        "sales/contract.html",
        "sales/_contract.html",
        {
            "page": page,
            "contract": page.contract,
            "state": specs.CONTRACT_STATES[status],
            "entries": activity.entries(page.activity),
            "refused": refused if is_refused else None,
            "drill": _drill(request, page.contract),
            "may_edit": may_edit and page.is_live,
            "amendments": [(row, specs.AMENDMENT_STATES[row.status]) for row in page.amendments],
            "may_amend": may_edit and policies.may_amend(page.contract),
            "may_confirm": may_edit and status == Contract.Status.DRAFT,
            "may_hold": may_edit and status == Contract.Status.CONFIRMED,
            "may_resume": may_edit and status == Contract.Status.ON_HOLD,
        },
        status=422 if is_refused else 200,
    )


def _drill(request: TenantRequest, contract: Contract) -> dict[str, str]:
    """Where each figure comes from, of what the reader may open: pages of other rooms, by address."""

    def may(*permissions: str) -> bool:
        return any(request.actor.has(permission) for permission in permissions)

    found: dict[str, str] = {}
    if may("billing.view", "billing.view_own"):
        number = urlencode({"f.contract__number": contract.number})
        found["billing"] = reverse("billing:of_contract", args=[contract.pk])
        found["invoiced"] = f"{reverse('billing:invoice_list')}?{number}"
        found["unbilled"] = (
            f"{reverse('billing:leakage')}?{urlencode({'q': contract.account.name})}"
        )
    if may("ledger.view_actuals"):
        asked = urlencode({"f.actual_type": "unbilled_sales", "f.contract": contract.pk})
        found["unbilled"] = f"{reverse('ledger:actual_list')}?{asked}"
    if may("revenue.view"):
        asked = urlencode({"q": contract.number})
        found["recognised"] = f"{reverse('revenue:estimate_list')}?{asked}"
        found["costs"] = reverse("revenue:costs_of_contract", args=[contract.pk])
    if may("projects.view", "projects.view_own", "projects.manage_all"):
        found["projects"] = reverse("projects:of_contract", args=[contract.pk])
    return found


def _form(
    request: TenantRequest,
    form: django_forms.Form,
    known: Contract,
    *,
    title: str,
    submit: str = "Save",
) -> HttpResponse:
    url = reverse("sales:contract", args=[known.pk])
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html",
        context={
            "title": title,
            "submit": submit,
            "cancel_url": url,
            "crumbs": [("Contracts", reverse("sales:contract_list")), (known.number, url)],
        },
    )  # fmt: skip
