"""From a membership to the Actor that services receive."""

from typing import Literal

from django.db.models import F

from psa.core.actor import Actor

from . import registry
from .models import Membership, Role


def for_membership(
    membership: Membership, via: Literal["web", "api", "job", "portal", "copilot"] = "web"
) -> Actor:
    """The member's permissions at this moment: the union of their roles'. One query."""
    granted = Role.objects.filter(member_links__membership_id=membership.pk).values_list(
        "permissions", flat=True
    )
    return Actor(
        user_id=membership.user_id or 0,
        membership_id=membership.pk,
        tenant_id=membership.tenant_id,
        permissions=frozenset(p for permissions in granted for p in permissions),
        via=via,
    )


def member_of_scope(user_id: int) -> tuple[Membership, Actor] | None:
    """The user's active membership in the open scope, with what it may do now. One query."""
    rows = list(
        Membership.objects.filter(user_id=user_id, is_active=True).annotate(
            granted=F("role_links__role__permissions")
        )
    )
    if not rows:
        return None
    member = rows[0]
    granted = frozenset(name for row in rows for name in row.granted or ())
    return member, Actor(
        user_id=user_id, membership_id=member.pk, tenant_id=member.tenant_id, permissions=granted
    )


def for_job(membership_id: int) -> Actor:
    """Who a job acts for: their permissions now, not when the job was queued."""
    return for_membership(Membership.objects.get(pk=membership_id), via="job")


def for_operator(tenant_id: int) -> Actor:
    """Whoever runs the installation, at its command line: every permission, no membership.

    The trail names such changes "System".
    """
    return Actor(
        user_id=0,
        membership_id=None,  # type: ignore[arg-type]
        tenant_id=tenant_id,
        permissions=frozenset(registry.all_permissions()),
        via="job",
    )
