"""Reads of tokens."""

from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, QuerySet, Value, When

from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.errors import NotFound

from .models import ApiToken


def tokens(*, actor: Actor, at: datetime) -> QuerySet[Any]:
    """All tokens of the tenant, with whose they are. Raises  PermissionDenied."""
    actor.require(AccessPermission.MANAGE_USERS)
    return _rows(at)


def own_tokens(*, actor: Actor, at: datetime) -> QuerySet[Any]:
    """The actor's own tokens."""
    return _rows(at).filter(membership_id=actor.membership_id)


def get_token(*, actor: Actor, token_id: int) -> ApiToken:
    """One token, one's own or, for who manages users, anybody's. Raises  NotFound."""
    token: ApiToken | None = (
        ApiToken.objects.select_related("membership").filter(pk=token_id).first()
    )
    if token is None or not (
        token.membership_id == actor.membership_id or actor.has(AccessPermission.MANAGE_USERS)
    ):
        raise NotFound("There is no such token, or it is not yours.")
    return token


def _rows(at: datetime) -> QuerySet[Any]:
    state = Case(
        When(revoked_at__isnull=False, then=Value("revoked")),
        When(expires_at__lte=at, then=Value("expired")),
        default=Value("active"),
        output_field=CharField(),
    )
    return ApiToken.objects.annotate(state=state).values(
        "id", "name", "kind", "ending", "scopes", "membership_id", "membership__name",
        "created_at", "expires_at", "last_used_at", "state",
    )  # fmt: skip
