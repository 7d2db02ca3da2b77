"""The tenant's own copies of roles: which rights each holds."""

import re
from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction

from psa.core.access import policies, registry
from psa.core.access.models import Membership, MembershipRole, Role
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.tenancy.models import Tenant


def save_role(
    *,
    role_id: int | None,
    lock_version: int,
    name: str,
    permissions: Collection[str],
    actor: Actor,
    at: datetime,
) -> Role:
    """Make a role, or change the rights of one; they count from its members' next request.

    Raises  PermissionDenied, NotFound; Conflict for a stale form or a name that is taken;
            DomainError for an unknown right, if nobody could manage users any more, if duties that
            are kept apart would come together in anybody, or if the changer would gain a right.
    """
    actor.require(AccessPermission.MANAGE_USERS)
    unknown = sorted(set(permissions) - registry.all_permissions().keys())
    if unknown:
        raise DomainError(f"There is no right “{unknown[0]}”.", "permissions")
    row = _locked(role_id) if role_id is not None else _new(actor.tenant_id, name)
    if role_id is not None and row.lock_version != lock_version:
        raise Conflict(f"{row.name} was changed meanwhile. Reload and look again.")
    before, former_name = set(row.permissions), row.name
    row.name, row.permissions = name.strip(), sorted(permissions)
    row.lock_version += 1
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Conflict(f"There is a role “{row.name}” already.", "name") from None
    check_holders(actor)
    changes = {
        "granted": (None, ", ".join(sorted(set(permissions) - before)) or None),
        "taken": (None, ", ".join(sorted(before - set(permissions))) or None),
        "name": (former_name, row.name),
    }
    _record(
        row, actor, at, "access.role_saved", f"Saved the role {row.name}.",
        {key: pair for key, pair in changes.items() if pair[0] != pair[1]},
    )  # fmt: skip
    return row


def delete_role(*, role_id: int, actor: Actor, at: datetime) -> None:
    """Remove a role that nobody holds. Raises  PermissionDenied, NotFound; Conflict if held."""
    actor.require(AccessPermission.MANAGE_USERS)
    row = _locked(role_id)
    holders = MembershipRole.objects.filter(role=row).count()
    if holders:
        raise Conflict(f"{holders} hold {row.name}. Give them another role first.")
    _record(row, actor, at, "access.role_deleted", f"Deleted the role {row.name}.", {})
    row.delete()


def check_holders(actor: Actor) -> None:
    """Look at every active member's rights as they are now, in one query.

    Raises  DomainError as `save_role` says.
    """
    rights: dict[int, set[str]] = {}
    names: dict[int, str] = {}
    rows = MembershipRole.objects.filter(membership__is_active=True).values_list(
        "membership_id", "membership__name", "role__permissions"
    )
    for membership_id, name, permissions in rows:
        rights.setdefault(membership_id, set()).update(permissions)
        names[membership_id] = name
    if not any(AccessPermission.MANAGE_USERS in held for held in rights.values()):
        raise DomainError("Somebody has to be able to manage users.", "permissions")
    kept_apart = Tenant.objects.get(pk=actor.tenant_id).duties_apart
    for membership_id, held in rights.items():
        policies.check_duties(held, kept_apart=kept_apart, whom=names[membership_id])
    if actor.membership_id in rights:
        policies.check_no_own_gain(actor.permissions, rights[actor.membership_id])


def _new(tenant_id: int, name: str) -> Role:
    if Role.objects.filter(name__iexact=name.strip()).exists():
        raise Conflict(f"There is a role “{name.strip()}” already.", "name")
    code = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40]
    if not code:
        raise DomainError("A name needs a letter or digit.", "name")
    return Role(tenant_id=tenant_id, code=code, name=name.strip(), lock_version=0)


def _locked(role_id: int) -> Role:
    # All of them: two changes at once must see each other when they count who is left.
    rows = {row.pk: row for row in Role.objects.select_for_update(of=("self",)).order_by("pk")}
    list(Membership.objects.select_for_update(of=("self",)).filter(is_active=True).order_by("pk"))
    if role_id not in rows:
        raise NotFound("This role does not exist.")
    found: Role = rows[role_id]
    return found


def _record(
    row: Role,
    actor: Actor,
    at: datetime,
    event: str,
    sentence: str,
    changes: dict[str, tuple[str | None, str | None]],
) -> None:
    audit.record(
        actor=actor,
        at=at,
        event=event,
        record_type="access.Role",
        record_id=row.pk,
        sentence=sentence,
        changes=changes,
    )
