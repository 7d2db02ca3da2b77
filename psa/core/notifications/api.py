"""Endpoints of one's own notifications and preferences."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Field

from psa.core import clock
from psa.core.web.api import ApiRequest, Endpoints, In, Nothing, Out
from psa.core.web.api.fields import Id, Text

from . import lists_of_notifications, selectors, services

endpoints = Endpoints("notifications", "Notifications")


class NotificationOut(Out):
    id: int
    event: str
    title: str
    body: str
    path: str
    created_at: datetime
    read_at: datetime | None


# How often what is not mailed at once is gathered into one mail; "" for never.
Digest = Literal["", "daily", "weekly"]


class PreferenceOut(Out):
    """Of which event you are told where."""

    event: str
    label: str
    in_app: bool
    email: bool
    digest: Digest


class PreferenceIn(In):
    event: Annotated[str, Text(80, blank=False)]
    in_app: bool
    email: bool
    digest: Digest = ""


class PreferencesIn(In):
    preferences: list[PreferenceIn] = Field(max_length=200)


class ReadCount(Out):
    count: int


@endpoints.list("/notifications", lists_of_notifications.NOTIFICATIONS, name="Notification")
def list_notifications(request: ApiRequest) -> Any:
    """What you were told of."""
    return selectors.notifications(actor=request.actor)


@endpoints.read("/notifications/{notification_id}", NotificationOut)
def get_notification(request: ApiRequest, notification_id: Id) -> Any:
    """One notification."""
    return selectors.get_notification(actor=request.actor, notification_id=notification_id)


@endpoints.write("POST", "/notifications/{notification_id}/read", NotificationOut)
def mark_notification_read(request: ApiRequest, notification_id: Id, body: Nothing) -> Any:
    """Mark one as read."""
    found = selectors.get_notification(actor=request.actor, notification_id=notification_id)
    services.mark_read(actor=request.actor, at=clock.now(), notification_ids=[found.pk])
    return get_notification(request, notification_id=notification_id)


@endpoints.write("POST", "/notifications/read", ReadCount)
def mark_all_notifications_read(request: ApiRequest, body: Nothing) -> Any:
    """Mark all as read."""
    return {"count": len(services.mark_read(actor=request.actor, at=clock.now()))}


@endpoints.report("/notification-preferences", list[PreferenceOut])
def get_notification_preferences(request: ApiRequest) -> Any:
    """Of which events you are told, and where."""
    return list(selectors.preferences(actor=request.actor))


@endpoints.write("PUT", "/notification-preferences", list[PreferenceOut])
def save_notification_preferences(request: ApiRequest, body: PreferencesIn) -> Any:
    """Choose where you are told of these events."""
    services.save_preferences(
        actor=request.actor,
        choices={
            one.event: services.Choice(one.in_app, one.email, one.digest)
            for one in body.preferences
        },
    )
    return list(selectors.preferences(actor=request.actor))
