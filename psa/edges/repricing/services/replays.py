"""Trying the replay of unpriced work: what would be posted, before it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.ledger.rehearsals import Rehearsal, rehearse
from psa.core.pricing.replay import title_of
from psa.core.pricing.services import unpriced

# A try holds the locks of what it does for as long as a page loads.
MOST: Final = 500
_MOST_FAILURES: Final = 20


@dataclass(frozen=True, slots=True)
class TriedReplay:
    """What the replay would record; `count` of the entries that were asked for were tried."""

    tried: Rehearsal
    count: int
    asked: int


def try_replay(*, entry_ids: Sequence[int] | None, actor: Actor, at: datetime) -> TriedReplay:
    """Price waiting work again (all of it, or the entries named) and undo it.

    The oldest work comes first; beyond MOST entries the rest is left out, and said to be. What
    would fail for another reason than its price is named after what the trail would say.
    Raises  PermissionDenied.
    """
    actor.require(PricingPermission.REPLAY_UNPRICED)
    rows = unpriced.waiting()
    if entry_ids is not None:
        rows = rows.filter(pk__in=list(entry_ids))
    asked = list(rows.values_list("pk", flat=True))
    outcomes: list[unpriced.ReplayOutcome] = []
    tried = rehearse(
        lambda: outcomes.append(
            unpriced.replay_waiting(actor=actor, at=at, entry_ids=asked[:MOST])
        ),
        actor=actor,
    )
    failures = [
        f"{title_of(kind)} {source_id}: {reason}"
        for outcome in outcomes
        for kind, source_id, reason in outcome.failures[:_MOST_FAILURES]
    ]
    tried = replace(tried, sentences=(*tried.sentences, *failures))
    return TriedReplay(tried, min(len(asked), MOST), len(asked))
