"""What the phone lends to an entry: a voice and a way driven, and what is said when it refuses."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.factories import PASSWORD
from tests.timeexpense.conftest import NOW, Scene, make_scene

pytestmark = pytest.mark.browser
DAY = "time/day/2026-07-09/"
# As a browser offers it, without the service on the network: `said` speaks, `refuses` is its error.
LISTENS = """
window.SpeechRecognition = class {
  start() { window.listening = this; }
  said(...phrases) {
    this.onresult({ results: phrases.map((transcript) => [{ transcript }]) });
    this.onend();
  }
  refuses(error) { this.onerror({ error }); this.onend(); }
  stop() { this.onend(); }
  abort() { this.refuses("aborted"); }
};
"""
DEAF = "delete window.webkitSpeechRecognition; delete window.SpeechRecognition;"
# Positions as a telephone tells them, and a tunnel between.
DRIVES = """
Object.defineProperty(navigator, "geolocation", { value: {
  watchPosition(found, failed) { Object.assign(window, { found, failed }); window.followed = true; return 0; },
  clearWatch() { window.followed = false; },
}});
window.at = (latitude, longitude) => found({ coords: { latitude, longitude, accuracy: 5 } });
"""


@pytest.fixture
def day(live_site: Any, page: Any, settings: Any) -> Iterator[tuple[Scene, Page, str]]:
    """Ben, signed in, and the address of his day."""
    settings.PSA_NOW = NOW
    scene = make_scene()
    address = scene.firm.url(DAY)
    page.goto(f"{live_site.url}/accounts/login/?next={address}")
    page.fill("input[name=login]", "ben@acme.example")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_selector("[data-day][data-ready]")
    yield scene, page, live_site.url + address


def opened(page: Page, address: str, script: str) -> None:
    page.add_init_script(script)
    page.goto(address)
    page.wait_for_selector("[data-day][data-ready]")


def test_speaks_into_the_comment_and_says_why_it_cannot(day: tuple[Scene, Page, str]) -> None:
    _scene, page, address = day
    opened(page, address, DEAF)
    page.click("[data-add]")
    speak = page.locator("#day-edit [data-speak]")
    line = page.locator("#day-description-heard")
    expect(page.locator("#day-description")).to_be_visible()
    expect(speak).to_be_hidden()

    opened(page, address, LISTENS)
    page.click("[data-add]")
    expect(speak).to_be_visible()
    page.fill("#day-description", "Workshop.")
    speak.click()
    expect(line).to_have_text("Listening… Speak now.")
    expect(speak).to_have_attribute("aria-pressed", "true")
    page.evaluate("listening.said(' Interfaces agreed ', 'and written down')")
    expect(page.locator("#day-description")).to_have_value(
        "Workshop. Interfaces agreed and written down"
    )
    expect(line).to_be_hidden()
    for error, words in (
        ("not-allowed", "may not use the microphone"), ("audio-capture", "no microphone"),
        ("no-speech", "Nothing was heard"), ("network", "does not answer"),
    ):  # fmt: skip
        speak.click()
        page.evaluate(f"listening.refuses('{error}')")
        expect(line).to_contain_text(words)
        assert speak.get_attribute("aria-pressed") is None
    # Closing stops listening: what is heard later goes nowhere.
    speak.click()
    page.click("#day-edit [data-close]")
    page.evaluate("listening.said('Overheard')")
    page.click("[data-add]")
    expect(page.locator("#day-description")).to_have_value("")
    expect(line).to_be_hidden()


def test_measures_a_drive_through_a_tunnel_and_follows_nobody_after(
    day: tuple[Scene, Page, str],
) -> None:
    _scene, page, address = day
    opened(page, address, DRIVES)
    say = page.locator("[data-drive-say]")
    page.click("[data-add-expense]")
    page.select_option("#expense-category", label="Mileage")
    page.click("[data-drive-start]")
    page.evaluate("at(52.52, 13.405)")
    page.evaluate("failed({ code: 2 })")
    expect(say).to_contain_text("goes on")
    page.evaluate("at(52.3906, 13.0645)")
    expect(say).to_have_text(re.compile(r"Measuring the way: 2[67]\.\d km"))
    page.click("[data-drive-stop]")
    expect(page.locator("#expense-distance")).to_have_value(re.compile(r"^16\.\d$"))  # miles
    assert page.evaluate("followed") is False
    page.click("[data-drive-start]")
    page.evaluate("failed({ code: 1 })")
    expect(say).to_contain_text("does not tell where you are")
    page.click("[data-drive-start]")
    page.click("#day-expense [data-close]")
    assert page.evaluate("followed") is False
