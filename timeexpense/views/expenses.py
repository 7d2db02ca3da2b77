"""Expense reports: the list, one report, and its expenses with receipts."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import for_every_member, requires
from psa.core.org.models import Resource
from psa.core.web import lists, undo
from psa.core.web.pages import errors_on, go_to, go_to_url, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest
from timeexpense import forms, forms_expenses, lists_of_expenses, policies
from timeexpense.models import CategoryKind, ExpenseEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules.validation import is_plausible
from timeexpense.selectors import expenses as selectors
from timeexpense.selectors import people, rate_tables, rows, travel
from timeexpense.services import expense_kinds, expenses, receipt_readings
from timeexpense.services import weeks as week_services
from timeexpense.services.expense_kinds import KindFields
from timeexpense.services.expenses import ExpenseDraft, Upload
from timeexpense.words import calculation_told

from . import receipts
from .weeks import today_of

SHOWN_ABOVE = (
    "category", "spent_on", "ends_on", "place", "first_day_part", "last_day_part", "meals",
)  # fmt: skip


@require_GET
@for_every_member
def expense_report_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.report_rows(actor=request.actor)  # type: ignore[attr-defined]
    return lists.list_page(request, lists_of_expenses.REPORTS, rows)


@require_http_methods(["GET", "POST"])
@requires(TimeExpensePermission.ENTER)
def expense_report_create(request: TenantRequest) -> HttpResponse:
    me = people.my_resource(request.actor)  # type: ignore[attr-defined]
    form = forms.NewReport(request.POST or None, journeys=travel.approved_of(me.pk))
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = expenses.create_report(
                title=form.cleaned_data["title"],
                travel_request_id=form.cleaned_data.get("travel_request"),
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            # What a card line said of its expense goes on to the form of the expense.
            filled_in = f"?{query}" if (query := request.GET.urlencode()) else ""
            url = reverse("timeexpense:expense_create", args=[made.pk])
            return go_to_url(request, url + filled_in)
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
        **receipts.on_report(request, report_id, is_mine=page.is_mine),
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
    reading = receipts.chosen(request)
    form = _form(
        request,
        {
            "category": selectors.plain_categories().values_list("id", flat=True).first(),
            "spent_on": today,
            "currency": request.tenant.currency,  # type: ignore[attr-defined]
            "payment_method": ExpenseEntry.PaymentMethod.OWN,
            "work": selectors.last_work(report.resource_id),
            **receipts.initial(reading),
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            receipt_readings.add_expense(
                reading_id=None if reading is None else reading.id,
                report_id=report_id,
                draft=_draft(form.cleaned_data),
                receipts=_uploads(form.cleaned_data),
                actor=actor,
                at=clock.now(),
            )
            return go_to(request, "timeexpense:expense_report", report_id, toast="Expense added")
    receipts.beside(form, reading)
    return _form_page(request, form, "Add an expense", "Add expense", report.pk)


@require_http_methods(["GET", "POST"])
@requires(TimeExpensePermission.ENTER)
def expense_edit(request: TenantRequest, entry_id: int) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    entry = selectors.get_entry(actor=actor, entry_id=entry_id)
    if request.method == "GET" and entry.state not in policies.EDITABLE:
        told = "It was handed in: take it back, or ask for a recall, and change it then."
        return go_to(request, "timeexpense:expense_report", entry.report_id, toast=told)
    work = f"{entry.project_id}:{entry.task_id or ''}"
    form = _form(
        request,
        {
            **_kind_initial(entry),
            "category": entry.category_id,
            "spent_on": entry.spent_on,
            "amount": f"{entry.amount.normalize():f}",
            "tax_amount": f"{entry.tax_amount.normalize():f}" if entry.tax_amount else "",
            "currency": entry.currency,
            "payment_method": entry.payment_method,
            "work": work,
            "billing_type": entry.billing_type,
            "merchant": entry.merchant,
            "description": entry.description,
            "internal_note": entry.internal_note,
            "lock_version": entry.lock_version,
        },
        held=rows.Choice(
            work, entry.task.name if entry.task else entry.project.name, entry.project.name
        ),
        entry_id=entry_id,
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


def _kind_initial(entry: ExpenseEntry) -> dict[str, Any]:
    typed = expense_kinds.typed_again(entry)
    return {name: getattr(typed, name) for name in KindFields.__dataclass_fields__}


def _form(
    request: TenantRequest,
    initial: dict[str, Any],
    held: rows.Choice | None = None,
    entry_id: int | None = None,
) -> forms_expenses.Expense:
    """The form as its category asks, with what was typed before the category or a date changed."""
    if request.method == "GET" and "category" in request.GET:
        meals = request.GET.getlist("meals")
        initial = initial | request.GET.dict() | {"meals": meals}
    asked = request.POST or initial
    kind = _kind_asked(asked.get("category"))
    on = _day_asked(asked.get("spent_on"), initial["spent_on"])
    me = people.my_resource(request.actor)  # type: ignore[attr-defined]
    scheme = rate_tables.scheme_of(me) if kind in NEEDS_TABLE else ""
    form = forms_expenses.Expense(
        request.POST or None,
        request.FILES or None,
        initial=initial,
        kind=kind,
        choices=rows.bookable_choices(resource=me, on=on),
        vehicles=rate_tables.mileage_tables(scheme=scheme, on=on) if kind == "mileage" else None,
        places=rate_tables.per_diem_tables(scheme=scheme, on=on)
        if kind in (CategoryKind.PER_DIEM, CategoryKind.LODGING)
        else None,
        held=held,
    )
    if expense_kinds.has_table_amount(kind):
        form.comes_to = _comes_to(request, form, initial, on=on, me=me, entry_id=entry_id)
    return form


def _comes_to(
    request: TenantRequest,
    form: forms_expenses.Expense,
    initial: dict[str, Any],
    *,
    on: date,
    me: Resource,
    entry_id: int | None,
) -> forms_expenses.ComesTo:
    """What the table pays for what stands in the form so far."""
    asked = request.POST or initial
    words: dict[str, Any] = {
        name: str(asked.get(name) or _first_choice(form, name)) for name in _PAID_BY
    }
    meals = request.POST.getlist("meals") if request.POST else initial.get("meals", ())
    paid = expense_kinds.comes_to(
        form.kind,
        KindFields(ends_on=_day_asked(asked.get("ends_on"), on), meals=tuple(meals), **words),
        spent_on=on,
        person=me,
        entry_id=entry_id,
        today=today_of(request),
    )
    return forms_expenses.ComesTo(paid[0], calculation_told(paid[1])) if paid else NOT_YET


NOT_YET = forms_expenses.ComesTo()
_PAID_BY = ("vehicle", "distance", "place", "first_day_part", "last_day_part")


def _first_choice(form: forms_expenses.Expense, name: str) -> str:
    """What a choice shows before anything is chosen."""
    choices = getattr(form.fields.get(name), "choices", ())
    return str(next(iter(choices), ("",))[0])


NEEDS_TABLE = (CategoryKind.MILEAGE, CategoryKind.PER_DIEM, CategoryKind.LODGING)


def _kind_asked(category: Any) -> str:
    """The kind of the category in the form, or of the first one that it offers."""
    if category is None:
        first = selectors.expense_categories().values_list("id", flat=True).first()
        return expense_kinds.kind_of(first) if first else CategoryKind.STANDARD.value
    text = str(category)
    if not text.isdecimal() or len(text) > 18:
        return CategoryKind.STANDARD.value
    return expense_kinds.kind_of(int(text))


def _day_asked(typed: Any, otherwise: Any) -> date:
    for value in (typed, otherwise):
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(str(value))
        except ValueError:
            continue
        if is_plausible(day):
            return day
    return clock.now().date()


def _draft(typed: dict[str, Any]) -> ExpenseDraft:
    project, _, task = typed["work"].partition(":")
    return ExpenseDraft(
        category_id=typed["category"].pk,
        spent_on=typed["spent_on"],
        currency=typed.get("currency", ""),
        amount=typed.get("amount", ""),
        project_id=int(project),
        task_id=int(task) if task else None,
        tax_amount=typed.get("tax_amount", ""),
        payment_method=typed.get("payment_method", ExpenseEntry.PaymentMethod.OWN.value),
        merchant=typed.get("merchant", ""),
        description=typed["description"],
        internal_note=typed["internal_note"],
        billing_type=typed["billing_type"],
        kind_fields=KindFields(**forms_expenses.typed_kind_fields(typed)),
    )


def _uploads(typed: dict[str, Any]) -> list[Upload]:
    return [Upload(file.name, file.file) for file in typed["receipts"]]


def _form_page(
    request: TenantRequest, form: forms_expenses.Expense, title: str, submit: str, report_id: int
) -> HttpResponse:
    return render_form(
        request,
        form,
        page="timeexpense/expense_form.html",
        part="timeexpense/_expense_form.html",
        context={
            "title": title,
            "submit": submit,
            "shown_above": SHOWN_ABOVE,
            "cancel_url": reverse("timeexpense:expense_report", args=[report_id]),
        },
    )
