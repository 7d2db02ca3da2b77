"""The request's session, read for the rules of signing in."""

import time
from collections.abc import Sequence
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.http import HttpRequest

from . import sign_in
from .models import IdentityProvider, Membership

# Stands for sign-ins that were, so that the session is not taken for one without any.
_TOO_OLD = {"method": "expired", "at": 0}
_PASSWORD_BACKEND = "django.contrib.auth.backends.ModelBackend"


def records_of(request: HttpRequest) -> Sequence[dict[str, Any]]:
    """How this session was signed in, as the sign-in library noted it; old proofs count no more.

    The cookie's age alone would not do: whatever is written to a session gives it new life.
    """
    found: list[dict[str, Any]] = get_authentication_records(request, request.user)
    oldest = time.time() - settings.SESSION_COOKIE_AGE
    fresh = [record for record in found if record.get("at", 0) > oldest]
    return fresh or ([_TOO_OLD] if found else [])


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
    need = sign_in.first_need(rule, met(request, membership))
    if need is sign_in.Need.OWN and records_of(request) == [_TOO_OLD]:
        return sign_in.Need.AGAIN
    return need


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
