"""What a period's end posts and the first day of the next takes back: accrual, revaluation.

Both post differences: what is required now less what the period's entries already say. Running
twice therefore posts nothing, and running again after late work posts the change and its mirror.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Sum
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.ledger import dimensions
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import FiscalPeriod, JournalEntry, JournalLine, LedgerAccount
from psa.core.ledger.rules.journals import Dimensions, EntryHeader, EntryLines, JournalDraft, mirror
from psa.core.ledger.rules.periods import PeriodClosed
from psa.core.ledger.rules.posting_profiles import JournalEvent, Slot
from psa.core.ledger.rules.postings import NEVER_REVALUED, AccrualFact, accrual_entry, converted
from psa.core.ledger.services import journals
from psa.core.money import selectors as money
from revenue.events import RevenueEvent
from revenue.models import Obligation
from revenue.permissions import RevenuePermission

ZERO = Decimal(0)
PERIOD = "period"


@dataclass(frozen=True, slots=True)
class PeriodEndResult:
    """How many entries were posted (without their mirrors), and what they come to."""

    entry_count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class UnbilledSum:
    """Net unbilled of right-to-invoice lines by contract, project and unit."""

    contract_id: int
    contract_number: str
    project_id: int | None
    unit_id: int | None
    customer_id: int | None
    currency: str
    amount: Decimal
    entity_amount: Decimal


# Milestones, retainer periods and fees are due in advance: never a right to invoice for work done.
_UNBILLED = """
SELECT a.contract_id, c.number, a.project_id, a.contracting_unit_id, c.account_id, a.currency,
       SUM(a.amount), SUM(a.entity_amount)
FROM ledger_actual a
JOIN sales_contractline l ON l.tenant_id = a.tenant_id AND l.id = a.contract_line_id
JOIN sales_contract c ON c.tenant_id = l.tenant_id AND c.id = l.contract_id
WHERE a.legal_entity_id = %s AND a.actual_type = 'unbilled_sales' AND a.posted_on < %s
  AND a.transaction_class <> 'fee' AND l.recognition_method = %s
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY 2, 3, 6
"""


def right_to_invoice_sums(*, legal_entity_id: int, until_on: date) -> list[UnbilledSum]:
    """What right-to-invoice obligations have unbilled before `until_on` (exclusive). One query."""
    with connection.cursor() as cursor:
        cursor.execute(_UNBILLED, [legal_entity_id, until_on, Obligation.Method.AS_INVOICED.value])
        return [UnbilledSum(*row) for row in cursor.fetchall()]


@transaction.atomic
def accrue_unbilled(*, period_id: int, actor: Actor, at: datetime) -> PeriodEndResult:
    """Contract asset against accrued revenue for right-to-invoice work, mirrored on day 1.

    One entry per contract, `2026-01/C-17/accrual`. Idempotent.
    Raises  PermissionDenied (revenue.post), PeriodClosed (this period, or the next is missing).
    Source  docs/rules/revenue.md, R-10.
    """
    actor.require(RevenuePermission.POST)
    period = _lock(period_id)
    book = ledger.profile_book()
    required: dict[tuple[int, int | None, int | None, str], UnbilledSum] = {
        (s.contract_id, s.project_id, s.unit_id, s.currency): s
        for s in right_to_invoice_sums(
            legal_entity_id=period.legal_entity_id, until_on=period.ends_on
        )
    }
    posted = _posted(period, JournalEvent.SALES_ACCRUAL, Slot.CONTRACT_ASSET)
    contracts = {s.contract_id: s.contract_number for s in required.values()}
    contracts |= _numbers([key[0] for key in posted if key[0] not in contracts])
    facts: dict[int, list[AccrualFact]] = defaultdict(list)
    for key in {**required, **posted}:
        contract_id, project_id, unit_id, currency = key
        want = required.get(key)
        had = posted.get(key, (ZERO, ZERO, None))
        change = (want.amount if want else ZERO) - had[0]
        entity_change = (want.entity_amount if want else ZERO) - had[1]
        if entity_change == 0:
            continue
        facts[contract_id].append(
            AccrualFact(
                Money(change, currency),
                entity_change,
                Dimensions(
                    project_id=project_id, contract_id=contract_id, unit_id=unit_id,
                    customer_id=want.customer_id if want else had[2],
                ),
            )
        )  # fmt: skip
    drafts = [
        accrual_entry(
            _header(
                period, JournalEvent.SALES_ACCRUAL, contracts[contract_id], "accrual",
                f"Unbilled work of {contracts[contract_id]}, {period.name}",
            ),
            book, group,
        )
        for contract_id, group in sorted(facts.items())
    ]  # fmt: skip
    return _post_with_mirrors(
        drafts, period, actor, at, RevenueEvent.ACCRUED, f"Accrued unbilled work of {period.name}"
    )


@transaction.atomic
def revalue_balances(*, period_id: int, actor: Actor, at: datetime) -> PeriodEndResult:
    """Foreign monetary balances to the closing rate against unrealised FX, mirrored on day 1.

    Receivables, payables, bank, employee payables, intercompany and contract assets; contract
    liabilities keep their rate. One entry per currency, `2026-01/USD/revaluation`. Idempotent.
    Raises  PermissionDenied (revenue.post), PeriodClosed, RateMissing.
    Source  docs/rules/revenue.md, R-11.
    """
    actor.require(RevenuePermission.POST)
    period = _lock(period_id)
    home = period.legal_entity.currency
    last_on = period.ends_on - timedelta(days=1)
    balances = _foreign_balances(period)
    terms = money.fx_terms()
    table = money.fx_table(
        currencies={home, *(key[1] for key in balances)}, from_on=last_on, until_on=last_on,
        terms=terms,
    )  # fmt: skip
    required: dict[tuple[str, Slot, int | None, int | None], Decimal] = {}
    for (slot, currency, contract_id, customer_id), (amount, booked) in balances.items():
        rate = table.rate(currency, home, last_on, terms.base_currency, terms.max_age_days).rate
        change = converted(amount, rate, home) - booked
        if change:
            required[currency, slot, contract_id, customer_id] = change
    already = _revalued(period)
    book = ledger.profile_book()
    entries: dict[str, EntryLines] = {}
    for key in sorted({**required, **already}, key=str):
        currency, slot, contract_id, customer_id = key
        change = required.get(key, ZERO) - already.get(key, ZERO)
        if change == 0:
            continue
        if currency not in entries:
            header = _header(
                period, JournalEvent.REVALUATION, currency, "revaluation",
                f"Revaluation of {currency} balances, {period.name}",
            )  # fmt: skip
            entries[currency] = EntryLines(header, book)
        dims = Dimensions(contract_id=contract_id, customer_id=customer_id)
        entries[currency].debit(slot, change, dimensions=dims)
        entries[currency].credit(Slot.UNREALISED_FX, change, dimensions=dims)
    return _post_with_mirrors(
        [entry.entry() for entry in entries.values()], period, actor, at, RevenueEvent.REVALUED,
        f"Revalued foreign balances of {period.name}",
    )  # fmt: skip


def _lock(period_id: int) -> FiscalPeriod:
    """The period, locked so that two runs of its end follow each other."""
    FiscalPeriod.objects.select_for_update().filter(pk=period_id).first()
    return ledger.get_period(period_id=period_id)


def _numbers(contract_ids: list[int]) -> dict[int, str]:
    return dimensions.names("contract_id", contract_ids)


def _header(
    period: FiscalPeriod, event: JournalEvent, subject: str, what: str, text: str
) -> EntryHeader:
    stem = f"{period.name}/{subject}/{what}"
    taken = JournalEntry.objects.filter(
        legal_entity_id=period.legal_entity_id,
        source_kind=PERIOD,
        source_ref__startswith=stem,
        event=event.value,
        reverses__isnull=True,
    ).count()
    return EntryHeader(
        event=event,
        legal_entity_id=period.legal_entity_id,
        currency=period.legal_entity.currency,
        posting_on=period.ends_on - timedelta(days=1),
        source_kind=PERIOD,
        source_ref=f"{stem}-{taken + 1}" if taken else stem,
        description=text,
    )


def _own_lines(period: FiscalPeriod, event: JournalEvent):  # type: ignore[no-untyped-def]
    """Lines of the period's own entries of an event, without the mirrors of the period before."""
    return JournalLine.objects.filter(
        entry__legal_entity_id=period.legal_entity_id,
        entry__period=period,
        entry__event=event.value,
        entry__reverses__isnull=True,
    )


def _posted(
    period: FiscalPeriod, event: JournalEvent, slot: Slot
) -> dict[tuple[int, int | None, int | None, str], tuple[Decimal, Decimal, int | None]]:
    found = (
        _own_lines(period, event)
        .filter(memo=slot.value)
        .values_list("contract_id", "project_id", "org_unit_id", "currency", "customer_id")
        .annotate(amount=Sum("currency_amount"), entity=Sum("debit") - Sum("credit"))
    )
    return {
        (contract_id, project_id, unit_id, currency): (amount, entity, customer_id)
        for contract_id, project_id, unit_id, currency, customer_id, amount, entity in found
    }


BalanceKey = tuple[Slot, str, int | None, int | None]


def _foreign_balances(period: FiscalPeriod) -> dict[BalanceKey, tuple[Decimal, Decimal]]:
    """Foreign balances of monetary accounts at the period's end, and what they are booked at.

    Revaluation itself has no foreign amount, so it never enters what it is measured from.
    """
    monetary = LedgerAccount.objects.filter(is_monetary=True).values("pk")
    found = (
        JournalLine.objects.filter(
            entry__legal_entity_id=period.legal_entity_id,
            entry__entry_on__lt=period.ends_on,
            account_id__in=monetary,
        )
        .exclude(currency=period.legal_entity.currency)
        .values_list("memo", "currency", "contract_id", "customer_id")
        .annotate(amount=Sum("currency_amount"), booked=Sum("debit") - Sum("credit"))
    )
    return {
        (Slot(slot), currency, contract_id, customer_id): (amount, booked)
        for slot, currency, contract_id, customer_id, amount, booked in found
        if Slot(slot) not in NEVER_REVALUED
    }


def _revalued(
    period: FiscalPeriod,
) -> dict[tuple[str, Slot, int | None, int | None], Decimal]:
    found = (
        _own_lines(period, JournalEvent.REVALUATION)
        .exclude(memo=Slot.UNREALISED_FX.value)
        .values_list("entry__source_ref", "memo", "contract_id", "customer_id")
        .annotate(total=Sum("debit") - Sum("credit"))
    )
    sums: dict[tuple[str, Slot, int | None, int | None], Decimal] = defaultdict(Decimal)
    for ref, slot, contract_id, customer_id, total in found:
        sums[ref.split("/")[1], Slot(slot), contract_id, customer_id] += total
    return dict(sums)


def _post_with_mirrors(
    drafts: list[JournalDraft],
    period: FiscalPeriod,
    actor: Actor,
    at: datetime,
    event: RevenueEvent,
    sentence: str,
) -> PeriodEndResult:
    """Post the entries and, dated the first day of the next period, their exact mirrors."""
    if not drafts:
        return PeriodEndResult(0, ZERO)
    if not FiscalPeriod.objects.filter(
        legal_entity_id=period.legal_entity_id, starts_on=period.ends_on
    ).exists():
        raise PeriodClosed(
            f"The period after {period.name} does not exist, and the entry's mirror belongs on its "
            "first day. Add the next fiscal year first."
        )
    entries = journals.post_entries(drafts=drafts, actor=actor, at=at, is_closing=True)
    journals.post_entries(
        drafts=[
            mirror(draft, posting_on=period.ends_on, reverses_id=entry.pk)
            for draft, entry in zip(drafts, entries, strict=True)
        ],
        actor=actor,
        at=at,
        is_closing=True,
    )
    audit.record(
        actor=actor, at=at, event=event, record_type="ledger.FiscalPeriod", record_id=period.pk,
        sentence=f"{sentence}: {len(entries)} entries, mirrored on {period.ends_on:%-d %b %Y}",
    )  # fmt: skip
    return PeriodEndResult(
        len(entries), sum((line.amount for d in drafts for line in d.lines[::2]), ZERO)
    )
