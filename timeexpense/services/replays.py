"""Work that waited for a price, taken up again when there is one."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.ledger.services import posting
from psa.core.pricing.services import unpriced
from timeexpense.models import EntryState

from . import approvals, recalls
from .accrual_works import SOURCE_KINDS


def replay_time(*, source_ids: Sequence[int], actor: Actor, at: datetime) -> dict[int, str]:
    """Price and post waiting time entries again; a sentence for each that failed otherwise."""
    return _replay("time", source_ids, actor, at)


def replay_expenses(*, source_ids: Sequence[int], actor: Actor, at: datetime) -> dict[int, str]:
    """As `replay_time`, for expenses."""
    return _replay("expense", source_ids, actor, at)


@transaction.atomic
def _replay(kind: str, source_ids: Sequence[int], actor: Actor, at: datetime) -> dict[int, str]:
    model = recalls.MODELS[kind]
    states = dict(model.objects.filter(id__in=source_ids).values_list("id", "state"))
    gone = [
        source_id
        for source_id in source_ids
        if states.get(source_id) not in (EntryState.SUBMITTED, EntryState.APPROVED)
    ]
    unpriced.resolve(source_kind=SOURCE_KINDS[kind], source_ids=gone, at=at)
    failures: dict[int, str] = {}
    for source_id in source_ids:
        if states.get(source_id) != EntryState.APPROVED:
            continue
        # Posted at zero and flagged, as the tenant's policy was: that posting makes way.
        try:
            with transaction.atomic():
                _reverse_zero(kind, source_id, actor, at)
        except DomainError as error:
            failures[source_id] = error.message
    waiting = [(kind, i) for i in source_ids if i not in gone and i not in failures]
    if waiting:
        done = approvals.approve_waiting(entries=waiting, actor=actor, at=at)
        failures |= {one.entry_id: one.reason for one in done.refused}
    return failures


def _reverse_zero(kind: str, source_id: int, actor: Actor, at: datetime) -> None:
    actuals = [one.pk for one in recalls.standing_actuals(kind=kind, entry_id=source_id)]
    recalls.check_not_held(actuals)
    if actuals:
        posting.reverse_actuals(actual_ids=actuals, actor=actor, at=at, kind="replay")
    recalls.MODELS[kind].objects.filter(pk=source_id).update(
        state=EntryState.SUBMITTED, revision=F("revision") + 1
    )
