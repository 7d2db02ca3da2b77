"""Pages of a legal entity's bank accounts; each asks anew who it is: whoever changes them is paid."""

from django import forms as django_forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import OrgPermission
from psa.core.access.step_up import step_up
from psa.core.org import bank_accounts
from psa.core.org.services import entity_accounts, structure
from psa.core.web.pages import errors_on, go_to, render_form
from psa.core.web.requests import TenantRequest

from . import forms_of_banks as forms
from . import selectors


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE)
@step_up
def entity_bank(request: TenantRequest, entity_id: int) -> HttpResponse:
    """The main account, and those beside it."""
    row = selectors.entity(entity_id)
    initial = {name: getattr(row, name) for name in structure.BANK_FIELDS}
    form = forms.MainAccount(request.POST or None, initial=initial)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            structure.edit_entity(
                entity_id=entity_id, values=form.cleaned_data, actor=request.actor, at=clock.now()
            )
            return go_to(request, "setup:entity", entity_id, toast="Bank details saved")
    context = {"entity": row, "accounts": bank_accounts.accounts_of(entity_id)}
    return render_form(
        request, form, page="setup/bank.html", part="setup/_bank.html", context=context
    )


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE)
@step_up
def account_create(request: TenantRequest, entity_id: int) -> HttpResponse:
    selectors.entity(entity_id)
    initial = {"is_default": True, "is_active": True}
    return _save(
        request, entity_id, None, forms.FurtherAccount(request.POST or None, initial=initial)
    )


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE)
@step_up
def account(request: TenantRequest, entity_id: int, account_id: int) -> HttpResponse:
    row = bank_accounts.account(entity_id, account_id)
    initial = {
        "name": row.name,
        "currency": row.currency,
        "bank_name": row.bank_name,
        "bic": row.bic,
        "is_default": row.is_default,
        "is_active": row.is_active,
    }
    form = forms.FurtherAccount(request.POST or None, initial=initial, number_end=row.number_end)
    return _save(request, entity_id, account_id, form)


def _save(
    request: TenantRequest, entity_id: int, account_id: int | None, form: django_forms.Form
) -> HttpResponse:
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            entity_accounts.save_account(
                account_id=account_id,
                legal_entity_id=entity_id,
                actor=request.actor,
                at=clock.now(),
                **form.cleaned_data,
            )
            return go_to(request, "setup:entity_bank", entity_id, toast="Bank account saved")
    back = reverse("setup:entity_bank", args=[entity_id])
    context = {
        "title": "New bank account" if account_id is None else "Bank account",
        "submit": "Save",
        "cancel_url": back,
        "crumbs": [("Bank accounts", back)],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )
