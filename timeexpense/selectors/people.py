"""Who somebody is as a resource, and the tenant's switches."""

from collections.abc import Collection
from datetime import date, datetime
from zoneinfo import ZoneInfo

from psa.core.actor import Actor
from psa.core.errors import NotSetUp
from psa.core.notifications.services import zone_of
from psa.core.org.models import Resource, TimeRule
from timeexpense.rules.deadlines import local_day


def my_resource(actor: Actor) -> Resource:
    """The resource that the actor is. One query.

    Raises  NotSetUp for a member who books no time.
    """
    found: Resource | None = None
    if actor.membership_id is not None:
        found = Resource.objects.filter(membership_id=actor.membership_id).first()
    if found is None:
        raise NotSetUp(
            "You are not set up as a person who books time. Ask an administrator to add you."
        )
    return found


def rule_modes() -> dict[str, str]:
    """The tenant's switches by rule code. One query."""
    return dict(TimeRule.objects.values_list("code", "mode"))


def zones_of(resource_ids: Collection[int]) -> dict[int, ZoneInfo]:
    """Where people are: the zone their account says, UTC for who has none. One query."""
    rows = Resource.objects.filter(id__in=resource_ids)
    return {
        resource_id: zone_of(name)
        for resource_id, name in rows.values_list("id", "membership__time_zone")
    }


def local_days(resource_ids: Collection[int], *, at: datetime) -> dict[int, date]:
    """The date at an instant where each of these people is. One query."""
    return {person: local_day(at, zone) for person, zone in zones_of(resource_ids).items()}
