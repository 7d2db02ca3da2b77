"""Which row came from which: unbilled ↔ billed, replaced ↔ replacing, for drill-down both ways."""

from collections.abc import Sequence

from psa.core.actor import Actor
from psa.core.ledger.models import ActualLink


def link_new(rows: Sequence[tuple[int | None, str, int]], *, actor: Actor) -> None:
    """Record (origin, kind, new row); a new row without an origin (an added line) has no link."""
    ActualLink.objects.bulk_create(
        [
            ActualLink(
                tenant_id=actor.tenant_id, kind=kind, from_actual_id=origin, to_actual_id=new
            )
            for origin, kind, new in rows
            if origin is not None
        ],
        batch_size=2000,
    )
