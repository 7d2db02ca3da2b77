"""The lists of the ledger: actuals, journal entries, an account's lines, exports."""

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.urls import reverse
from moneyed import Money

from psa.core.access.permissions import LedgerPermission, PricingPermission
from psa.core.ledger.rules.packages import SHAPES, Package
from psa.core.ledger.rules.posting_profiles import JournalEvent
from psa.core.ledger.rules.types import ActualType, TransactionClass
from psa.core.ledger.services.exports import ExportFormat
from psa.core.org.models import LegalEntity
from psa.core.web.lists import (
    Action,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    Empty,
    ListSpec,
    NumberFilter,
    TextFilter,
    View,
)
from psa.core.web.states import State

from .models import LedgerAccount

ACCOUNT = (("Account", None),)
TYPE_STATES = {
    ActualType.COST: State("Cost", icon="circle-minus"),
    ActualType.UNBILLED_SALES: State("Unbilled", "go", icon="progress"),
    ActualType.BILLED_SALES: State("Billed", "ok", icon="circle-check"),
    ActualType.PARKED_SALES: State("Over the limit", "warn", icon="clock-pause"),
    ActualType.RETAINER_CONSUMPTION: State("Retainer", icon="circle-check"),
    ActualType.INTER_ORGANISATION_SALES: State("Internal sale", icon="send"),
    ActualType.RESOURCING_UNIT_COST: State("Resourcing cost", icon="circle-minus"),
}
EVENT_NAMES = {e.value: e.value.replace("_", " ").capitalize() for e in JournalEvent}


def _address(name: str, *args: Any) -> str:
    return reverse(name, urlconf=settings.TENANT_URLCONF, args=args)


def _money(field: str, currency: str) -> Any:
    return lambda row: Money(row[field], row[currency]) if row[field] else None


def _entities(request: Any) -> list[tuple[str, str]]:
    return [(e.code, f"{e.code} {e.name}") for e in LegalEntity.objects.order_by("code")]


ACTUALS = ListSpec(
    key="actuals",
    title="Actuals",
    noun=("actual", "actuals"),
    crumbs=ACCOUNT,
    columns=(
        Column("id", "No.", kind="link", sort="id"),
        Column("actual_type", "Type", kind="state", states=TYPE_STATES, sort="actual_type"),
        Column("work_on", "Worked", kind="date", sort="work_on"),
        Column("posted_on", "Posted", kind="date", sort="posted_on", phone=False),
        Column("description", "Description"),
        Column("transaction_class", "Class", phone=False),
        Column("minutes", "Hours", kind="hours", sort="minutes"),
        Column("source", "Source", value=lambda r: f"{r['source_kind']} {r['source_id']}", shown=False),
        Column(
            "cost", "Cost", kind="money", value=_money("cost", "currency"),
            permission=PricingPermission.VIEW_COST_RATES,
        ),
        Column(
            "sales", "Sales", kind="money", value=_money("sales", "currency"),
            permission=PricingPermission.VIEW_BILL_RATES,
        ),
    ),
    filters=(
        ChoiceFilter(
            "actual_type", "Type", choices=[(k.value, s.label) for k, s in TYPE_STATES.items()]
        ),
        ChoiceFilter(
            "transaction_class", "Class",
            choices=[(c.value, c.value.capitalize()) for c in TransactionClass],
        ),
        DateRangeFilter("work_on", "Worked"),
        DateRangeFilter("posted_on", "Posted"),
        NumberFilter("project", "Project number", field="project_id"),
        NumberFilter("contract", "Contract number", field="contract_id"),
        NumberFilter("payer", "Payer number", field="account_id"),
        NumberFilter("contracting_unit", "Contracting unit number", field="contracting_unit_id"),
        NumberFilter("resourcing_unit", "Resourcing unit number", field="resourcing_unit_id"),
        TextFilter("source", "Source", field="source_kind", lookup="startswith"),
    ),
    views=(View("all", "All"),),
    order="-id",
    row_url=lambda row: _address("ledger:actual", row["id"]),
    row_label=lambda row: f"Actual {row['id']}",
    empty=Empty("No actuals yet", "Approved time and expenses, milestones and invoices post here."),
)  # fmt: skip

ENTRIES = ListSpec(
    key="journal_entries",
    title="Journal entries",
    noun=("entry", "entries"),
    crumbs=ACCOUNT,
    columns=(
        Column("number", "Number", kind="link", sort="number"),
        Column("entry_on", "Date", kind="date", sort="entry_on"),
        Column("entity", "Entity", value="legal_entity__code", phone=False),
        Column("event", "Event", value=lambda r: EVENT_NAMES.get(r["event"], r["event"])),
        Column("source", "Source", value=lambda r: f"{r['source_kind']} {r['source_ref']}"),
        Column("description", "Description", phone=False),
        Column("period", "Period", value="period__name", shown=False),
        Column("recorded_at", "Recorded", kind="datetime", sort="recorded_at", shown=False),
        Column("total", "Amount", kind="money", value=_money("total", "legal_entity__currency")),
    ),
    filters=(
        ChoiceFilter("entity", "Entity", choices=_entities, field="legal_entity__code"),
        ChoiceFilter("event", "Event", choices=list(EVENT_NAMES.items())),
        DateRangeFilter("entry_on", "Date"),
        TextFilter("source", "Source", field="source_ref", lookup="startswith"),
    ),
    views=(View("all", "All"),),
    search=("number__startswith", "source_ref__startswith"),
    search_label="Number or source",
    order="-id",
    row_url=lambda row: _address("ledger:entry", row["id"]),
    row_label=lambda row: str(row["number"]),
    actions=(
        Action("Opening balances", "ledger:opening_create", permission=LedgerPermission.POST),
        Action("Trial balance", "ledger:trial_balance", icon="table"),
        Action("Exports", "ledger:export_list", permission=LedgerPermission.EXPORT, icon="download"),
    ),
    empty=Empty(
        "Nothing in the books yet",
        "Invoices and payments post at once, costs with the posting run.",
    ),
)  # fmt: skip

_LINES = ListSpec(
    key="journal_lines",
    title="Account",
    noun=("line", "lines"),
    crumbs=ACCOUNT,
    columns=(
        Column("number", "Entry", kind="link", value="entry__number", sort="entry_id"),
        Column("entry_on", "Date", kind="date", value="entry__entry_on", sort="entry__entry_on"),
        Column("entity", "Entity", value="entry__legal_entity__code", phone=False),
        Column("event", "Event", value=lambda r: EVENT_NAMES.get(r["entry__event"], "")),
        Column("description", "Description", value="entry__description", phone=False),
        Column("debit", "Debit", kind="money", value=_money("debit", "entry__legal_entity__currency")),
        Column("credit", "Credit", kind="money", value=_money("credit", "entry__legal_entity__currency")),
        Column(
            "transaction", "In its currency", kind="money",
            value=_money("currency_amount", "currency"), phone=False,
        ),
    ),
    filters=(
        ChoiceFilter("entity", "Entity", choices=_entities, field="entry__legal_entity__code"),
        ChoiceFilter("event", "Event", choices=list(EVENT_NAMES.items()), field="entry__event"),
        DateRangeFilter("entry_on", "Date", field="entry__entry_on"),
        NumberFilter("project", "Project number", field="project_id"),
        NumberFilter("contract", "Contract number", field="contract_id"),
    ),
    views=(View("all", "All"),),
    order="-id",
    row_url=lambda row: _address("ledger:entry", row["entry_id"]),
    row_label=lambda row: str(row["entry__number"]),
    empty=Empty("Nothing was posted to this account"),
)  # fmt: skip


def lines_of(account: LedgerAccount) -> ListSpec:
    """The list of one account's lines."""
    return replace(_LINES, key=f"account_{account.pk}", title=f"{account.code} {account.name}")


_FORMAT_NAMES = {
    ExportFormat.BEANCOUNT.value: "Beancount",
    ExportFormat.HLEDGER.value: "hledger",
    ExportFormat.CSV.value: "CSV",
    ExportFormat.XLSX.value: "Excel",
    ExportFormat.TRIAL_BALANCE.value: "Trial balance",
    ExportFormat.ENTITY_TRIAL_BALANCE.value: "Trial balance, entity currency",
    ExportFormat.LOCKS.value: "Period locks",
    ExportFormat.PACKAGE.value: "Accounting package",
}
EXPORTS = ListSpec(
    key="journal_exports",
    title="Exports",
    noun=("export", "exports"),
    crumbs=ACCOUNT,
    columns=(
        Column("id", "Export", kind="link", sort="id"),
        Column("entity", "Entity", value="legal_entity__code"),
        Column("format", "Format", value=lambda r: _FORMAT_NAMES.get(r["format"], r["format"])),
        Column("mapping", "Mapping", value=lambda r: r["package_terms__name"] or "", phone=False),
        Column("from_on", "From", kind="date", shown=False),
        Column("until_on", "Until", kind="date", shown=False),
        Column("entry_count", "Entries", kind="number"),
        Column("exported_at", "Taken", kind="datetime", sort="exported_at"),
        Column(
            "by", "By", kind="person", value=lambda r: r["exported_by__name"] or "System"
        ),
        Column("sha256", "SHA-256", kind="code", phone=False),
    ),
    filters=(
        ChoiceFilter("entity", "Entity", choices=_entities, field="legal_entity__code"),
        ChoiceFilter("format", "Format", choices=list(_FORMAT_NAMES.items())),
    ),
    views=(View("all", "All"),),
    order="-id",
    row_url=lambda row: _address("ledger:export_file", row["id"]),
    row_label=lambda row: f"Export {row['id']}",
    actions=(
        Action("Account mappings", "ledger:mapping_list"),
        Action("New export", "ledger:export_create", icon="plus", key="c", primary=True),
    ),
    empty=Empty(
        "No export was taken yet", "An export is the whole journal of an entity, with its hash.",
        "New export", "ledger:export_create",
    ),
)  # fmt: skip
MAPPINGS = ListSpec(
    key="account_mappings",
    title="Account mappings",
    noun=("mapping", "mappings"),
    crumbs=ACCOUNT,
    columns=(
        Column("name", "Name", kind="link", sort="name"),
        Column("entity", "Entity", value="legal_entity__code", sort="legal_entity__code"),
        Column("package", "Package", value=lambda r: SHAPES[Package(r["package"])].title),
        Column("number_count", "Accounts with a number", kind="number"),
    ),
    filters=(
        ChoiceFilter("entity", "Entity", choices=_entities, field="legal_entity__code"),
        ChoiceFilter("package", "Package", choices=[(p.value, s.title) for p, s in SHAPES.items()]),
    ),
    views=(View("all", "All"),),
    search=("name__icontains",),
    order="name",
    row_url=lambda row: _address("ledger:mapping", row["id"]),
    row_label=lambda row: str(row["name"]),
    actions=(Action("New mapping", "ledger:mapping_create", icon="plus", key="c", primary=True),),
    empty=Empty(
        "No mappings yet",
        "A mapping says which number an account has in the accounting package outside.",
        "New mapping", "ledger:mapping_create",
    ),
)  # fmt: skip
FORMAT_CHOICES = list(_FORMAT_NAMES.items())
