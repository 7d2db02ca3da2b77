"""Who acts when the clock starts a job."""

from typing import cast

from psa.core.access import actors, registry
from psa.core.actor import Actor


def acting_for(*, tenant_id: int, membership_id: int | None) -> Actor:
    """The member who asked for the run, with their permissions of this moment; else the system.

    The system is no member: rows that name who did something stay empty there, and the audit trail
    shows “System”. It may do whatever a job may do, and nobody signs in as it.
    """
    if membership_id is not None:
        return actors.for_job(membership_id)
    return Actor(
        user_id=0,
        membership_id=cast(int, None),
        tenant_id=tenant_id,
        permissions=frozenset(registry.all_permissions()),
        via="job",
    )
