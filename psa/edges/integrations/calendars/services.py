"""Making and revoking the address of one's calendar, and letting in who brings one."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import PermissionDenied
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.opening import scope_of_firm

from . import selectors
from .models import CalendarFeed

_READ_EVERY = timedelta(hours=1)
_SECRET = re.compile(r"([a-z][a-z0-9-]{1,39})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A feed just made; its secret is known here and never again."""

    feed: CalendarFeed
    secret: str


@transaction.atomic
def make_feed(*, actor: Actor, at: datetime) -> NewFeed:
    """A new address of the actor's calendar; the one there was ends with it.

    Raises  PermissionDenied for who is no person of the firm, such as a service token.
    """
    if actor.membership_id is None or not actor.user_id:
        raise PermissionDenied("Only a member of the firm has a calendar.")
    _end(actor, at)
    slug = Tenant.objects.values_list("slug", flat=True).get(pk=actor.tenant_id)
    secret = f"{slug}_{secrets.token_urlsafe(32)}"
    feed: CalendarFeed = CalendarFeed.objects.create(
        tenant_id=actor.tenant_id, membership_id=actor.membership_id, digest=digest_of(secret),
        created_at=at,
    )  # fmt: skip
    _record(actor, at, feed, "calendars.made", "Made an address of their calendar.")
    return NewFeed(feed, secret)


@transaction.atomic
def revoke_feed(*, actor: Actor, at: datetime) -> bool:
    """End the address of the actor's calendar at once; whether there was one."""
    return _end(actor, at)


def read_feed(secret: str, *, today: date, at: datetime) -> bytes | None:
    """The calendar behind an address; None when it is unknown or revoked, its firm is suspended, or
    its owner no longer a member. Notes the reading at most once an hour.
    """
    parts = _SECRET.fullmatch(secret)
    if parts is None:
        return None
    with scope_of_firm(parts[1]) as tenant:
        if tenant is None or tenant.status != Tenant.Status.ACTIVE:
            return None
        feed: CalendarFeed | None = (
            CalendarFeed.objects.select_related("membership__tenant")
            .filter(
                digest=digest_of(secret), revoked_at__isnull=True, membership__is_active=True,
                membership__user__is_active=True,
            )
            .first()
        )  # fmt: skip
        if feed is None:
            return None
        if feed.last_read_at is None or feed.last_read_at < at - _READ_EVERY:
            CalendarFeed.objects.filter(pk=feed.pk).update(last_read_at=at)
        return selectors.calendar_of(feed.membership, today=today, made_at=feed.created_at)


def digest_of(secret: str) -> str:
    """How a secret is kept: a plain hash is enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _end(actor: Actor, at: datetime) -> bool:
    feed = (
        CalendarFeed.objects.select_for_update(of=("self",))
        .filter(membership_id=actor.membership_id, revoked_at__isnull=True)
        .first()
    )
    if feed is None:
        return False
    feed.revoked_at = at
    feed.save(update_fields=["revoked_at"])
    _record(actor, at, feed, "calendars.revoked", "Revoked the address of their calendar.")
    return True


def _record(actor: Actor, at: datetime, feed: CalendarFeed, event: str, sentence: str) -> None:
    audit.record(
        actor=actor, at=at, event=event, record_type="calendars.CalendarFeed",
        record_id=feed.pk, sentence=sentence,
    )  # fmt: skip
