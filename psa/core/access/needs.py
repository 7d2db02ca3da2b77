"""The page that says what a session still lacks, and how to meet it."""

from typing import Any

from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from psa.core.tenancy.models import Tenant

from .models import IdentityProvider
from .provider_ids import provider_id_of
from .sign_in import Need

REAUTHENTICATE = "/accounts/reauthenticate/"
_FACTOR_KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def page(request: HttpRequest, tenant: Tenant | None, need: Need) -> HttpResponse:
    """Refuse with 403 and the way on; an htmx request loads the whole page, which then says so."""
    if getattr(request, "htmx", None):
        return HttpResponseClientRedirect(request.htmx.current_url_abs_path or "/")  # type: ignore[attr-defined]
    context = {
        "firm": tenant,
        "need": need.value,
        "next": urlencode({"next": request.get_full_path()}),
        **_ways(request, tenant, need),
    }
    return render(request, "account/sign_in_needed.html", context, status=403)


def _ways(request: HttpRequest, tenant: Tenant | None, need: Need) -> dict[str, Any]:
    ways: dict[str, Any] = {"can_reauthenticate": bool(get_reauthentication_flows(request.user))}  # type: ignore[arg-type]
    if need is Need.IDLE and tenant is not None and tenant.sso_required:
        ways["can_reauthenticate"] = False
    if tenant is not None and need is not Need.SECOND_FACTOR:
        rows = IdentityProvider.objects.filter(is_enabled=True).order_by("name")
        ways["providers"] = [
            {"name": row.name, "provider_id": provider_id_of(tenant.pk, row.pk)} for row in rows
        ]
    if need is Need.SECOND_FACTOR:
        kinds = set(
            Authenticator.objects.filter(user_id=request.user.pk).values_list("type", flat=True)
        )
        ways["has_app"] = Authenticator.Type.TOTP in kinds
        ways["has_key"] = Authenticator.Type.WEBAUTHN in kinds
        ways["has_factor"] = bool(kinds & set(_FACTOR_KINDS))
    return ways
