"""Step-up: what matters most asks anew who it is, unless that was made sure minutes ago.

Where a password, passkey or app is the person's own they confirm by it; who has nothing but their
firm's provider is sent there and asked to sign in again (docs/adr/0022).
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django_htmx.http import HttpResponseClientRedirect

from . import session_checks
from .models import IdentityProvider
from .needs import REAUTHENTICATE
from .provider_ids import parts_of, provider_id_of

View = Callable[..., HttpResponse]


def step_up(view: View) -> View:
    """A view that runs only when it was made sure minutes ago who asks."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return demand(request) or view(request, *args, **kwargs)

    guarded.steps_up = True  # type: ignore[attr-defined]
    return guarded


def demand(request: HttpRequest) -> HttpResponse | None:
    """None when it was made sure lately; else the way to confirm, which leads back to the page.

    What was typed into a form is not carried along: after ten minutes it is typed again.
    """
    if confirmed_lately(request):
        return None
    messages.info(request, "This page needs to be sure that it is you.")
    url = _way(request, _page_of(request))
    if getattr(request, "htmx", None):
        return HttpResponseClientRedirect(url)
    return HttpResponseRedirect(url)


def confirmed_lately(request: HttpRequest) -> bool:
    """Whether this session signed in or confirmed within the time that settings allow.

    A provider counts for its own firm alone.
    """
    tenant_id = request.tenant.pk  # type: ignore[attr-defined]
    oldest = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return any(
        record.get("at", 0) > oldest and _counts(record, tenant_id)
        for record in session_checks.records_of(request)
    )


def _counts(record: dict[str, Any], tenant_id: int) -> bool:
    if record.get("method") != "socialaccount":
        return True
    parts = parts_of(str(record.get("provider")))
    return parts is not None and parts[0] == tenant_id


def _page_of(request: HttpRequest) -> str:
    """Where to come back to: this page, or the one whose button was pressed."""
    if request.method == "GET":
        return request.get_full_path()
    referer = request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(referer, allowed_hosts={request.get_host()}):
        return "/" + referer.split("/", 3)[-1] if referer.count("/") > 2 else "/"
    return request.path


def _way(request: HttpRequest, back: str) -> str:
    query = urlencode({"next": back})
    if get_reauthentication_flows(request.user):  # type: ignore[arg-type]
        return f"{REAUTHENTICATE}?{query}"
    row = IdentityProvider.objects.filter(is_enabled=True).order_by("pk").first()
    if row is None:
        return f"/accounts/password/reset/?{query}"
    return f"/accounts/oidc/{provider_id_of(row.tenant_id, row.pk)}/login/?again=1&{query}"
