"""The request's session, read for the rules of signing in."""

import time
from collections.abc import Sequence
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.http import HttpRequest

from psa.core.tenancy.models import Tenant

from . import sign_in
from .models import IdentityProvider, Membership

# Stands for sign-ins that were, so that the session is not taken for one without any.
_TOO_OLD = {"method": "expired", "at": 0}
# When each tenant was last used in this session, by its id.
_SEEN = "seen_at"
_SEEN_EVERY_SECONDS = 60
_PASSWORD_BACKEND = "django.contrib.auth.backends.ModelBackend"


def records_of(request: HttpRequest, tenant: Tenant | None = None) -> Sequence[dict[str, Any]]:
    """How this session was signed in, as the sign-in library noted it; old proofs count no more,
    for a tenant after as many hours as it says.

    The cookie's age alone would not do: whatever is written to a session gives it new life.
    """
    found: list[dict[str, Any]] = get_authentication_records(request, request.user)
    lasts = settings.SESSION_COOKIE_AGE
    if tenant is not None:
        lasts = min(lasts, tenant.session_hours * 3600)
    oldest = time.time() - lasts
    fresh = [record for record in found if record.get("at", 0) > oldest]
    return fresh or ([_TOO_OLD] if found else [])


def met(request: HttpRequest, membership: Membership) -> sign_in.Met:
    """What the session proves for the membership's tenant; call it inside that tenant's scope.

    One query, and only for a session that the tenant's own provider made.
    """
    records = records_of(request, membership.tenant)
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
    if need is sign_in.Need.OWN and records_of(request, tenant) == [_TOO_OLD]:
        return sign_in.Need.AGAIN
    if need is None and _is_idle(request, tenant):
        return sign_in.Need.IDLE
    return need


def _is_idle(request: HttpRequest, tenant: Tenant) -> bool:
    """Whether too long ago anything was asked of this tenant, or the person last proved themselves."""
    last = _last_seen(request, tenant)
    return last is not None and last < time.time() - tenant.session_idle_minutes * 60


def note_use(request: HttpRequest, tenant: Tenant) -> None:
    """That the tenant is used now; written at most once a minute."""
    last, now = _last_seen(request, tenant), time.time()
    if last is None or last < now - _SEEN_EVERY_SECONDS:
        request.session[_SEEN] = {**request.session.get(_SEEN, {}), str(tenant.pk): int(now)}


def _last_seen(request: HttpRequest, tenant: Tenant) -> float | None:
    proof = sign_in.last_proof(
        records_of(request, tenant), tenant_id=tenant.pk, by_provider_only=tenant.sso_required
    )
    used = request.session.get(_SEEN, {}).get(str(tenant.pk))
    return max((at for at in (proof, used) if at is not None), default=None)


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
