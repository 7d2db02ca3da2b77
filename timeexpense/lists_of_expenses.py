"""The list of expense reports."""

from django.urls import reverse

from psa.core.web import states
from psa.core.web.lists import Action, ChoiceFilter, Column, Empty, ListSpec, View
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
        Column("number", "Number", kind="code", sort="number", phone=False),
        Column("title", "What for", kind="link", sort="title"),
        Column("person", "Person", kind="person", sort="person", phone=False),
        Column("state", "State", kind="state", sort="state", states=REPORT_STATES),
        Column("entry_count", "Expenses", kind="number", sort="entry_count", phone=False),
        Column("totals", "Total"),
        Column("created_at", "Started", kind="datetime", sort="created_at", phone=False),
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
            "Card transactions",
            "timeexpense:card_lines",
            permission=TimeExpensePermission.ENTER,
        ),
        Action(
            "My bank account", "timeexpense:bank_account", permission=TimeExpensePermission.ENTER
        ),
        Action("Travel requests", "timeexpense:travel_list"),
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
TRAVEL = ListSpec(
    key="travel_requests",
    title="Travel requests",
    noun=("travel request", "travel requests"),
    crumbs=(("Expenses", "timeexpense:expense_report_list"),),
    columns=(
        Column("number", "Number", kind="code", sort="number", phone=False),
        Column("purpose", "Purpose", kind="link", sort="purpose"),
        Column("person", "Person", kind="person", sort="person", phone=False),
        Column("destination", "Where to", sort="destination", phone=False),
        Column("project", "Project", sort="project", phone=False),
        Column("starts_on", "First day", kind="date", sort="starts_on"),
        Column("ends_on", "Last day", kind="date", phone=False),
        Column("estimate", "Estimate", kind="money", phone=False),
        Column("state", "State", kind="state", sort="state", states=REPORT_STATES),
    ),
    filters=(
        ChoiceFilter(
            "state",
            "State",
            choices=tuple((code, state.label) for code, state in REPORT_STATES.items()),
        ),
    ),
    views=(
        View("all", "All"),
        View("to_decide", "For me to decide", keep=lambda row: row.can_decide),
    ),
    search=("number__startswith", "purpose__icontains", "person__icontains"),
    search_label="Filter by number, purpose or person",
    order="-starts_on",
    row_url=lambda row: reverse("timeexpense:travel_request", args=[row.id]),
    actions=(
        Action(
            "New request",
            "timeexpense:travel_create",
            permission=TimeExpensePermission.ENTER,
            key="c",
            icon="plus",
            primary=True,
        ),
    ),
    empty=Empty(
        "No journeys asked for",
        "A request gives an estimate before a journey; its reports are compared with it.",
        "New request",
        "timeexpense:travel_create",
    ),
)
