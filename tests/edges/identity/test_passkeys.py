"""Passkeys in a real browser with a virtual authenticator: add, sign in without a password, remove."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.factories import PASSWORD, SMALL_CAST, Firm, make_firm

pytestmark = pytest.mark.browser


@pytest.fixture
def ben(live_site: Any, page: Any) -> Iterator[tuple[Firm, Any, str]]:
    """A browser whose device keeps passkeys; the firm; the address of the site.

    The site is asked for as localhost: no passkey belongs to a bare IP address.
    """
    firm = make_firm("acme", cast=SMALL_CAST)
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    trouble: list[str] = []
    page.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
    yield firm, page, live_site.url.replace("127.0.0.1", "localhost")
    assert trouble == []


def test_are_added_used_and_removed(ben: tuple[Firm, Any, str]) -> None:
    _, page, site = ben
    page.goto(f"{site}/accounts/login/")
    page.fill("input[name=login]", "ben@acme.example")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{site}/acme/")

    page.goto(f"{site}/accounts/2fa/webauthn/add/")
    page.fill("input[name=password]", PASSWORD)  # first: is it still Ben?
    page.press("input[name=password]", "Enter")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert page.locator(".psa-codes li").count() == 10

    page.goto(f"{site}/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{site}/accounts/login/?next=/acme/notifications/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{site}/acme/notifications/")

    page.goto(f"{site}/accounts/2fa/webauthn/")
    page.get_by_role("link", name="Remove").click()
    page.wait_for_url("**/reauthenticate/**")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("You have none yet.")).to_be_visible()

    page.goto(f"{site}/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{site}/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator(".psa-note[data-s=bad]")).to_be_visible()


def test_are_a_second_step_after_the_password(ben: tuple[Firm, Any, str]) -> None:
    _, page, site = ben
    page.goto(f"{site}/accounts/login/?next=/accounts/2fa/webauthn/add/")
    page.fill("input[name=login]", "ben@acme.example")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.context.clear_cookies()

    page.goto(f"{site}/accounts/login/?next=/acme/")
    page.fill("input[name=login]", "ben@acme.example")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{site}/acme/")
