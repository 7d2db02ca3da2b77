"""From URL to tenant: ``/acme/…`` opens Acme's scope around the whole response."""

import re
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import set_script_prefix

from psa.core.actor import Actor
from psa.core.tenancy import reading
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.opening import scope_of_firm
from psa.core.tenancy.scope import set_local

from . import actors, needs, session_checks
from .models import Membership
from .sign_in import Need

GLOBAL_PATHS = frozenset(
    {
        "",
        "accounts",
        "api",
        "static",
        "healthz",
        "readyz",
        "metrics",
        "operator",
        "favicon.ico",
        "robots.txt",
        "sw.js",
    }
)


# Passwords, factors and the list of sessions; not the pages by which one signs in or confirms.
# And what belongs to no firm, so that no firm's provider may open it.
_OWN_PAGES = re.compile(
    r"^/accounts/(password/(change|set)/|sessions/"
    r"|2fa/(?!authenticate/|reauthenticate/|webauthn/(login|reauthenticate)/))"
    r"|^/operator(/|$)"
)


class FirmSuspended(PermissionDenied):
    """A member came to a firm that its operator has suspended."""


class TenantMiddleware:
    """Strips the tenant from the path, so that views and ``{% url %}`` need not mention it.

    Inside, ``request.tenant``, ``request.membership`` and ``request.actor`` are set; the script
    prefix makes every reversed URL start with the tenant. A tenant that is not the user's own looks
    exactly like one that does not exist.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        slug, _, rest = request.path_info.lstrip("/").partition("/")
        if slug in GLOBAL_PATHS:
            if self._is_closed_to_providers(request):
                return needs.page(request, None, Need.OWN)
            return self.get_response(request)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        # A firm that does not exist is asked for a member like one that does: as long, and in vain.
        with scope_of_firm(slug) as tenant:
            found = actors.member_of_scope(request.user.pk)
            if tenant is not None and found is not None and tenant.status == Tenant.Status.ACTIVE:
                return self._inside(request, tenant, *found, rest)
        if tenant is None or found is None:
            return self._no_such_firm(request)
        return self._suspended(request, tenant)

    def _inside(
        self,
        request: Any,
        tenant: Tenant,
        member: Membership,
        actor: Actor,
        beside: Mapping[Any, list[Any]],
        rest: str,
    ) -> HttpResponse:
        """The member's page, if the session proves what the firm asks for."""
        member.tenant = tenant
        need = session_checks.first_need(request, member)
        if need is not None:
            return needs.page(request, tenant, need)
        request.tenant, request.membership, request.actor = tenant, member, actor
        request.beside = beside
        request.urlconf = settings.TENANT_URLCONF
        request.path_info = "/" + rest
        set_script_prefix(f"/{tenant.slug}/")
        is_read = request.method in ("GET", "HEAD")
        try:
            with reading.of_one_page(tenant, beside) if is_read else nullcontext():
                response = self.get_response(request)
        finally:
            set_script_prefix("/")
        match = request.resolver_match
        if not getattr(match and match.func, "asks_by_itself", False):
            session_checks.note_use(request, tenant)
        return response

    def _is_closed_to_providers(self, request: HttpRequest) -> bool:
        """Whether a page of the person's own factors was asked for by a provider's word alone."""
        return bool(
            _OWN_PAGES.match(request.path_info)
            and request.user.is_authenticated
            and not session_checks.is_own(request)
        )

    def _suspended(self, request: HttpRequest, tenant: Tenant) -> HttpResponse:
        from django.core.handlers.exception import response_for_exception

        reason = f" {tenant.suspended_reason}" if tenant.suspended_reason else ""
        sentence = (
            f"{tenant.name} is suspended: nobody can work in it now, and nothing in it is "
            f"lost.{reason} Ask your administrator."
        )
        if tenant.is_leaving_sample:
            sentence = f"{tenant.name} was a sample firm, and is being removed as was asked."
        return response_for_exception(request, FirmSuspended(sentence))

    def _no_such_firm(self, request: HttpRequest) -> HttpResponse:
        from django.core.handlers.exception import response_for_exception

        return response_for_exception(request, Http404("No firm of yours has this address."))


def memberships_of(user_id: int | None) -> list[Membership]:
    """All active memberships of a user, for the page that chooses a firm."""
    with transaction.atomic():
        set_local("psa.user_id", str(user_id))
        return list(
            Membership.all_tenants.select_related("tenant")
            .filter(user_id=user_id, is_active=True, tenant__status=Tenant.Status.ACTIVE)
            .order_by("tenant__name")
        )
