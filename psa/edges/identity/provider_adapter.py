"""Single sign-on: providers are a tenant's rows, and speak for its verified domains alone."""

import logging
from typing import Any, NoReturn

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from django.http import HttpRequest
from django.shortcuts import render

from psa.core import clock
from psa.core.access import seals
from psa.core.access.models import IdentityProvider, Membership, User, VerifiedDomain
from psa.core.access.provider_ids import parts_of, provider_id_of
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope

from . import outgoing
from .clocks import real_now
from .services import invitations
from .services.providers import SECRETS
from .strict_client import answers

logger = logging.getLogger("psa.access")


class FirmProviderAdapter(DefaultSocialAccountAdapter):
    """Where the sign-in library finds a provider, and whom it may sign in by it."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The one enabled provider of that name, or none; the library's own table is not read."""
        parts = parts_of(provider or "")
        if parts is None:
            return []
        tenant = Tenant.objects.filter(pk=parts[0], status=Tenant.Status.ACTIVE).first()
        if tenant is None:
            return []
        with tenant_scope(tenant.pk):
            row = IdentityProvider.objects.filter(pk=parts[1], is_enabled=True).first()
            if row is None:
                return []
            try:
                app = app_of(row)
            except seals.Unreadable:
                logger.error("the secret of provider %s cannot be read", provider)
                return []
        return [] if client_id and app.client_id != client_id else [app]

    def get_requests_session(self) -> requests.Session:
        return outgoing.session()

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Let in a member, or who is invited, whose address the tenant answers for.

        Ends the sign-in with a page that says why not, and the way out.
        """
        parts = parts_of(sociallogin.account.provider)
        if parts is None or sociallogin.state.get("process") != AuthProcess.LOGIN:
            _refuse(request, "This way to sign in is not open.")
        if not answers(sociallogin):
            _refuse(request, "The provider answered another request than yours. Sign in again.")
        with tenant_scope(parts[0]):
            tenant = Tenant.objects.get(pk=parts[0])
            email = self._asserted_address(request, tenant, sociallogin)
            if sociallogin.is_existing:
                self._check_known(request, tenant, sociallogin.user)
                return
            user = self._member_named(request, tenant, email)
            earlier = SocialAccount.objects.filter(user=user, provider=sociallogin.account.provider)
            if earlier.exists():
                _refuse(
                    request,
                    f"{tenant.name}'s provider used to know this address as somebody else. An "
                    "administrator ends your access and gives it back; then sign in again.",
                )
            sociallogin.connect(request, user)

    def _asserted_address(
        self, request: HttpRequest, tenant: Tenant, sociallogin: SocialLogin
    ) -> str:
        data: dict[str, Any] = sociallogin.account.get_provider_account().get_user_data() or {}
        email = str(data.get("email") or "").strip().lower()
        if not email:
            _refuse(request, f"{tenant.name}'s provider did not say your e-mail address.")
        if data.get("email_verified") is False:
            _refuse(request, f"{tenant.name}'s provider has not verified the address {email}.")
        if not _is_own_domain(email):
            _refuse(
                request,
                f"{tenant.name}'s provider may not speak for the address {email}: its domain has "
                f"not been verified for {tenant.name}.",
            )
        return email

    def _check_known(self, request: HttpRequest, tenant: Tenant, user: User | None) -> None:
        if user is None or not _is_member(user) or not _is_own_domain(user.email):
            _refuse(request, _not_a_member(tenant))

    def _member_named(self, request: HttpRequest, tenant: Tenant, email: str) -> User:
        user = User.objects.filter(email=email).first()
        if user is not None and _is_member(user):
            return user
        member = invitations.accept_by_provider(email=email, at=clock.now(), on=real_now())
        if member is None or member.user is None:
            _refuse(request, _not_a_member(tenant))
        return member.user


def app_of(row: IdentityProvider) -> SocialApp:
    """The row as the library wants it: never saved. Raises  Unreadable for a foreign secret."""
    return SocialApp(
        provider="openid_connect",
        provider_id=provider_id_of(row.tenant_id, row.pk),
        name=row.name,
        client_id=row.client_id,
        secret=seals.unseal(row.sealed_secret, purpose=SECRETS),
        settings={"server_url": row.issuer, "oauth_pkce_enabled": True},
    )


def _is_own_domain(email: str) -> bool:
    return VerifiedDomain.objects.filter(domain=email.rpartition("@")[2]).exists()


def _is_member(user: User) -> bool:
    return user.is_active and Membership.objects.filter(user=user, is_active=True).exists()


def _not_a_member(tenant: Tenant) -> str:
    return f"You are no member of {tenant.name} yet. Ask an administrator there to invite you."


def _refuse(request: HttpRequest, reason: str) -> NoReturn:
    page = render(request, "identity/provider_refused.html", {"reason": reason}, status=403)
    raise ImmediateHttpResponse(page)
