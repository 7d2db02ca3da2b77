"""Reads of webhooks."""

from typing import Any

from django.db.models import Count, Q, QuerySet

from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.errors import NotFound

from .models import Delivery, Endpoint


def endpoints(*, actor: Actor) -> QuerySet[Any]:
    """All endpoints, with how many deliveries wait and failed. Raises  PermissionDenied."""
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    return Endpoint.objects.annotate(
        waiting=Count("deliveries", filter=Q(deliveries__state=Delivery.State.WAITING)),
        failed=Count("deliveries", filter=Q(deliveries__state=Delivery.State.FAILED)),
    ).values("id", "url", "description", "is_active", "created_at", "waiting", "failed")


def get_endpoint(*, actor: Actor, endpoint_id: int) -> Endpoint:
    """One endpoint, its secret sealed. Raises  PermissionDenied, NotFound."""
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    found: Endpoint | None = Endpoint.objects.filter(pk=endpoint_id).first()
    if found is None:
        raise NotFound("There is no such webhook.")
    return found


def deliveries(*, actor: Actor, endpoint_id: int) -> QuerySet[Any]:
    """The log of an endpoint. Raises  PermissionDenied, NotFound."""
    get_endpoint(actor=actor, endpoint_id=endpoint_id)
    return Delivery.objects.filter(endpoint_id=endpoint_id).values(
        "id", "event", "state", "attempts", "outcome", "next_attempt_at", "sent_at", "created_at"
    )
