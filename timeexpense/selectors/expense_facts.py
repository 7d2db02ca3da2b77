"""What the rules of expenses need to know beside the expenses themselves."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from decimal import Decimal

from moneyed import Money

from projects import selectors as projects
from psa.core.documents.models import Document
from psa.core.money import selectors as money
from psa.core.money.rounding import EXACT
from psa.core.org.models import TransactionCategory
from psa.core.tenancy.models import Tenant
from timeexpense.models import ExpenseEntry
from timeexpense.rules.expense_validation import ExpenseFact, ExpenseFacts
from timeexpense.rules.validation import is_plausible

from . import travel, validation_facts
from .expenses import RECEIPT_OF


def fact_of(row: ExpenseEntry, hashes: frozenset[str]) -> ExpenseFact:
    """A stored expense as the rules see it."""
    return ExpenseFact(
        row.resource_id, row.project_id, row.task_id, row.category_id, row.spent_on,
        Money(row.amount, row.currency), row.merchant, row.has_receipt, hashes, row.pk,
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
    """The facts beside these expenses; stored ones `leaving_out` are no others. 16 queries."""
    rows = [entry for entry in entries if is_plausible(entry.spent_on)]
    project_ids = {entry.project_id for entry in rows}
    resource_ids = {entry.resource_id for entry in rows}
    facts = validation_facts.projects_of(project_ids)
    others = ExpenseEntry.objects.filter(
        resource_id__in=resource_ids, spent_on__in={entry.spent_on for entry in rows}
    ).exclude(id__in=list(leaving_out))
    hashes = {digest for entry in rows for digest in entry.receipt_hashes}
    closed = validation_facts.closed_days(
        {
            (facts[entry.project_id].legal_entity_id, entry.spent_on)
            for entry in rows
            if entry.project_id in facts
        }
    )
    return ExpenseFacts(
        projects=facts,
        tasks=validation_facts.tasks_of({e.task_id for e in rows if e.task_id is not None}, {}),
        team={
            key: [(role.valid_from, role.valid_until) for role in roles]
            for key, roles in projects.team_roles(project_ids, resource_ids).items()
        },
        closed_days=closed,
        receipt_over=_receipt_over(rows),
        known={
            (resource_id, merchant.strip().casefold(), on, amount, currency): _name(
                number, "", merchant, on
            )
            for resource_id, merchant, on, amount, currency, number in others.order_by(
                "-id"
            ).values_list(
                "resource_id", "merchant", "spent_on", "amount", "currency", "report__number"
            )
        },
        known_hashes=_same_receipts(hashes, leaving_out),
        above_estimate=travel.above_estimates(
            [entry.entry_id for entry in rows if entry.entry_id is not None]
        ),
        refuses_late_work=bool(closed) and validation_facts.refuses_late_work(),
    )


def _same_receipts(hashes: Collection[str], leaving_out: Collection[int]) -> dict[str, str]:
    """By content: which other expense has the same receipt. Two queries."""
    if not hashes:
        return {}
    holders = dict(
        Document.objects.filter(record_type=RECEIPT_OF, sha256__in=hashes)
        .exclude(record_id__in=list(leaving_out))
        .order_by("-id")
        .values_list("sha256", "record_id")
    )
    names = {
        pk: _name(number, person, merchant, on)
        for pk, number, person, merchant, on in ExpenseEntry.objects.filter(
            id__in=holders.values()
        ).values_list("id", "report__number", "resource__name", "merchant", "spent_on")
    }
    # The receipt of an expense that was deleted is nobody's.
    return {digest: names[pk] for digest, pk in holders.items() if pk in names}


def _name(number: str, person: str, merchant: str, on: date) -> str:
    """How a finding names another expense: "EX-00012 of Bea (Deutsche Bahn, 8 Jul 2026)"."""
    whose = f" of {person}" if person else ""
    what = f"{merchant.strip()}, " if merchant.strip() else ""
    return f"{number}{whose} ({what}{on:%-d %b %Y})"


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
