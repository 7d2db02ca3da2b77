"""The lists of the room: estimates under review, and work in progress."""

from django.db.models import Q
from django.urls import reverse

from psa.core.web import states
from psa.core.web.lists import (
    Action,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    Empty,
    ListSpec,
    TextFilter,
    View,
)
from psa.core.web.states import State

from .models import ContractCost, Obligation, RevenueEstimate
from .permissions import RevenuePermission

ESTIMATE_STATES: dict[str, State] = {
    RevenueEstimate.State.DRAFT: states.DRAFT,
    RevenueEstimate.State.APPROVED: states.APPROVED,
    RevenueEstimate.State.POSTED: State("Posted", "ok", icon="circle-check"),
    RevenueEstimate.State.REVERSED: states.CANCELLED,
}
METHOD_STATES: dict[str, State] = {
    value: State(str(label), icon="circle-dashed") for value, label in Obligation.Method.choices
}
FLAG_LABELS = {
    "margin_moved": "margin moved",
    "progress_fell": "progress fell",
    "onerous": "onerous",
    "no_forecast": "no forecast",
    "stale": "hours left stale",
    "adjusted": "adjusted",
}


def _flags(row: dict[str, object]) -> str:
    flags = row["flags"]
    return ", ".join(FLAG_LABELS.get(flag, flag) for flag in flags) if flags else ""  # type: ignore[attr-defined]


ESTIMATES = ListSpec(
    key="revenue_estimates",
    title="Revenue estimates",
    noun=("estimate", "estimates"),
    crumbs=(("Account", None),),
    columns=(
        Column("contract_number", "Contract", kind="link", sort="contract_number"),
        Column("customer", "Customer", sort="customer"),
        Column("line", "Line", sort="line"),
        Column("method", "Method", kind="state", sort="method", states=METHOD_STATES, shown=False),
        Column("state", "State", kind="state", sort="state", states=ESTIMATE_STATES),
        Column("cost_to_date", "Cost to date", kind="money", currency="entity_currency",
               permission="pricing.view_cost_rates"),
        Column("estimate_to_complete", "ETC", kind="money", currency="entity_currency",
               permission="pricing.view_cost_rates"),
        Column("previous_revenue", "Before", kind="money", currency="currency"),
        Column("period_revenue", "Period", kind="money", currency="currency",
               sort="period_revenue", total=True),
        Column("revenue_to_date", "To date", kind="money", currency="currency", total=True),
        Column("flags", "Flags", value=_flags),
    ),
    filters=(
        ChoiceFilter("state", "State", choices=RevenueEstimate.State.choices),
        ChoiceFilter("method", "Method", choices=Obligation.Method.choices),
        TextFilter("customer", "Customer"),
    ),
    search=("contract_number__startswith", "customer__icontains"),
    search_label="Filter by contract or customer",
    order="contract_number",
    row_url=lambda row: reverse("revenue:estimate", args=[row["id"]]),
    empty=Empty("No estimates yet", "Start the estimate run of the period."),
)  # fmt: skip

COST_KINDS: dict[str, State] = {
    ContractCost.Kind.OBTAIN: State("To obtain", icon="circle-dashed"),
    ContractCost.Kind.FULFIL: State("To fulfil", icon="circle-dashed"),
}
CONTRACT_COSTS = ListSpec(
    key="contract_costs",
    title="Contract costs",
    noun=("contract cost", "contract costs"),
    crumbs=(("Account", None),),
    columns=(
        Column("description", "Cost", kind="link", sort="description"),
        Column("contract_number", "Contract", sort="contract_number"),
        Column("customer", "Customer", sort="customer"),
        Column("entity", "Entity", sort="entity", shown=False),
        Column("kind", "Kind", kind="state", sort="kind", states=COST_KINDS),
        Column("capitalised_on", "Capitalised", kind="date", sort="capitalised_on"),
        Column("ends_on", "Until", kind="date", sort="ends_on"),
        Column("amount", "Capitalised amount", kind="money", currency="currency", sort="amount"),
        Column("charged_amount", "Charged", kind="money", currency="currency"),
        Column("carrying_amount", "Left", kind="money", currency="currency",
               sort="carrying_amount"),
    ),
    filters=(
        ChoiceFilter("kind", "Kind", choices=ContractCost.Kind.choices),
        DateRangeFilter("ends_on", "Until"),
        TextFilter("customer", "Customer"),
        TextFilter("entity", "Entity"),
    ),
    views=(
        View("left", "With something left", where=Q(carrying_amount__gt=0)),
        View("all", "All"),
    ),
    search=("contract_number__startswith", "customer__icontains", "description__icontains"),
    search_label="Filter by contract, customer or cost",
    order="contract_number",
    row_url=lambda row: reverse("revenue:contract_cost", args=[row["id"]]),
    empty=Empty(
        "No capitalised costs", "Capitalise a commission or a set-up cost on its contract's page."
    ),
)  # fmt: skip

INTERCOMPANY_INVOICES = ListSpec(
    key="intercompany_invoices",
    title="Intercompany invoices",
    noun=("intercompany invoice", "intercompany invoices"),
    crumbs=(("Intercompany", "revenue:intercompany"),),
    columns=(
        Column("number", "Number", kind="link", sort="number"),
        Column("lender__code", "Lends", sort="lender__code"),
        Column("borrower__code", "Borrows", sort="borrower__code"),
        Column("issued_on", "Issued", kind="date", sort="issued_on"),
        Column("worked_until_on", "Work until", kind="date", sort="worked_until_on"),
        Column("net_amount", "Net", kind="money", currency="currency", total=True),
        Column("tax_amount", "Tax", kind="money", currency="currency", total=True),
        Column("total_amount", "Total", kind="money", currency="currency", sort="total_amount",
               total=True),
        Column("open_amount", "Open", kind="money", currency="currency", sort="open_amount",
               total=True),
    ),
    views=(
        View("all", "All"),
        View("open", "Open", where=~Q(open_amount=0)),
    ),
    filters=(
        TextFilter("lender__code", "Lends"),
        TextFilter("borrower__code", "Borrows"),
        DateRangeFilter("issued_on", "Issued"),
    ),
    search=("number__startswith",),
    search_label="Filter by number",
    order="-issued_on",
    row_url=lambda row: reverse("revenue:intercompany_invoice", args=[row["id"]]),
    actions=(
        Action("Invoice lent work", "revenue:intercompany_invoice_create",
               permission=RevenuePermission.POST),
    ),
    empty=Empty(
        "No intercompany invoices yet",
        "Once lent work is in the books of both legal entities, invoice it from here or in the close.",
    ),
)  # fmt: skip

INTERCOMPANY_PAYMENTS = ListSpec(
    key="intercompany_payments",
    title="Intercompany payments",
    noun=("intercompany payment", "intercompany payments"),
    crumbs=(("Intercompany", "revenue:intercompany"),),
    columns=(
        Column("number", "Number", kind="link", sort="number"),
        Column("borrower__code", "Payer", sort="borrower__code"),
        Column("lender__code", "Paid to", sort="lender__code"),
        Column("paid_on", "Paid", kind="date", sort="paid_on"),
        Column("amount", "Settled", kind="money", currency="currency", sort="amount", total=True),
        Column("paid_amount", "From bank to bank", kind="money", currency="paid_currency",
               total=True),
        Column("reverses__number", "Reverses", phone=False),
        Column("reference", "Reference", phone=False),
    ),
    filters=(
        TextFilter("borrower__code", "Payer"),
        TextFilter("lender__code", "Paid to"),
        DateRangeFilter("paid_on", "Paid"),
    ),
    search=("number__startswith", "reference__icontains"),
    search_label="Filter by number or reference",
    order="-paid_on",
    row_url=lambda row: reverse("revenue:intercompany_payment", args=[row["id"]]),
    empty=Empty(
        "No intercompany payments yet", "Record one from the page of an intercompany invoice."
    ),
)  # fmt: skip

# The columns of the file; the page has a table of its own, since its days come before its sums.
UNIT_MARGINS = ListSpec(
    key="unit_margins",
    title="Unit margins",
    noun=("unit", "units"),
    crumbs=(("Account", None),),
    columns=(
        Column("unit", "Unit"),
        Column("entity", "Entity"),
        Column("sales", "Sales", kind="money"),
        Column("charged", "Charged to other units", kind="money"),
        Column("cost", "Cost", kind="money"),
        Column("borne", "Charged by other units", kind="money"),
        Column("margin", "Margin", kind="money"),
    ),
)  # fmt: skip
