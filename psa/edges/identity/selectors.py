"""Reads of invitations, sign-in rules, providers and roles."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, CharField, QuerySet, Value, When

from psa.core.access.models import IdentityProvider, Invitation, VerifiedDomain
from psa.core.access.provider_ids import provider_id_of
from psa.core.errors import NotFound
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import set_local, tenant_scope
from psa.edges.identity.rules.types import ProviderLink


def invitations(*, on: datetime) -> QuerySet[Invitation, dict[str, Any]]:
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
