"""The posting run: journals for actuals, one per batch, date and entity."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psa.core.actor import Actor
from psa.core.ledger import selectors
from psa.core.ledger.models import ActualBatch, ActualJournalLine, JournalLine
from psa.core.ledger.rules.journals import (
    CostFact,
    Dimensions,
    EntryHeader,
    NothingToPost,
    aggregate_costs,
)
from psa.core.ledger.rules.posting_profiles import JournalEvent
from psa.core.org import features
from psa.core.org.models import LegalEntity

from . import journals


@dataclass(frozen=True, slots=True)
class BatchResult:
    batch_id: int
    entry_count: int
    actual_count: int


def waiting_batches(*, limit: int | None = None) -> list[int]:
    """Batches that no run has journalled, oldest first; none where no books are kept. Two queries."""
    if not features.books().are_kept:
        return []
    rows = (
        ActualBatch.objects.filter(journalled_at__isnull=True)
        .order_by("id")
        .values_list("id", flat=True)
    )
    return list(rows[:limit] if limit else rows)


def journal_batches(*, batch_ids: Sequence[int], actor: Actor, at: datetime) -> list[BatchResult]:
    """Write the journals of these batches; those done already are passed over, so that running
    twice equals running once.

    Each entry is for one batch, entity and posting date, its lines summed by account and
    dimensions, and each actual of an amount other than 0 is linked to its line. What was posted
    before the books began has no entry; where no books are kept, all goes on waiting.
    Raises  PostingProfileMissing, PeriodClosed.
    Source  docs/rules/ledger.md, L-5.
    """
    books = features.books()
    if not books.are_kept:
        return []
    batches = list(
        ActualBatch.objects.select_for_update()
        .filter(pk__in=list(batch_ids), journalled_at__isnull=True)
        .order_by("id")
    )
    if not batches:
        return []
    facts, counts = _facts_by_entry([batch.pk for batch in batches], books.begin_on)
    entities = {e.pk: e for e in LegalEntity.objects.all()}
    book = selectors.profile_book()
    costs = []
    for (batch_id, entity_id, posted_on), rows in sorted(facts.items()):
        header = EntryHeader(
            event=rows[0].event,
            legal_entity_id=entity_id,
            currency=entities[entity_id].currency,
            posting_on=posted_on,
            source_kind="batch",
            source_ref=f"{batch_id}/{posted_on.isoformat()}",
            description=f"Actuals of batch {batch_id}",
        )
        try:
            costs.append((batch_id, aggregate_costs(header, book, rows)))
        except NothingToPost:
            # A batch of zero-cost work (an unpaid founder's hours) has nothing for the books.
            continue
    entry_counts: dict[int, int] = defaultdict(int)
    if costs:
        entries = journals.post_entries(
            drafts=[c.draft for _, c in costs], actor=actor, at=at, is_closing=True
        )
        line_ids = {
            (entry_id, position): line_id
            for entry_id, position, line_id in JournalLine.objects.filter(
                entry_id__in=[e.pk for e in entries]
            ).values_list("entry_id", "position", "id")
        }
        ActualJournalLine.objects.bulk_create(
            [
                ActualJournalLine(
                    tenant_id=actor.tenant_id,
                    actual_id=actual_id,
                    journal_line_id=line_ids[entry.pk, index + 1],
                )
                for entry, (_, cost) in zip(entries, costs, strict=True)
                for actual_id, index in cost.line_of_actual.items()
            ],
            batch_size=5000,
        )
        for batch_id, _ in costs:
            entry_counts[batch_id] += 1
    ActualBatch.objects.filter(pk__in=[b.pk for b in batches]).update(journalled_at=at)
    return [BatchResult(b.pk, entry_counts[b.pk], counts[b.pk]) for b in batches]


def _facts_by_entry(
    batch_ids: Sequence[int], begin_on: date | None
) -> tuple[dict[tuple[int, int, date], list[CostFact]], dict[int, int]]:
    """Cost facts by (batch, entity, posting date), and how many actuals each batch has."""
    facts: dict[tuple[int, int, date], list[CostFact]] = defaultdict(list)
    counts: dict[int, int] = defaultdict(int)
    rows = (
        selectors.of_the_books(begin_on)
        .filter(batch_id__in=list(batch_ids))
        .order_by("id")
        .values_list(
            "batch_id", "legal_entity_id", "posted_on", "id", "posting_event", "entity_amount",
            "currency", "amount", "project_id", "contract_id", "resourcing_unit_id",
            "category_id", "account_id", "entity_recoverable_tax", "recoverable_tax",
            "contracting_unit_id",
        )
    )  # fmt: skip
    seen: dict[tuple[int | None, ...], Dimensions] = {}
    for (
        batch_id, entity_id, posted_on, actual_id, event, entity_amount, currency, amount,
        project_id, contract_id, unit_id, category_id, customer_id, entity_tax, tax,
        contracting_id,
    ) in rows:  # fmt: skip
        key = (project_id, contract_id, unit_id, category_id, customer_id)
        dims = seen.get(key)
        if dims is None:
            dims = seen[key] = Dimensions(
                project_id=project_id,
                contract_id=contract_id,
                unit_id=unit_id,
                category_id=category_id,
                customer_id=customer_id,
            )
        counts[batch_id] += 1
        facts[batch_id, entity_id, posted_on].append(
            CostFact(
                actual_id=actual_id,
                event=JournalEvent(event),
                entity_amount=entity_amount,
                currency=currency,
                amount=amount,
                dimensions=dims,
                entity_recoverable_tax=entity_tax,
                recoverable_tax=tax,
                bearing_unit_id=contracting_id if event == JournalEvent.INTERNAL_LENDING else None,
            )
        )
    return facts, counts
