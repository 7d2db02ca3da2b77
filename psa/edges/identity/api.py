"""Endpoints of how members sign in: the rules, the firm's own providers and its verified domains.

A page asks anew who it is before such a change; a token can't, so its scope has to name `identity`
or everything, and what the changer's own session must have met can't be required by a token.
"""

from typing import Annotated, Any

from ninja import Field

from psa.core import clock
from psa.core.access.permissions import AccessPermission
from psa.core.access.sign_in import Met
from psa.core.tenancy.models import Tenant
from psa.core.web.api import ApiRequest, Endpoints, In, Nothing, Out
from psa.core.web.api.fields import Id, Text
from psa.edges.identity import domain_files, selectors
from psa.edges.identity.clocks import real_now
from psa.edges.identity.services import providers

endpoints = Endpoints("identity", "Sign-in")
MANAGE = AccessPermission.MANAGE_USERS
Domain = Annotated[str, Text(253, blank=False)]
_IDLE, _HOURS = providers.LIFETIMES["session_idle_minutes"], providers.LIFETIMES["session_hours"]


class SignInRulesOut(Out):
    """How members prove who they are, for how long, and whether duties are kept apart."""

    sso_required: bool
    second_factor_required: bool
    duties_apart: bool
    session_idle_minutes: int
    session_hours: int


class SignInRulesIn(In):
    """What is left out stays. A stricter way to sign in is required from the page alone."""

    sso_required: bool = False
    second_factor_required: bool = False
    duties_apart: bool = True
    session_idle_minutes: int = Field(60, ge=_IDLE[0], le=_IDLE[1])
    session_hours: int = Field(12, ge=_HOURS[0], le=_HOURS[1])


class ProviderOut(Out):
    """An OpenID Connect provider of the firm; its secret is never told."""

    id: int
    name: str
    issuer: str
    client_id: str
    is_enabled: bool
    has_second_factor: bool
    callback_url: str = Field(description="What the provider has to be told.")
    lock_version: int


class ProviderIn(In):
    name: Annotated[str, Text(60, blank=False)]
    issuer: Annotated[str, Text(200, blank=False)]
    client_id: Annotated[str, Text(200, blank=False)]
    secret: Annotated[str, Text(400)] = Field("", description="Left out: the one that is stored.")
    is_enabled: bool = True
    has_second_factor: bool = False


class DomainIn(In):
    domain: Domain


class DomainProofOut(Out):
    """What has to stand at `https://<domain><file_path>` to show whose the domain is."""

    domain: str
    file_path: str
    line: str


class DomainsOut(Out):
    domains: list[str]


@endpoints.read("/sign-in/rules", SignInRulesOut, MANAGE)
def get_sign_in_rules(request: ApiRequest) -> Any:
    """How members must sign in."""
    return Tenant.objects.get(pk=request.tenant.pk)


@endpoints.write("PATCH", "/sign-in/rules", SignInRulesOut, MANAGE, of=get_sign_in_rules)
def change_sign_in_rules(request: ApiRequest, body: SignInRulesIn) -> Any:
    """Change what is given."""
    known = Tenant.objects.get(pk=request.tenant.pk)
    present = {name: getattr(known, name) for name in providers.RULES}
    providers.change_rules(
        values=present | body.given(), met=Met(), actor=request.actor, at=clock.now()
    )
    return get_sign_in_rules(request)


@endpoints.report("/sign-in/providers", list[ProviderOut], MANAGE)
def list_identity_providers(request: ApiRequest) -> Any:
    """The firm's own providers."""
    return [_told(request, row) for row in selectors.provider_rows()]


@endpoints.read("/sign-in/providers/{provider_id}", ProviderOut, MANAGE)
def get_identity_provider(request: ApiRequest, provider_id: Id) -> Any:
    """One provider."""
    return _told(request, selectors.provider(provider_id))


@endpoints.write("POST", "/sign-in/providers", ProviderOut, MANAGE, status=201)
def create_identity_provider(request: ApiRequest, body: ProviderIn) -> Any:
    """Add a provider with its client secret."""
    return _save(request, None, 0, body)


@endpoints.write(
    "PUT",
    "/sign-in/providers/{provider_id}",
    ProviderOut,
    MANAGE,
    of=get_identity_provider,
    versioned=True,
)
def edit_identity_provider(request: ApiRequest, provider_id: Id, body: ProviderIn) -> Any:
    """Replace a provider's facts; another issuer or client needs its own secret."""
    return _save(request, provider_id, request.seen_version, body)


@endpoints.report("/sign-in/domains", DomainsOut, MANAGE)
def list_verified_domains(request: ApiRequest) -> Any:
    """The domains that the firm's providers may speak for."""
    return {"domains": selectors.verified_domains()}


@endpoints.report("/sign-in/domains/proof", DomainProofOut, MANAGE)
def get_domain_proof(request: ApiRequest, domain: Domain) -> Any:
    """The line that shows that a domain is the firm's own."""
    line = providers.domain_proof(tenant_id=request.tenant.pk, domain=domain)
    return {"domain": domain, "file_path": domain_files.PATH, "line": line}


@endpoints.write("POST", "/sign-in/domains", DomainsOut, MANAGE, status=201)
def verify_domain(request: ApiRequest, body: DomainIn) -> Any:
    """Look for the line on the domain's web server, and take the domain as the firm's own."""
    providers.domain_proof(tenant_id=request.tenant.pk, domain=body.domain)
    found = domain_files.fetched(body.domain)
    providers.prove_domain(domain=body.domain, found=found, actor=request.actor, at=clock.now())
    return list_verified_domains(request)


@endpoints.write("POST", "/sign-in/domains/forget", DomainsOut, MANAGE)
def forget_domain(request: ApiRequest, body: DomainIn) -> Any:
    """Providers no longer speak for a domain."""
    providers.drop_domain(domain=body.domain, actor=request.actor, at=clock.now())
    return list_verified_domains(request)


@endpoints.write("POST", "/users/{membership_id}/end-sessions", None, MANAGE, status=204)
def end_sessions(request: ApiRequest, membership_id: Id, body: Nothing) -> Any:
    """Make a member sign in again here."""
    providers.end_sessions(
        membership_id=membership_id, actor=request.actor, at=clock.now(), now=real_now()
    )


def _told(request: ApiRequest, row: Any) -> dict[str, Any]:
    names = [name for name in ProviderOut.model_fields if name != "callback_url"]
    return {name: getattr(row, name) for name in names} | {
        "callback_url": selectors.callback_url(request.tenant.pk, row.pk)
    }


def _save(request: ApiRequest, row_id: int | None, version: int, body: ProviderIn) -> Any:
    values = body.values()
    row = providers.save_provider(
        provider_row_id=row_id,
        lock_version=version,
        secret=values.pop("secret"),
        values=values,
        actor=request.actor,
        at=clock.now(),
    )
    return _told(request, row)
