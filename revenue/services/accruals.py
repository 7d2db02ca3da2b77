"""The accrual of work that may be invoiced and is not yet: posted on the last day, taken back on day 1."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual, FiscalPeriod, JournalEntry
from psa.core.ledger.rules.journals import Dimensions, EntryHeader, NothingToPost, mirror
from psa.core.ledger.rules.posting_profiles import JournalEvent
from psa.core.ledger.rules.postings import AccrualFact, accrual_entry
from psa.core.ledger.rules.types import ActualType
from psa.core.ledger.services import journals
from revenue.events import RevenueEvent
from revenue.models import Obligation
from revenue.permissions import RevenuePermission
from sales.models import Contract, ContractLine

PERIOD = "period"


@dataclass(frozen=True, slots=True)
class Accrual:
    """How many contracts were accrued now, and how many had their accrual already."""

    posted: int
    kept: int


@transaction.atomic
def post_accruals(*, period_id: int, actor: Actor, at: datetime) -> Accrual:
    """Contract asset against accrued revenue for the net unbilled of each contract, in entity currency.

    Only lines recognised as invoiced; one entry a contract on the period's last day, and its exact
    mirror on day 1 of the next. A contract accrued already is left alone.
    Raises  PermissionDenied, NotFound, PeriodClosed, PostingProfileMissing.
    Source  docs/rules/ledger.md, L-6.
    """
    actor.require(RevenuePermission.POST)
    # The lock keeps two accruals of one period apart, as it keeps a posting from a close.
    FiscalPeriod.objects.select_for_update().filter(pk=period_id).first()
    period = ledger.get_period(period_id=period_id)
    facts = accrual_facts(period)
    contracts = Contract.objects.in_bulk(facts.keys())
    done = _accrued_refs(period)
    book = ledger.profile_book()
    drafts = []
    kept = 0
    for contract_id, rows in sorted(facts.items()):
        reference = _reference(period, contracts[contract_id])
        if reference in done:
            kept += 1
            continue
        header = EntryHeader(
            event=JournalEvent.SALES_ACCRUAL,
            legal_entity_id=period.legal_entity_id,
            currency=period.legal_entity.currency,
            posting_on=period.ends_on - timedelta(days=1),
            source_kind=PERIOD,
            source_ref=reference,
            description=f"Accrual {period.name}, {contracts[contract_id].number}",
        )
        try:
            drafts.append(accrual_entry(header, book, rows))
        except NothingToPost:
            # What is unbilled nets to 0 in the entity's currency: nothing for the books.
            continue
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
    """Net unbilled at the period's end by contract, project and category. Two queries."""
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


def waiting_accruals(period: FiscalPeriod) -> int:
    """Contracts with something to accrue and no accrual of this period yet."""
    facts = accrual_facts(period)
    done = _accrued_refs(period)
    contracts = Contract.objects.in_bulk(facts.keys())
    return sum(
        1
        for contract_id, rows in facts.items()
        if any(row.entity_amount for row in rows)
        and _reference(period, contracts[contract_id]) not in done
    )


def _accrued_refs(period: FiscalPeriod) -> set[str]:
    return set(
        JournalEntry.objects.filter(
            legal_entity_id=period.legal_entity_id,
            event=JournalEvent.SALES_ACCRUAL,
            source_kind=PERIOD,
            source_ref__startswith=f"{period.name}/",
            reverses__isnull=True,
        ).values_list("source_ref", flat=True)
    )


def _reference(period: FiscalPeriod, contract: Contract) -> str:
    return f"{period.name}/{contract.number}/accrual"
