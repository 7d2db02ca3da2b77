"""Sample firms: marked for removal from their own page, and removed by who owns the tables.

Why in two steps, and why nobody else's firm can be reached this way: docs/adr/0086.
"""

import logging
from collections.abc import Iterator
from datetime import datetime

from django.db import DatabaseError, OperationalError

from psa.core.access.models import Membership
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError, NotFound
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope

from . import tenants

logger = logging.getLogger(__name__)
_WHY = "It was a sample, and its administrator had it removed."


def mark_for_removal(*, typed: str, actor: Actor, at: datetime, now: datetime) -> Tenant:
    """Close the actor's own sample firm to everybody, for good; it goes within minutes.

    `at` is the business date of the trail, `now` the real time: sessions and removal go by that.
    Raises  PermissionDenied; NotFound if the firm is no sample; DomainError with field "name" unless
            `typed` is the firm's name.
    """
    actor.require(AccessPermission.MANAGE_USERS)
    with tenant_scope(actor.tenant_id):
        firm: Tenant = Tenant.objects.select_for_update().get(pk=actor.tenant_id)
        if not firm.is_demo:
            raise NotFound("This firm was not made as a sample.")
        if typed.strip() != firm.name:
            raise DomainError(
                f"Type {firm.name}, as it stands above: this can not be undone.", "name"
            )
        firm.status = Tenant.Status.SUSPENDED
        firm.suspended_reason = _WHY
        firm.removal_due_at = now
        firm.save(update_fields=["status", "suspended_reason", "removal_due_at"])
        Membership.objects.update(sign_in_again_after=now)
        audit.record(
            actor=actor,
            at=at,
            event="operations.sample_removal_asked",
            record_type="tenancy.Tenant",
            record_id=firm.pk,
            sentence="Asked for the removal of this sample firm.",
        )
    return firm


def remove_marked(*, now: datetime) -> Iterator[tuple[str, int]]:
    """Remove every sample firm whose removal is due; each one's name and how many rows went.

    Documents go first: whoever is killed in between leaves a firm that is still marked, and the next
    round goes on with it. What fails is logged and waits for the next round; the others go on.
    Needs the tables' owner.
    """
    due = Tenant.objects.filter(
        is_demo=True, status=Tenant.Status.SUSPENDED, removal_due_at__lte=now
    )
    for firm in list(due.order_by("pk")):
        try:
            tenants.remove_files(firm.pk)
            counts = tenants.remove_tenant(slug=firm.slug, at=now)
        except NotFound:
            continue  # another round was quicker
        except OperationalError as error:
            # A job was in the middle of something; it does not begin another part.
            logger.warning("the sample firm %s was still in use: %s", firm.pk, error)
            continue
        except (DomainError, DatabaseError):
            logger.exception("the sample firm %s was not removed", firm.pk)
            continue
        yield firm.name, sum(counts.values())
