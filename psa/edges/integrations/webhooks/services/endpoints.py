"""Where to tell: adding, changing and ending endpoints."""

import base64
import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Max

from psa.core.access import seals
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.audit.models import AuditEntry
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.web import outgoing

from ..models import Endpoint

SECRETS: Final = "webhook"
MAX_ENDPOINTS = 20
_EVENT = re.compile(r"[a-z_]+(\.[a-z_]+)*")


@transaction.atomic
def create_endpoint(
    *,
    url: str,
    description: str,
    events: Sequence[str],
    is_active: bool = True,
    actor: Actor,
    at: datetime,
) -> Endpoint:
    """Tell this address of what happens from now on. `events` are beginnings; none means all.

    One that is not active yet is looked up when it is switched on.
    Raises  PermissionDenied; RefusedTarget for an address in a private network or without https;
            DomainError for a word that is no event.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    if Endpoint.objects.count() >= MAX_ENDPOINTS:
        raise DomainError(f"There are {MAX_ENDPOINTS} webhooks already, the most a firm may have.")
    if is_active:
        outgoing.checked_target(url)
    else:
        outgoing.checked_form(url)
    endpoint: Endpoint = Endpoint.objects.create(
        tenant_id=actor.tenant_id,
        url=url.strip(),
        description=description.strip(),
        sealed_secret=seals.seal(new_secret(), purpose=SECRETS),
        events=_checked(events),
        is_active=is_active,
        created_at=at,
        settled_entry_id=0,
    )
    _record(actor, at, endpoint, "webhooks.added", f"Added the webhook to {_host(endpoint)}.")
    # What it is told begins after its own addition.
    endpoint.settled_entry_id = AuditEntry.objects.aggregate(latest=Max("id"))["latest"]
    endpoint.save(update_fields=["settled_entry_id"])
    return endpoint


@transaction.atomic
def change_endpoint(
    *,
    endpoint_id: int,
    url: str,
    description: str,
    events: Sequence[str],
    is_active: bool,
    lock_version: int,
    actor: Actor,
    at: datetime,
) -> Endpoint:
    """Replace an endpoint's facts. What happened while it was off is told when it is on again.

    Raises  as above; NotFound, Conflict.
    """
    endpoint = locked(endpoint_id, actor)
    if endpoint.lock_version != lock_version:
        raise Conflict("Somebody changed this webhook meanwhile. Reload it and look again.")
    outgoing.checked_target(url)
    endpoint.url, endpoint.description = url.strip(), description.strip()
    endpoint.events, endpoint.is_active = _checked(events), is_active
    endpoint.lock_version += 1
    endpoint.save(update_fields=["url", "description", "events", "is_active", "lock_version"])
    _record(actor, at, endpoint, "webhooks.changed", f"Changed the webhook to {_host(endpoint)}.")
    return endpoint


@transaction.atomic
def renew_secret(*, endpoint_id: int, actor: Actor, at: datetime) -> Endpoint:
    """Sign with a new secret from now on."""
    endpoint = locked(endpoint_id, actor)
    endpoint.sealed_secret, endpoint.secret = seals.seal(new_secret(), purpose=SECRETS), ""
    endpoint.save(update_fields=["sealed_secret", "secret"])
    _record(
        actor, at, endpoint, "webhooks.secret_renewed",
        f"Renewed the secret of the webhook to {_host(endpoint)}.",
    )  # fmt: skip
    return endpoint


@transaction.atomic
def remove_endpoint(*, endpoint_id: int, actor: Actor, at: datetime) -> None:
    """Tell this address nothing more, and forget its deliveries."""
    endpoint = locked(endpoint_id, actor)
    _record(actor, at, endpoint, "webhooks.removed", f"Removed the webhook to {_host(endpoint)}.")
    endpoint.delete()


def locked(endpoint_id: int, actor: Actor) -> Endpoint:
    """The row, for whoever manages parameters. Raises  PermissionDenied, NotFound."""
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    found: Endpoint | None = Endpoint.objects.select_for_update().filter(pk=endpoint_id).first()
    if found is None:
        raise NotFound("There is no such webhook.")
    return found


def new_secret() -> str:
    """As the Standard Webhooks write it: 24 random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def secret_of(endpoint: Endpoint) -> str:
    """What signs for this endpoint, in the clear: for signing, and for whoever may manage it.

    Raises  Unreadable when another installation sealed it: a new one is to be made.
    """
    # One that the former version wrote during an upgrade is newer than what lies sealed.
    return str(endpoint.secret) or seals.unseal(endpoint.sealed_secret, purpose=SECRETS)


def readable_secret(endpoint: Endpoint) -> str:
    """What to show of it: nothing of a secret that another installation sealed."""
    try:
        return secret_of(endpoint)
    except seals.Unreadable:
        return ""


def _checked(events: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(word.strip() for word in events if word.strip()))
    for word in found:
        if not _EVENT.fullmatch(word):
            raise DomainError(
                f"“{word[:40]}” is no event. Write one such as billing.invoice, or a beginning.",
                "events",
            )
    return found[:50]


def _host(endpoint: Endpoint) -> str:
    return endpoint.url.removeprefix("https://").partition("/")[0]


def _record(actor: Actor, at: datetime, endpoint: Endpoint, event: str, sentence: str) -> None:
    audit.record(
        actor=actor, at=at, event=event, record_type="webhooks.Endpoint",
        record_id=endpoint.pk, sentence=sentence,
    )  # fmt: skip
