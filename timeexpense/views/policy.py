"""What expenses are held against: policy rules, kinds of category, rate tables, violations."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.errors import NotFound
from psa.core.web import lists
from psa.core.web.pages import errors_on, go_to, go_to_url, render_form
from psa.core.web.requests import TenantRequest
from timeexpense import forms_expenses as forms
from timeexpense import forms_policy, lists_of_policy
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import expenses, policy, rate_tables
from timeexpense.services import expense_categories, policy_rules
from timeexpense.services import rate_tables as table_services

ENTER, MANAGE = TimeExpensePermission.ENTER, TimeExpensePermission.MANAGE_POLICY


@require_GET
@requires(ENTER, MANAGE)
def policy_list(request: TenantRequest) -> HttpResponse:
    """What the firm's policy says: everybody may read what they are held against."""
    return lists.list_page(request, lists_of_policy.RULES, policy.rules())


@require_http_methods(["GET", "POST"])
@requires(MANAGE)
def policy_rule_create(request: TenantRequest) -> HttpResponse:
    form = forms_policy.Rule(
        request.POST or None,
        initial={"currency": request.tenant.currency, "valid_from": clock.now().date()},  # type: ignore[attr-defined]
    )
    return _save_rule(request, None, form, "New policy rule")


@require_http_methods(["GET", "POST"])
@requires(MANAGE)
def policy_rule(request: TenantRequest, rule_id: int) -> HttpResponse:
    row = policy.get_rule(rule_id)
    initial = {
        "code": row.code, "name": row.name, "kind": row.kind, "category": row.category_id,
        "limit_amount": row.limit_amount, "currency": row.currency, "action": row.action,
        "valid_from": row.valid_from, "valid_until": row.valid_until,
    }  # fmt: skip
    return _save_rule(
        request, rule_id, forms_policy.Rule(request.POST or None, initial=initial), row.name
    )


def _save_rule(
    request: TenantRequest, rule_id: int | None, form: forms_policy.Rule, title: str
) -> HttpResponse:
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            policy_rules.save_rule(
                rule_id=rule_id,
                draft=form.as_draft(),
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return go_to(request, "timeexpense:policy", toast="Saved")
    return _form_page(request, form, title, "Save", "timeexpense:policy")


@require_GET
@requires(MANAGE)
def category_kinds(request: TenantRequest) -> HttpResponse:
    return lists.list_page(
        request, lists_of_policy.CATEGORY_KINDS, expenses.categories_with_kinds()
    )


@require_http_methods(["GET", "POST"])
@requires(MANAGE)
def category_kind(request: TenantRequest, category_id: int) -> HttpResponse:
    row = next((one for one in expenses.categories_with_kinds() if one.id == category_id), None)
    if row is None:
        raise NotFound("There is no such expense category.")
    form = forms.KindOfCategory(request.POST or None, initial={"kind": row.kind})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            expense_categories.set_kind(
                category_id=category_id,
                kind=form.cleaned_data["kind"],
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return go_to(request, "timeexpense:category_kinds", toast="Saved")
    return _form_page(request, form, row.name, "Save", "timeexpense:category_kinds")


@require_GET
@requires(ENTER, MANAGE)
def mileage_rates(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, lists_of_policy.MILEAGE, rate_tables.mileage_rates())


@require_GET
@requires(ENTER, MANAGE)
def per_diem_rates(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, lists_of_policy.PER_DIEMS, rate_tables.per_diem_rates())


@require_http_methods(["GET", "POST"])
@requires(MANAGE)
def load_mileage(request: TenantRequest) -> HttpResponse:
    return _load(request, "mileage", "Load mileage rates", "timeexpense:mileage_rates")


@require_http_methods(["GET", "POST"])
@requires(MANAGE)
def load_per_diems(request: TenantRequest) -> HttpResponse:
    return _load(request, "per_diem", "Load per diem rates", "timeexpense:per_diem_rates")


def _load(request: TenantRequest, kind: str, title: str, back: str) -> HttpResponse:
    form = forms.RateFile(request.POST or None, request.FILES or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            done = table_services.load_rates(
                kind=kind,
                content=file.read(),
                filename=file.name,
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return go_to(request, back, toast=done.sentence)
    return _form_page(request, form, title, "Load", back)


@require_GET
@requires(TimeExpensePermission.APPROVE, TimeExpensePermission.VIEW_ALL)
def violations(request: TenantRequest) -> HttpResponse:
    return lists.list_page(
        request,
        lists_of_policy.VIOLATIONS,
        policy.violations(actor=request.actor),  # type: ignore[attr-defined]
    )


@require_POST
@requires(TimeExpensePermission.APPROVE)
def acknowledge(request: TenantRequest, entry_id: int) -> HttpResponse:
    """The approver has seen a flag; back to the inbox at the same entry."""
    policy_rules.acknowledge(
        entry_id=entry_id,
        code=request.POST.get("code", "")[:60],
        actor=request.actor,  # type: ignore[attr-defined]
        at=clock.now(),
    )
    url = f"{reverse('timeexpense:approvals')}?kind=expense&entry=expense:{entry_id}"
    return go_to_url(request, url, toast="Acknowledged")


def _form_page(
    request: TenantRequest, form: Any, title: str, submit: str, back: str
) -> HttpResponse:
    url = reverse(back)
    context = {
        "title": title,
        "submit": submit,
        "cancel_url": url,
        "crumbs": [("Expense policy", reverse("timeexpense:policy"))],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )
