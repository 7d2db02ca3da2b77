"""Reads of the general ledger: trial balance, result, balance sheet, one account, one entry.

Amounts are in the legal entity's currency. Nothing is kept beside the lines, so any past date
gives what stood then, by posting date.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum
from moneyed import Money

from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.ledger import dimensions
from psa.core.ledger.rules.opening_balances import is_opening
from psa.core.org.models import LegalEntity

from .models import (
    ActualJournalLine,
    JournalEntry,
    JournalExport,
    JournalLine,
    LedgerAccount,
)

VIEW = "ledger.view_gl"
ZERO = Decimal(0)
RESULT_KINDS = (LedgerAccount.Kind.INCOME, LedgerAccount.Kind.EXPENSE)


def entities(*, actor: Actor) -> list[LegalEntity]:
    """The legal entities whose books the actor may read, by code."""
    actor.require(VIEW)
    return list(LegalEntity.objects.order_by("code"))


def choose_entity(*, actor: Actor, code: str) -> LegalEntity:
    """The entity of this code, the first one when the code is empty. Raises  NotFound."""
    found = entities(actor=actor)
    chosen = next((e for e in found if e.code == code), found[0] if found and not code else None)
    if chosen is None:
        raise NotFound("There is no such legal entity.")
    return chosen


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """One account: what moved to each side, and the balance (debit positive)."""

    account_id: int
    code: str
    name: str
    kind: str
    debit: Money
    credit: Money
    balance: Money

    @property
    def shown(self) -> Money:
        """The balance from the credit side, as liabilities and equity are read."""
        return -self.balance


def account_balances(
    *, actor: Actor, entity: LegalEntity, as_of: date, from_on: date | None = None
) -> list[AccountBalance]:
    """Balance per account of all that is posted up to and including `as_of`. Two queries."""
    actor.require(VIEW)
    rows = JournalLine.objects.filter(entry__legal_entity=entity, entry__entry_on__lte=as_of)
    if from_on is not None:
        rows = rows.filter(entry__entry_on__gte=from_on)
    sums = {
        account_id: (debit, credit)
        for account_id, debit, credit in rows.values_list("account_id").annotate(
            debits=Sum("debit"), credits=Sum("credit")
        )
    }
    return [
        AccountBalance(
            account.pk,
            account.code,
            account.name,
            account.kind,
            Money(sums[account.pk][0], entity.currency),
            Money(sums[account.pk][1], entity.currency),
            Money(sums[account.pk][0] - sums[account.pk][1], entity.currency),
        )
        for account in LedgerAccount.objects.filter(pk__in=sums).order_by("code")
    ]


@dataclass(frozen=True, slots=True)
class TrialBalance:
    entity: LegalEntity
    as_of: date
    rows: tuple[AccountBalance, ...]
    debit: Money
    credit: Money

    @property
    def difference(self) -> Money:
        return self.debit - self.credit


def trial_balance(*, actor: Actor, entity: LegalEntity, as_of: date) -> TrialBalance:
    """Every account with its sides; the two totals are equal, or the books are broken."""
    rows = account_balances(actor=actor, entity=entity, as_of=as_of)
    zero = Money(0, entity.currency)
    return TrialBalance(
        entity, as_of, tuple(rows), sum((r.debit for r in rows), zero),
        sum((r.credit for r in rows), zero),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class StatementSection:
    title: str
    rows: tuple[AccountBalance, ...]
    total: Money


@dataclass(frozen=True, slots=True)
class BalanceSheet:
    """Assets against liabilities and equity; the result so far is part of equity."""

    entity: LegalEntity
    as_of: date
    assets: StatementSection
    liabilities: StatementSection
    equity: StatementSection
    result: Money

    @property
    def claims(self) -> Money:
        return self.liabilities.total + self.equity.total + self.result

    @property
    def difference(self) -> Money:
        return self.assets.total - self.claims


def balance_sheet(*, actor: Actor, entity: LegalEntity, as_of: date) -> BalanceSheet:
    """The balance sheet of the accounts used here. Liabilities and equity are shown positive."""
    rows = account_balances(actor=actor, entity=entity, as_of=as_of)
    zero = Money(0, entity.currency)

    def section(title: str, kind: str, sign: int) -> StatementSection:
        own = tuple(r for r in rows if r.kind == kind)
        return StatementSection(title, own, sum((r.balance * sign for r in own), zero))

    return BalanceSheet(
        entity,
        as_of,
        section("Assets", LedgerAccount.Kind.ASSET, 1),
        section("Liabilities", LedgerAccount.Kind.LIABILITY, -1),
        section("Equity", LedgerAccount.Kind.EQUITY, -1),
        -sum((r.balance for r in rows if r.kind in RESULT_KINDS), zero),
    )


RESULT_BY = {
    "account": ("account_id", None),
    "project": ("project_id", "project_id"),
    "unit": ("org_unit_id", "contracting_unit_id"),
    "category": ("category_id", "category_id"),
    "contract": ("contract_id", "contract_id"),
}


@dataclass(frozen=True, slots=True)
class ResultRow:
    """Income, expense and what is left of one project, unit, category, contract or account."""

    key: int | None
    name: str
    income: Money
    expense: Money
    result: Money


@dataclass(frozen=True, slots=True)
class IncomeStatement:
    entity: LegalEntity
    from_on: date
    until_on: date
    by: str
    rows: tuple[ResultRow, ...]
    income: Money
    expense: Money
    result: Money


def income_statement(
    *, actor: Actor, entity: LegalEntity, from_on: date, until_on: date, by: str
) -> IncomeStatement:
    """Income less expense from `from_on` to `until_on`, both included, by one dimension.

    Lines that carry no such dimension form one row of their own. Two queries.
    Raises  NotFound for an unknown dimension.
    """
    actor.require(VIEW)
    if by not in RESULT_BY:
        raise NotFound("The result can be shown by account, project, unit, category or contract.")
    field, dimension = RESULT_BY[by]
    found = (
        JournalLine.objects.filter(
            entry__legal_entity=entity,
            entry__entry_on__gte=from_on,
            entry__entry_on__lte=until_on,
            account__kind__in=RESULT_KINDS,
        )
        .values_list(field, "account__kind")
        .annotate(total=Sum("credit") - Sum("debit"))
    )
    sums: dict[int | None, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for key, kind, total in found:
        sums[key][kind] += total
    if dimension is None:
        names = {
            pk: f"{code} {name}"
            for pk, code, name in LedgerAccount.objects.filter(
                pk__in=[k for k in sums if k is not None]
            ).values_list("id", "code", "name")
        }
    else:
        names = dimensions.names(dimension, sums)
    rows = []
    for key, parts in sums.items():
        income = parts[LedgerAccount.Kind.INCOME]
        expense = -parts[LedgerAccount.Kind.EXPENSE]
        rows.append(
            ResultRow(
                key,
                "" if key is None else names.get(key, str(key)),
                Money(income, entity.currency),
                Money(expense, entity.currency),
                Money(income - expense, entity.currency),
            )
        )
    rows.sort(key=lambda row: (row.key is None, row.name))
    zero = Money(0, entity.currency)
    income_total = sum((r.income for r in rows), zero)
    expense_total = sum((r.expense for r in rows), zero)
    return IncomeStatement(
        entity, from_on, until_on, by, tuple(rows), income_total, expense_total,
        income_total - expense_total,
    )  # fmt: skip


def entry_rows(*, actor: Actor) -> "QuerySet[Any]":
    """All journal entries as plain rows, for the list."""
    actor.require(VIEW)
    return JournalEntry.objects.values(
        "id", "number", "entry_on", "event", "source_kind", "source_ref", "description", "total",
        "recorded_at", "legal_entity__code", "legal_entity__currency", "period__name",
        "reverses_id",
    )  # fmt: skip


def line_rows(*, actor: Actor) -> "QuerySet[Any]":
    """All journal lines as plain rows, for one account's page and its drill-down."""
    actor.require(VIEW)
    return JournalLine.objects.values(
        "id", "entry_id", "entry__number", "entry__entry_on", "entry__event",
        "entry__description", "entry__legal_entity__code", "entry__legal_entity__currency",
        "debit", "credit", "currency", "currency_amount", "project_id", "contract_id",
        "customer_id", "account_id", "account__code",
    )  # fmt: skip


def get_account(*, actor: Actor, account_id: int) -> LedgerAccount:
    """One account of the chart. Raises  NotFound."""
    actor.require(VIEW)
    account = LedgerAccount.objects.filter(pk=account_id).first()
    if account is None:
        raise NotFound("There is no such account.")
    return account


@dataclass(frozen=True, slots=True)
class EntryLine:
    line_id: int
    account_id: int
    account: str
    debit: Money | None
    credit: Money | None
    transaction: Money
    rate: Decimal | None
    rate_type: str
    project_id: int | None
    project: str
    contract: str
    customer: str
    actual_count: int


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One journal entry: head, lines, what it reverses and what reversed it."""

    id: int
    number: str
    entity: LegalEntity
    entry_on: date
    period_name: str
    event: str
    source: str
    description: str
    recorded_at: datetime
    recorded_by: str
    total: Money
    is_exported: bool
    reverses: tuple[int, str] | None
    reversed_by: tuple[int, str] | None
    lines: tuple[EntryLine, ...]
    may_reverse: bool  # opening balances that stand, for who posts


def entry_page(*, actor: Actor, entry_id: int) -> EntryPage:
    """All of one entry. Eight queries, however many lines. Raises  NotFound."""
    actor.require(VIEW)
    entry = (
        JournalEntry.objects.select_related("legal_entity", "period", "recorded_by", "reverses")
        .filter(pk=entry_id)
        .first()
    )
    if entry is None:
        raise NotFound("There is no such journal entry.")
    lines = list(
        JournalLine.objects.filter(entry=entry).select_related("account").order_by("position")
    )
    projects = dimensions.names("project_id", (line.project_id for line in lines))
    contracts = dimensions.names("contract_id", (line.contract_id for line in lines))
    customers = dimensions.names("account_id", (line.customer_id for line in lines))
    counts = _actual_counts([line.pk for line in lines])
    code = entry.legal_entity.currency
    mirror = JournalEntry.objects.filter(reverses=entry).values_list("id", "number").first()
    exported = JournalExport.objects.filter(
        Q(from_on=None) | Q(from_on__lte=entry.entry_on),
        Q(until_on=None) | Q(until_on__gte=entry.entry_on),
        legal_entity=entry.legal_entity,
        last_entry_id__gte=entry.pk,
    ).exists()
    return EntryPage(
        id=entry.pk,
        number=entry.number,
        entity=entry.legal_entity,
        entry_on=entry.entry_on,
        period_name=entry.period.title,
        event=entry.event.replace("_", " ").capitalize(),
        source=f"{entry.source_kind} {entry.source_ref}",
        description=entry.description,
        recorded_at=entry.recorded_at,
        recorded_by=entry.recorded_by.name if entry.recorded_by else "System",
        total=Money(entry.total, code),
        is_exported=exported,
        reverses=(entry.reverses.pk, entry.reverses.number) if entry.reverses else None,
        reversed_by=mirror,
        may_reverse=actor.has("ledger.post")
        and mirror is None
        and is_opening(entry.source_kind, entry.reverses_id),
        lines=tuple(
            EntryLine(
                line_id=line.pk,
                account_id=line.account_id,
                account=f"{line.account.code} {line.account.name}",
                debit=Money(line.debit, code) if line.debit else None,
                credit=Money(line.credit, code) if line.credit else None,
                transaction=Money(line.currency_amount, line.currency),
                rate=line.rate,
                rate_type=line.rate_type,
                project_id=line.project_id,
                project=projects.get(line.project_id, "") if line.project_id else "",
                contract=contracts.get(line.contract_id, "") if line.contract_id else "",
                customer=customers.get(line.customer_id, "") if line.customer_id else "",
                actual_count=counts.get(line.pk, 0),
            )
            for line in lines
        ),
    )


def _actual_counts(line_ids: Sequence[int]) -> dict[int, int]:
    counts: dict[int, int] = defaultdict(int)
    for line_id in ActualJournalLine.objects.filter(journal_line_id__in=line_ids).values_list(
        "journal_line_id", flat=True
    ):
        counts[line_id] += 1
    return counts
