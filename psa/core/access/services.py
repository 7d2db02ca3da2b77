"""Writes on people and roles."""

from psa.core.errors import Conflict, DomainError
from psa.core.tenancy.models import Tenant

from .default_roles import ADDED_PERMISSIONS, DEFAULT_ROLES
from .models import Membership, MembershipRole, Role, User


def seed_default_roles(*, tenant_id: int) -> dict[str, Role]:
    """Give a tenant its copies of the default roles; roles it already has are left alone."""
    Role.objects.bulk_create(
        [
            Role(tenant_id=tenant_id, code=r.code, name=r.name, permissions=list(r.permissions))
            for r in DEFAULT_ROLES
        ],
        ignore_conflicts=True,
    )
    return {role.code: role for role in Role.objects.all()}


def add_new_permissions(*, since: int) -> list[tuple[str, str]]:
    """Give a firm's default roles the permissions that came after a version of the defaults.

    Roles that the firm has deleted stay so, and what it took away before stays away. Returns (name
    of the role, permission) of what was added.
    """
    added = []
    roles = {role.code: role for role in Role.objects.select_for_update().order_by("pk")}
    for version, code, permission in ADDED_PERMISSIONS:
        role = roles.get(code)
        if version <= since or role is None or permission in role.permissions:
            continue
        role.permissions = [*role.permissions, permission]
        role.save(update_fields=["permissions"])
        added.append((role.name, permission))
    return added


def add_member(
    *,
    tenant: Tenant,
    email: str,
    name: str,
    role_codes: list[str],
    password: str | None = None,
    user: User | None = None,
    time_zone: str = "UTC",
) -> Membership:
    """Make a person a member of the tenant with the roles named, who reads times in `time_zone`.

    The global user is found by e-mail, or made when ``password`` is given. Raises  DomainError for
    an unknown role, Conflict when the address is a member already.
    """
    email = email.strip().lower()
    roles = {role.code: role for role in Role.objects.filter(code__in=role_codes)}
    for code in role_codes:
        if code not in roles:
            raise DomainError(f"There is no role “{code}” in {tenant.name}.", field="role")
    if Membership.objects.filter(email=email).exists():
        raise Conflict(f"{email} is a member of {tenant.name} already.", field="email")
    if user is None:
        user = User.objects.filter(email=email).first()
    if user is None and password is not None:
        user = User.objects.create_user(email, password)
    membership: Membership = Membership.objects.create(
        tenant_id=tenant.pk, user=user, email=email, name=name.strip(), time_zone=time_zone
    )
    MembershipRole.objects.bulk_create(
        [
            MembershipRole(tenant_id=tenant.pk, membership=membership, role=role)
            for role in roles.values()
        ]
    )
    return membership
