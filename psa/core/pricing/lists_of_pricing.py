"""The lists of price lists, of a list's lines, and of work without a price, as declarations."""

from dataclasses import replace
from typing import Any

from django.urls import reverse

from psa.core.access.permissions import PricingPermission
from psa.core.web.forms import AmountField
from psa.core.web.lists import (
    Action,
    BulkAction,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    Edit,
    Empty,
    ListSpec,
    TextFilter,
    View,
)
from psa.core.web.states import State

from . import break_even_selectors as break_even
from .models import PriceLine, PriceList
from .page_selectors import STATES


def _open(row: Any) -> str:
    return reverse("pricing:list", args=[row.id])


LISTS = ListSpec(
    key="price_lists",
    title="Price lists",
    noun=("price list", "price lists"),
    columns=(
        Column("name", "Name", kind="link"),
        Column("context_label", "Kind"),
        Column("owner", "For"),
        Column("currency", "Currency", kind="code"),
        Column("state", "State", kind="state", states=STATES),
        Column("valid_from", "From", kind="date"),
        Column("valid_until", "Until", kind="date"),
        Column("version", "Version", kind="number"),
        Column("line_count", "Lines", kind="number"),
    ),
    filters=(
        ChoiceFilter("context", "Kind", choices=PriceList.Context.choices),
        ChoiceFilter("state", "State", choices=PriceList.Status.choices),
        TextFilter("owner", "For"),
        TextFilter("currency", "Currency"),
        DateRangeFilter("valid_from", "From"),
    ),
    views=(
        View("current", "Current", keep=lambda row: row.state != "expired"),
        View("sales", "Sales", keep=lambda row: row.context == "sales"),
        View(
            "cost",
            "Cost",
            keep=lambda row: row.context == "cost",
            permission=PricingPermission.VIEW_ALL_LISTS,
        ),
        View("all", "All"),
    ),
    search=("name", "owner"),
    search_label="Filter by name or owner",
    order="-valid_from",
    row_url=_open,
    row_label=lambda row: str(row.name),
    actions=(
        Action(
            "New price list",
            "pricing:list_create",
            permission=PricingPermission.MANAGE_LISTS,
            key="c",
            icon="plus",
            primary=True,
        ),
        Action("Coverage", "pricing:coverage", icon="table"),
        Action(
            "Import",
            "pricing:list_import",
            permission=PricingPermission.MANAGE_LISTS,
            icon="file-text",
        ),
    ),
    empty=Empty(
        "No price lists yet",
        "Work is priced by price lists: one for cost and one for sales is enough to start.",
        "New price list",
        "pricing:list_create",
        PricingPermission.MANAGE_LISTS,
    ),
)

LINES = ListSpec(
    key="price_lines",
    title="Lines",
    noun=("line", "lines"),
    columns=(
        Column("transaction_class", "Class"),
        Column("role", "Role"),
        Column("resourcing_unit", "Resourcing unit"),
        Column("category", "Category"),
        Column("item", "Item"),
        Column("dimensions", "Dimensions"),
        Column("unit", "Unit"),
        Column("method_label", "Method"),
        Column(
            "value",
            "Price",
            kind="number",
            places=6,
            edit=Edit(
                lambda _: AmountField(max_digits=20, decimal_places=6, min_value=0),
                permission=PricingPermission.MANAGE_LISTS,
            ),
        ),
        Column("former_value", "Before", kind="number", places=6),
        Column("change_percent", "Change %", kind="number", places=2),
        Column("change", "Changed"),
    ),
    filters=(TextFilter("role", "Role"), TextFilter("resourcing_unit", "Resourcing unit")),
    search=("role", "resourcing_unit", "category"),
    search_label="Filter by role, unit or category",
    order="role",
)


def lines_of(row: PriceList) -> ListSpec:
    """The lines of one list; prices are changed in place while it is a draft."""

    def cell(line: Any) -> str | None:
        fixed = row.status != PriceList.Status.DRAFT or line.method == PriceLine.Method.AT_COST
        return None if fixed else reverse("pricing:line_cell", args=[row.pk, line.id])

    return replace(LINES, edit_url=cell)


CHANGES = {
    "added": State("Added", "ok", icon="plus"),
    "removed": State("Removed", "bad", icon="circle-minus"),
    "raised": State("Raised", "warn", icon="arrow-up"),
    "lowered": State("Lowered", "warn", icon="arrow-down"),
    "same": State("As before", icon="circle-dashed"),
}
DIFFERENCE = ListSpec(
    key="price_difference",
    title="Difference",
    noun=("line", "lines"),
    columns=(
        Column("what", "Role, category or item"),
        Column("transaction_class", "Class"),
        Column("resourcing_unit", "Resourcing unit"),
        Column("dimensions", "Dimensions"),
        Column("method", "Method", shown=False),
        Column("unit", "Per"),
        Column("change", "Change", kind="state", states=CHANGES),
        Column("old_value", "Before", kind="number", places=2),
        Column("new_value", "After", kind="number", places=2),
        Column("amount", "Difference", kind="number", places=2),
        Column("percent", "%", kind="number", places=2),
    ),
    filters=(
        ChoiceFilter("change", "Change", choices=[(k, s.label) for k, s in CHANGES.items()]),
        TextFilter("what", "Role, category or item"),
        TextFilter("resourcing_unit", "Resourcing unit"),
    ),
    views=(
        View("changed", "Changed", keep=lambda row: row.change != "same"),
        View("all", "All"),
    ),
    search=("what", "resourcing_unit"),
    search_label="Filter by role or unit",
    order="what",
    row_label=lambda row: str(row.what),
    empty=Empty("Nothing differs", "Both lists hold the same prices."),
)

UNPRICED = ListSpec(
    key="unpriced",
    title="Waiting for a price",
    noun=("entry", "entries"),
    columns=(
        Column("source", "Work", kind="link", url=lambda row: row.source_url),
        Column("resource", "Whose", kind="person"),
        Column("role", "Role"),
        Column("work_on", "Work date", kind="date"),
        Column("context", "Price"),
        Column("reason", "What is missing"),
        Column("searched", "Searched", value=lambda row: " ".join(row.searched)),
        Column("add", "Mend", kind="link", value=lambda row: "Add price", url=lambda r: r.add_url),
        Column("added_at", "Waits since", kind="datetime", shown=False),
    ),
    filters=(
        ChoiceFilter("context", "Price", choices=[("Cost", "Cost"), ("Sales", "Sales")]),
        TextFilter("resource", "Whose"),
        TextFilter("role", "Role"),
        DateRangeFilter("work_on", "Work date"),
    ),
    search=("source", "resource", "role"),
    search_label="Filter by work, person or role",
    order="work_on",
    row_label=lambda row: str(row.source),
    bulk=(
        BulkAction(
            "Price again",
            "pricing:unpriced_replay",
            permission=PricingPermission.REPLAY_UNPRICED,
            icon="refresh",
            key="r",
        ),
        BulkAction(
            "Try",
            "repricing:unpriced_try",
            permission=PricingPermission.REPLAY_UNPRICED,
            icon="eye",
        ),
    ),
    actions=(
        Action(
            "Price all again",
            "pricing:unpriced_replay_all",
            permission=PricingPermission.REPLAY_UNPRICED,
            icon="refresh",
            primary=True,
        ),
    ),
    empty=Empty(
        "Nothing waits for a price",
        "Everything that was approved has found its price.",
        icon="check",
    ),
)

BREAK_EVEN_STATES = {
    break_even.COVERED: State("Covered at target", "ok", icon="circle-check"),
    break_even.SHORT: State("Not covered at target", "bad", icon="alert-triangle"),
    break_even.UNPRICED: State("Not priced", "warn", icon="alert-triangle"),
}
BREAK_EVEN = ListSpec(
    key="break_even",
    title="Break-even utilisation",
    noun=("role", "roles"),
    crumbs=(("Price lists", "pricing:list_list"),),
    columns=(
        Column("role", "Role", sort="role"),
        Column("unit", "Unit", sort="unit", group=True),
        Column("cost", "Cost per hour", kind="money"),
        Column("bill", "Bill per hour", kind="money"),
        Column("break_even", "Break-even", kind="percent", sort="break_even",
               hint="Share of available hours whose billing covers the cost of all of them"),
        Column("target", "Target", kind="percent", sort="target"),
        Column("state", "State", kind="state", states=BREAK_EVEN_STATES, sort="state"),
    ),
    filters=(
        TextFilter("role", "Role"),
        TextFilter("unit", "Unit"),
        ChoiceFilter("state", "State", choices=[(k, s.label) for k, s in BREAK_EVEN_STATES.items()]),
    ),
    search=("role", "unit"),
    search_label="Filter by role or unit",
    order="role",
    row_label=lambda row: f"{row.role}, {row.unit}",
    empty=Empty("No roles yet", "Roles and units are added under Set up."),
)  # fmt: skip
