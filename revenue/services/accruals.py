"""The accrual of work that may be invoiced and is not yet: posted on the last day, taken back on day 1."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual, FiscalPeriod, JournalEntry, JournalLine
from psa.core.ledger.rules.journals import Dimensions, EntryHeader, mirror
from psa.core.ledger.rules.posting_profiles import JournalEvent, Slot
from psa.core.ledger.rules.postings import AccrualFact, accrual_entry
from psa.core.ledger.rules.types import ActualType
from psa.core.ledger.services import journals
from revenue.events import RevenueEvent
from revenue.models import Obligation
from revenue.permissions import RevenuePermission
from sales.models import Account, Contract, ContractLine

PERIOD = "period"


@dataclass(frozen=True, slots=True)
class Accrual:
    """How many contracts were accrued now, and how many had their whole accrual already."""

    posted: int
    kept: int


@transaction.atomic
def post_accruals(*, period_id: int, actor: Actor, at: datetime) -> Accrual:
    """Contract asset against accrued revenue for the net unbilled of each contract, in entity currency.

    Only lines recognised as invoiced; one entry a contract on the period's last day, and its exact
    mirror on day 1 of the next. Run again, it posts what has changed since: a contract accrued
    already gets an entry over the difference, numbered on, or none.
    Raises  PermissionDenied, NotFound, PeriodClosed, PostingProfileMissing.
    Source  docs/rules/ledger.md, L-6.
    """
    actor.require(RevenuePermission.POST)
    # The lock keeps two accruals of one period apart, as it keeps a posting from a close.
    FiscalPeriod.objects.select_for_update().filter(pk=period_id).first()
    period = ledger.get_period(period_id=period_id)
    changes = accrual_changes(period)
    contracts = Contract.objects.in_bulk(changes.keys())
    attempts = _attempts(period)
    book = ledger.profile_book()
    drafts = []
    kept = 0
    for contract_id, rows in sorted(changes.items()):
        if not rows:
            kept += 1
            continue
        contract = contracts[contract_id]
        header = EntryHeader(
            event=JournalEvent.SALES_ACCRUAL,
            legal_entity_id=period.legal_entity_id,
            currency=period.legal_entity.currency,
            posting_on=period.ends_on - timedelta(days=1),
            source_kind=PERIOD,
            source_ref=_reference(period, contract, attempts.get(contract.number, 0)),
            description=f"Accrual {period.name}, {contract.number}",
        )
        drafts.append(accrual_entry(header, book, rows))
    if drafts:
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
        actor=actor, at=at, event=RevenueEvent.ACCRUED, record_type="ledger.FiscalPeriod",
        record_id=period.pk, sentence=f"posted {len(drafts)} accruals of {period.name}",
    )  # fmt: skip
    return Accrual(len(drafts), kept)


def accrual_facts(period: FiscalPeriod) -> dict[int, list[AccrualFact]]:
    """Net unbilled at the period's end by contract, project and category. Two queries.

    What departments of the firm pay is no revenue and is left out.
    """
    lines = ContractLine.objects.filter(
        recognition_method=Obligation.Method.AS_INVOICED,
        contract__legal_entity_id=period.legal_entity_id,
    ).values_list("id", "contract_id", "contract__contracting_unit_id", "contract__account_id")
    owner = {pk: (contract, unit, account) for pk, contract, unit, account in lines}
    sums = (
        Actual.objects.filter(
            actual_type=ActualType.UNBILLED_SALES,
            legal_entity_id=period.legal_entity_id,
            contract_line_id__in=owner.keys(),
            posted_on__lt=period.ends_on,
        )
        .exclude(account_id__in=Account.objects.filter(kind=Account.Kind.DEPARTMENT).values("pk"))
        .values_list("contract_line_id", "project_id", "category_id", "currency")
        .annotate(total=Sum("amount"), entity_total=Sum("entity_amount"))
        .order_by("contract_line_id", "project_id", "category_id")
    )
    facts: dict[int, list[AccrualFact]] = defaultdict(list)
    for line_id, project_id, category_id, currency, total, entity_total in sums:
        if not entity_total:
            continue
        contract_id, unit_id, account_id = owner[line_id]
        facts[contract_id].append(
            AccrualFact(
                Money(total, currency),
                entity_total,
                Dimensions(
                    project_id=project_id,
                    contract_id=contract_id,
                    unit_id=unit_id,
                    category_id=category_id,
                    customer_id=account_id,
                ),
            )
        )
    return dict(facts)


def accrual_changes(period: FiscalPeriod) -> dict[int, list[AccrualFact]]:
    """Per contract: net unbilled less what its accruals of the period hold already.

    [] for a contract that is accrued as it stands. Two queries beside those of the facts.
    """
    wanted: dict[int, dict[tuple[Dimensions, str], list[Decimal]]] = {}
    for contract_id, rows in accrual_facts(period).items():
        sums = wanted.setdefault(contract_id, {})
        for row in rows:
            pair = sums.setdefault(
                (row.dimensions, row.unbilled.currency.code), [Decimal(0), Decimal(0)]
            )
            pair[0] += row.unbilled.amount
            pair[1] += row.entity_amount
    held = (
        JournalLine.objects.filter(
            entry__legal_entity_id=period.legal_entity_id,
            entry__event=JournalEvent.SALES_ACCRUAL,
            entry__entry_on=period.ends_on - timedelta(days=1),
            entry__reverses__isnull=True,
            memo=Slot.CONTRACT_ASSET,
        )
        .values_list(
            "contract_id", "project_id", "org_unit_id", "category_id", "customer_id", "currency"
        )
        .annotate(amount=Sum("currency_amount"), booked=Sum("debit") - Sum("credit"))
    )
    for (
        contract_id,
        project_id,
        unit_id,
        category_id,
        customer_id,
        currency,
        amount,
        booked,
    ) in held:
        key = (
            Dimensions(
                project_id=project_id, contract_id=contract_id, unit_id=unit_id,
                category_id=category_id, customer_id=customer_id,
            ),
            currency,
        )  # fmt: skip
        pair = wanted.setdefault(contract_id, {}).setdefault(key, [Decimal(0), Decimal(0)])
        pair[0] -= amount
        pair[1] -= booked
    return {
        contract_id: [
            AccrualFact(Money(amount, currency), booked, dimensions)
            for (dimensions, currency), (amount, booked) in sums.items()
            if booked
        ]
        for contract_id, sums in wanted.items()
    }


def waiting_accruals(period: FiscalPeriod) -> int:
    """Contracts whose accrual of the period is missing or no longer what is unbilled."""
    return sum(1 for rows in accrual_changes(period).values() if rows)


def _attempts(period: FiscalPeriod) -> dict[str, int]:
    """Contract number → accrual entries of the period there are. One query."""
    found: dict[str, int] = defaultdict(int)
    for reference in JournalEntry.objects.filter(
        legal_entity_id=period.legal_entity_id,
        event=JournalEvent.SALES_ACCRUAL,
        source_kind=PERIOD,
        source_ref__startswith=f"{period.name}/",
        reverses__isnull=True,
    ).values_list("source_ref", flat=True):
        found[reference.split("/")[1]] += 1
    return found


def _reference(period: FiscalPeriod, contract: Contract, before: int) -> str:
    suffix = f"/{before + 1}" if before else ""
    return f"{period.name}/{contract.number}/accrual{suffix}"
