"""Pages of customers."""

from dataclasses import asdict

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.custom_fields import forms as custom_forms
from psa.core.custom_fields import selectors as custom_fields
from psa.core.web import lists, stale
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest
from sales.forms.accounts import AccountForm, ContactForm
from sales.permissions import SalesPermission
from sales.selectors import accounts as selectors
from sales.selectors import visibility
from sales.services import accounts

from . import activity
from . import lists as specs

SEES = (SalesPermission.VIEW, SalesPermission.VIEW_OWN)


@requires(*SEES)
def account_list(request: TenantRequest) -> HttpResponse:
    spec, rows = custom_fields.with_columns(
        specs.ACCOUNTS, selectors.accounts(actor=request.actor), "sales.Account"
    )
    return lists.list_page(request, spec, rows)


@requires(*SEES)
def account(request: TenantRequest, account_id: int) -> HttpResponse:
    page = selectors.account_page(actor=request.actor, account_id=account_id)
    return render_page_or_part(
        request,
        "sales/account.html",
        "sales/_account.html",
        {
            "page": page,
            "state": specs.ACCOUNT_STATES[page.account.kind],
            "entries": activity.entries(page.activity),
            "may_edit": request.actor.has(SalesPermission.MANAGE),
            "contract_states": specs.CONTRACT_STATES,
            "sees_statement": request.actor.has("billing.view")
            and request.actor.has("pricing.view_bill_rates"),
        },
    )


@requires(SalesPermission.MANAGE)
def account_create(request: TenantRequest) -> HttpResponse:
    form = AccountForm(request.POST or None, actor=request.actor)
    custom_forms.add_fields(form, record_type=accounts.RECORD)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = accounts.create_account(
                facts=form.facts(),
                is_no_duplicate=form.cleaned_data.get("is_no_duplicate", False),
                custom=custom_forms.values_in(form),
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "sales:account", made.pk, toast="Customer created")
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html",
        context={
            "title": "New customer",
            "submit": "Create customer",
            "cancel_url": reverse("sales:account_list"),
            "crumbs": [("Customers", reverse("sales:account_list"))],
        },
    )  # fmt: skip


@requires(SalesPermission.MANAGE)
def account_edit(request: TenantRequest, account_id: int) -> HttpResponse:
    known = visibility.get_account(actor=request.actor, account_id=account_id)
    form = AccountForm(
        request.POST or None,
        actor=request.actor,
        account=known,
        initial=AccountForm.initial_of(known),
    )
    custom_forms.add_fields(form, record_type=accounts.RECORD, record_id=account_id)
    stale.watch(form, record=f"sales.account:{account_id}")
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            accounts.edit_account(
                account_id=account_id,
                lock_version=form.cleaned_data["lock_version"],
                facts=form.facts(),
                custom=custom_forms.values_in(form),
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "sales:account", account_id, toast="Customer saved")
    url = reverse("sales:account", args=[account_id])
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html",
        context={
            "title": "Edit customer",
            "cancel_url": url,
            "crumbs": [("Customers", reverse("sales:account_list")), (known.name, url)],
        },
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(SalesPermission.MANAGE)
def account_cell(request: TenantRequest, account_id: int) -> HttpResponse:
    """One cell of the list, changed where it stands."""
    known = visibility.get_account(actor=request.actor, account_id=account_id)
    return lists.edit_cell(
        request,
        specs.ACCOUNTS,
        lambda: selectors.accounts(actor=request.actor),
        row_id=account_id,
        record=f"sales.account:{account_id}",
        values=asdict(accounts.facts_of(known)),
        save=lambda name, value: accounts.edit_account_value(
            account_id=account_id, name=name, value=value, actor=request.actor, at=clock.now()
        ),
        back=reverse("sales:account_list"),
    )


@require_POST
@requires(SalesPermission.MANAGE)
def accounts_take_over(request: TenantRequest) -> HttpResponse:
    """From the list: become the owner of those chosen."""
    rows = selectors.accounts(actor=request.actor)
    found = accounts.take_over(
        account_ids=lists.selected_ids(request, specs.ACCOUNTS, rows),
        actor=request.actor,
        at=clock.now(),
    )
    back = reverse("sales:account_list")
    return lists.bulk_results(request, specs.ACCOUNTS, found, done="Taken over", back=back)


@requires(SalesPermission.MANAGE)
def contact_create(request: TenantRequest, account_id: int) -> HttpResponse:
    known = visibility.get_account(actor=request.actor, account_id=account_id)
    form = ContactForm(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            accounts.add_contact(
                account_id=account_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "sales:account", account_id, toast="Contact added")
    url = reverse("sales:account", args=[account_id])
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html",
        context={
            "title": "New contact",
            "submit": "Add contact",
            "cancel_url": url,
            "crumbs": [("Customers", reverse("sales:account_list")), (known.name, url)],
        },
    )  # fmt: skip
