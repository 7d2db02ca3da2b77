"""Who may come in: changing members and their roles, ending and renewing their access."""

from collections.abc import Sequence
from datetime import datetime

from psa.core.access.models import Membership, MembershipRole, Role
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError, NotFound


def change_member(
    *, membership_id: int, name: str, role_codes: Sequence[str], actor: Actor, at: datetime
) -> Membership:
    """Set a member's name and roles; they count from the member's next request.

    Raises  PermissionDenied, NotFound; DomainError for an unknown role or none, or if nobody
            could manage users any more.
    """
    actor.require(AccessPermission.MANAGE_USERS)
    member = _locked(membership_id)
    roles = {role.code: role for role in Role.objects.filter(code__in=role_codes)}
    unknown = sorted(set(role_codes) - roles.keys())
    if unknown:
        raise DomainError(f"There is no role “{unknown[0]}”.", "roles")
    if not roles:
        raise DomainError("Choose at least one role.", "roles")
    links = MembershipRole.objects.filter(membership=member)
    before = sorted(links.values_list("role__code", flat=True))
    links.exclude(role__in=roles.values()).delete()
    MembershipRole.objects.bulk_create(
        [
            MembershipRole(tenant_id=actor.tenant_id, membership=member, role=role)
            for role in roles.values()
        ],
        ignore_conflicts=True,
    )
    Membership.objects.filter(pk=member.pk).update(name=name.strip())
    member.name = name.strip()
    _check_somebody_manages()
    changes = {"roles": (", ".join(before), ", ".join(sorted(roles)))}
    _record(actor, at, member, "access.member_changed", f"Changed {member.name}.", changes)
    return member


def set_active(*, membership_id: int, is_active: bool, actor: Actor, at: datetime) -> Membership:
    """End a member's access at once, or give it back. What they did stays theirs.

    Raises  PermissionDenied, NotFound; DomainError for one's own access, or if nobody could manage
            users any more.
    """
    actor.require(AccessPermission.MANAGE_USERS)
    member = _locked(membership_id)
    if member.pk == actor.membership_id:
        raise DomainError("You cannot end your own access. Ask another administrator.")
    Membership.objects.filter(pk=member.pk).update(is_active=is_active)
    member.is_active = is_active
    _check_somebody_manages()
    words = "Gave access back to" if is_active else "Ended the access of"
    event = "access.member_activated" if is_active else "access.member_deactivated"
    _record(actor, at, member, event, f"{words} {member.name}.", {})
    return member


def _locked(membership_id: int) -> Membership:
    row: Membership | None = (
        Membership.objects.select_for_update(of=("self",)).filter(pk=membership_id).first()
    )
    if row is None:
        raise NotFound("This user does not exist.")
    return row


def _check_somebody_manages() -> None:
    managing = Membership.objects.filter(
        is_active=True,
        role_links__role__permissions__contains=[AccessPermission.MANAGE_USERS.value],
    )
    if not managing.exists():
        raise DomainError("Somebody has to be able to manage users. Give another member the role.")


def _record(
    actor: Actor,
    at: datetime,
    member: Membership,
    event: str,
    sentence: str,
    changes: dict[str, tuple[str, str]],
) -> None:
    audit.record(
        actor=actor,
        at=at,
        event=event,
        record_type="access.Membership",
        record_id=member.pk,
        sentence=sentence,
        changes=changes,
    )
