"""Undo: a signed, short-lived token that takes one step back, once, for the one who took it.

A service that removes something returns what its counterpart needs to bring it back; the view makes
that into a token with `undo_url` and gives it to the toast. Rooms register the counterpart in their
own ``undo.py``, which is imported when the app is installed.
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.core import signing
from django.core.cache import cache
from django.db.models import Model
from django.urls import reverse

from psa.core.actor import Actor
from psa.core.errors import DomainError, NotFound

M = TypeVar("M", bound=Model)
_SALT = "psa.undo"
# The toast shows for ten seconds; a slow connection and a long look are allowed for.
LIVES_SECONDS = 120


# Takes the step back as the actor and says so in a sentence; raises DomainError when it is too late.
Restore = Callable[..., str]

_kinds: dict[str, Restore] = {}


def register(kind: str, restore: Restore) -> None:
    """Make a step back known; the last registration of a name wins."""
    _kinds[kind] = restore


def undo_url(*, actor: Actor, kind: str, payload: dict[str, Any]) -> str:
    """Where the toast's Undo button posts to. The payload is JSON and readable: no rates."""
    if kind not in _kinds:
        raise KeyError(kind)
    content = [kind, actor.tenant_id, actor.membership_id, secrets.token_hex(8), payload]
    token = signing.dumps(content, salt=_SALT, compress=True)
    return f"{reverse('web:undo')}?token={token}"


def take_back(*, token: str, actor: Actor, at: datetime) -> str:
    """Do what the token says; returns the sentence to show.

    Raises  NotFound for a token that is forged or somebody else's; DomainError when it is too old
    or was used; whatever the step back itself raises.
    """
    try:
        kind, tenant_id, membership_id, once, payload = signing.loads(
            token, salt=_SALT, max_age=LIVES_SECONDS
        )
    except signing.SignatureExpired:
        raise DomainError("It is too late to undo this; change it by hand.") from None
    except signing.BadSignature:
        raise NotFound("There is nothing to undo here.") from None
    if (tenant_id, membership_id) != (actor.tenant_id, actor.membership_id) or kind not in _kinds:
        raise NotFound("There is nothing to undo here.")
    if not cache.add(f"undo:{once}", "1", LIVES_SECONDS * 2):
        raise DomainError("This was undone already.")
    return _kinds[kind](payload=payload, actor=actor, at=at)


def row_of(instance: Model) -> dict[str, Any]:
    """A row's values as JSON, for a payload; not for rows that hold a rate."""
    return {
        field.attname: None
        if getattr(instance, field.attname) is None
        else field.value_to_string(instance)
        for field in instance._meta.concrete_fields
    }


def row_from(model: type[M], payload: dict[str, Any]) -> M:
    """The unsaved row that `row_of` took down, under its old number."""
    return model(
        **{
            field.attname: None
            if payload[field.attname] is None
            else field.to_python(payload[field.attname])
            for field in model._meta.concrete_fields
        }
    )
