"""Expense reports: the list, one report, and its expenses with receipts."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import for_every_member, requires
from psa.core.web import lists, undo
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest
from timeexpense import forms, lists_of_expenses
from timeexpense.models import ExpenseEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import expenses as selectors
from timeexpense.selectors import people, weeks
from timeexpense.services import expenses
from timeexpense.services import weeks as week_services
from timeexpense.services.expenses import ExpenseDraft, Upload

from .weeks import today_of


@require_GET
@for_every_member
def expense_report_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.report_rows(actor=request.actor)  # type: ignore[attr-defined]
    return lists.list_page(request, lists_of_expenses.REPORTS, rows)


@require_http_methods(["GET", "POST"])
@requires(TimeExpensePermission.ENTER)
def expense_report_create(request: TenantRequest) -> HttpResponse:
    form = forms.NewReport(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = expenses.create_report(
                title=form.cleaned_data["title"],
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return go_to(request, "timeexpense:expense_create", made.pk)
    return render_form(
        request,
        form,
        page="timeexpense/form.html",
        part="_components/form_part.html",
        context={
            "title": "New expense report",
            "submit": "Create report",
            "cancel_url": reverse("timeexpense:expense_report_list"),
        },
    )


@require_GET
@for_every_member
def expense_report(request: TenantRequest, report_id: int) -> HttpResponse:
    return _render(request, report_id)


def _render(
    request: TenantRequest,
    report_id: int,
    form: forms.Nothing | None = None,
    findings: tuple[Any, ...] = (),
) -> HttpResponse:
    page = selectors.report_page(
        actor=request.actor,  # type: ignore[attr-defined]
        report_id=report_id,
    )
    context = {
        "page": page,
        "state": lists_of_expenses.REPORT_STATES[page.state],
        "entries": [(row, lists_of_expenses.REPORT_STATES[row.state]) for row in page.entries],
        "form": form,
        "findings": findings,
    }
    refused = bool(findings) or bool(form and form.errors)
    return render_page_or_part(
        request,
        "timeexpense/expense_report.html",
        "timeexpense/_expense_report.html",
        context,
        status=422 if refused else 200,
    )


@require_POST
@requires(TimeExpensePermission.ENTER)
def expense_report_submit(request: TenantRequest, report_id: int) -> HttpResponse:
    form = forms.Nothing(request.POST)
    with errors_on(form):
        if form.is_valid():
            done = expenses.submit_report(
                report_id=report_id,
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            left = tuple(one.findings[0] for one in done if not one.is_submitted and one.findings)
            if not left:
                return go_to(request, "timeexpense:expense_report", report_id, toast="Submitted")
            return _render(request, report_id, form, left)
    return _render(request, report_id, form)


@require_POST
@requires(TimeExpensePermission.ENTER)
def expense_report_recall(request: TenantRequest, report_id: int) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    form = forms.Nothing(request.POST)
    with errors_on(form):
        if form.is_valid():
            page = selectors.report_page(actor=actor, report_id=report_id)
            week_services.recall_submitted(
                entries=[("expense", row.id) for row in page.entries if row.state == "submitted"],
                actor=actor,
                at=clock.now(),
            )
            return go_to(request, "timeexpense:expense_report", report_id, toast="Taken back")
    return _render(request, report_id, form)


@require_http_methods(["GET", "POST"])
@requires(TimeExpensePermission.ENTER)
def expense_create(request: TenantRequest, report_id: int) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    report = selectors.get_report(actor=actor, report_id=report_id)
    today = today_of(request)
    form = forms.Expense(
        request.POST or None,
        request.FILES or None,
        choices=_choices(request, today),
        initial={
            "spent_on": today,
            "currency": request.tenant.currency,  # type: ignore[attr-defined]
            "payment_method": ExpenseEntry.PaymentMethod.OWN,
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            expenses.add_expense(
                report_id=report_id,
                draft=_draft(form.cleaned_data),
                receipts=_uploads(form.cleaned_data),
                actor=actor,
                at=clock.now(),
            )
            return go_to(request, "timeexpense:expense_report", report_id, toast="Expense added")
    return _form_page(request, form, "Add an expense", "Add expense", report.pk)


@require_http_methods(["GET", "POST"])
@requires(TimeExpensePermission.ENTER)
def expense_edit(request: TenantRequest, entry_id: int) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    entry = selectors.get_entry(actor=actor, entry_id=entry_id)
    form = forms.Expense(
        request.POST or None,
        request.FILES or None,
        choices=_choices(request, entry.spent_on),
        initial={
            "category": entry.category_id,
            "spent_on": entry.spent_on,
            "amount": f"{entry.amount.normalize():f}",
            "tax_amount": f"{entry.tax_amount.normalize():f}" if entry.tax_amount else "",
            "currency": entry.currency,
            "payment_method": entry.payment_method,
            "work": f"{entry.project_id}:{entry.task_id or ''}",
            "billing_type": entry.billing_type,
            "merchant": entry.merchant,
            "description": entry.description,
            "internal_note": entry.internal_note,
            "lock_version": entry.lock_version,
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            expenses.change_expense(
                entry_id=entry_id,
                draft=_draft(form.cleaned_data),
                receipts=_uploads(form.cleaned_data),
                lock_version=form.cleaned_data["lock_version"],
                actor=actor,
                at=clock.now(),
            )
            return go_to(
                request, "timeexpense:expense_report", entry.report_id, toast="Expense saved"
            )
    return _form_page(request, form, "Change an expense", "Save expense", entry.report_id)


@require_POST
@requires(TimeExpensePermission.ENTER)
def expense_delete(request: TenantRequest, entry_id: int) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    report_id = selectors.get_entry(actor=actor, entry_id=entry_id).report_id
    form = forms.Nothing(request.POST)
    with errors_on(form):
        if form.is_valid():
            was = expenses.delete_expense(entry_id=entry_id, actor=actor, at=clock.now())
            undo_url = undo.undo_url(actor=actor, kind="timeexpense.expense", payload=was)
            return go_to(
                request,
                "timeexpense:expense_report",
                report_id,
                toast="Expense deleted",
                undo_url=undo_url,
            )
    return _render(request, report_id, form)


def _choices(request: TenantRequest, on: date) -> tuple[weeks.Choice, ...]:
    me = people.my_resource(request.actor)  # type: ignore[attr-defined]
    return weeks.bookable_choices(resource=me, on=on)


def _draft(typed: dict[str, Any]) -> ExpenseDraft:
    project, _, task = typed["work"].partition(":")
    return ExpenseDraft(
        category_id=typed["category"].pk,
        spent_on=typed["spent_on"],
        currency=typed["currency"],
        amount=typed["amount"],
        project_id=int(project),
        task_id=int(task) if task else None,
        tax_amount=typed["tax_amount"],
        payment_method=typed["payment_method"],
        merchant=typed["merchant"],
        description=typed["description"],
        internal_note=typed["internal_note"],
        billing_type=typed["billing_type"],
    )


def _uploads(typed: dict[str, Any]) -> list[Upload]:
    return [Upload(file.name, file.file) for file in typed["receipts"]]


def _form_page(
    request: TenantRequest, form: forms.Expense, title: str, submit: str, report_id: int
) -> HttpResponse:
    return render_form(
        request,
        form,
        page="timeexpense/form.html",
        part="_components/form_part.html",
        context={
            "title": title,
            "submit": submit,
            "cancel_url": reverse("timeexpense:expense_report", args=[report_id]),
        },
    )
