"""Expense reports: their expenses with receipts, by one or by many, and submitting."""

from decimal import Decimal
from typing import Annotated, Any

from ninja import Field, File
from ninja.files import UploadedFile

from psa.core import clock
from psa.core.errors import NotFound
from psa.core.web.api import ApiRequest, In, Nothing, Out, shape
from psa.core.web.api.bulk import BulkResult, body_of, each_row
from psa.core.web.api.fields import (
    CurrencyCode,
    Day,
    Id,
    OneOf,
    PositiveAmount,
    Text,
    Within,
    plain_decimal,
)
from timeexpense import lists_of_expenses
from timeexpense.models import CategoryKind, ExpenseEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import expenses as selectors
from timeexpense.services import expense_categories, expense_kinds, expenses
from timeexpense.services.expense_kinds import NO_FIELDS, KindFields
from timeexpense.services.expenses import ExpenseDraft, Upload

from .area import FindingOut, Submitted, endpoints
from .time import BILLING_TYPES

MAX_FILES = 10
ENTER, MANAGE = TimeExpensePermission.ENTER, TimeExpensePermission.MANAGE_POLICY
ReportOut = shape(selectors.ReportPage, "ExpenseReportOut")
SavedExpense = shape(
    expenses.EntryResult,
    "SavedExpense",
    findings=list[FindingOut],  # type: ignore[valid-type]
)


class CategoryOut(Out):
    id: int
    code: str
    name: str
    kind: str


class CategoryKindIn(In):
    kind: Annotated[str, OneOf(*CategoryKind.values)]


class ReportIn(In):
    title: Annotated[str, Text(120, blank=False)]


class KindIn(In):
    """What only some kinds of category ask for; the others leave it blank."""

    vehicle: Annotated[str, Text(40)] = ""
    from_place: Annotated[str, Text(120)] = ""
    to_place: Annotated[str, Text(120)] = ""
    distance: Annotated[Decimal, Within(digits=7, places=1, least=0)] | None = Field(
        None, description="In the unit of the vehicle's table."
    )
    place: Annotated[str, Text(83)] = Field("", description="Of the per diem table: `GB:London`.")
    ends_on: Day | None = None
    first_day_part: Annotated[str, OneOf("", "partial", "full")] = ""
    last_day_part: Annotated[str, OneOf("", "partial", "full")] = ""
    meals: list[Annotated[str, Text(30)]] = Field(
        [], max_length=93, description="Provided by others: `2026-07-06:breakfast`."
    )
    nights: int | None = Field(None, ge=1, le=366)
    client: Annotated[str, Text(120)] = ""
    attendees: Annotated[str, Text(400)] = ""
    justification: Annotated[str, Text(400)] = ""

    def as_fields(self) -> KindFields:
        given = self.values()
        distance = given["distance"]
        given["distance"] = "" if distance is None else plain_decimal(distance)
        return KindFields(**given)


class ExpenseIn(In):
    category_id: Id
    spent_on: Day
    currency: CurrencyCode | None = Field(None, description="A table's own for an allowance.")
    amount: PositiveAmount | None = Field(
        None, description="With tax, as on the receipt. Mileage and per diems have a table's."
    )
    tax_amount: PositiveAmount | None = Field(None, description="What the firm can recover.")
    project_id: Id
    task_id: Id | None = None
    payment_method: Annotated[str, OneOf(*ExpenseEntry.PaymentMethod.values)] = "own"
    merchant: Annotated[str, Text(120)] = ""
    description: Annotated[str, Text(400)] = ""
    internal_note: Annotated[str, Text(400)] = ""
    billing_type: Annotated[str, OneOf(*BILLING_TYPES)] = ""
    kind_fields: KindIn | None = None

    def as_draft(self) -> ExpenseDraft:
        given = self.values()
        tax, amount = given["tax_amount"], given["amount"]
        given["amount"] = "" if amount is None else plain_decimal(amount)
        given["currency"] = given["currency"] or ""
        given["kind_fields"] = self.kind_fields.as_fields() if self.kind_fields else NO_FIELDS
        given["tax_amount"] = "" if tax is None else plain_decimal(tax)
        return ExpenseDraft(**given)


ExpensesIn: Any = body_of(ExpenseIn, "ExpensesIn")


class ChangedExpense(ExpenseIn):
    lock_version: int | None = Field(None, ge=1, le=2**31 - 1)


@endpoints.report("/expense-categories", list[CategoryOut], ENTER)
def list_expense_categories(request: ApiRequest) -> Any:
    """What an expense may be for."""
    return selectors.categories_with_kinds()


@endpoints.write("PUT", "/expense-categories/{category_id}/kind", CategoryOut, MANAGE)
def set_expense_category_kind(request: ApiRequest, category_id: Id, body: CategoryKindIn) -> Any:
    """Say what an expense of this category is asked; entered ones stay as they are."""
    if all(row.id != category_id for row in selectors.categories_with_kinds()):
        raise NotFound("There is no such expense category.")
    expense_categories.set_kind(
        category_id=category_id, kind=body.kind, actor=request.actor, at=clock.now()
    )
    return next(row for row in selectors.categories_with_kinds() if row.id == category_id)


@endpoints.list("/expense-reports", lists_of_expenses.REPORTS, name="ExpenseReport")
def list_expense_reports(request: ApiRequest) -> Any:
    """Expense reports that are yours, or yours to see."""
    return selectors.report_rows(actor=request.actor)


@endpoints.read("/expense-reports/{report_id}", ReportOut)
def get_expense_report(request: ApiRequest, report_id: Id) -> Any:
    """One report with its expenses and receipts."""
    return selectors.report_page(actor=request.actor, report_id=report_id)


@endpoints.write("POST", "/expense-reports", ReportOut, ENTER, status=201)
def create_expense_report(request: ApiRequest, body: ReportIn) -> Any:
    """Start a report."""
    made = expenses.create_report(title=body.title, actor=request.actor, at=clock.now())
    return get_expense_report(request, report_id=made.pk)


@endpoints.write("POST", "/expense-reports/{report_id}/expenses", SavedExpense, ENTER, status=201)
def add_expense(request: ApiRequest, report_id: Id, body: ExpenseIn) -> Any:
    """Add an expense to one's own report; its receipts follow under `/expenses/{id}/receipts`."""
    return expenses.add_expense(
        report_id=report_id, draft=body.as_draft(), actor=request.actor, at=clock.now()
    )


@endpoints.write("POST", "/expense-reports/{report_id}/expenses/bulk", BulkResult, ENTER)
def add_expenses(request: ApiRequest, report_id: Id, body: ExpensesIn) -> Any:
    """Add up to 500 expenses, a result for each; what is refused holds up no other."""
    selectors.get_report(actor=request.actor, report_id=report_id)
    at = clock.now()

    def add(row: ExpenseIn) -> int:
        done = expenses.add_expense(
            report_id=report_id, draft=row.as_draft(), actor=request.actor, at=at
        )
        return done.entry_id

    return each_row(body.rows, add)


@endpoints.write("PUT", "/expenses/{entry_id}", SavedExpense, ENTER)
def change_expense(request: ApiRequest, entry_id: Id, body: ChangedExpense) -> Any:
    """Replace a draft expense's facts; with `lock_version`, only as it was last seen."""
    return expenses.change_expense(
        entry_id=entry_id,
        draft=ExpenseIn(**body.model_dump(exclude={"lock_version"})).as_draft(),
        lock_version=body.lock_version,
        actor=request.actor,
        at=clock.now(),
    )


@endpoints.write("POST", "/expenses/{entry_id}/receipts", SavedExpense, ENTER)
def add_receipts(
    request: ApiRequest,
    entry_id: Id,
    receipts: list[UploadedFile] = File(..., min_length=1, max_length=MAX_FILES),
) -> Any:
    """Put receipts (pictures or PDF) on a draft expense."""
    entry = selectors.get_entry(actor=request.actor, entry_id=entry_id)
    return expenses.change_expense(
        entry_id=entry_id,
        draft=_as_it_is(entry),
        receipts=[upload_of(one) for one in receipts],
        lock_version=entry.lock_version,
        actor=request.actor,
        at=clock.now(),
    )


@endpoints.write("DELETE", "/expenses/{entry_id}", None, ENTER, status=204)
def delete_expense(request: ApiRequest, entry_id: Id) -> Any:
    """Delete a draft expense."""
    expenses.delete_expense(entry_id=entry_id, actor=request.actor, at=clock.now())


@endpoints.write("POST", "/expense-reports/{report_id}/submit", list[Submitted], ENTER)
def submit_expense_report(request: ApiRequest, report_id: Id, body: Nothing) -> Any:
    """Submit all drafts of one's own report."""
    return expenses.submit_report(report_id=report_id, actor=request.actor, at=clock.now())


def upload_of(file: UploadedFile) -> Upload:
    """A receipt as the services take it."""
    assert file.file is not None
    return Upload(file.name or "receipt", file.file)


def _as_it_is(entry: ExpenseEntry) -> ExpenseDraft:
    return ExpenseDraft(
        category_id=entry.category_id,
        spent_on=entry.spent_on,
        currency=entry.currency,
        amount=plain_decimal(entry.amount),
        project_id=entry.project_id,
        task_id=entry.task_id,
        tax_amount=plain_decimal(entry.tax_amount) if entry.tax_amount else "",
        payment_method=entry.payment_method,
        merchant=entry.merchant,
        description=entry.description,
        internal_note=entry.internal_note,
        billing_type=entry.billing_type,
        kind_fields=expense_kinds.typed_again(entry),
    )
