"""From a membership to the Actor that services receive."""

from collections.abc import Hashable
from typing import Any, Literal

from django.db import connection
from django.db.models import QuerySet

from psa.core.actor import Actor
from psa.core.tenancy import compiled

from . import beside, registry
from .models import Membership, Role

_FIELDS = [field.attname for field in Membership._meta.concrete_fields]


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


def member_of_scope(
    user_id: int,
) -> tuple[Membership, Actor, dict[Hashable, list[Any]]] | None:
    """The user's active membership in the open scope, with what it may do now, and what stands
    `beside` it. One message to the database.
    """
    asked = beside.questions("user", _of_user, user_id)
    rows, *others = compiled.answers(
        [compiled.question("access.member", _with_grants, user_id), *asked.values()]
    )
    if not rows:
        return None
    member = Membership.from_db(connection.alias, _FIELDS, rows[0][:-1])
    granted = frozenset(name for row in rows for name in row[-1] or ())
    actor = Actor(
        user_id=user_id, membership_id=member.pk, tenant_id=member.tenant_id, permissions=granted
    )
    return member, actor, dict(zip(asked, others, strict=True))


def _with_grants(user_id: int) -> "QuerySet[Membership, tuple[Any, ...]]":
    """A row for each role of the member, and one without for a member who has none."""
    found = _of_user(user_id).filter(is_active=True)
    return found.values_list(*_FIELDS, "role_links__role__permissions")


def _of_user(user_id: int) -> "QuerySet[Membership]":
    found: QuerySet[Membership] = Membership.objects.filter(user_id=user_id)
    return found


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
