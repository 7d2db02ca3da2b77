"""The room's lists, as declarations."""

from typing import Any

from django.db.models import Q
from django.urls import reverse

from billing.models import CHARGES
from billing.permissions import BillingPermission
from billing.selectors.invoices import STATES
from billing.selectors.leakage import KINDS, LeakageRow
from psa.core.web import states
from psa.core.web.lists.spec import (
    Action,
    BulkAction,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    Empty,
    ListSpec,
    TextFilter,
    View,
)
from psa.core.web.states import State

BILL = (("Bill", None),)
PROPOSAL_STATES = {
    "draft": states.DRAFT,
    "in_review": states.IN_REVIEW,
    "approved": states.APPROVED,
    "confirmed": states.CONFIRMED,
    "cancelled": states.CANCELLED,
}
INVOICE_STATES = {
    "confirmed": State("Confirmed", "go", "circle-check"),
    "sent": states.SENT,
    "overdue": states.OVERDUE,
    "partly_paid": State("Partly paid", "go", "progress"),
    "paid": states.PAID,
    "credited": State("Credited", icon="circle-minus"),
    "written_off": State("Written off", icon="circle-minus"),
    "credit_note": State("Credit note", icon="receipt"),
    "charge": State("Charged inside the firm", "ok", "building"),
    "charge_back": State("Charge taken back", icon="receipt"),
}
MILESTONE_STATES = {
    "not_started": State("Not ready"),
    "overdue": State("Due, not ready", "warn", "clock-exclamation"),
    "ready": State("Ready to invoice", "go", "circle-check"),
    "invoiced": State("Invoiced", "ok", "circle-check-filled"),
}
RUN_STATES = {
    "queued": states.QUEUED,
    "running": states.RUNNING,
    "done": states.DONE,
    "failed": states.FAILED,
    "cancelled": states.CANCELLED,
}
LEAKAGE_STATES = {key: State(label, "warn", "alert-triangle") for key, label in KINDS}


def _amount(key: str, label: str, shown: str, *, is_summed: bool = True) -> Column:
    """An amount that who does not see the rates finds empty: `shown` names what they may see."""
    total = shown if is_summed else False
    return Column(
        key, label, kind="money", value=shown, sort=shown, currency="currency", total=total,
        phone=is_summed,
    )  # fmt: skip


RUNS = ListSpec(
    key="billing_runs",
    title="Billing runs",
    noun=("run", "runs"),
    crumbs=BILL,
    columns=(
        Column("title", "Run", kind="link", sort="title"),
        Column("state", "State", kind="state", sort="state", states=RUN_STATES),
        Column("done", "Contracts", kind="number"),
        Column("message", "Last", phone=False, prose=True),
        Column("requested_at", "Started", kind="datetime", sort="requested_at"),
        Column("requested_by__name", "By", kind="person", phone=False),
    ),
    order="-requested_at",
    row_url=lambda row: reverse("billing:run", args=[row["id"]]),
    actions=(
        Action(
            "Start a billing run", "billing:run_create", permission=BillingPermission.PROPOSE,
            key="c", icon="player-play", primary=True,
        ),
    ),
    empty=Empty(
        "No billing runs yet",
        "A run drafts an invoice for each contract with unbilled work.",
        "Start a billing run", "billing:run_create", icon="file-invoice",
    ),
)  # fmt: skip

PROPOSALS = ListSpec(
    key="proposals",
    title="Proposals",
    noun=("proposal", "proposals"),
    crumbs=BILL,
    columns=(
        Column("number", "Number", kind="link", sort="number"),
        Column("account__name", "Customer", sort="account__name"),
        Column("contract__number", "Contract", kind="code", sort="contract__number"),
        Column("state", "State", kind="state", sort="state", states=PROPOSAL_STATES),
        Column("cutoff_on", "Cut-off", kind="date", sort="cutoff_on"),
        Column("line_count", "Lines", kind="number", sort="line_count", phone=False),
        Column("flag_count", "To look at", kind="number", sort="flag_count", phone=False),
        _amount("net", "Net", "shown_net"),
        Column("reviewed_by__name", "Reviewer", kind="person", phone=False),
    ),
    filters=(
        ChoiceFilter("state", "State", choices=[(k, s.label) for k, s in PROPOSAL_STATES.items()]),
        TextFilter("account__name", "Customer"),
        DateRangeFilter("cutoff_on", "Cut-off"),
    ),
    views=(
        View("open", "To do", where=Q(state__in=("draft", "in_review", "approved"))),
        View("draft", "Drafts", where=Q(state="draft")),
        View("review", "In review", where=Q(state="in_review")),
        View("done", "Confirmed", where=Q(state="confirmed")),
        View("all", "All"),
    ),
    search=("number__startswith", "account__name__icontains", "contract__number__startswith"),
    search_label="Filter by number, customer or contract",
    order="-number",
    row_url=lambda row: reverse("billing:proposal", args=[row["id"]]),
    actions=(
        Action(
            "Start a billing run", "billing:run_create", permission=BillingPermission.PROPOSE,
            key="c", icon="player-play",
        ),
        Action("Invoice by hand", "billing:invoice_by_hand", permission=BillingPermission.PROPOSE, icon="plus"),
    ),
    bulk=(
        BulkAction(
            "Confirm", "billing:proposals_confirm", permission=BillingPermission.CONFIRM,
            icon="circle-check",
        ),
    ),
    empty=Empty(
        "Nothing to review", "Proposals come from a billing run, or are written by hand.",
        "Invoice by hand", "billing:invoice_by_hand", permission=BillingPermission.PROPOSE, icon="file-invoice",
    ),
)  # fmt: skip

INVOICES = ListSpec(
    key="invoices",
    title="Invoices",
    noun=("invoice", "invoices"),
    crumbs=BILL,
    columns=(
        Column("number", "Number", kind="link", sort="number"),
        Column("account__name", "Customer", sort="account__name"),
        Column("contract__number", "Contract", kind="code", sort="contract__number", phone=False),
        Column("state", "State", kind="state", sort="state", states=INVOICE_STATES),
        Column("issued_on", "Date", kind="date", sort="issued_on"),
        Column("due_on", "Due", kind="date", sort="due_on", phone=False),
        _amount("net_amount", "Net", "shown_net"),
        _amount("total_amount", "Total", "shown_total"),
        _amount("open_amount", "Open", "shown_open"),
    ),
    filters=(
        ChoiceFilter("state", "State", choices=STATES),
        TextFilter("account__name", "Customer"),
        TextFilter("contract__number", "Contract", lookup="startswith"),
        DateRangeFilter("issued_on", "Date"),
        DateRangeFilter("due_on", "Due"),
    ),
    views=(
        View("all", "All"),
        View("to_send", "To send", where=Q(state="confirmed")),
        View("unpaid", "Unpaid", where=Q(open_amount__gt=0)),
        View("overdue", "Overdue", where=Q(state="overdue")),
        View("credits", "Credit notes", where=Q(kind="credit_note")),
        View("charges", "Internal charges", where=Q(kind__in=CHARGES)),
    ),
    search=("number__startswith", "account__name__icontains", "contract__number__startswith"),
    search_label="Filter by number, customer or contract",
    order="-issued_on",
    row_url=lambda row: reverse("billing:invoice", args=[row["id"]]),
    bulk=(
        BulkAction(
            "Send", "billing:invoices_send", permission=BillingPermission.CONFIRM, icon="send"
        ),
    ),
    empty=Empty(
        "No invoices yet", "An invoice comes from a confirmed proposal.", "Open proposals",
        "billing:proposal_list", icon="file-invoice",
    ),
)  # fmt: skip

MILESTONES = ListSpec(
    key="milestones",
    title="Milestones",
    noun=("milestone", "milestones"),
    crumbs=BILL,
    columns=(
        Column("name", "Milestone", kind="link", sort="name"),
        Column(
            "contract_line__contract__account__name", "Customer",
            sort="contract_line__contract__account__name",
        ),
        Column(
            "contract_line__contract__number", "Contract", kind="code",
            sort="contract_line__contract__number",
        ),
        Column("project__name", "Project", phone=False),
        Column("shown_state", "State", kind="state", sort="shown_state", states=MILESTONE_STATES),
        Column("due_on", "Due", kind="date", sort="due_on"),
        Column(
            "amount", "Amount", kind="money", value="shown_amount", sort="shown_amount",
            currency="contract_line__contract__currency", total="shown_amount",
        ),
    ),
    filters=(
        ChoiceFilter("shown_state", "State", choices=[(k, s.label) for k, s in MILESTONE_STATES.items()]),
        DateRangeFilter("due_on", "Due"),
    ),
    views=(
        View("open", "Not ready", where=Q(state="not_started")),
        View("ready", "Ready", where=Q(state="ready")),
        View("invoiced", "Invoiced", where=Q(state="invoiced")),
        View("all", "All"),
    ),
    search=("name__icontains", "contract_line__contract__number__startswith"),
    search_label="Filter by milestone or contract",
    order="due_on",
    row_url=lambda row: reverse("billing:milestone_ready", args=[row["id"]]),
    empty=Empty(
        "No milestones", "Fixed-price contract lines bring their milestones with them.",
        icon="target-arrow",
    ),
)  # fmt: skip

OPEN_ITEMS = ListSpec(
    key="open_items",
    title="Receivables",
    noun=("open item", "open items"),
    crumbs=BILL,
    columns=(
        Column("number", "Invoice", kind="link", sort="number"),
        Column("account__name", "Customer", sort="account__name"),
        Column("state", "State", kind="state", sort="state", states=INVOICE_STATES),
        Column("issued_on", "Date", kind="date", sort="issued_on", phone=False),
        Column("due_on", "Due", kind="date", sort="due_on"),
        _amount("total_amount", "Total", "shown_total", is_summed=False),
        _amount("open_amount", "Open", "shown_open"),
    ),
    filters=(TextFilter("account__name", "Customer"), DateRangeFilter("due_on", "Due")),
    views=(View("all", "All"), View("overdue", "Overdue", where=Q(state="overdue"))),
    search=("number__startswith", "account__name__icontains"),
    search_label="Filter by number or customer",
    order="due_on",
    row_url=lambda row: reverse("billing:invoice", args=[row["id"]]),
    actions=(
        Action(
            "Record payment", "billing:payment_create",
            permission=BillingPermission.RECORD_PAYMENT, key="c", icon="cash", primary=True,
        ),
    ),
    empty=Empty("Nothing is open", "Every invoice is paid.", icon="circle-check"),
)  # fmt: skip

PAYMENTS = ListSpec(
    key="payments",
    title="Payments",
    noun=("payment", "payments"),
    crumbs=BILL,
    columns=(
        Column("number", "Number", kind="link", sort="number"),
        Column("account__name", "Customer", sort="account__name"),
        Column("received_on", "Received", kind="date", sort="received_on"),
        Column("amount", "Amount", kind="money", sort="amount", currency="currency", total=True),
        Column("reference", "Reference", phone=False),
        Column("recorded_by__name", "Recorded by", kind="person", phone=False),
    ),
    filters=(TextFilter("account__name", "Customer"), DateRangeFilter("received_on", "Received")),
    search=("number__startswith", "account__name__icontains", "reference__icontains"),
    search_label="Filter by number, customer or reference",
    order="-received_on",
    row_url=lambda row: reverse("billing:payment", args=[row["id"]]),
    actions=(
        Action(
            "Record payment", "billing:payment_create",
            permission=BillingPermission.RECORD_PAYMENT, key="c", icon="cash", primary=True,
        ),
    ),
    empty=Empty("No payments yet", "Record money as it arrives.", icon="cash"),
)  # fmt: skip


def _of(kind: str) -> Any:
    def keep(row: LeakageRow) -> bool:
        return row.kind == kind

    return keep


def _is_unbilled(row: Any) -> bool:
    return row.kind in ("unbilled", "in_proposal")


LEAKAGE = ListSpec(
    key="leakage",
    title="Leakage",
    noun=("item", "items"),
    crumbs=BILL,
    columns=(
        Column("what", "What", kind="link", sort="what"),
        Column("kind", "Stuck at", kind="state", sort="kind", states=LEAKAGE_STATES),
        Column("customer", "Customer", sort="customer", phone=False, group=True),
        Column("owner", "Owner", kind="person", sort="owner"),
        Column("age_days", "Days", kind="number", sort="age_days"),
        Column("minutes", "Hours", kind="hours", sort="minutes", phone=False),
        Column("amount", "Value", kind="money", sort="amount", currency="currency", total=True),
        Column("action", "Next step", kind="link", url=lambda row: row.url),
    ),
    filters=(TextFilter("customer", "Customer"), TextFilter("owner", "Owner")),
    views=(
        View("all", "All"),
        View("by_client", "Unbilled by client", keep=_is_unbilled, group="customer"),
        *(View(key, label, keep=_of(key), count=True) for key, label in KINDS),
    ),
    search=("what", "customer", "owner"),
    search_label="Filter by what, customer or owner",
    order="-age_days",
    row_url=lambda row: row.url,
    empty=Empty("Nothing leaks", "All billable work is on an invoice.", icon="circle-check"),
)  # fmt: skip
