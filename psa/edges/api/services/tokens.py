"""Making and revoking tokens, and letting in who brings one."""

import hashlib
import re
import secrets
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet

from psa.core.access import beside
from psa.core.access import services as access
from psa.core.access.models import Membership
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError, NotFound
from psa.core.tenancy import compiled
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.opening import scope_of_firm

from .. import scopes as known_scopes
from ..models import ApiToken
from . import limits
from .limits import Allowance

MAX_DAYS = 366
_USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made; its text is known here and never again."""

    token: ApiToken
    text: str


def create_personal_token(
    *, name: str, scopes: Sequence[str], days: int, actor: Actor, at: datetime
) -> NewToken:
    """A token with which programs act as the member themself.

    Raises  DomainError for an unknown scope or none, no name, or a life of more than a year.
    """
    return _create(
        membership_id=actor.membership_id,
        kind=ApiToken.Kind.PERSONAL,
        name=name,
        scopes=scopes,
        days=days,
        actor=actor,
        at=at,
    )


def create_service_token(
    *,
    name: str,
    role_codes: Sequence[str],
    scopes: Sequence[str],
    days: int,
    actor: Actor,
    at: datetime,
) -> NewToken:
    """A token that belongs to no person: it acts as a member of its own, with these roles.

    The member shows under Users, named as the token; ending its access ends the token.
    Raises  PermissionDenied; DomainError as above, for no role, or an unknown one.
    """
    actor.require(AccessPermission.MANAGE_USERS)
    if not role_codes:
        raise DomainError("Choose at least one role.", "roles")
    _check_name(name)
    member = access.add_member(
        tenant=Tenant.objects.get(pk=actor.tenant_id),
        email=f"service-{secrets.token_hex(6)}@service.invalid",
        name=name,
        role_codes=list(role_codes),
    )
    return _create(
        membership_id=member.pk,
        kind=ApiToken.Kind.SERVICE,
        name=name,
        scopes=scopes,
        days=days,
        actor=actor,
        at=at,
    )


def revoke_token(*, token_id: int, actor: Actor, at: datetime) -> ApiToken:
    """End a token at once: one's own, or any for who manages users. Twice is once.

    Raises  NotFound when it is absent or not the actor's to end.
    """
    token: ApiToken | None = (
        ApiToken.objects.select_for_update(of=("self",)).filter(pk=token_id).first()
    )
    may = token is not None and (
        token.membership_id == actor.membership_id or actor.has(AccessPermission.MANAGE_USERS)
    )
    if token is None or not may:
        raise NotFound("There is no such token, or it is not yours.")
    if token.revoked_at is None:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
        _record(actor, at, token, "access.token_revoked", f"Revoked the API token {token.name}.")
    return token


@dataclass(frozen=True, slots=True)
class Opened:
    """Who a token lets in, and how far."""

    tenant: Tenant
    membership: Membership
    actor: Actor
    token_id: int
    scopes: frozenset[str]
    allowances: tuple[Allowance, ...]
    # What else was read with the member, by name.
    beside: Mapping[Hashable, list[Any]]


def authenticate(text: str, *, at: datetime) -> Opened | None:
    """Whom the token stands for and what it may do now, or None when it is unknown, expired or
    revoked. In a transaction of its own, which also counts the request.

    The tenant is named in the token, so that its table can be read inside the tenant's scope.
    Notes the use at most once a minute.
    """
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != "psa" or not re.fullmatch(r"[a-z][a-z0-9-]{1,39}", parts[1]):
        return None
    digest = digest_of(text)
    with scope_of_firm(parts[1]) as tenant:
        if tenant is None:
            return None
        asked = beside.questions("token", _bearers, digest)
        rows, *others = compiled.answers(
            [compiled.question("api.token", _living, digest, at), *asked.values()]
        )
        if not rows:
            return None
        token: ApiToken = rows[0]
        if token.last_used_at is None or token.last_used_at < at - _USED_EVERY:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
        allowances = limits.count_request(
            tenant_id=tenant.pk, token_id=token.pk, unix_seconds=int(at.timestamp())
        )
    actor = Actor(
        user_id=token.membership.user_id or 0,
        membership_id=token.membership_id,
        tenant_id=tenant.pk,
        permissions=frozenset(name for row in rows for name in vars(row)["granted"] or ()),
        via="api",
    )
    return Opened(
        tenant, token.membership, actor, token.pk, frozenset(token.scopes), allowances,
        dict(zip(asked, others, strict=True)),
    )  # fmt: skip


def _living(digest: str, at: datetime) -> "QuerySet[ApiToken]":
    """A row for each role of the token's member, and one without for a member who has none."""
    found: QuerySet[ApiToken] = (
        ApiToken.objects.select_related("membership")
        .filter(digest=digest, revoked_at__isnull=True, expires_at__gt=at)
        .filter(membership__is_active=True)
        .annotate(granted=F("membership__role_links__role__permissions"))
    )
    return found


def _bearers(digest: str) -> "QuerySet[Membership]":
    tokens = ApiToken.objects.filter(digest=digest).values("membership_id")
    found: QuerySet[Membership] = Membership.objects.filter(pk__in=tokens)
    return found


def digest_of(text: str) -> str:
    """How a token is kept: a plain hash is enough for 256 random bits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _create(
    *,
    membership_id: int,
    kind: str,
    name: str,
    scopes: Sequence[str],
    days: int,
    actor: Actor,
    at: datetime,
) -> NewToken:
    _check_name(name)
    if not 1 <= days <= MAX_DAYS:
        raise DomainError(f"A token lives for 1 to {MAX_DAYS} days.", "days")
    tenant = Tenant.objects.get(pk=actor.tenant_id)
    text = f"psa_{tenant.slug}_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        tenant_id=tenant.pk,
        membership_id=membership_id,
        kind=kind,
        name=name.strip(),
        digest=digest_of(text),
        ending=text[-4:],
        scopes=known_scopes.checked(scopes),
        created_by_id=actor.membership_id,
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    _record(actor, at, token, "access.token_created", f"Made the API token {token.name}.")
    return NewToken(token, text)


def _check_name(name: str) -> None:
    if not 1 <= len(name.strip()) <= 80:
        raise DomainError("Name the token after what will use it, in up to 80 characters.", "name")


def _record(actor: Actor, at: datetime, token: ApiToken, event: str, sentence: str) -> None:
    audit.record(
        actor=actor,
        at=at,
        event=event,
        record_type="api.ApiToken",
        record_id=token.pk,
        sentence=sentence,
        changes={"scopes": (None, ", ".join(token.scopes))} if not token.revoked_at else {},
    )
