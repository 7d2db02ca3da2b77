"""Lists of company cards, their lines, and exports to payroll."""

from django.urls import reverse

from psa.core.web.lists import Action, ChoiceFilter, Column, Empty, ListSpec, View
from psa.core.web.states import State
from timeexpense.permissions import TimeExpensePermission

MANAGE = TimeExpensePermission.MANAGE_CARDS
STATES = {
    "open": State("Open", "warn", icon="circle-dashed"),
    "matched": State("Matched", "ok", icon="circle-check"),
    "dismissed": State("No expense", icon="lock"),
}
EXPENSES = (("Expenses", "timeexpense:expense_report_list"),)
LINES = ListSpec(
    key="card_lines",
    title="Card transactions",
    noun=("card line", "card lines"),
    crumbs=EXPENSES,
    columns=(
        Column("spent_on", "Date", kind="date", sort="spent_on"),
        Column("merchant", "Merchant", kind="link", sort="merchant"),
        Column("person", "Person", kind="person", sort="person", phone=False),
        Column("card", "Card", sort="card", phone=False),
        Column("amount", "Amount", kind="money"),
        Column("state", "State", kind="state", states=STATES, sort="state"),
        Column("expense", "Expense report", sort="expense", phone=False),
        Column("reason", "Why none", shown=False),
    ),
    filters=(
        ChoiceFilter("state", "State", choices=tuple((c, s.label) for c, s in STATES.items())),
    ),
    views=(
        View("open", "Without an expense", keep=lambda row: row.state == "open"),
        View("all", "All"),
    ),
    search=("merchant__icontains", "person__icontains"),
    search_label="Filter by merchant or person",
    order="-spent_on",
    row_url=lambda row: reverse("timeexpense:card_line", args=[row.id]),
    actions=(
        Action("Cards", "timeexpense:cards", permission=MANAGE),
        Action("Import a statement", "timeexpense:statement_import", permission=MANAGE,
               icon="upload", primary=True),
    ),
    empty=Empty("Nothing without an expense", "Lines of card statements stand here until matched."),
)  # fmt: skip
CARDS = ListSpec(
    key="company_cards",
    title="Company cards",
    noun=("card", "cards"),
    crumbs=(("Card transactions", "timeexpense:card_lines"),),
    columns=(
        Column("name", "Name", sort="name"),
        Column("ending", "Ends in", kind="code", sort="ending"),
        Column("resource__name", "Carried by", kind="person", sort="resource__name"),
        Column("currency", "Currency", kind="code"),
    ),
    search=("name__icontains", "resource__name__icontains"),
    order="name",
    actions=(
        Action("New card", "timeexpense:card_create", permission=MANAGE, key="c", icon="plus",
               primary=True),
    ),
    empty=Empty("No cards yet", "A card is known by its last four digits.", "New card",
                "timeexpense:card_create", permission=MANAGE),
)  # fmt: skip
PAYROLL = ListSpec(
    key="payroll_exports",
    title="Payroll exports",
    noun=("export", "exports"),
    crumbs=EXPENSES,
    columns=(
        Column("sequence", "Number", kind="link", sort="sequence"),
        Column("entity", "Legal entity", sort="entity"),
        Column("starts_on", "First day", kind="date", sort="starts_on"),
        Column("last_on", "Last day", kind="date", phone=False),
        Column("people", "People", kind="number", phone=False),
        Column("minutes", "Hours", kind="hours"),
        Column("made_at", "Made", kind="datetime", sort="made_at", phone=False),
    ),
    order="-made_at",
    row_url=lambda row: reverse("timeexpense:payroll_export", args=[row.id]),
    actions=(
        Action("New export", "timeexpense:payroll_create", key="c", icon="plus", primary=True,
               permission=TimeExpensePermission.EXPORT_PAYROLL),
    ),
    empty=Empty("Nothing was exported yet", "An export holds the approved hours of a pay period."),
)  # fmt: skip
