"""The chart of accounts: new accounts, and new names of those there, by their number."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import transaction

from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit.models import AuditEntry
from psa.core.errors import DomainError
from psa.core.ledger.models import LedgerAccount
from psa.core.ledger.services import chart
from psa.core.ledger.services.chart import AccountFacts

from ..kind_registry import Draft, Kind, Outcome, Settings, register
from ..rules import cells
from ..rules.columns import Target
from ..rules.reconciliation import Key, summed

# A change is undone by its entry in the trail, which holds what was there before (ADR 66).
MADE, CHANGED = chart.RECORD, "audit.AuditEntry"
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "asset": (
        "asset", "assets", "current asset", "current assets", "other current asset",
        "other current assets", "fixed asset", "fixed assets", "other asset", "other assets",
        "non current asset", "bank", "cash", "current", "fixed", "inventory", "prepayment",
        "accounts receivable", "accounts receivable a r", "receivable", "debitor", "aktiva", "aktivkonto",
    ),
    "liability": (
        "liability", "liabilities", "current liability", "current liabilities", "currliab", "termliab",
        "other current liability", "other current liabilities", "long term liability",
        "long term liabilities", "non current liability", "accounts payable", "accounts payable a p",
        "payable", "credit card", "creditor", "passiva", "passivkonto",
    ),
    "equity": ("equity", "capital", "eigenkapital"),
    "income": ("income", "revenue", "sales", "other income", "otherincome", "erlös", "erlöse", "ertrag"),
    "expense": (
        "expense", "expenses", "cost", "costs", "direct cost", "direct costs", "directcosts",
        "cost of goods sold", "cost of sales", "overhead", "overheads", "other expense",
        "other expenses", "depreciation", "depreciatn", "wages expense", "aufwand", "kosten",
    ),
}  # fmt: skip
KINDS: Final = {word: kind for kind, words in _WORDS.items() for word in words}
TARGETS = (
    Target(
        "code",
        "Number",
        ("account number", "account code", "account no", "nominal code", "code", "number", "konto"),
        True,
    ),
    Target("name", "Name", ("account name", "name", "description", "bezeichnung"), True),
    Target(
        "kind",
        "Kind",
        ("kind", "account type", "type", "class", "kontoart"),
        True,
        help_text="asset, liability, equity, income or expense; also as Xero, QuickBooks and Sage say it",
    ),
    Target(
        "is_monetary",
        "Revalued",
        ("monetary", "revalued", "revalue"),
        help_text="yes for assets and liabilities that are revalued at period end",
    ),
)


class Chart:
    """Adds accounts and, where asked, changes those of the same number, as their form does."""

    def apply(
        self, rows: Sequence[Draft], settings: Settings, *, actor: Actor, at: datetime
    ) -> list[Outcome]:
        known = {account.code: account for account in LedgerAccount.objects.all()}
        seen: set[str] = set()
        return [_apply_one(row, settings, known, seen, actor, at) for row in rows]

    def undo(
        self, record_type: str, record_ids: Sequence[int], *, actor: Actor, at: datetime
    ) -> dict[int, str]:
        take_back = _restore if record_type == CHANGED else _remove
        kept = {}
        for record_id in record_ids:
            try:
                with transaction.atomic():
                    take_back(record_id, actor, at)
            except DomainError as error:
                kept[record_id] = error.message
        return kept

    def totals_of_file(self, rows: Sequence[Draft], settings: Settings) -> Mapping[Key, Decimal]:
        kinds = {row.fields.get("code", "").strip(): row.fields.get("kind", "") for row in rows}
        return summed(
            (("Accounts", KINDS.get(_plain(kind), kind or "–").capitalize(), ""), Decimal(1))
            for code, kind in kinds.items()
            if code
        )

    def totals_of_records(self, records: Sequence[tuple[str, int]]) -> Mapping[Key, Decimal]:
        ids = {record_id for record_type, record_id in records if record_type == MADE}
        changes = [record_id for record_type, record_id in records if record_type == CHANGED]
        ids |= set(
            AuditEntry.objects.filter(pk__in=changes, record_type=MADE).values_list(
                "record_id", flat=True
            )
        )
        kinds = LedgerAccount.objects.filter(pk__in=ids).values_list("kind", flat=True)
        return summed((("Accounts", str(kind).capitalize(), ""), Decimal(1)) for kind in kinds)


def _apply_one(
    row: Draft,
    settings: Settings,
    known: dict[str, LedgerAccount],
    seen: set[str],
    actor: Actor,
    at: datetime,
) -> Outcome:
    try:
        for text in row.fields.values():
            cells.check_no_formula(text)
        facts = _facts(row.fields, known)
        if facts.code in seen:
            raise DomainError(f"Account {facts.code} stands in an earlier row already.", "code")
        seen.add(facts.code)
        account = known.get(facts.code)
        if account is None:
            with transaction.atomic():
                account = chart.add_account(facts=facts, actor=actor, at=at)
            return Outcome("imported", record_type=MADE, record_id=account.pk)
        if chart.facts_of(account) == facts:
            return Outcome("known", f"{account} is there already.", MADE, account.pk)
        if not settings.get("changes_accounts", False):
            return Outcome(
                "known", f"{account} is there already; it is not changed.", MADE, account.pk
            )
        with transaction.atomic():
            chart.change_account(account_id=account.pk, facts=facts, actor=actor, at=at)
        return Outcome("imported", record_type=CHANGED, record_id=_last_entry(account.pk).pk)
    except DomainError as error:
        return Outcome("bad", error.message)


def _facts(given: Mapping[str, str], known: Mapping[str, LedgerAccount]) -> AccountFacts:
    code = given.get("code", "").strip()
    if not code:
        raise DomainError("The number is missing.", "code")
    said = given.get("kind", "").strip()
    kind = KINDS.get(_plain(said))
    if kind is None:
        raise DomainError(
            f"“{said[:40]}” is no kind of account. Say asset, liability, equity, income or expense.",
            "kind",
        )
    revalued = given.get("is_monetary", "").strip()
    before = known.get(code)
    # A file without the column says nothing of it: what is set up stays.
    is_monetary = (
        cells.yes_or_no(revalued, field="is_monetary")
        if revalued
        else before is not None and before.is_monetary and before.kind == kind
    )
    return AccountFacts(code, " ".join(given.get("name", "").split()), kind, is_monetary)


def _plain(text: str) -> str:
    signs = "".join(sign if sign.isalnum() else " " for sign in text.casefold())
    return " ".join(signs.split())


def _last_entry(account_id: int) -> AuditEntry:
    entry: AuditEntry = AuditEntry.objects.filter(record_type=MADE, record_id=account_id).latest(
        "id"
    )
    return entry


def _remove(account_id: int, actor: Actor, at: datetime) -> None:
    last = _last_entry(account_id)
    if last.event == chart.CHANGED:
        raise DomainError("It was changed since; it stays.")
    chart.remove_account(account_id=account_id, actor=actor, at=at)


def _restore(entry_id: int, actor: Actor, at: datetime) -> None:
    entry = AuditEntry.objects.get(pk=entry_id)
    if _last_entry(entry.record_id).pk != entry_id:
        raise DomainError("It was changed since; it stays as it is.")
    account = LedgerAccount.objects.get(pk=entry.record_id)
    facts = chart.facts_of(account)
    before = {name: pair[0] for name, pair in entry.changes.items()}
    chart.change_account(
        account_id=account.pk,
        facts=AccountFacts(
            facts.code,
            before.get("name", facts.name),
            before.get("kind", facts.kind),
            before["is_monetary"] == "True" if "is_monetary" in before else facts.is_monetary,
        ),
        actor=actor,
        at=at,
    )


register(
    Kind(
        code="chart",
        title="Chart of accounts",
        noun=("account", "accounts"),
        permissions=(AccessPermission.MANAGE_PARAMETERS,),
        targets=TARGETS,
        importer=Chart(),
        max_rows=5_000,
        intro="Accounts by their number. One that is posted to keeps all but its name.",
    )
)
