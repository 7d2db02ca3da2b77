"""Expense reports and their entries; amounts are the person's own expenses, never rates."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import QuerySet
from moneyed import Money

from projects.models import Project, Task
from psa.core.actor import Actor
from psa.core.documents.models import Document
from psa.core.errors import DomainError, NotFound
from psa.core.money import selectors as money
from psa.core.money.fx import RateMissing, convert
from psa.core.org.models import Resource, TransactionCategory
from timeexpense import policies
from timeexpense.models import (
    CategoryKind,
    EntryState,
    ExpenseCategory,
    ExpenseEntry,
    ExpenseReport,
)
from timeexpense.policies import EDITABLE
from timeexpense.words import calculation_told

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
    # Who was there, how a table's amount came about, and the like: (label, text).
    details: tuple[tuple[str, str], ...] = ()
    # In the currency of the person's entity at the day's rate; None where it is the same.
    converted: Money | None = None


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


def last_work(resource_id: int) -> str:
    """What the person's last expense was for, as the choice of a form; "" before the first. One query."""
    row = (
        ExpenseEntry.objects.filter(resource_id=resource_id)
        .order_by("-id")
        .values_list("project_id", "task_id")
        .first()
    )
    return f"{row[0]}:{row[1] or ''}" if row else ""


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
    converted = in_own_currency(rows, _currency_of(report.resource_id))
    own = [row for row in rows if row.payment_method == ExpenseEntry.PaymentMethod.OWN]
    return ReportPage(
        id=report.pk,
        number=report.number,
        title=report.title,
        person=report.resource.name,
        state=state_of({row.state for row in rows}),
        entries=tuple(
            _entry_row(row, tuple(receipts[row.pk]), is_mine, converted.get(row.pk)) for row in rows
        ),
        totals=_sums(rows),
        own_totals=_sums(own),
        is_mine=is_mine,
        draft_count=sum(row.state in EDITABLE for row in rows),
        submitted_count=sum(row.state == EntryState.SUBMITTED for row in rows),
    )


def _currency_of(resource_id: int) -> str:
    """The currency of the entity that employs a person. One query."""
    code: str = (
        Resource.objects.filter(pk=resource_id)
        .values_list("org_unit__legal_entity__currency", flat=True)
        .get()
    )
    return code


def in_own_currency(rows: Sequence[ExpenseEntry], currency: str) -> dict[int, Money]:
    """What expenses in other currencies are in this one, each at its day's rate. Two queries.

    One without a rate is left out.
    """
    foreign = [row for row in rows if row.currency != currency]
    if not foreign:
        return {}
    terms = money.fx_terms()
    days = [row.spent_on for row in foreign]
    table = money.fx_table(
        currencies={currency, *(row.currency for row in foreign)},
        from_on=min(days) - timedelta(days=terms.max_age_days),
        until_on=max(days),
        terms=terms,
    )
    found: dict[int, Money] = {}
    for row in foreign:
        try:
            quote = table.rate(
                row.currency, currency, row.spent_on, base=terms.base_currency,
                max_age_days=terms.max_age_days,
            )  # fmt: skip
        except RateMissing:
            continue
        found[row.pk] = convert(Money(row.amount, row.currency), quote)
    return found


DETAILS: Final = {
    "calculation": "Calculated", "from_place": "From where", "to_place": "Where to", "nights": "Nights",
    "client": "Client", "attendees": "Who was there", "justification": "Why it was necessary",
}  # fmt: skip


def details_of(values: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """What a kind of category adds to an expense: (label, text) of what is not blank."""
    return tuple(
        (label, calculation_told(str(values[name])) if name == "calculation" else str(values[name]))
        for name, label in DETAILS.items()
        if values[name]
    )


def _entry_row(
    row: ExpenseEntry, receipts: tuple[Receipt, ...], is_mine: bool, converted: Money | None
) -> EntryRow:
    return EntryRow(
        row.pk, row.spent_on, row.category.name, row.merchant, row.project.name,
        row.task.name if row.task else "", Money(row.amount, row.currency),
        Money(row.tax_amount, row.currency), row.get_payment_method_display(), row.description,
        row.state, tuple(flag.get("sentence", "") for flag in row.flags),
        row.return_reason or row.blocked_reason, receipts, is_mine and row.state in EDITABLE,
        is_mine and row.state == EntryState.APPROVED and not row.recall_reason,
        details_of({name: getattr(row, name) for name in DETAILS}), converted,
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
        .select_related("resource", "report", "category", "project", "task")
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


def plain_categories() -> "QuerySet[TransactionCategory]":
    """Categories whose expenses are an amount on a receipt, and need no table, place or guests."""
    special = ExpenseCategory.objects.exclude(kind=CategoryKind.STANDARD)
    return expense_categories().exclude(id__in=special.values("category_id"))


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category with the kind that decides what an expense of it is asked."""

    id: int
    code: str
    name: str
    kind: str


def categories_with_kinds() -> list[CategoryRow]:
    """What money can be spent on, by name. Two queries."""
    kinds = dict(ExpenseCategory.objects.values_list("category_id", "kind"))
    return [
        CategoryRow(pk, code, name, kinds.get(pk, CategoryKind.STANDARD))
        for pk, code, name in expense_categories().values_list("id", "code", "name")
    ]


def may_see_entry(actor: Actor, entry_id: int) -> bool:
    """Whether the actor may see an expense and so its receipts. For the documents' register."""
    return policies.visible_expenses(actor).filter(pk=entry_id).exists()


def may_change_entry(actor: Actor, entry_id: int) -> bool:
    """Whether the actor may add receipts to an expense: their own, and not handed in yet."""
    return ExpenseEntry.objects.filter(
        pk=entry_id, resource__membership_id=actor.membership_id, state__in=EDITABLE
    ).exists()


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
