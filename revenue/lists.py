"""The lists of the room: estimates under review, and work in progress."""

from django.urls import reverse

from psa.core.web import states
from psa.core.web.lists import ChoiceFilter, Column, Empty, ListSpec, TextFilter
from psa.core.web.states import State

from .models import Obligation, RevenueEstimate

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
