"""Reads of invitations, sign-in rules, providers and roles."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, CharField, Count, Func, IntegerField, Q, Value, When

from psa.core.access.models import (
    IdentityProvider,
    Invitation,
    Membership,
    Role,
    VerifiedDomain,
)
from psa.core.access.provider_ids import provider_id_of
from psa.core.errors import NotFound
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import set_local, tenant_scope
from psa.edges.identity.rules.types import ProviderLink


class CardinalityOf(Func):
    """How many values an array column holds."""

    function = "cardinality"
    output_field = IntegerField()


def invitations(*, on: datetime) -> Any:
    """Invitations as plain rows with their state at `on`."""
    state = Case(
        When(accepted_at__isnull=False, then=Value("accepted")),
        When(withdrawn_at__isnull=False, then=Value("withdrawn")),
        When(expires_at__lte=on, then=Value("expired")),
        default=Value("open"),
        output_field=CharField(),
    )
    return Invitation.objects.annotate(state=state).values(
        "id", "name", "email", "state", "sent_at", "expires_at", "invited_by__name", "role_codes"
    )


def invitation(*, invitation_id: int, on: datetime) -> dict[str, Any]:
    """One invitation as such a row. Raises  NotFound."""
    row = invitations(on=on).filter(pk=invitation_id).first()
    if row is None:
        raise NotFound("This invitation does not exist.")
    return row


def providers_of(tenant: Tenant) -> list[ProviderLink]:
    """The tenant's providers that people may sign in by. Opens the tenant's scope itself."""
    with tenant_scope(tenant.pk):
        rows = IdentityProvider.objects.filter(is_enabled=True).order_by("name", "pk")
        return [
            ProviderLink(row.name, tenant.name, provider_id_of(tenant.pk, row.pk)) for row in rows
        ]


def providers_for(email: str) -> list[ProviderLink]:
    """By which providers somebody with this address may sign in: those of the domain's tenants.

    Depends on the domain alone, so that it tells nothing about accounts.
    """
    domain = email.rpartition("@")[2].strip().lower()
    if not domain:
        return []
    with transaction.atomic():
        before = set_local("psa.sign_in_domain", domain)
        tenants = [
            row.tenant
            for row in VerifiedDomain.all_tenants.select_related("tenant")
            .filter(domain=domain, tenant__status=Tenant.Status.ACTIVE)
            .order_by("tenant__name")
        ]
        set_local("psa.sign_in_domain", before)
    return [link for tenant in tenants for link in providers_of(tenant)]


def provider_rows() -> list[IdentityProvider]:
    """The tenant's providers, by name."""
    return list(IdentityProvider.objects.order_by("name", "pk"))


def provider(row_id: int) -> IdentityProvider:
    """One provider. Raises  NotFound."""
    row: IdentityProvider | None = IdentityProvider.objects.filter(pk=row_id).first()
    if row is None:
        raise NotFound("This provider does not exist.")
    return row


def verified_domains() -> list[str]:
    """The domains for which the tenant's providers may speak."""
    return list(VerifiedDomain.objects.order_by("domain").values_list("domain", flat=True))


def callback_url(tenant_id: int, row_id: int | None) -> str:
    """What the provider's console asks for; known once the provider is saved."""
    if row_id is None:
        return ""
    name = provider_id_of(tenant_id, row_id)
    return f"{settings.PSA_PUBLIC_URL}/accounts/oidc/{name}/login/callback/"


def roles() -> Any:
    """Roles as plain rows: how many rights each has, and how many active members hold it."""
    members = Count("member_links", filter=Q(member_links__membership__is_active=True))
    return Role.objects.annotate(members=members, rights=CardinalityOf("permissions")).values(
        "id", "name", "members", "rights"
    )


def role(role_id: int) -> Role:
    """One role. Raises  NotFound."""
    row: Role | None = Role.objects.filter(pk=role_id).first()
    if row is None:
        raise NotFound("This role does not exist.")
    return row


def holders_of(role_id: int) -> list[str]:
    """The names of the active members who hold a role."""
    rows = Membership.objects.filter(is_active=True, role_links__role_id=role_id)
    return list(rows.order_by("name").values_list("name", flat=True))


def active_member(membership_id: int) -> Membership:
    """One member with access. Raises  NotFound."""
    row: Membership | None = Membership.objects.filter(pk=membership_id, is_active=True).first()
    if row is None:
        raise NotFound("This user does not exist, or has no access.")
    return row
