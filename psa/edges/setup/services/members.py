"""Who may come in: changing members and their roles, ending and renewing their access."""

from collections.abc import Sequence
from datetime import datetime

from allauth.socialaccount.models import SocialAccount

from psa.core.access import policies
from psa.core.access.models import IdentityProvider, Membership, MembershipRole, Role
from psa.core.access.permissions import AccessPermission
from psa.core.access.provider_ids import provider_id_of
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError, NotFound
from psa.core.tenancy.models import Tenant


def change_member(
    *, membership_id: int, name: str, role_codes: Sequence[str], actor: Actor, at: datetime
) -> Membership:
    """Set a member's name and roles; they count from the member's next request.

    Raises  PermissionDenied, NotFound; DomainError for an unknown role or none, or if nobody
            could manage users any more, if duties that are kept apart would come together, or if
            the changer would gain a right.
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
    if set(before) != roles.keys():
        _check_rights(member, list(roles.values()), actor)
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
    if not is_active:
        _forget_at_providers(member)
    _check_somebody_manages()
    words = "Gave access back to" if is_active else "Ended the access of"
    event = "access.member_activated" if is_active else "access.member_deactivated"
    _record(actor, at, member, event, f"{words} {member.name}.", {})
    return member


def _check_rights(member: Membership, roles: Sequence[Role], actor: Actor) -> None:
    """Duties stay apart, and nobody gives themselves a right that they do not have."""
    rights = {p for role in roles for p in role.permissions}
    tenant = Tenant.objects.get(pk=actor.tenant_id)
    policies.check_duties(rights, kept_apart=tenant.duties_apart, whom=member.name)
    if member.pk == actor.membership_id:
        policies.check_no_own_gain(actor.permissions, rights)


def _locked(membership_id: int) -> Membership:
    row: Membership | None = (
        Membership.objects.select_for_update(of=("self",)).filter(pk=membership_id).first()
    )
    if row is None:
        raise NotFound("This user does not exist.")
    return row


def _forget_at_providers(member: Membership) -> None:
    """What this tenant's providers called the person; whoever comes back is linked anew."""
    rows = IdentityProvider.objects.values_list("pk", flat=True)
    names = [provider_id_of(member.tenant_id, row_id) for row_id in rows]
    SocialAccount.objects.filter(user_id=member.user_id, provider__in=names).delete()


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
