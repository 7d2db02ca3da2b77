"""The palette, saved views and undo by keyboard alone, in a browser."""

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests import factories


@pytest.fixture
def fay(live_site: LiveServer, page: Page) -> Page:
    acme = factories.make_firm("acme")
    with acme.scope():
        factories.make_engagement(acme)
    page.context.add_cookies(
        [
            {"name": c.key, "value": c.value, "url": live_site.url}
            for c in acme.client("fay").cookies.values()
        ]
    )
    page.goto(f"{live_site.url}/acme/sales/customers/")
    return page


def test_finds_opens_saves_deletes_and_takes_back_without_a_mouse(fay: Page) -> None:
    fay.keyboard.press("Control+k")
    fay.keyboard.type("kesler")
    expect(fay.get_by_role("option").filter(has_text="Kessler Maschinenbau").first).to_be_visible()
    fay.keyboard.press("Enter")
    expect(fay).to_have_url(re.compile(r"/sales/customers/\d+/$"))
    fay.keyboard.press("Control+k")
    fay.keyboard.type("customers")
    fay.keyboard.press("Enter")  # before the answer: it waits for what was typed
    expect(fay).to_have_url(re.compile(r"/sales/customers/$"))
    save = fay.get_by_role("button", name="Save view").first
    save.focus()
    fay.keyboard.press("Enter")
    fay.get_by_label("Name of the view").focus()
    fay.keyboard.type("Mine alone")
    fay.keyboard.press("Enter")
    expect(fay.get_by_role("link", name="Mine alone")).to_have_attribute("aria-current", "true")
    fay.get_by_role("button", name="View", exact=True).focus()
    fay.keyboard.press("Enter")
    fay.get_by_role("button", name="Delete view").focus()
    fay.keyboard.press("Enter")
    undo = fay.get_by_role("button", name="Undo")
    undo.focus()
    fay.keyboard.press("Enter")
    expect(fay.get_by_role("link", name="Mine alone")).to_be_visible()


def test_letters_can_be_switched_off(fay: Page) -> None:
    fay.keyboard.press("?")
    switch = fay.get_by_label("Single letters work as shortcuts")
    expect(switch).to_be_visible()
    with fay.expect_response("**/settings/one/"):
        switch.focus()
        fay.keyboard.press("Space")
    fay.keyboard.press("Escape")
    fay.reload()
    fay.keyboard.press("?")
    expect(switch).to_be_hidden()


def test_holding_alt_shows_the_keys_of_the_page_while_letters_are_on(fay: Page) -> None:
    shown = fay.locator(".psa-held kbd")
    fay.keyboard.down("Alt")
    expect(shown.filter(has_text="F").first).to_be_visible()
    fay.keyboard.up("Alt")
    expect(shown).to_have_count(0)
    fay.keyboard.down("Alt")
    expect(shown.first).to_be_visible()
    fay.keyboard.press("Shift")  # the start of another key: it is no longer Alt alone
    expect(shown).to_have_count(0)
    fay.keyboard.up("Alt")
    fay.evaluate("document.documentElement.dataset.letters = 'off'")
    fay.keyboard.down("Alt")
    fay.wait_for_timeout(600)
    expect(shown).to_have_count(0)
    fay.keyboard.up("Alt")
