"""Pages of what the books need: categories, posting profiles, tax codes."""

from typing import Any

from django import forms as django_forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.services import category_taxes as category_tax_services
from billing.services import tax_codes
from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import AccessPermission, LedgerPermission, OrgPermission
from psa.core.ledger.services import chart, profiles
from psa.core.ledger.services.chart import AccountFacts
from psa.core.org.services import categories
from psa.core.web import lists
from psa.core.web.pages import errors_on, go_to, render_form
from psa.core.web.requests import TenantRequest

from . import forms_of_books as forms
from . import lists_of_books as specs
from . import selectors_of_books as selectors
from .views import form_page

SEES_BOOKS = (AccessPermission.MANAGE_PARAMETERS, LedgerPermission.POST)


class PlainForm(django_forms.Form):
    """Carries the refusal of an action that has no input."""


@require_GET
@requires(OrgPermission.VIEW, OrgPermission.MANAGE)
def category_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, specs.CATEGORIES, selectors.categories())


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE)
def category_create(request: TenantRequest) -> HttpResponse:
    return _save_category(request, None, forms.Category(request.POST or None), "New category")


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE)
def category(request: TenantRequest, category_id: int) -> HttpResponse:
    row = selectors.category(category_id)
    initial = {name: getattr(row, name) for name in forms.Category.base_fields}
    form = forms.Category(request.POST or None, initial=initial)
    return _save_category(request, category_id, form, row.name)


def _save_category(
    request: TenantRequest, category_id: int | None, form: forms.Category, title: str
) -> HttpResponse:
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            categories.save_category(
                category_id=category_id,
                actor=request.actor,
                at=clock.now(),
                **form.cleaned_data,
            )
            return go_to(request, "setup:category_list", toast="Saved")
    return form_page(request, form, title, "Save", "setup:category_list")


@require_GET
@requires(*SEES_BOOKS)
def ledger_account_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, specs.CHART, selectors.ledger_accounts())


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def ledger_account_create(request: TenantRequest) -> HttpResponse:
    form = forms.Account(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            chart.add_account(
                facts=AccountFacts(**form.cleaned_data), actor=request.actor, at=clock.now()
            )
            return go_to(request, "setup:ledger_account_list", toast="Account added")
    return form_page(request, form, "New account", "Add account", "setup:ledger_account_list")


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def ledger_account(request: TenantRequest, account_id: int) -> HttpResponse:
    row = selectors.ledger_account(account_id)
    initial = {name: getattr(row, name) for name in forms.Account.base_fields}
    form = forms.Account(request.POST or None, initial=initial)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            chart.change_account(
                account_id=account_id,
                facts=AccountFacts(**form.cleaned_data),
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "setup:ledger_account_list", toast="Saved")
    return form_page(request, form, str(row), "Save", "setup:ledger_account_list")


@require_POST
@requires(AccessPermission.MANAGE_PARAMETERS)
def ledger_accounts_remove(request: TenantRequest) -> HttpResponse:
    rows = selectors.ledger_accounts()
    found = chart.remove_accounts(
        account_ids=lists.selected_ids(request, specs.CHART, rows),
        actor=request.actor,
        at=clock.now(),
    )
    back = reverse("setup:ledger_account_list")
    return lists.bulk_results(request, specs.CHART, found, done="Removed", back=back)


@require_GET
@requires(*SEES_BOOKS)
def profile_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, specs.PROFILES, selectors.profiles())


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def profile_create(request: TenantRequest) -> HttpResponse:
    form = forms.Profile(request.POST or None)
    return _save_profile(request, None, form, "New posting profile")


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def profile(request: TenantRequest, profile_id: int) -> HttpResponse:
    row = selectors.profile(profile_id)
    initial: dict[str, Any] = {
        "slot": row.slot,
        "event": row.event,
        "account": row.account_id,
        "category": row.category_id,
        "org_unit": row.org_unit_id,
        "legal_entity": row.legal_entity_id,
    }
    form = forms.Profile(request.POST or None, initial=initial)
    return _save_profile(request, profile_id, form, row.slot.replace("_", " ").capitalize())


@require_POST
@requires(AccessPermission.MANAGE_PARAMETERS)
def profile_remove(request: TenantRequest, profile_id: int) -> HttpResponse:
    form = PlainForm({})
    with errors_on(form):
        profiles.remove_profile(profile_id=profile_id, actor=request.actor, at=clock.now())
        return go_to(request, "setup:profile_list", toast="Profile removed")
    return form_page(request, form, "Remove the profile", "Remove", "setup:profile_list")


def _save_profile(
    request: TenantRequest, profile_id: int | None, form: forms.Profile, title: str
) -> HttpResponse:
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            profiles.save_profile(
                profile_id=profile_id, actor=request.actor, at=clock.now(), **form.arguments()
            )
            return go_to(request, "setup:profile_list", toast="Saved")
    return form_page(request, form, title, "Save", "setup:profile_list")


@require_GET
@requires(*SEES_BOOKS)
def tax_code_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.tax_codes(on=clock.today())
    return lists.list_page(request, specs.TAX_CODES, rows)


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def tax_code_create(request: TenantRequest) -> HttpResponse:
    form = forms.TaxCodeForm(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = tax_codes.save_tax_code(
                tax_code_id=None, actor=request.actor, at=clock.now(), **form.arguments()
            )
            return go_to(request, "setup:tax_code", made.pk, toast="Saved. Now set its rate")
    return form_page(request, form, "New tax code", "Save", "setup:tax_code_list")


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def tax_code(request: TenantRequest, tax_code_id: int) -> HttpResponse:
    page = selectors.tax_code_page(tax_code_id)
    row = page.code
    initial = {
        name: getattr(row, "legal_entity_id" if name == "legal_entity" else name)
        for name in forms.TaxCodeForm.base_fields
    }
    form = forms.TaxCodeForm(request.POST or None, initial=initial)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            tax_codes.save_tax_code(
                tax_code_id=tax_code_id, actor=request.actor, at=clock.now(), **form.arguments()
            )
            return go_to(request, "setup:tax_code_list", toast="Saved")
    return render_form(
        request,
        form,
        page="setup/tax_code.html",
        part="setup/_tax_code.html",
        context={"page": page},
    )


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def tax_rate(request: TenantRequest, tax_code_id: int) -> HttpResponse:
    page = selectors.tax_code_page(tax_code_id)
    form = forms.DatedRate(request.POST or None, initial={"valid_from": clock.today()})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            tax_codes.set_tax_rate(
                tax_code_id=tax_code_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "setup:tax_code", tax_code_id, toast="Rate set")
    return form_page(request, form, f"Rate of {page.code.code}", "Set rate", "setup:tax_code_list")


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def category_taxes(request: TenantRequest, entity_id: int) -> HttpResponse:
    """Which tax code classes and categories have at an entity, where the contract line names none."""
    page = selectors.category_taxes(entity_id)
    form = forms.CategoryTaxes(request.POST or None, page=page)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            changed = category_tax_services.set_category_taxes(
                legal_entity_id=entity_id, actor=request.actor, at=clock.now(), **form.arguments()
            )
            told = "1 changed" if changed == 1 else f"{changed} changed"
            return go_to(request, "setup:tax_code_list", toast=f"Tax by category: {told}")
    title = f"Tax by category, {page.entity.name}"
    return form_page(request, form, title, "Save", "setup:tax_code_list")
