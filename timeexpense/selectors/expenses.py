"""Expense reports and their entries; amounts are the person's own expenses, never rates."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import QuerySet
from moneyed import Money

from projects import selectors as projects
from projects.models import Project, Task
from psa.core.actor import Actor
from psa.core.documents.models import Document
from psa.core.errors import DomainError, NotFound
from psa.core.money import selectors as money
from psa.core.money.rounding import EXACT
from psa.core.org.models import TransactionCategory
from psa.core.tenancy.models import Tenant
from timeexpense import policies
from timeexpense.models import EntryState, ExpenseEntry, ExpenseReport
from timeexpense.policies import EDITABLE
from timeexpense.rules.expense_validation import ExpenseFact, ExpenseFacts
from timeexpense.rules.validation import is_plausible

from . import validation_facts

RECEIPT_OF = "timeexpense.ExpenseEntry"


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report in the list; `totals` per currency, never mixed."""

    id: int
    number: str
    title: str
    person: str
    created_at: datetime
    state: str
    entry_count: int
    totals: str


@dataclass(frozen=True, slots=True)
class Receipt:
    id: int
    filename: str


@dataclass(frozen=True, slots=True)
class EntryRow:
    id: int
    on: date
    category: str
    merchant: str
    project: str
    task: str
    amount: Money
    tax: Money
    paid: str
    description: str
    state: str
    flags: tuple[str, ...]
    reason: str
    receipts: tuple[Receipt, ...]
    is_editable: bool
    can_recall: bool


@dataclass(frozen=True, slots=True)
class ReportPage:
    id: int
    number: str
    title: str
    person: str
    state: str
    entries: tuple[EntryRow, ...]
    totals: tuple[Money, ...]
    own_totals: tuple[Money, ...]
    is_mine: bool
    draft_count: int
    submitted_count: int

    @property
    def can_submit(self) -> bool:
        return self.is_mine and self.draft_count > 0


def state_of(states: Collection[str]) -> str:
    """One word for a report: the state that still asks something of somebody comes first."""
    for state in (EntryState.RETURNED, EntryState.DRAFT, EntryState.SUBMITTED, EntryState.APPROVED):
        if state in states:
            return state.value
    return EntryState.DRAFT.value


def report_rows(*, actor: Actor) -> list[ReportRow]:
    """The reports that the actor may see, the newest first. Two queries."""
    reports = list(
        policies.visible_reports(actor)
        .order_by("-id")
        .values_list("id", "number", "title", "resource__name", "created_at")[:500]
    )
    states: dict[int, set[str]] = defaultdict(set)
    counts: dict[int, int] = defaultdict(int)
    sums: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for report_id, state, currency, amount in (
        policies.visible_expenses(actor)
        .filter(report_id__in=[report[0] for report in reports])
        .values_list("report_id", "state", "currency", "amount")
    ):
        states[report_id].add(state)
        counts[report_id] += 1
        sums[report_id][currency] += amount
    return [
        ReportRow(
            report_id, number, title, person, created_at, state_of(states[report_id]),
            counts[report_id],
            " + ".join(f"{total:,.2f} {code}" for code, total in sorted(sums[report_id].items())),
        )
        for report_id, number, title, person, created_at in reports
    ]  # fmt: skip


def get_report(*, actor: Actor, report_id: int) -> ExpenseReport:
    """A report that the actor may see. Raises  NotFound."""
    found: ExpenseReport | None = (
        policies.visible_reports(actor)
        .select_related("resource")
        .filter(pk=report_id)
        .distinct()
        .first()
    )
    if found is None:
        raise NotFound("There is no such expense report, or it is not yours to see.")
    return found


def report_page(*, actor: Actor, report_id: int) -> ReportPage:
    """A report with its entries and receipts. Constant queries. Raises  NotFound."""
    report = get_report(actor=actor, report_id=report_id)
    is_mine = report.resource.membership_id == actor.membership_id
    rows = list(
        policies.visible_expenses(actor)
        .filter(report_id=report.pk)
        .select_related("category", "project", "task")
        .order_by("spent_on", "id")
    )
    receipts: dict[int, list[Receipt]] = defaultdict(list)
    for document_id, record_id, filename in (
        Document.objects.filter(record_type=RECEIPT_OF, record_id__in=[row.pk for row in rows])
        .order_by("id")
        .values_list("id", "record_id", "filename")
    ):
        receipts[record_id].append(Receipt(document_id, filename))
    own = [row for row in rows if row.payment_method == ExpenseEntry.PaymentMethod.OWN]
    return ReportPage(
        id=report.pk,
        number=report.number,
        title=report.title,
        person=report.resource.name,
        state=state_of({row.state for row in rows}),
        entries=tuple(_entry_row(row, tuple(receipts[row.pk]), is_mine) for row in rows),
        totals=_sums(rows),
        own_totals=_sums(own),
        is_mine=is_mine,
        draft_count=sum(row.state in EDITABLE for row in rows),
        submitted_count=sum(row.state == EntryState.SUBMITTED for row in rows),
    )


def _entry_row(row: ExpenseEntry, receipts: tuple[Receipt, ...], is_mine: bool) -> EntryRow:
    return EntryRow(
        row.pk, row.spent_on, row.category.name, row.merchant, row.project.name,
        row.task.name if row.task else "", Money(row.amount, row.currency),
        Money(row.tax_amount, row.currency), row.get_payment_method_display(), row.description,
        row.state, tuple(flag.get("sentence", "") for flag in row.flags),
        row.return_reason or row.blocked_reason, receipts, is_mine and row.state in EDITABLE,
        is_mine and row.state == EntryState.APPROVED and not row.recall_reason,
    )  # fmt: skip


def _sums(rows: Sequence[ExpenseEntry]) -> tuple[Money, ...]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row.currency] += row.amount
    return tuple(Money(total, code) for code, total in sorted(sums.items()))


def get_entry(*, actor: Actor, entry_id: int) -> ExpenseEntry:
    """An expense that the actor may see. Raises  NotFound."""
    found: ExpenseEntry | None = (
        policies.visible_expenses(actor)
        .select_related("resource", "report", "category", "project")
        .filter(pk=entry_id)
        .first()
    )
    if found is None:
        raise NotFound("There is no such expense, or it is not yours to see.")
    return found


def expense_categories() -> "QuerySet[TransactionCategory]":
    """What money can be spent on, by name."""
    return TransactionCategory.objects.filter(transaction_class="expense", is_active=True).order_by(
        "name"
    )


def may_see_entry(actor: Actor, entry_id: int) -> bool:
    """Whether the actor may see an expense and so its receipts. For the documents' register."""
    return policies.visible_expenses(actor).filter(pk=entry_id).exists()


def may_change_entry(actor: Actor, entry_id: int) -> bool:
    """Whether the actor may add receipts to an expense: their own, and not handed in yet."""
    return ExpenseEntry.objects.filter(
        pk=entry_id, resource__membership_id=actor.membership_id, state__in=EDITABLE
    ).exists()


def fact_of(row: ExpenseEntry, hashes: frozenset[str]) -> ExpenseFact:
    """A stored expense as the rules see it."""
    return ExpenseFact(
        row.resource_id, row.project_id, row.task_id, row.category_id, row.spent_on,
        Money(row.amount, row.currency), row.merchant, row.has_receipt, hashes,
    )  # fmt: skip


def receipt_hashes(entry_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """The content of each expense's receipts, by its hash. One query."""
    found: dict[int, set[str]] = defaultdict(set)
    for entry_id, digest in Document.objects.filter(
        record_type=RECEIPT_OF, record_id__in=entry_ids
    ).values_list("record_id", "sha256"):
        found[entry_id].add(digest)
    return {entry_id: frozenset(hashes) for entry_id, hashes in found.items()}


def gather(entries: Sequence[ExpenseFact], *, leaving_out: Collection[int] = ()) -> ExpenseFacts:
    """The facts beside these expenses; stored ones `leaving_out` count nowhere. 14 queries."""
    rows = [entry for entry in entries if is_plausible(entry.spent_on)]
    project_ids = {entry.project_id for entry in rows}
    resource_ids = {entry.resource_id for entry in rows}
    facts = validation_facts.projects_of(project_ids)
    others = ExpenseEntry.objects.filter(
        resource_id__in=resource_ids, spent_on__in={entry.spent_on for entry in rows}
    ).exclude(id__in=list(leaving_out))
    hashes = {digest for entry in rows for digest in entry.receipt_hashes}
    return ExpenseFacts(
        projects=facts,
        tasks=validation_facts.tasks_of({e.task_id for e in rows if e.task_id is not None}, {}),
        team={
            key: [(role.valid_from, role.valid_until) for role in roles]
            for key, roles in projects.team_roles(project_ids, resource_ids).items()
        },
        closed_days=validation_facts.closed_days(
            {
                (facts[entry.project_id].legal_entity_id, entry.spent_on)
                for entry in rows
                if entry.project_id in facts
            }
        ),
        receipt_over=_receipt_over(rows),
        known=frozenset(
            (resource_id, merchant.strip().casefold(), on, amount, currency)
            for resource_id, merchant, on, amount, currency in others.values_list(
                "resource_id", "merchant", "spent_on", "amount", "currency"
            )
        ),
        known_hashes=frozenset(
            Document.objects.filter(record_type=RECEIPT_OF, sha256__in=hashes)
            .exclude(record_id__in=list(leaving_out))
            .values_list("sha256", flat=True)
        ),
    )


def _receipt_over(rows: Sequence[ExpenseFact]) -> dict[tuple[int, str], Decimal]:
    """From which amount each category needs a receipt, in the currencies of these expenses."""
    limits = dict(
        TransactionCategory.objects.filter(
            id__in={entry.category_id for entry in rows}, receipt_required_over__isnull=False
        ).values_list("id", "receipt_required_over")
    )
    if not limits:
        return {}
    own = Tenant.objects.values_list("currency", flat=True).get(
        id=TransactionCategory.objects.values_list("tenant_id", flat=True)[:1]
    )
    terms = money.fx_terms()
    days = [entry.spent_on for entry in rows]
    table = money.fx_table(
        currencies={own, *(entry.amount.currency.code for entry in rows)},
        from_on=min(days) - timedelta(days=terms.max_age_days),
        until_on=max(days),
        terms=terms,
    )
    found: dict[tuple[int, str], Decimal] = {}
    for entry in rows:
        code = entry.amount.currency.code
        limit = limits.get(entry.category_id)
        if limit is None:
            continue
        rate = Decimal(1)
        if code != own and limit:
            rate = table.rate(
                own, code, entry.spent_on, base=terms.base_currency,
                max_age_days=terms.max_age_days,
            ).rate  # fmt: skip
        found[entry.category_id, code] = EXACT.multiply(limit, rate)
    return found


def check_currency(code: str) -> str:
    """The code as stored. Raises  DomainError on "currency"."""
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise DomainError("A currency is three letters, such as EUR.", "currency")
    return code.upper()


def is_work(project_id: int, task_id: int | None) -> bool:
    """Whether the project exists here, and the task is one of its own."""
    if task_id is None:
        return Project.objects.filter(pk=project_id).exists()
    return Task.objects.filter(pk=task_id, project_id=project_id).exists()
