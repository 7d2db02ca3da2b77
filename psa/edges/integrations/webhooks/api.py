"""Endpoints of webhooks: where to tell, what was told, and telling it again."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Field

from psa.core import clock
from psa.core.access.permissions import AccessPermission
from psa.core.errors import NotFound
from psa.core.web.api import ApiRequest, Endpoints, In, Nothing, Out
from psa.core.web.api.fields import Id, Text

from . import lists_of_webhooks, selectors
from .jobs import real_now
from .models import Delivery
from .services import deliveries
from .services import endpoints as services

endpoints = Endpoints("webhooks", "Webhooks")
MANAGE = AccessPermission.MANAGE_PARAMETERS


class WebhookOut(Out):
    """An address that is told of events, with the secret that signs them."""

    id: int
    url: str
    description: str
    secret: str
    events: list[str]
    is_active: bool
    created_at: datetime
    lock_version: int


class NewWebhookIn(In):
    url: Annotated[str, Text(500, blank=False)]
    description: Annotated[str, Text(120)] = ""
    events: list[Annotated[str, Text(80)]] = Field(
        [], max_length=50, description="Events or their beginnings; none means all."
    )


class WebhookIn(NewWebhookIn):
    is_active: bool = True


class DeliveryOut(Out):
    id: int
    endpoint_id: int
    event: str
    state: str
    attempts: int
    outcome: str
    next_attempt_at: datetime | None
    sent_at: datetime | None


@endpoints.list("/webhooks", lists_of_webhooks.ENDPOINTS, MANAGE, name="Webhook")
def list_webhooks(request: ApiRequest) -> Any:
    """Addresses that are told of events."""
    return selectors.endpoints(actor=request.actor)


@endpoints.read("/webhooks/{endpoint_id}", WebhookOut, MANAGE)
def get_webhook(request: ApiRequest, endpoint_id: Id) -> Any:
    """One webhook; an empty secret was sealed by another installation, and is to be renewed."""
    found = selectors.get_endpoint(actor=request.actor, endpoint_id=endpoint_id)
    given = {name: getattr(found, name) for name in WebhookOut.model_fields}
    return given | {"secret": services.readable_secret(found)}


@endpoints.write("POST", "/webhooks", WebhookOut, MANAGE, status=201)
def create_webhook(request: ApiRequest, body: NewWebhookIn) -> Any:
    """Tell an address of what happens from now on."""
    made = services.create_endpoint(actor=request.actor, at=clock.now(), **body.values())
    return get_webhook(request, endpoint_id=made.pk)


@endpoints.write(
    "PUT", "/webhooks/{endpoint_id}", WebhookOut, MANAGE, of=get_webhook, versioned=True
)
def change_webhook(request: ApiRequest, endpoint_id: Id, body: WebhookIn) -> Any:
    """Replace a webhook's facts."""
    services.change_endpoint(
        endpoint_id=endpoint_id,
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
        **body.values(),
    )
    return get_webhook(request, endpoint_id=endpoint_id)


@endpoints.write("DELETE", "/webhooks/{endpoint_id}", None, MANAGE, status=204, of=get_webhook)
def remove_webhook(request: ApiRequest, endpoint_id: Id) -> Any:
    """Tell an address nothing more."""
    services.remove_endpoint(endpoint_id=endpoint_id, actor=request.actor, at=clock.now())


@endpoints.list(
    "/webhooks/{endpoint_id}/deliveries",
    lists_of_webhooks.DELIVERIES,
    MANAGE,
    name="WebhookDelivery",
)
def list_webhook_deliveries(request: ApiRequest, endpoint_id: Id) -> Any:
    """The log of a webhook."""
    return selectors.deliveries(actor=request.actor, endpoint_id=endpoint_id)


@endpoints.write("POST", "/webhook-deliveries/{delivery_id}/replay", DeliveryOut, MANAGE)
def replay_webhook_delivery(request: ApiRequest, delivery_id: Id, body: Nothing) -> Any:
    """Send a delivery once more."""
    if not Delivery.objects.filter(pk=delivery_id).exists():
        raise NotFound("There is no such delivery.")
    return deliveries.replay(delivery_id=delivery_id, actor=request.actor, at=real_now())
