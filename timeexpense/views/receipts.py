"""Receipts that are read: given, looked at while they are, and offered to the expense's form."""

from typing import Any

from django.forms import BaseForm
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import asks_by_itself, requires
from psa.core.errors import NotFound
from psa.core.web.pages import errors_on, go_to, go_to_url, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest
from timeexpense import forms_expenses, text_reader
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import expenses as reports
from timeexpense.selectors import receipt_readings as selectors
from timeexpense.selectors.receipt_readings import ReadingRow
from timeexpense.services import receipt_readings as services
from timeexpense.services.expenses import Upload

_PAGE = "timeexpense/receipts.html"
_PART = "timeexpense/_receipts.html"


@require_http_methods(["GET", "POST"])
@requires(TimeExpensePermission.ENTER)
def receipts(request: TenantRequest, report_id: int) -> HttpResponse:
    """Receipts of one's own report: give some, and those to be checked."""
    actor = request.actor
    report = reports.get_report(actor=actor, report_id=report_id)
    form = forms_expenses.Receipts(request.POST or None, request.FILES or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            given = services.give_receipts(
                report_id=report_id,
                uploads=[Upload(one.name, one.file) for one in form.cleaned_data["file"]],
                actor=actor,
                at=clock.now(),
            )
            if len(given) == 1:
                return go_to(request, "timeexpense:receipt", given[0].pk)
            return go_to(request, "timeexpense:receipts", report_id)
    waiting = selectors.readings_to_check(actor=actor, report_id=report_id)
    context = {**_listed(waiting), "report": report, "reads_receipts": text_reader.is_available()}
    return render_form(request, form, page=_PAGE, part=_PART, context=context)


@asks_by_itself
@require_GET
@requires(TimeExpensePermission.ENTER)
def receipts_to_check(request: TenantRequest, report_id: int) -> HttpResponse:
    """The list alone; it asks for itself while something is being read."""
    rows = selectors.readings_to_check(actor=request.actor, report_id=report_id)
    return render_page_or_part(
        request,
        "timeexpense/_receipts_to_check.html",
        "timeexpense/_receipts_to_check.html",
        {
            **_listed(rows),
            "report": reports.get_report(actor=request.actor, report_id=report_id),
        },
    )


def _listed(rows: list[ReadingRow]) -> dict[str, Any]:
    return {"readings": rows, "is_reading": any(row.is_waiting for row in rows)}


@asks_by_itself
@require_GET
@requires(TimeExpensePermission.ENTER)
def receipt(request: TenantRequest, reading_id: int) -> HttpResponse:
    """One receipt while it is read; then on to the expense's form with what was found."""
    reading = selectors.get_reading(actor=request.actor, reading_id=reading_id)
    if not reading.is_waiting:
        return go_to_url(request, expense_url(reading))
    return render_page_or_part(
        request,
        "timeexpense/receipt.html",
        "timeexpense/_receipt.html",
        {"reading": reading, "expense_url": expense_url(reading)},
    )


@require_POST
@requires(TimeExpensePermission.ENTER)
def receipt_discard(request: TenantRequest, reading_id: int) -> HttpResponse:
    reading = services.discard(reading_id=reading_id, actor=request.actor, at=clock.now())
    return go_to(
        request, "timeexpense:receipts", reading.report_id, toast=gettext("Receipt discarded")
    )


def expense_url(reading: ReadingRow) -> str:
    """Where what was read becomes an expense, or the report once it has."""
    if not reading.can_be_added:
        return reverse("timeexpense:expense_report", args=[reading.report_id])
    form = reverse("timeexpense:expense_create", args=[reading.report_id])
    return f"{form}?receipt={reading.id}"


def on_report(request: TenantRequest, report_id: int, *, is_mine: bool) -> dict[str, Any]:
    """What the report's page says of receipts: nothing where none are read."""
    if not is_mine or not text_reader.is_available():
        return {}
    count = selectors.count_to_check(actor=request.actor, report_id=report_id)
    return {"reads_receipts": True, "receipts_to_check": count}


def chosen(request: TenantRequest) -> ReadingRow | None:
    """The receipt that the expense's form was opened for.

    Raises  NotFound when it is not one's own, or was dealt with.
    """
    number = request.GET.get("receipt", "")
    if not number:
        return None
    if not number.isdecimal() or len(number) > 18:
        raise NotFound("There is no such receipt.")
    found = selectors.get_reading(actor=request.actor, reading_id=int(number))
    if not found.can_be_added:
        raise NotFound("This receipt was dealt with already.")
    return found


def initial(reading: ReadingRow | None) -> dict[str, Any]:
    """What goes into the form: values that are likely. The others are told beside their field."""
    if reading is None:
        return {}
    given: dict[str, Any] = {one.field: one.value for one in reading.offers if one.is_likely}
    for field in ("amount", "tax_amount"):
        if field in given:
            given[field] = f"{given[field]:.2f}"
    return given


def beside(form: BaseForm, reading: ReadingRow | None) -> BaseForm:
    """The form with the receipt beside it, and under each field how sure its reading is."""
    if reading is None:
        return form
    form.reading = reading  # type: ignore[attr-defined]
    for one in reading.offers:
        if one.field not in form.fields:
            continue
        text = gettext("Read from the receipt, %(percent)s %% sure. Compare it.")
        if not one.is_likely:
            text = gettext("Perhaps %(value)s (%(percent)s %% sure). Look at the receipt.")
        form.fields[one.field].help_text = text % {
            "percent": one.percent,
            "value": f"{one.value:.2f}" if one.field.endswith("amount") else one.value,
        }
    return form
