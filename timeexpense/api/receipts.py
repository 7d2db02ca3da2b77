"""Receipts that are read: given, looked at with what was read, and made an expense."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from ninja import Field, File
from ninja.files import UploadedFile
from pydantic import BeforeValidator

from psa.core import clock
from psa.core.web.api import ApiRequest, Nothing, Out, shape
from psa.core.web.api.fields import Id, plain_decimal
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import expenses as reports
from timeexpense.selectors import receipt_readings as selectors
from timeexpense.services import receipt_readings

from .area import endpoints
from .expenses import ExpenseIn, SavedExpense, upload_of

ENTER = TimeExpensePermission.ENTER


def _in_words(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return plain_decimal(value) if isinstance(value, Decimal) else value


class ReceiptOffer(Out):
    """A value that was read; `percent` is how sure that is. The person decides."""

    field: str = Field(description="merchant, spent_on, amount, currency or tax_amount.")
    value: Annotated[str, BeforeValidator(_in_words)]
    percent: int
    is_likely: bool


ReceiptOut = shape(
    selectors.ReadingRow, "ReceiptOut", without=("is_picture",), offers=list[ReceiptOffer]
)


class ReceiptGiven(Out):
    """A receipt that is being read by a job; look again under `/receipts/{id}`."""

    id: int
    filename: str
    state: str
    asked_at: datetime


@endpoints.write(
    "POST", "/expense-reports/{report_id}/receipts", list[ReceiptGiven], ENTER, status=201
)
def give_receipts(
    request: ApiRequest,
    report_id: Id,
    receipts: list[UploadedFile] = File(
        ..., min_length=1, max_length=receipt_readings.MOST_AT_ONCE
    ),
) -> Any:
    """Give pictures or PDFs of receipts to one's own report; each is read, where the server reads."""
    return receipt_readings.give_receipts(
        report_id=report_id,
        uploads=[upload_of(one) for one in receipts],
        actor=request.actor,
        at=clock.now(),
    )


@endpoints.report("/expense-reports/{report_id}/receipts", list[ReceiptOut], ENTER)  # type: ignore[valid-type]
def list_receipts(request: ApiRequest, report_id: Id) -> Any:
    """Receipts of one's own report that wait for a look. Their files: `/documents/{id}/content`."""
    reports.get_report(actor=request.actor, report_id=report_id)
    return selectors.readings_to_check(actor=request.actor, report_id=report_id)


@endpoints.read("/receipts/{reading_id}", ReceiptOut, ENTER)
def get_receipt(request: ApiRequest, reading_id: Id) -> Any:
    """One receipt of one's own, with what was read."""
    return selectors.get_reading(actor=request.actor, reading_id=reading_id)


@endpoints.write("POST", "/receipts/{reading_id}/expense", SavedExpense, ENTER, status=201)
def add_expense_of_receipt(request: ApiRequest, reading_id: Id, body: ExpenseIn) -> Any:
    """Make a receipt an expense as you confirm it; where that differs, the trail says so."""
    reading = selectors.get_reading(actor=request.actor, reading_id=reading_id)
    return receipt_readings.add_expense(
        reading_id=reading_id,
        report_id=reading.report_id,
        draft=body.as_draft(),
        actor=request.actor,
        at=clock.now(),
    )


@endpoints.write("POST", "/receipts/{reading_id}/discard", ReceiptOut, ENTER)
def discard_receipt(request: ApiRequest, reading_id: Id, body: Nothing) -> Any:
    """Put a receipt aside that becomes no expense; its file stays."""
    receipt_readings.discard(reading_id=reading_id, actor=request.actor, at=clock.now())
    return get_receipt(request, reading_id=reading_id)
