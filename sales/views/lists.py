"""The room's lists, as declarations."""

from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse

from psa.core.web import states
from psa.core.web.lists.spec import (
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
from psa.core.web.requests import TenantRequest
from sales.forms.fields import member_choices
from sales.models import CHOSEN_KINDS, Contract, OpportunityStage, Quote
from sales.permissions import SalesPermission

QUOTE_STATES = {
    "draft": states.DRAFT,
    "sent": states.SENT,
    "won": states.WON,
    "lost": states.LOST,
    "superseded": states.State("Superseded", icon="circle-minus"),
    "expired": states.State("Expired", "warn", icon="clock-exclamation"),
}
CONTRACT_STATES = {
    "draft": states.DRAFT,
    "confirmed": states.CONFIRMED,
    "on_hold": states.ON_HOLD,
    "completed": states.DONE,
    "cancelled": states.CANCELLED,
    "closed": states.CLOSED,
}
AMENDMENT_STATES = {
    "draft": states.DRAFT,
    "accepted": states.State("Accepted by the client", "ok", icon="circle-check"),
    "in_force": states.State("In force", "go", icon="circle-check"),
    "withdrawn": states.CANCELLED,
}
ACCOUNT_STATES = {
    "prospect": states.State("Prospect"),
    "customer": states.State("Customer", "ok", icon="circle-check"),
    "vendor": states.State("Vendor"),
}
OUTCOME_STATES = {
    "open": states.State("Open", "go", icon="progress"),
    "won": states.WON,
    "lost": states.LOST,
}


def _mine(field: str) -> Any:
    return lambda request: Q(**{field: request.actor.membership_id})


def _owner_field(_request: TenantRequest) -> forms.Field:
    return forms.TypedChoiceField(choices=member_choices(blank="Me")[1:], coerce=int)


def _stages(request: TenantRequest) -> list[tuple[str, str]]:
    return list(OpportunityStage.objects.order_by("position").values_list("code", "name"))


ACCOUNTS = ListSpec(
    key="accounts",
    title="Customers",
    noun=("customer", "customers"),
    columns=(
        Column("code", "Number", kind="code", sort="code"),
        Column("name", "Name", kind="link", sort="name"),
        Column("kind", "Kind", kind="state", sort="kind", states=ACCOUNT_STATES),
        Column("country", "Country", sort="country"),
        Column(
            "industry", "Industry", sort="industry", phone=False,
            edit=Edit(
                lambda _: forms.CharField(max_length=60, required=False),
                permission=SalesPermission.MANAGE,
            ),
        ),
        Column("currency", "Currency", sort="currency", phone=False),
        Column(
            "payment_terms_days", "Payment days", kind="number", sort="payment_terms_days", shown=False,
            edit=Edit(
                lambda _: forms.IntegerField(min_value=0, max_value=365),
                permission=SalesPermission.MANAGE,
            ),
        ),
        Column(
            "owner__name", "Owner", kind="person", sort="owner__name",
            edit=Edit(_owner_field, name="owner_id", permission=SalesPermission.MANAGE),
        ),
        Column("open_opportunities", "Open deals", kind="number"),
    ),
    filters=(
        ChoiceFilter("kind", "Kind", choices=CHOSEN_KINDS),
        TextFilter("industry", "Industry"),
    ),
    views=(
        View("all", "All"),
        View("customers", "Customers", where=Q(kind="customer")),
        View("prospects", "Prospects", where=Q(kind="prospect")),
        View("mine", "Mine", where=_mine("owner_id")),
    ),
    search=("code__startswith", "name__icontains"),
    search_label="Find by number or name",
    order="name",
    row_url=lambda row: reverse("sales:account", args=[row["id"]]),
    row_label=lambda row: row["name"],
    edit_url=lambda row: reverse("sales:account_cell", args=[row["id"]]),
    bulk=(
        BulkAction(
            "Take over", "sales:accounts_take_over", permission=SalesPermission.MANAGE,
            icon="user", tells_each=True,
            confirm="You become the owner of {count} customers. Go on?",
        ),
    ),
    actions=(
        Action(
            "New customer", "sales:account_create", permission=SalesPermission.MANAGE,
            key="c", icon="plus", primary=True,
        ),
    ),
    empty=Empty(
        "No customers yet",
        "A customer is who opportunities, contracts and invoices are made for.",
        "New customer",
        "sales:account_create",
        permission=SalesPermission.MANAGE,
    ),
    crumbs=(("Sell", None),),
)  # fmt: skip

OPPORTUNITIES = ListSpec(
    key="opportunities",
    title="Opportunities",
    noun=("opportunity", "opportunities"),
    columns=(
        Column("number", "Number", kind="code", sort="number"),
        Column("name", "Name", kind="link", sort="name"),
        Column("account__name", "Customer", sort="account__name"),
        Column("stage__name", "Stage", sort="stage__position"),
        Column(
            "stage__outcome", "State", kind="state", states=OUTCOME_STATES, sort="stage__outcome"
        ),
        Column(
            "estimated_amount", "Value", kind="money", sort="estimated_amount", currency="currency",
            total=True, places=0,
        ),
        Column("stage__probability_percent", "Probability, %", kind="number"),
        Column("close_on", "Close", kind="date", sort="close_on"),
        Column("owner__name", "Owner", kind="person", sort="owner__name"),
    ),
    filters=(
        ChoiceFilter("stage", "Stage", choices=_stages, field="stage__code"),
        DateRangeFilter("close_on", "Close"),
        TextFilter("customer", "Customer", field="account__name"),
    ),
    views=(
        View("open", "Open", where=Q(stage__outcome="open")),
        View("all", "All"),
        View("mine", "Mine", where=_mine("owner_id")),
        View("won", "Won", where=Q(stage__outcome="won")),
        View("lost", "Lost", where=Q(stage__outcome="lost")),
    ),
    search=("number__startswith", "name__icontains", "account__name__icontains"),
    search_label="Find by number, name or customer",
    order="close_on",
    row_url=lambda row: reverse("sales:opportunity", args=[row["id"]]),
    row_label=lambda row: row["name"],
    actions=(
        Action(
            "New opportunity", "sales:opportunity_create", permission=SalesPermission.MANAGE,
            key="c", icon="plus", primary=True,
        ),
    ),
    empty=Empty(
        "No opportunities here",
        "An opportunity is a deal in the making; it becomes a quote and then a contract.",
        "New opportunity",
        "sales:opportunity_create",
        permission=SalesPermission.MANAGE,
    ),
    crumbs=(("Sell", None),),
)  # fmt: skip

QUOTES = ListSpec(
    key="quotes",
    title="Quotes",
    noun=("quote", "quotes"),
    columns=(
        Column("number", "Number", kind="link", sort="number"),
        Column("version", "Version", kind="number", sort="version"),
        Column("opportunity__name", "Opportunity", sort="opportunity__name"),
        Column("opportunity__account__name", "Customer", sort="opportunity__account__name"),
        Column("status", "State", kind="state", sort="status", states=QUOTE_STATES),
        Column("sent_at", "Sent", kind="datetime", sort="sent_at"),
        Column("valid_until", "Valid until", kind="date", sort="valid_until"),
        Column("opportunity__owner__name", "Owner", kind="person", sort="opportunity__owner__name"),
    ),
    filters=(ChoiceFilter("status", "State", choices=Quote.Status.choices),),
    views=(
        View("live", "Live", where=Q(status__in=("draft", "sent"))),
        View("all", "All"),
        View("mine", "Mine", where=_mine("opportunity__owner_id")),
    ),
    search=("number__startswith", "opportunity__name__icontains"),
    search_label="Find by number or opportunity",
    order="-number",
    row_url=lambda row: reverse("sales:quote", args=[row["id"]]),
    row_label=lambda row: f"{row['number']} version {row['version']}",
    empty=Empty(
        "No quotes here",
        "A quote starts from an opportunity.",
        "Open opportunities",
        "sales:opportunity_list",
    ),
    crumbs=(("Sell", None),),
)

CONTRACTS = ListSpec(
    key="contracts",
    title="Contracts",
    noun=("contract", "contracts"),
    columns=(
        Column("number", "Number", kind="code", sort="number"),
        Column("name", "Name", kind="link", sort="name"),
        Column("account__name", "Customer", sort="account__name"),
        Column("status", "State", kind="state", sort="status", states=CONTRACT_STATES),
        Column("starts_on", "From", kind="date", sort="starts_on", phone=False),
        Column("ends_on", "To", kind="date", sort="ends_on", phone=False),
        Column("value_amount", "Value", kind="money", currency="currency", total=True),
        Column("invoiced_amount", "Invoiced", kind="money", currency="currency", total=True),
        Column("unbilled_amount", "Unbilled", kind="money", currency="currency", total=True),
        Column("owner__name", "Owner", kind="person", sort="owner__name", shown=False),
    ),
    filters=(
        ChoiceFilter("status", "State", choices=Contract.Status.choices),
        DateRangeFilter("ends_on", "Ends"),
        TextFilter("customer", "Customer", field="account__name"),
    ),
    views=(
        View("live", "Live", where=Q(status__in=("draft", "confirmed", "on_hold"))),
        View("all", "All"),
        View("mine", "Mine", where=_mine("owner_id")),
        View(
            "unbilled",
            "Unbilled by client",
            where=Q(unbilled_amount__gt=0),
            order="account__name",
        ),
    ),
    search=("number__startswith", "name__icontains", "account__name__icontains"),
    search_label="Find by number, name or customer",
    order="-number",
    row_url=lambda row: reverse("sales:contract", args=[row["id"]]),
    row_label=lambda row: row["name"],
    empty=Empty(
        "No contracts here",
        "A contract comes from a quote that was won.",
        "Open quotes",
        "sales:quote_list",
    ),
    crumbs=(("Sell", None),),
)
