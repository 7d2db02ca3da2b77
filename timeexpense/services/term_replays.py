"""Approved work priced again because the contract's terms changed: reversed, and accrued anew."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db.models import F

from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import Actual, ActualLink
from psa.core.ledger.rules.types import ActualDraft, ActualType
from psa.core.ledger.services import posting
from sales.services import accruals
from sales.services.accrual_drafts import ApprovedWork
from timeexpense import holders
from timeexpense.models import EntryState
from timeexpense.rules.validation import day

from . import accrual_works, approvals, recalls, storage
from .accrual_works import KIND_OF, Submitted
from .recalls import EntryHeld
from .refusals import EntryKey

KIND = "amendment"
SALES = (
    ActualType.UNBILLED_SALES, ActualType.PARKED_SALES, ActualType.RETAINER_CONSUMPTION,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReplayedEntry:
    """One entry's sales before and after, in the contract's currency: accrued, and over a limit."""

    kind: str
    entry_id: int
    resource_id: int
    project_id: int
    contract_line_id: int
    work_on: date
    minutes: int | None
    accrued_before: Decimal
    parked_before: Decimal
    accrued_after: Decimal
    parked_after: Decimal


@dataclass(frozen=True, slots=True)
class TermReplay:
    """What was priced again, and how many entries are left alone because they were invoiced."""

    entries: tuple[ReplayedEntry, ...] = ()
    invoiced_count: int = 0


@dataclass(frozen=True, slots=True)
class _Sold:
    """What of one entry stands in the ledger on its sales side."""

    actuals: tuple[Actual, ...]
    was_billed: bool


def lock_entries(*, contract_line_ids: Collection[int], from_on: date) -> None:
    """Lock the entries that a replay would touch, before any contract: the order of approvals."""
    approvals.locked_entries(sorted(_sold(contract_line_ids, from_on)))


def replay_under_new_terms(
    *, contract_line_ids: Collection[int], from_on: date, actor: Actor, at: datetime
) -> TermReplay:
    """Price the approved work of contract lines again, worked on `from_on` or later.

    The sales side is reversed and accrued anew with the entry's next revision; cost stays as it was
    posted. Work that was ever invoiced is left alone. Whole or not at all, in the caller's
    transaction, under the contract's lock.
    Raises  EntryHeld while some of it is on a draft invoice, naming it; DomainError if some of it
            has no price under the new terms; PeriodClosed, RateMissing.
    Source  docs/rules/sales.md, S-33.
    """
    sold = _sold(contract_line_ids, from_on)
    invoiced = sum(one.was_billed for one in sold.values())
    keys = sorted(key for key, one in sold.items() if not one.was_billed)
    rows = approvals.locked_entries(keys)
    keys = [key for key in keys if key in rows and rows[key].state == EntryState.APPROVED]
    if not keys:
        return TermReplay((), invoiced)
    standing = {key: sold[key].actuals for key in keys}
    actual_ids = [actual.pk for key in keys for actual in standing[key]]
    _check_not_held(actual_ids, from_on)
    posting.reverse_actuals(actual_ids=actual_ids, actor=actor, at=at, kind=KIND)
    works = _works([rows[key] for key in keys], standing)
    accrual = accruals.accrue(works=works, tenant_id=actor.tenant_id)
    if accrual.refused:
        raise DomainError(
            f"Some work has no price under these terms: {accrual.refused[0].reason} Nothing was "
            "changed."
        )
    drafts = [draft for draft in accrual.drafts if draft.type in SALES]
    batch_id = None
    if drafts:
        batch_id = posting.post(drafts=drafts, actor=actor, at=at, kind=KIND).batch_id
    store_next_revision(keys, rows, decision="repriced", actor=actor, at=at, batch_id=batch_id)
    return TermReplay(tuple(_told(keys, rows, standing, drafts)), invoiced)


def _sold(line_ids: Collection[int], from_on: date) -> dict[EntryKey, _Sold]:
    """The entries with sales under these lines since a day, and what of them stands."""
    origin: dict[int, EntryKey] = {}
    for pk, source_kind, source_id in Actual.objects.filter(
        contract_line_id__in=list(line_ids),
        source_kind__in=list(KIND_OF),
        actual_type__in=SALES,
        work_on__gte=from_on,
        reversal_of__isnull=True,
    ).values_list("id", "source_kind", "source_id"):
        origin[pk] = (KIND_OF[source_kind], source_id)
    front: set[int] = set(origin)
    while front:
        links = ActualLink.objects.filter(from_actual_id__in=front).values_list(
            "from_actual_id", "to_actual_id"
        )
        front = set()
        for before, after in links:
            if after not in origin:
                origin[after] = origin[before]
                front.add(after)
    billed = set(
        Actual.objects.filter(id__in=origin, actual_type=ActualType.BILLED_SALES).values_list(
            "id", flat=True
        )
    )
    live: dict[EntryKey, list[Actual]] = defaultdict(list)
    for actual in ledger.live(Actual.objects.filter(id__in=origin, actual_type__in=SALES)).order_by(
        "id"
    ):
        live[origin[actual.pk]].append(actual)
    was_billed = {origin[pk] for pk in billed}
    return {
        key: _Sold(tuple(live.get(key, ())), key in was_billed)
        for key in dict.fromkeys(origin.values())
        if key in live or key in was_billed
    }


def _check_not_held(actual_ids: Sequence[int], from_on: date) -> None:
    held = ledger.holders_of(actual_ids)
    if held:
        names = sorted({holders.name_of(one.holder_kind, one.holder_id) for one in held})
        raise EntryHeld(
            f"Work since {day(from_on)} is on {' and '.join(names[:3])}. Take it off or discard "
            "that draft first; then it is priced under the new terms."
        )


def _works(
    rows: Sequence[Submitted], standing: Mapping[EntryKey, tuple[Actual, ...]]
) -> list[ApprovedWork]:
    """The next revision of each entry, under the line that it was sold under."""
    works, broken = accrual_works.works_of(rows)
    if broken:
        raise DomainError(next(iter(broken.values())))
    return [
        replace(
            work,
            revision=row.revision + 1,
            contract_line_id=standing[row.kind, row.id][0].contract_line_id,
        )
        for work, row in zip(works, rows, strict=True)
    ]


def store_next_revision(
    keys: Sequence[EntryKey],
    rows: Mapping[EntryKey, Submitted],
    *,
    decision: str,
    actor: Actor,
    at: datetime,
    batch_id: int | None,
) -> None:
    """Entries that were valued anew go on under their next revision, with that decision kept."""
    for kind, model in recalls.MODELS.items():
        ids = [entry_id for known, entry_id in keys if known == kind]
        if ids:
            model.objects.filter(pk__in=ids).update(
                revision=F("revision") + 1, lock_version=F("lock_version") + 1
            )
    storage.record_decisions(
        [(kind, entry_id, rows[kind, entry_id].revision + 1) for kind, entry_id in keys],
        decision=decision,
        actor=actor,
        at=at,
        batch_id=batch_id,
    )


def _told(
    keys: Sequence[EntryKey],
    rows: Mapping[EntryKey, Submitted],
    standing: Mapping[EntryKey, tuple[Actual, ...]],
    drafts: Sequence[ActualDraft],
) -> list[ReplayedEntry]:
    after: dict[EntryKey, list[tuple[bool, Decimal]]] = defaultdict(list)
    for draft in drafts:
        key = (KIND_OF[draft.source_kind], draft.source_id)
        after[key].append((draft.type is ActualType.PARKED_SALES, draft.amount))
    found = []
    for key in keys:
        row = rows[key]
        before = [(one.actual_type == ActualType.PARKED_SALES, one.amount) for one in standing[key]]
        line_id = standing[key][0].contract_line_id
        assert line_id is not None  # sales are under a contract line
        found.append(
            ReplayedEntry(
                row.kind, row.id, row.resource_id, row.project_id, line_id, row.work_on,
                row.minutes, *_sums(before), *_sums(after[key]),
            )
        )  # fmt: skip
    return found


def _sums(amounts: Sequence[tuple[bool, Decimal]]) -> tuple[Decimal, Decimal]:
    """(accrued, parked)."""
    parked = sum((amount for is_parked, amount in amounts if is_parked), Decimal(0))
    return sum((amount for _, amount in amounts), Decimal(0)) - parked, parked
