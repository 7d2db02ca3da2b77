"""The queue of work that waits for a price: never a silent zero."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.audit.wording import counted
from psa.core.pricing import replay
from psa.core.pricing.models import UnpricedEntry
from psa.core.pricing.rules.trace import explain_unpriced
from psa.core.pricing.rules.types import Unpriced

_REASON_LENGTH = 400


@dataclass(frozen=True, slots=True)
class WaitingWork:
    """One piece of work without a price: its source, whose it is, and what the resolver said."""

    source_kind: str
    source_id: int
    context: str
    work_on: date
    unpriced: Unpriced
    project_id: int | None = None
    resource_id: int | None = None
    role_id: int | None = None


@dataclass(frozen=True, slots=True)
class ReplayOutcome:
    """What a replay did: priced at last, still without a price, and failed otherwise (why)."""

    priced: int
    waiting: int
    failures: tuple[tuple[str, int, str], ...]


def queue(*, items: Sequence[WaitingWork], actor: Actor, at: datetime) -> int:
    """Let work wait for its price; what waits already gets its reason refreshed. Set-based.

    Neither the reason nor what was searched holds a price. Returns how many newly wait.
    """
    wanted = {(item.source_kind, item.source_id, item.context): item for item in items}
    if not wanted:
        return 0
    known = {
        (row.source_kind, row.source_id, row.context): row
        for row in UnpricedEntry.objects.filter(
            resolved_at__isnull=True,
            source_kind__in={key[0] for key in wanted},
            source_id__in={key[1] for key in wanted},
        )
    }
    fresh, again = [], []
    for key, item in wanted.items():
        row = known.get(key)
        if row is None:
            row = UnpricedEntry(
                tenant_id=actor.tenant_id,
                source_kind=item.source_kind,
                source_id=item.source_id,
                context=item.context,
                added_at=at,
            )
            fresh.append(row)
        else:
            again.append(row)
        row.project_id, row.resource_id = item.project_id, item.resource_id
        row.role_id, row.work_on = item.role_id, item.work_on
        row.reason = f"There is no price: {item.unpriced.missing} is missing."[:_REASON_LENGTH]
        row.searched = explain_unpriced(item.unpriced)
    UnpricedEntry.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=2000)
    UnpricedEntry.objects.bulk_update(
        again,
        ["project_id", "resource_id", "role_id", "work_on", "reason", "searched"],
        batch_size=2000,
    )
    return len(fresh)


def resolve(
    *, source_kind: str, source_ids: Iterable[int], at: datetime, context: str | None = None
) -> int:
    """Take sources off the queue: they have a price now, or are gone. Returns how many waited."""
    waiting_rows = UnpricedEntry.objects.filter(resolved_at__isnull=True, source_kind=source_kind)
    if not waiting_rows.exists():  # as usual, and then thousands of ids need not be looked for
        return 0
    rows = waiting_rows.filter(source_id__in=list(source_ids))
    if context is not None:
        rows = rows.filter(context=context)
    changed: int = rows.update(resolved_at=at)
    return changed


# Under which a page keeps how many wait, should it know it already.
WAITING = ("pricing.waiting",)


def waiting() -> Any:
    """Entries that wait, the oldest work first."""
    return UnpricedEntry.objects.filter(resolved_at__isnull=True).order_by("work_on", "id")


def replay_waiting(
    *, actor: Actor, at: datetime, entry_ids: Sequence[int] | None = None
) -> ReplayOutcome:
    """Price again what waits (all of it, or the entries named), through the rooms' own services.

    Idempotent: what has a price is off the queue and not touched again.
    Raises  PermissionDenied.
    """
    actor.require(PricingPermission.REPLAY_UNPRICED)
    rows = waiting()
    if entry_ids is not None:
        rows = rows.filter(pk__in=list(entry_ids))
    asked = list(rows.values_list("pk", "source_kind", "source_id"))
    by_kind: dict[str, list[int]] = defaultdict(list)
    for _, source_kind, source_id in asked:
        by_kind[source_kind].append(source_id)
    failures: list[tuple[str, int, str]] = []
    for source_kind, source_ids in by_kind.items():
        again = replay.replay_of(source_kind)
        distinct = list(dict.fromkeys(source_ids))
        if again is None:
            reason = "Nothing knows how to take this kind of work up again."
            failures += [(source_kind, source_id, reason) for source_id in distinct]
            continue
        failed = again(source_ids=distinct, actor=actor, at=at)
        failures += [(source_kind, source_id, why) for source_id, why in failed.items()]
    left = waiting().filter(pk__in=[pk for pk, _, _ in asked]).count()
    outcome = ReplayOutcome(len(asked) - left, left, tuple(failures))
    if asked:
        audit.record(
            actor=actor,
            at=at,
            event="pricing.unpriced_replayed",
            record_type="pricing.UnpricedEntry",
            record_id=0,
            sentence=f"Priced {counted(outcome.priced, 'entry', 'entries')} again; "
            f"{counted(outcome.waiting, 'waits still', 'still wait')}.",
        )
    return outcome
