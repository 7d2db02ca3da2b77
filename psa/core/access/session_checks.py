"""The request's session, read for the rules of signing in."""

from collections.abc import Sequence
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.contrib.auth import BACKEND_SESSION_KEY
from django.http import HttpRequest

from . import sign_in
from .models import IdentityProvider, Membership

_PASSWORD_BACKEND = "django.contrib.auth.backends.ModelBackend"


def records_of(request: HttpRequest) -> Sequence[dict[str, Any]]:
    """How this session was signed in, as the sign-in library noted it."""
    found: list[dict[str, Any]] = get_authentication_records(request, request.user)
    return found


def met(request: HttpRequest, membership: Membership) -> sign_in.Met:
    """What the session proves for the membership's tenant; call it inside that tenant's scope.

    One query, and only for a session that the tenant's own provider made.
    """
    records = records_of(request)
    providers = {}
    if sign_in.names_provider_of(records, membership.tenant_id):
        enabled = IdentityProvider.objects.filter(is_enabled=True)
        providers = dict(enabled.values_list("pk", "has_second_factor"))
    return sign_in.met(
        records,
        tenant_id=membership.tenant_id,
        providers=providers,
        since=membership.sign_in_again_after,
        by_password_backend=_by_password_backend(request),
    )


def first_need(request: HttpRequest, membership: Membership) -> sign_in.Need | None:
    """What the session lacks for the tenant whose scope is open; None opens it."""
    tenant = membership.tenant
    rule = sign_in.Rule(
        tenant_id=tenant.pk,
        sso_required=tenant.sso_required,
        second_factor_required=tenant.second_factor_required,
        since=membership.sign_in_again_after,
    )
    return sign_in.first_need(rule, met(request, membership))


def is_own(request: HttpRequest) -> bool:
    """Whether the person proved themselves by something of their own, not by a firm's provider."""
    proved = sign_in.met(
        records_of(request),
        tenant_id=0,
        providers={},
        since=None,
        by_password_backend=_by_password_backend(request),
    )
    return proved.own


def _by_password_backend(request: HttpRequest) -> bool:
    return request.session.get(BACKEND_SESSION_KEY) == _PASSWORD_BACKEND
