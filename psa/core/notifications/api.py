"""Endpoints of one's own notifications and preferences."""

from datetime import datetime, time
from typing import Annotated, Any, Literal

from ninja import Field
from pydantic import BeforeValidator

from psa.core import clock
from psa.core.web.api import ApiRequest, Endpoints, In, Nothing, Out
from psa.core.web.api.fields import Id, Text

from . import lists_of_notifications, selectors, services

endpoints = Endpoints("notifications", "Notifications")


_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _shown(value: Any) -> Any:
    return f"{value:%H:%M}" if isinstance(value, time) else value


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
    push: bool


class PreferenceIn(In):
    event: Annotated[str, Text(80, blank=False)]
    in_app: bool
    email: bool
    digest: Digest = ""
    push: bool | None = Field(None, description="On your devices; null leaves it to the event.")


class PreferencesIn(In):
    preferences: list[PreferenceIn] = Field(max_length=200)


class QuietHoursIn(In):
    """From and until, as 22:00 and 07:00; hours may go over midnight."""

    from_time: Annotated[str, Field(pattern=_CLOCK)] | None
    until_time: Annotated[str, Field(pattern=_CLOCK)] | None


class QuietHoursOut(Out):
    from_time: Annotated[str, BeforeValidator(_shown)] | None
    until_time: Annotated[str, BeforeValidator(_shown)] | None


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
            one.event: services.Choice(one.in_app, one.email, one.digest, one.push)
            for one in body.preferences
        },
    )
    return list(selectors.preferences(actor=request.actor))


@endpoints.write("POST", "/notifications/{notification_id}/mute-record", None, status=204)
def mute_notified_record(request: ApiRequest, notification_id: Id, body: Nothing) -> Any:
    """Be told no more of the record that this one is about."""
    services.mute_records(actor=request.actor, notification_ids=[notification_id])


@endpoints.report("/quiet-hours", QuietHoursOut)
def get_quiet_hours(request: ApiRequest) -> Any:
    """When mail and devices wait, where you are."""
    found = selectors.quiet_hours(actor=request.actor)
    return {"from_time": found[0] if found else None, "until_time": found[1] if found else None}


@endpoints.write("PUT", "/quiet-hours", QuietHoursOut)
def save_quiet_hours(request: ApiRequest, body: QuietHoursIn) -> Any:
    """Choose when you are not to be mailed at once; nulls for never."""
    services.save_quiet_hours(
        actor=request.actor,
        from_minute=_minute(body.from_time),
        until_minute=_minute(body.until_time),
    )
    return get_quiet_hours(request)


def _minute(given: str | None) -> int | None:
    return None if given is None else int(given[:2]) * 60 + int(given[3:])
