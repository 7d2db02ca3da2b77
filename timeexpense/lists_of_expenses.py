"""The list of expense reports."""

from django.urls import reverse

from psa.core.web import states
from psa.core.web.lists import Action, ChoiceFilter, Column, Empty, ListSpec
from timeexpense.permissions import TimeExpensePermission

REPORT_STATES = {
    "draft": states.DRAFT,
    "submitted": states.SUBMITTED,
    "approved": states.APPROVED,
    "returned": states.RETURNED,
}
REPORTS = ListSpec(
    key="expense_reports",
    title="Expenses",
    noun=("expense report", "expense reports"),
    crumbs=(("Expenses", None),),
    columns=(
        Column("number", "Number", kind="link", sort="number"),
        Column("title", "What for", sort="title"),
        Column("person", "Person", kind="person", sort="person"),
        Column("state", "State", kind="state", sort="state", states=REPORT_STATES),
        Column("entry_count", "Expenses", kind="number", sort="entry_count"),
        Column("totals", "Total"),
        Column("created_at", "Started", kind="datetime", sort="created_at"),
    ),
    filters=(
        ChoiceFilter(
            "state",
            "State",
            choices=tuple((code, state.label) for code, state in REPORT_STATES.items()),
        ),
    ),
    search=("number__startswith", "title__icontains", "person__icontains"),
    search_label="Filter by number, purpose or person",
    order="-created_at",
    row_url=lambda row: reverse("timeexpense:expense_report", args=[row.id]),
    actions=(
        Action(
            "New report",
            "timeexpense:expense_report_create",
            permission=TimeExpensePermission.ENTER,
            key="c",
            icon="plus",
            primary=True,
        ),
    ),
    empty=Empty(
        "No expenses yet",
        "A report collects what you paid, with its receipts.",
        "New report",
        "timeexpense:expense_report_create",
    ),
)
