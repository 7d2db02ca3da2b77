"""Who somebody is as a resource, and the tenant's switches."""

from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.org.models import Resource, TimeRule


def my_resource(actor: Actor) -> Resource:
    """The resource that the actor is. One query.

    Raises  NotFound for a member who books no time.
    """
    found: Resource | None = None
    if actor.membership_id is not None:
        found = Resource.objects.filter(membership_id=actor.membership_id).first()
    if found is None:
        raise NotFound(
            "You are not set up as a person who books time. Ask an administrator to add you."
        )
    return found


def rule_modes() -> dict[str, str]:
    """The tenant's switches by rule code. One query."""
    return dict(TimeRule.objects.values_list("code", "mode"))
