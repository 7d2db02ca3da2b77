"""Approved work that was posted as its cost alone, valued once the firm works with sales and books."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction

from psa.core.actor import Actor
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualDraft, ActualType
from psa.core.ledger.services import posting
from sales.services import accruals
from sales.services.accrual_drafts import OF_THE_LENDER
from timeexpense.models import EntryState, ExpenseEntry, TimeEntry

from . import accrual_works, approvals, term_replays
from .accrual_works import KIND_OF, SOURCE_KINDS
from .refusals import EntryKey

KIND = "revaluation"
# The rows that tell what work cost, and whom; the others tell what it earns.
_COSTS = frozenset({ActualType.COST, *OF_THE_LENDER})


@dataclass(frozen=True, slots=True)
class Revalued:
    """How many entries were valued, and why the others stay as their cost alone."""

    count: int = 0
    refused: tuple[tuple[EntryKey, str], ...] = ()


def entries_to_revalue(*, from_on: date) -> list[EntryKey]:
    """Approved entries worked or spent on this day or later, in order of day. Two queries."""
    found: list[tuple[date, str, int]] = []
    for kind, model, day in (("time", TimeEntry, "work_on"), ("expense", ExpenseEntry, "spent_on")):
        rows = model.objects.filter(state=EntryState.APPROVED, **{f"{day}__gte": from_on})
        found += [(on, kind, pk) for on, pk in rows.values_list(day, "id")]
    return [(kind, pk) for _, kind, pk in sorted(found)]


@transaction.atomic
def revalue_entries(*, entries: Sequence[EntryKey], actor: Actor, at: datetime) -> Revalued:
    """Accrue these entries anew with their next revision, as an approval today would.

    What they earn is added. Their cost stays as it was posted unless it comes out otherwise today
    (work that another entity lends, another price): then it is reversed and posted anew. An entry
    that has sales already, is not approved any more or has no price is left as it is, the last with
    the reason. Cost grows with the batch; a constant number of queries.
    Raises  PeriodClosed, RateMissing.
    Source  docs/rules/timeexpense.md, T-27.
    """
    rows = approvals.locked_entries(entries)
    posted = _posted(list(rows))
    keys = [
        key
        for key in entries
        if key in rows and rows[key].state == EntryState.APPROVED and _is_cost_alone(posted[key])
    ]
    works, broken = accrual_works.works_of([rows[key] for key in keys])
    refused = [(keys[index], reason) for index, reason in broken.items()]
    kept = [key for index, key in enumerate(keys) if index not in broken]
    accrual = accruals.accrue(
        works=[replace(work, revision=work.revision + 1) for work in works],
        tenant_id=actor.tenant_id,
    )
    refused += [((KIND_OF[one.source_kind], one.source_id), one.reason) for one in accrual.refused]
    failed = {key for key, _ in refused}
    kept = [key for key in kept if key not in failed]
    drafts: dict[EntryKey, list[ActualDraft]] = defaultdict(list)
    for draft in accrual.drafts:
        drafts[KIND_OF[draft.source_kind], draft.source_id].append(draft)
    gone: list[int] = []
    added: list[ActualDraft] = []
    for key in kept:
        costs_alike = _costs_alike(posted[key], drafts[key])
        if not costs_alike:
            gone += [actual.pk for actual in posted[key]]
        added += [one for one in drafts[key] if not (costs_alike and one.type in _COSTS)]
    if gone:
        posting.reverse_actuals(actual_ids=gone, actor=actor, at=at, kind=KIND)
    batch_id = None
    if added:
        batch_id = posting.post(drafts=added, actor=actor, at=at, kind=KIND).batch_id
    term_replays.store_next_revision(
        kept, rows, decision="revalued", actor=actor, at=at, batch_id=batch_id
    )
    return Revalued(len(kept), tuple(refused))


def _posted(keys: Sequence[EntryKey]) -> Mapping[EntryKey, list[Actual]]:
    """What of each entry stands. One query a kind."""
    found: dict[EntryKey, list[Actual]] = defaultdict(list)
    for kind, source_kind in SOURCE_KINDS.items():
        ids = [entry_id for known, entry_id in keys if known == kind]
        if not ids:
            continue
        rows = Actual.objects.filter(source_kind=source_kind, source_id__in=ids)
        for actual in ledger.live(rows).order_by("id"):
            found[kind, actual.source_id].append(actual)
    return found


def _is_cost_alone(actuals: Sequence[Actual]) -> bool:
    return bool(actuals) and all(one.actual_type == ActualType.COST for one in actuals)


def _costs_alike(posted: Sequence[Actual], drafts: Sequence[ActualDraft]) -> bool:
    """Whether what the work costs, and in whose books, comes out as it was posted."""
    before = [
        (one.actual_type, one.legal_entity_id, one.currency, one.amount, one.contract_line_id)
        for one in posted
    ]
    after = [
        (one.type, one.legal_entity_id, one.currency, one.amount, one.contract_line_id)
        for one in drafts
        if one.type in _COSTS
    ]
    return before == after
