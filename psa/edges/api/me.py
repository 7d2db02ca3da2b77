"""Endpoints about the token itself and whom it stands for."""

from typing import Any

from psa.core.web.api import ApiRequest, Endpoints, Out

endpoints = Endpoints("me", "Me")


class MeOut(Out):
    """Whom the token stands for, and what it may do."""

    tenant: str
    tenant_name: str
    membership_id: int
    name: str
    email: str
    permissions: list[str]
    scopes: list[str]


@endpoints.report("/me", MeOut)
def get_me(request: ApiRequest) -> Any:
    """Whom the token stands for, and what it may do. Any scope."""
    return {
        "tenant": request.tenant.slug,
        "tenant_name": request.tenant.name,
        "membership_id": request.membership.pk,
        "name": request.membership.name,
        "email": request.membership.email,
        "permissions": sorted(request.actor.permissions),
        "scopes": sorted(request.scopes),
    }
