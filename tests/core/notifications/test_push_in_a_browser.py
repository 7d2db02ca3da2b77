"""A reminder on its way: subscribed in a browser, sealed, opened with its keys, shown, and pressed."""

import json
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from playwright.sync_api import BrowserContext, Page, expect

from psa.core.notifications import devices, push_messages, services
from psa.core.notifications.models import PushDelivery
from psa.core.notifications.push_messages import _derived, _point, packed
from tests.factories import Firm
from tests.receiver import Receiver
from tests.timeexpense.conftest import NOW, make_scene
from tests.timeexpense.test_device_decisions import hand_in
from timeexpense.models import EntryState, TimeEntry

pytestmark = pytest.mark.browser
AUTH = b"sixteen octets !"
# The browser's own push service is somewhere on the Internet; ours is on this machine.
SUBSCRIBED = """([endpoint, p256dh, auth]) => {
  PushManager.prototype.subscribe = async (options) => {
    const key = new Uint8Array(options.applicationServerKey);
    localStorage.setItem("asked", JSON.stringify([options.userVisibleOnly, btoa(String.fromCharCode(...key))]));
    return { toJSON: () => ({ endpoint, keys: { p256dh, auth } }), unsubscribe: async () => true };
  };
}"""
PRESSED = """async (action) => {
  const [told] = await self.registration.getNotifications();
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification: told, action }));
}"""
# Asked until there is one: waiting for a function takes a promise for its answer.
SHOWN = """async ([before, seconds]) => {
  const worker = await navigator.serviceWorker.ready;
  for (let tries = 0; tries < 10 * seconds; tries += 1) {
    const shown = await worker.getNotifications();
    if (shown.length && shown[0].title !== before)
      return shown.map((one) => [one.title, one.body, one.data.address]);
    await new Promise((again) => setTimeout(again, 100));
  }
  return [];
}"""


def opened(body: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """What a browser reads of a sealed message. Source  RFC 8291, 4 and RFC 8188, 2."""
    salt, (_, length) = body[:16], struct.unpack("!IB", body[16:21])
    sender, sealed = body[21 : 21 + length], body[21 + length :]
    shared = key.exchange(
        ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
    )
    info = b"WebPush: info\x00" + _point(key.public_key()) + sender
    secret = _derived(shared, AUTH, info, 32)
    content = _derived(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\x00", 12)
    return AESGCM(content).decrypt(nonce, sealed, None).rstrip(b"\x00").removesuffix(b"\x02")


@pytest.fixture
def phone(
    live_site: Any, playwright: Any, tmp_path: Path, browser_with_windows: dict[str, Any]
) -> Iterator[BrowserContext]:
    """The browser that people have, which may show messages of this site."""
    with playwright.chromium.launch_persistent_context(
        tmp_path, **browser_with_windows, locale="en-GB"
    ) as context:
        context.grant_permissions(["notifications"], origin=live_site.url)
        yield context


def signed_in(phone: BrowserContext, origin: str, firm: Firm, name: str) -> Page:
    """The page of a person's notifications, with the service worker behind it."""
    for cookie in firm.client(name).cookies.values():
        phone.add_cookies([{"name": cookie.key, "value": cookie.value, "url": origin}])
    page = phone.pages[0]
    page.goto(origin + firm.url("notifications/preferences/"))
    page.evaluate("navigator.serviceWorker.ready")
    return page


def shown(page: Page, *, after: str = "", seconds: int = 30) -> list[list[str]]:
    """Title, text and address of what the device shows, once the title is another than before."""
    found: list[list[str]] = page.evaluate(SHOWN, [after, seconds])
    return found


def push(page: Page, origin: str, told: str) -> list[str]:
    """What the device shows of a message that the browser hands to the service worker.

    A worker that has just started may miss the tool's message, which no push service would lose;
    the same message again replaces itself on the device.
    """
    tool = page.context.new_cdp_session(page)
    found: list[dict[str, Any]] = []
    tool.on("ServiceWorker.workerRegistrationUpdated", lambda e: found.extend(e["registrations"]))
    tool.send("ServiceWorker.enable")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    registration = found[0]["registrationId"]
    for seconds in (2, 5, 10, 30):
        tool.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": origin, "registrationId": registration, "data": told},
        )
        if messages := shown(page, seconds=seconds):
            break
    (message,) = messages
    return message


def test_shows_the_words_without_an_amount_and_opens_the_page(
    live_site: Any, phone: BrowserContext, settings: Any, service: Receiver
) -> None:
    settings.PSA_NOW = NOW
    firm = make_scene().firm
    page = signed_in(phone, live_site.url, firm, "ben")
    key = ec.generate_private_key(ec.SECP256R1())
    page.evaluate(SUBSCRIBED, [service.url, packed(_point(key.public_key())), packed(AUTH)])
    page.click("[data-push-on]")
    expect(page.locator("main")).to_contain_text("Chrome, Linux")
    visible, asked_with = json.loads(page.evaluate("localStorage.getItem('asked')"))
    assert visible and asked_with.rstrip("=") == push_messages.public_key().replace(
        "-", "+"
    ).replace("_", "/")

    with firm.scope():
        (row,) = services.notify(
            membership_ids=[firm.actors["ben"].membership_id],
            event="timeexpense.week_due",
            title="40 hours at £120.50 an hour are missing",
            body="Hand in week 28 by 17:00.",
            path="time/",
            at=NOW,
        )
        sent = [
            devices.deliver(delivery_id=one.pk, at=NOW, real_now=datetime.now(tz=UTC))
            for one in PushDelivery.objects.all()
        ]
    assert sent == [True]
    ((_, body),) = service.got
    told = opened(body, key).decode()
    assert "120" not in told and "£" not in told

    title, text, address = push(page, live_site.url, told)
    assert text == "Hand in week 28 by 17:00." and "£" not in title and title
    assert address == firm.url(f"notifications/{row.pk}/")
    phone.service_workers[0].evaluate(PRESSED, "")
    page.wait_for_url("**" + firm.url("time/"))


def test_approves_by_the_button_of_the_message_and_is_answered(
    live_site: Any, phone: BrowserContext, settings: Any
) -> None:
    settings.PSA_NOW = NOW
    scene = make_scene()
    with scene.firm.scope():
        told = devices.payload_of(hand_in(scene), at=NOW).decode()
    page = signed_in(phone, live_site.url, scene.firm, "priya")
    asked, _, _ = push(page, live_site.url, told)
    worker = phone.service_workers[0]
    phone.set_offline(True)
    worker.evaluate(PRESSED, "decide")
    ((failed, why, _),) = shown(page, after=asked)
    assert failed == "Nothing was decided" and why.startswith(asked)
    phone.set_offline(False)
    worker.evaluate(PRESSED, "decide")
    ((done, _, address),) = shown(page, after=failed)
    assert done == "Approved 2 entries." and address.startswith(scene.firm.url("notifications/"))
    with scene.firm.scope():
        assert set(TimeEntry.objects.values_list("state", flat=True)) == {EntryState.APPROVED}
