"""Claims: a draft holds the actuals that it wants, so that no other draft takes them."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from psa.core.actor import Actor
from psa.core.errors import Conflict
from psa.core.ledger.models import ActualClaim


class ActualHeld(Conflict):
    """Another live draft holds the work already."""


def claim(*, actual_ids: Sequence[int], holder_kind: str, holder_id: int, actor: Actor) -> None:
    """Hold these actuals for a draft; all of them or none.

    Raises  ActualHeld when another live draft holds one: the unique key decides races.
    """
    claim_each(
        holder_of=[(actual_id, holder_id) for actual_id in actual_ids],
        holder_kind=holder_kind,
        actor=actor,
    )


def claim_each(*, holder_of: Sequence[tuple[int, int]], holder_kind: str, actor: Actor) -> None:
    """`claim` for several drafts at once: (actual, its draft). One statement."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ledger_actualclaim (tenant_id, actual_id, holder_kind, holder_id) "
                "SELECT %s, w.actual_id, %s, w.holder_id "
                "FROM unnest(%s::bigint[], %s::bigint[]) AS w(actual_id, holder_id)",
                [
                    actor.tenant_id,
                    holder_kind,
                    [actual_id for actual_id, _ in holder_of],
                    [holder_id for _, holder_id in holder_of],
                ],
            )
    except IntegrityError as error:
        raise ActualHeld(
            "Some of this work is on another draft invoice already. Reload and look again."
        ) from error


def release(
    *,
    holder_kind: str,
    holder_ids: Sequence[int],
    at: datetime,
    actual_ids: Sequence[int] | None = None,
) -> int:
    """Let go of what drafts hold (of the named actuals only, if given); returns how many."""
    held = ActualClaim.objects.filter(
        holder_kind=holder_kind, holder_id__in=list(holder_ids), released_at__isnull=True
    )
    if actual_ids is not None:
        held = held.filter(actual_id__in=list(actual_ids))
    return held.update(released_at=at)
