"""Deciding inside a push message: what it offers, and the sealed right to do that, once.

A right names the member, the notification and the records with their versions. It lives a few hours,
works in the member's own session alone, and is written so that nobody reads anything of it
(docs/adr/0049).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext

from psa.core.access import actors, seals
from psa.core.actor import Actor
from psa.core.errors import Conflict, DomainError, NotFound

from .models import Notification
from .rules import push_text

PURPOSE: Final = "push-decision"
LIVES: Final = timedelta(hours=4)
# A message holds 3,000 bytes, its words among them; a right for fifty entries takes a third.
LONGEST_RIGHT: Final = 1400
LONGEST_GIVEN: Final = 4000


@dataclass(frozen=True, slots=True)
class Offer:
    """What the button says, and what pressing it decides on: ids and versions, never an amount."""

    label: str
    payload: dict[str, Any]


# What may be decided on now, of what the notification names; None for nothing.
Offered = Callable[..., Offer | None]
# Decides as the actor and says so in a sentence without an amount; raises DomainError when what was
# offered has changed meanwhile.
CarriedOut = Callable[..., str]

_kinds: dict[str, tuple[Offered, CarriedOut]] = {}


def register(event: str, *, offer: Offered, carry_out: CarriedOut) -> None:
    """Let an event be decided on inside its message; the last registration wins.

    `offer(decides_on=…, actor=…)` and `carry_out(payload=…, actor=…, at=…)`.
    """
    _kinds[event] = (offer, carry_out)


def shown(told: Notification, *, at: datetime) -> dict[str, Any]:
    """What the message gets beside its words: the buttons, and the right behind the first.

    Nothing for what is about no decision, or has been decided.
    """
    kind = _kinds.get(told.event)
    if kind is None or not told.path or told.decides_on is None or told.decided_at is not None:
        return {}
    offer = kind[0](decides_on=told.decides_on, actor=actors.for_job(told.membership_id))
    if offer is None:
        return {}
    content = [
        told.tenant_id, told.membership_id, told.pk, told.event, (at + LIVES).isoformat(),
        offer.payload,
    ]  # fmt: skip
    right = seals.seal(json.dumps(content, separators=(",", ":")), purpose=PURPOSE)
    if len(right) > LONGEST_RIGHT:
        return {}
    return {
        "actions": [
            {"action": "decide", "title": offer.label},
            {"action": "open", "title": gettext("Open")},
        ],
        "right": right,
        "decide": f"/{told.path.split('/')[1]}/notifications/decide/",
        "failed": [
            gettext("Nothing was decided"),
            gettext("Sign in, or wait for the network, and decide in the application."),
        ],
    }


@transaction.atomic
def decide(*, right: str, actor: Actor, at: datetime) -> str:
    """Do what a right says, once; a sentence for the screen of a device.

    Raises  NotFound for a right that is forged or somebody else's; Conflict when it was used;
            DomainError when it is too old, or what it was about has changed.
    """
    tenant_id, membership_id, notification_id, event, until, payload = _opened(right)
    if (tenant_id, membership_id) != (actor.tenant_id, actor.membership_id) or event not in _kinds:
        raise NotFound("There is nothing to decide here.")
    told = (
        Notification.objects.select_for_update()
        .filter(pk=notification_id, membership_id=membership_id)
        .first()
    )
    if told is None:
        raise NotFound("There is nothing to decide here.")
    if told.decided_at is not None:
        raise Conflict("You decided on this already.")
    if at > datetime.fromisoformat(until):
        raise DomainError("It is too late to decide from this message. Open it and look again.")
    said = _kinds[event][1](payload=payload, actor=actor, at=at)
    told.decided_at = at
    told.read_at = told.read_at or at
    told.save(update_fields=["decided_at", "read_at"])
    return said


def told_on_screen(sentence: str) -> str:
    """A sentence for a locked screen: another one for what names an amount."""
    if push_text.names_an_amount(sentence):
        return gettext("Open it to see why.")
    return sentence


def _opened(right: str) -> list[Any]:
    """Raises  NotFound for what we did not write."""
    try:
        if len(right) > LONGEST_GIVEN:
            raise seals.Unreadable(right[:20])
        opened: list[Any] = json.loads(seals.unseal(right, purpose=PURPOSE))
    except (seals.Unreadable, ValueError):
        raise NotFound("There is nothing to decide here.") from None
    return opened
