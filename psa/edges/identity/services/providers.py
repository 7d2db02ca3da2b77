"""A tenant's own identity providers, its verified domains, and how its members must sign in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from psa.core.access import seals
from psa.core.access.models import IdentityProvider, Membership, VerifiedDomain
from psa.core.access.permissions import AccessPermission
from psa.core.access.sign_in import Met
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.tenancy.models import Tenant

SECRETS: Final = "identity-provider"
RULES: Final = ("sso_required", "second_factor_required", "duties_apart")
# Least and most of how long a session opens the firm.
LIFETIMES: Final = {"session_idle_minutes": (5, 720), "session_hours": (1, 12)}
_FIELDS: Final = ("name", "issuer", "client_id", "is_enabled", "has_second_factor")


def save_provider(
    *,
    provider_row_id: int | None,
    lock_version: int,
    values: Mapping[str, Any],
    secret: str,
    actor: Actor,
    at: datetime,
) -> IdentityProvider:
    """Make or change a provider; an empty `secret` keeps the one that is stored.

    Raises  PermissionDenied, NotFound; Conflict for a stale form or a provider that exists;
            DomainError for an issuer that is not https, or a missing secret, or if members who
            must use single sign-on would have no provider left.
    """
    actor.require(AccessPermission.MANAGE_USERS)
    values = {name: values[name] for name in _FIELDS}
    values["issuer"] = _issuer(str(values["issuer"]))
    if provider_row_id is None:
        row = IdentityProvider(tenant_id=actor.tenant_id, lock_version=0)
        if not secret:
            raise DomainError("Enter the client secret that the provider gave you.", "secret")
    else:
        row = _locked(provider_row_id)
        if row.lock_version != lock_version:
            raise Conflict(f"{row.name} was changed meanwhile. Reload and look again.")
    moved = row.pk and (row.issuer, row.client_id) != (values["issuer"], values["client_id"])
    if moved and not secret:
        raise DomainError("Another issuer or client needs its own client secret.", "secret")
    changes = {k: (getattr(row, k) if row.pk else None, v) for k, v in values.items()}
    for name, value in values.items():
        setattr(row, name, value)
    if secret:
        row.sealed_secret = seals.seal(secret, purpose=SECRETS)
    row.lock_version += 1
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Conflict("There is a provider with this issuer and client already.") from None
    _check_some_provider(actor.tenant_id)
    _record_provider(row, actor, at, changes, secret_changed=bool(secret))
    return row


def change_rules(*, values: Mapping[str, Any], met: Met, actor: Actor, at: datetime) -> Tenant:
    """Say how members must sign in, for how long, and whether duties are kept apart.

    A lifetime that is not in `values` stays.
    `met` is how the changer signed in: nobody makes a rule that locks themselves out.
    Raises  PermissionDenied; DomainError if the changer's own session would not meet the rule, or
            there is no provider or domain for single sign-on, or a lifetime is out of range.
    """
    actor.require(AccessPermission.MANAGE_USERS)
    tenant = Tenant.objects.select_for_update().get(pk=actor.tenant_id)
    if values["sso_required"] and not tenant.sso_required:
        if not IdentityProvider.objects.filter(is_enabled=True).exists():
            raise DomainError("Add a provider before you require it.", "sso_required")
        if not VerifiedDomain.objects.exists():
            raise DomainError(
                "No domain is verified yet: show under “Verified domains” that yours is your own.",
                "sso_required",
            )
        if not met.provider:
            raise DomainError(
                "Sign in by your provider once before you require it, so that you cannot lock "
                "yourself out.",
                "sso_required",
            )
    adds_factor = values["second_factor_required"] and not tenant.second_factor_required
    if adds_factor and not met.second_factor:
        raise DomainError(
            "Sign in with a second factor yourself before you require one.",
            "second_factor_required",
        )
    for name, (least, most) in LIFETIMES.items():
        if name in values and not least <= values[name] <= most:
            raise DomainError(f"Choose a value from {least} to {most}.", name)
    asked = {k: values[k] for k in (*RULES, *LIFETIMES) if k in values}
    changes = {k: (getattr(tenant, k), v) for k, v in asked.items() if getattr(tenant, k) != v}
    Tenant.objects.filter(pk=tenant.pk).update(**{k: new for k, (_, new) in changes.items()})
    if changes:
        audit.record(
            actor=actor,
            at=at,
            event="access.sign_in_rules_changed",
            record_type="tenancy.Tenant",
            record_id=tenant.pk,
            sentence=f"Changed how members of {tenant.name} sign in.",
            changes=changes,
        )
    return tenant


def verify_domain(*, tenant: Tenant, domain: str, actor: Actor, at: datetime) -> VerifiedDomain:
    """Let the tenant's providers speak for addresses of a domain: by the operator, or once proven.

    Call it inside the tenant's scope. Raises  DomainError for what is no domain.
    """
    name = _domain(domain)
    row, is_new = VerifiedDomain.objects.get_or_create(
        tenant=tenant, domain=name, defaults={"verified_at": at}
    )
    if is_new:
        _record_domain(row, actor, at, "access.domain_verified", f"Verified the domain {name}.")
    return row  # type: ignore[no-any-return]


def domain_proof(*, tenant_id: int, domain: str) -> str:
    """What the firm puts into the file that shows that a domain is its own; the same each time.

    Raises  DomainError for what is no domain.
    """
    named = f"{tenant_id}:{_domain(domain)}"
    return f"psa-domain={salted_hmac('psa.identity.domain', named, algorithm='sha256').hexdigest()}"


def prove_domain(*, domain: str, found: bytes, actor: Actor, at: datetime) -> VerifiedDomain:
    """Take a domain as the firm's own, as a file on its web server says what only the firm was told.

    Raises  PermissionDenied; DomainError on "domain" if the file says anything else.
    """
    actor.require(AccessPermission.MANAGE_USERS)
    wanted = domain_proof(tenant_id=actor.tenant_id, domain=domain).encode()
    if not any(constant_time_compare(line.strip(), wanted) for line in found.splitlines()[:20]):
        raise DomainError(
            "The file is there but does not say what it should. Copy the line anew, without "
            "anything else on it.",
            "domain",
        )
    tenant = Tenant.objects.get(pk=actor.tenant_id)
    return verify_domain(tenant=tenant, domain=domain, actor=actor, at=at)


@transaction.atomic
def drop_domain(*, domain: str, actor: Actor, at: datetime) -> None:
    """`forget_domain` by an administrator.

    Raises  PermissionDenied, NotFound; DomainError while single sign-on is required, for the last
            domain and for one that an active member's address is in: none is locked out by it.
    """
    actor.require(AccessPermission.MANAGE_USERS)
    tenant = Tenant.objects.select_for_update().get(pk=actor.tenant_id)
    if tenant.sso_required:
        _check_not_needed(_domain(domain))
    forget_domain(tenant=tenant, domain=domain, actor=actor, at=at)


def _check_not_needed(name: str) -> None:
    domains = VerifiedDomain.objects.values_list("domain", flat=True)
    if list(domains) == [name]:
        raise DomainError("Single sign-on is required: its last domain has to stay.", "domain")
    if name not in domains:
        return
    members = Membership.objects.filter(is_active=True, email__iendswith=f"@{name}")
    if count := members.count():
        who = "1 active user signs" if count == 1 else f"{count} active users sign"
        raise DomainError(
            f"Single sign-on is required, and {who} in with an address of {name}. Change the rule "
            "or their addresses first.",
            "domain",
        )


def forget_domain(*, tenant: Tenant, domain: str, actor: Actor, at: datetime) -> None:
    """Take a domain back: the tenant's providers no longer speak for it. Raises  NotFound."""
    row = VerifiedDomain.objects.filter(tenant=tenant, domain=_domain(domain)).first()
    if row is None:
        raise NotFound(f"{domain} is not verified for {tenant.name}.")
    sentence = f"The domain {row.domain} is no longer verified."
    _record_domain(row, actor, at, "access.domain_forgotten", sentence)
    row.delete()


def end_sessions(*, membership_id: int, actor: Actor, at: datetime, now: datetime) -> Membership:
    """Make a member sign in again here; sessions at other firms, and the account, are untouched.

    Raises  PermissionDenied, NotFound.
    """
    actor.require(AccessPermission.MANAGE_USERS)
    row: Membership | None = Membership.objects.filter(pk=membership_id).first()
    if row is None:
        raise NotFound("This user does not exist.")
    Membership.objects.filter(pk=row.pk).update(sign_in_again_after=now)
    audit.record(
        actor=actor,
        at=at,
        event="access.sessions_ended",
        record_type="access.Membership",
        record_id=row.pk,
        sentence=f"Ended the sessions of {row.name}.",
    )
    return row


def _issuer(text: str) -> str:
    parts = urlsplit(text.strip())
    allowed = ("https", "http") if settings.PSA_PRIVATE_ADDRESSES_ALLOWED else ("https",)
    if parts.scheme not in allowed or not parts.hostname or parts.username or parts.query:
        raise DomainError("The issuer is an address that begins with https://.", "issuer")
    return text.strip().removesuffix("/.well-known/openid-configuration").rstrip("/")


def _domain(text: str) -> str:
    name = text.strip().lower().rstrip(".")
    labels = name.split(".")
    if len(labels) < 2 or not all(
        label and len(label) <= 63 and label.replace("-", "").isalnum() and label.isascii()
        for label in labels
    ):
        raise DomainError(f"“{text}” is not a domain such as acme.com.", "domain")
    return name


def _locked(row_id: int) -> IdentityProvider:
    row: IdentityProvider | None = (
        IdentityProvider.objects.select_for_update(of=("self",)).filter(pk=row_id).first()
    )
    if row is None:
        raise NotFound("This provider does not exist.")
    return row


def _check_some_provider(tenant_id: int) -> None:
    if not Tenant.objects.get(pk=tenant_id).sso_required:
        return
    if not IdentityProvider.objects.filter(is_enabled=True).exists():
        raise DomainError(
            "Single sign-on is required, and this is its last provider. Change the rule first.",
            "is_enabled",
        )


def _record_provider(
    row: IdentityProvider,
    actor: Actor,
    at: datetime,
    changes: dict[str, tuple[Any, Any]],
    *,
    secret_changed: bool,
) -> None:
    told = {k: pair for k, pair in changes.items() if pair[0] != pair[1]}
    if secret_changed:
        told["secret"] = ("", "changed")
    audit.record(
        actor=actor,
        at=at,
        event="access.provider_saved",
        record_type="access.IdentityProvider",
        record_id=row.pk,
        sentence=f"Saved the identity provider {row.name}.",
        changes=told,
    )


def _record_domain(
    row: VerifiedDomain, actor: Actor, at: datetime, event: str, sentence: str
) -> None:
    audit.record(
        actor=actor,
        at=at,
        event=event,
        record_type="access.VerifiedDomain",
        record_id=row.pk,
        sentence=sentence,
    )
