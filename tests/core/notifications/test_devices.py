"""Devices: told once, in peace at night, forgotten when gone, and never inside a private network."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from psa.core.errors import DomainError
from psa.core.notifications import devices, push_messages, services
from psa.core.notifications.models import Notification, PushDelivery, PushDevice
from psa.core.web.outgoing import RefusedTarget
from tests.core.notifications.test_push_messages import AUTH, BROWSER_KEY
from tests.factories import AT, Firm
from tests.receiver import Receiver

EVENT = "notifications.device_tried"


def save(firm: Firm, url: str, name: str = "ben") -> PushDevice:
    return devices.save_device(
        endpoint=url, public_key=BROWSER_KEY, auth_secret=AUTH, label="Chrome, Android",
        actor=firm.actors[name], at=AT,
    )  # fmt: skip


def tell(firm: Firm, name: str = "ben", at: datetime = AT, **more: Any) -> list[Notification]:
    given = {"title": "Your week is due", "path": "time/"} | more
    return services.notify(
        membership_ids=[firm.actors[name].membership_id], event=EVENT, at=at, **given
    )


def deliver(at: datetime = AT) -> list[bool]:
    due = PushDelivery.objects.filter(due_at__lte=at).order_by("id").values_list("pk", flat=True)
    return [
        devices.deliver(delivery_id=pk, at=at, real_now=datetime.now(tz=UTC)) for pk in list(due)
    ]


def test_tells_a_device_once_sealed_and_signed(acme: Firm, service: Receiver) -> None:
    with acme.scope():
        save(acme, service.url)
        (row,) = tell(acme)
        assert deliver() == [True] and deliver() == []
        assert PushDevice.objects.get().last_sent_at == AT
    ((headers, body),) = service.got
    assert b"week" not in body and headers["content-encoding"] == "aes128gcm"
    assert headers["topic"] == f"n{row.pk}" and headers["ttl"] == "86400"
    token = headers["authorization"].removeprefix("vapid t=").partition(",")[0]
    key = push_messages.own_key()
    assert key is not None
    claims = jwt.decode(
        token, key.public_key(), algorithms=["ES256"], audience=service.url.rpartition("/push")[0]
    )
    assert claims["sub"].startswith("mailto:")


def test_shows_no_amount(acme: Firm, service: Receiver) -> None:
    with acme.scope():
        save(acme, service.url)
        (row,) = tell(acme, title="£120.50 an hour is missing", body="EUR 1,200 unbilled")
        shown = json.loads(devices.payload_of(row, at=AT))
    assert shown["address"] == f"/acme/notifications/{row.pk}/"
    assert "120" not in json.dumps({**shown, "address": "", "tag": ""})


@pytest.mark.parametrize("status", [404, 410])
def test_forgets_a_device_that_is_gone(acme: Firm, service: Receiver, status: int) -> None:
    service.status = status
    with acme.scope():
        save(acme, service.url)
        tell(acme)
        assert deliver() == [False]
        assert not PushDevice.objects.exists() and not PushDelivery.objects.exists()


def test_tries_again_and_gives_up(acme: Firm, service: Receiver) -> None:
    service.status = 503
    with acme.scope():
        save(acme, service.url)
        tell(acme)
        at, pauses = AT, []
        while (due := PushDelivery.objects.get().due_at) is not None:
            pauses.append(due - at)
            at = due
            deliver(at)
        assert [pause.total_seconds() / 60 for pause in pauses] == [0, 1, 5, 30, 240]
        assert PushDelivery.objects.get().failure == "The push service answered 503."
    assert len(service.got) == 5


def test_waits_for_the_end_of_quiet_hours(acme: Firm, service: Receiver) -> None:
    ben = acme.actors["ben"]
    with acme.scope():
        save(acme, service.url)
        minute = AT.hour * 60 + AT.minute
        services.save_quiet_hours(actor=ben, from_minute=0, until_minute=min(minute + 120, 1439))
        tell(acme)
        assert deliver() == [] and len(deliver(AT + timedelta(hours=14))) == 1


def test_asks_the_member_first_and_leaves_out_what_was_read(acme: Firm, service: Receiver) -> None:
    ben = acme.actors["ben"]
    with acme.scope():
        save(acme, service.url)
        services.save_preferences(
            actor=ben, choices={EVENT: services.Choice(True, False, push=False)}
        )
        tell(acme)
        assert not PushDelivery.objects.exists()
        services.save_preferences(
            actor=ben, choices={EVENT: services.Choice(False, False, push=True)}
        )
        (row,) = tell(acme)
        assert row.read_at == AT and PushDelivery.objects.count() == 1
        services.save_preferences(actor=ben, choices={EVENT: services.Choice(True, False)})
        (row,) = tell(acme)
        services.mark_read(actor=ben, at=AT + timedelta(minutes=1), notification_ids=[row.pk])
        assert deliver(AT + timedelta(minutes=2)) == [True, False]
    assert len(service.got) == 1


def test_changes_hands_with_the_browser(acme: Firm, service: Receiver) -> None:
    with acme.scope():
        save(acme, service.url)
        tell(acme)
        save(acme, service.url, "priya")
        assert PushDevice.objects.get().membership_id == acme.actors["priya"].membership_id
        assert not PushDelivery.objects.exists()


@pytest.mark.parametrize(
    "endpoint",
    ["http://push.example/1", "https://localhost/1", "https://push.internal/1", "https://u:p@x/1"],
)
def test_refuses_what_is_no_public_address(acme: Firm, endpoint: str) -> None:
    with acme.scope(), pytest.raises(RefusedTarget):
        save(acme, endpoint)


def test_never_sends_into_a_private_network(acme: Firm, service: Receiver, settings: Any) -> None:
    with acme.scope():
        save(acme, service.url)
        tell(acme)
        PushDevice.objects.update(endpoint="https://127.0.0.1/push/1")
        settings.PSA_OUTGOING_TEST_HOSTS = frozenset()
        assert deliver() == [False]
        assert not PushDevice.objects.exists()
    assert service.got == []


def test_refuses_keys_that_are_none(acme: Firm, service: Receiver) -> None:
    with acme.scope(), pytest.raises(DomainError):
        devices.save_device(
            endpoint=service.url, public_key="AAAA", auth_secret=AUTH, label="",
            actor=acme.actors["ben"], at=AT,
        )  # fmt: skip


def test_is_kept_tried_and_removed_on_its_page(acme: Firm, service: Receiver) -> None:
    ben = acme.client("ben")
    sent = {"endpoint": service.url, "keys": {"p256dh": BROWSER_KEY, "auth": AUTH}, "label": "Edge"}
    url = acme.url("notifications/devices/save/")
    assert ben.post(url, sent, content_type="application/json").status_code == 200
    for unreadable in ("[", {}, {"endpoint": 1, "keys": 2}):
        assert ben.post(url, unreadable, content_type="application/json").status_code == 400
    page = ben.get(acme.url("notifications/preferences/")).content.decode()
    assert "Edge" in page and push_messages.public_key() in page and AUTH not in page
    assert ben.post(acme.url("notifications/devices/test/")).status_code == 302
    with acme.scope():
        assert PushDelivery.objects.count() == 1
        device = PushDevice.objects.get()
    remove = acme.url(f"notifications/devices/{device.pk}/remove/")
    assert acme.client("priya").post(remove).status_code == 404
    assert ben.post(remove).status_code == 302
    with acme.scope():
        assert not PushDevice.objects.exists()


def test_says_when_the_installation_has_no_key(
    acme: Firm, service: Receiver, settings: Any
) -> None:
    settings.PRODUCTION = True
    with acme.scope(), pytest.raises(DomainError):
        save(acme, service.url)
    assert push_messages.public_key() == ""
    assert isinstance(push_messages.key_of(push_messages.new_key()), ec.EllipticCurvePrivateKey)
