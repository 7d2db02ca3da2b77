"""My day in a browser, with the network cut at ten moments: nothing is lost, each change is done once."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.accessibility import COLOURS, RULES, violations
from tests.timeexpense.conftest import NOW, Scene, make_scene
from timeexpense.models import ExpenseEntry, TimeEntry

pytestmark = pytest.mark.browser
DAY = "time/day/2026-07-09/"
SYNC = "**/time/day/sync/"


@dataclass
class Phone:
    """Ben's phone: a browser whose storage outlives its closing."""

    scene: Scene
    base: str
    folder: Path
    start: Callable[[Path], BrowserContext]
    context: BrowserContext
    page: Page

    def open(self, path: str = DAY) -> None:
        self.page.goto(self.base + self.scene.firm.url(path))
        self.ready()

    def ready(self) -> None:
        self.page.wait_for_selector("[data-day][data-ready]")

    def reopen(self) -> None:
        """Close the browser, network and all, and open it again on the same storage."""
        self.context.close()
        self.context = self.start(self.folder)
        self.page = self.context.pages[0] if self.context.pages else self.context.new_page()

    def cut(self) -> None:
        self.context.set_offline(True)

    def mend(self) -> None:
        self.context.set_offline(False)

    def enter(self, hours: str, row: int = 1) -> None:
        """Type an entry of a task, the first one there is unless said otherwise."""
        self.page.click("[data-add]")
        self.page.select_option("#day-row", index=row)
        self.page.fill("#day-typed", hours)
        self.page.fill("#day-description", "Typed on the train")
        self.page.click("#day-edit [type=submit]")
        expect(self.page.locator("#day-edit")).to_be_hidden()

    def sign_in(self) -> None:
        for cookie in self.scene.firm.client("ben").cookies.values():
            self.context.add_cookies(
                [{"name": cookie.key, "value": cookie.value, "url": self.base,
                  "expires": 4_000_000_000}]
            )  # fmt: skip

    def unsent(self, count: int) -> None:
        text = "All sent" if count == 0 else f"{count} unsynced"
        expect(self.page.locator("[data-count]")).to_have_text(text, timeout=15_000)

    def arrived(self) -> None:
        """Wait until the server has an entry and its answer was cut off."""
        expect(self.page.locator("[data-why]")).to_contain_text("did not answer", timeout=15_000)
        assert len(self.rows()) == 1

    def rows(self) -> list[tuple[int, str]]:
        with self.scene.firm.scope():
            return list(TimeEntry.objects.order_by("id").values_list("minutes", "description"))


# The browser is closed by a program, sooner than a hand could after the last key.
DRAFT_KEPT = """async () => {
  const request = indexedDB.open("psa");
  const database = await new Promise((done) => { request.onsuccess = () => done(request.result); });
  const read = database.transaction("drafts").objectStore("drafts").getAll();
  const drafts = await new Promise((done) => { read.onsuccess = () => done(read.result); });
  database.close();
  return drafts.some((one) => JSON.stringify(one).includes("3:1"));
}"""


def until(page: Page, is_so: str) -> None:
    """Wait for what the page does beside, such as keeping and forgetting."""
    last_try = time.monotonic() + 10
    while not page.evaluate(is_so):
        assert time.monotonic() < last_try, is_so
        page.wait_for_timeout(50)


ENTERED = [(90, "Typed on the train")]


@pytest.fixture
def phone(
    live_site: Any, playwright: Any, settings: Any, tmp_path: Path,
    browser_with_windows: dict[str, Any],
) -> Iterator[Phone]:  # fmt: skip
    settings.PSA_NOW = NOW
    scene = make_scene()

    def start(folder: Path) -> BrowserContext:
        return playwright.chromium.launch_persistent_context(
            folder, **browser_with_windows,
            viewport={"width": 360, "height": 720}, has_touch=True, locale="en-GB",
        )  # fmt: skip

    context = start(tmp_path)
    made = Phone(scene, live_site.url, tmp_path, start, context, context.pages[0])
    made.sign_in()
    made.open()
    made.page.evaluate("navigator.serviceWorker.ready")
    made.page.evaluate(
        "() => new Promise((done) => navigator.serviceWorker.controller ? done() :"
        " navigator.serviceWorker.addEventListener('controllerchange', () => done()))"
    )
    made.open()  # now through the worker, which keeps it
    yield made
    made.context.close()


# Each moment: what happens to the network, and then whether the browser is closed before it is back.
def before_typing(phone: Phone) -> None:
    phone.cut()
    phone.enter("1.5")
    phone.unsent(1)
    phone.mend()


def while_typing(phone: Phone) -> None:
    phone.page.click("[data-add]")
    phone.cut()
    phone.page.keyboard.press("Escape")
    phone.enter("1:30")
    phone.unsent(1)
    phone.mend()


def before_the_page_opens(phone: Phone) -> None:
    phone.cut()
    phone.open()
    phone.enter("90m")
    phone.unsent(1)
    phone.mend()


def while_it_is_sent(phone: Phone) -> None:
    _once(phone, lambda route: route.abort("connectionreset"))
    phone.enter("1h30")
    phone.unsent(1)
    phone.page.click("[data-send]")


def when_the_answer_is_lost(phone: Phone) -> None:
    _lose_answer(phone)
    phone.enter("1.5")
    phone.unsent(1)
    phone.arrived()
    phone.page.click("[data-send]")


def when_the_answer_is_lost_and_the_browser_closed(phone: Phone) -> None:
    _lose_answer(phone)
    phone.enter("1.5")
    phone.arrived()
    phone.reopen()
    phone.open()


def when_the_server_breaks_half_way(phone: Phone) -> None:
    _once(phone, lambda route: route.fulfill(status=502, body="bad gateway"))
    phone.enter("1.5")
    phone.unsent(1)
    phone.page.click("[data-send]")


def and_the_browser_is_closed_while_there_is_none(phone: Phone) -> None:
    phone.cut()
    phone.enter("1.5")
    phone.reopen()
    phone.cut()
    phone.open()
    phone.unsent(1)
    expect(phone.page.locator("[data-entries]")).to_contain_text("1:30")
    phone.mend()


def while_it_is_sent_and_typed_anew(phone: Phone) -> None:
    """The answer to the first version is lost; the second is a change of its own after it."""
    # A second try that comes before the cut gets nowhere either.
    phone.page.route(SYNC, lambda route: route.abort("connectionreset"))
    _lose_answer(phone)
    phone.enter("7")
    phone.arrived()
    phone.cut()
    phone.page.locator("[data-entries] button").first.click()
    phone.page.fill("#day-typed", "1.5")
    phone.page.click("#day-edit [type=submit]")
    phone.unsent(2)
    phone.page.unroute(SYNC)
    phone.mend()


def after_two_flushes_at_once(phone: Phone) -> None:
    phone.cut()
    phone.enter("1.5")
    second = phone.context.new_page()
    phone.mend()
    second.goto(phone.base + phone.scene.firm.url(DAY))
    for page in (phone.page, second):
        page.evaluate("dispatchEvent(new Event('online'))")
    second.wait_for_selector("[data-day][data-ready]")


MOMENTS = (
    before_typing, while_typing, before_the_page_opens, while_it_is_sent, when_the_answer_is_lost,
    when_the_answer_is_lost_and_the_browser_closed, when_the_server_breaks_half_way,
    and_the_browser_is_closed_while_there_is_none, while_it_is_sent_and_typed_anew,
    after_two_flushes_at_once,
)  # fmt: skip


def _once(phone: Phone, act: Callable[[Route], Any], address: str = SYNC) -> None:
    phone.page.route(address, act, times=1)


def _lose_answer(phone: Phone) -> None:
    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    _once(phone, lose)


def _check(phone: Phone, moment: Callable[[Phone], None]) -> None:
    moment(phone)
    phone.unsent(0)
    assert phone.rows() == ENTERED, moment.__name__
    expect(phone.page.locator("[data-entries]")).to_contain_text("1:30")


def test_enters_once_though_the_answer_is_lost_and_the_browser_closed(phone: Phone) -> None:
    _check(phone, when_the_answer_is_lost_and_the_browser_closed)


@pytest.mark.proof
@pytest.mark.parametrize("moment", MOMENTS)
def test_enters_once_at_each_of_ten_moments(phone: Phone, moment: Callable[[Phone], None]) -> None:
    _check(phone, moment)


def test_shows_both_sides_and_lets_the_person_choose(phone: Phone) -> None:
    with phone.scene.firm.scope():
        phone.scene.enter(phone.scene.draft(work_on=NOW.date(), minutes=60))
    phone.open()
    phone.cut()
    phone.page.locator("[data-entries] button").first.click()
    phone.page.fill("#day-typed", "2")
    phone.page.click("#day-edit [type=submit]")
    with phone.scene.firm.scope():
        TimeEntry.objects.update(minutes=300, description="At the desk", lock_version=2)
    phone.mend()
    card = phone.page.locator("[data-conflicts] article")
    expect(card).to_contain_text("2:00")
    expect(card).to_contain_text("5:00")
    expect(card).to_contain_text("At the desk")
    phone.unsent(1)
    card.get_by_role("button", name="Keep mine").click()
    phone.unsent(0)
    assert phone.rows() == [(120, "Interfaces built")]


def test_times_without_a_network_and_enters_it_once(phone: Phone) -> None:
    """Started and stopped offline, the browser closed between: the head of the page has the same timer."""
    phone.cut()
    page = phone.page
    page.click("[data-timer-start]")
    page.select_option("#day-timer-row", index=1)
    page.fill("#day-timer-description", "On the train")
    page.click("#day-timer [type=submit]")
    expect(page.locator("[data-timer-card]")).to_contain_text("Not sent yet")
    phone.reopen()
    phone.cut()
    phone.open()
    page = phone.page
    expect(page.locator("[data-timer-card]")).to_contain_text("Not sent yet")
    expect(page.locator(".psa-top [data-timer-clock]:visible")).to_have_text("0:00")
    page.evaluate(BEGUN_AN_HOUR_AGO)
    page.reload()
    phone.ready()
    page.click("[data-timer-stop]")
    expect(page.locator("[data-timer-runs]")).to_contain_text("1:00")
    phone.unsent(2)
    _once(phone, lambda route: (route.fetch(), route.abort("connectionreset")), "**/timer/sync/")
    phone.mend()
    phone.arrived()
    page.click("[data-send]")
    phone.unsent(0)
    expect(page.locator("[data-timer-card]")).to_be_hidden()
    assert phone.rows() == [(60, "On the train")]


# As if time had gone by: in what is kept of the start, and in the copy that draws it.
BEGUN_AN_HOUR_AGO = """async () => {
  const { database } = await import("/static/js/phone_store.js");
  const store = await database();
  for (const one of await store.getAll("changes")) {
    await store.put("changes", { ...one, at: one.at - 3_600_000 });
  }
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith("timer:") || key.endsWith(":seen")) continue;
    const state = JSON.parse(localStorage.getItem(key));
    localStorage.setItem(key, JSON.stringify({ ...state, since: state.since - 3_600_000 }));
  }
}"""


@pytest.mark.proof
def test_says_a_refusal_at_the_entry_and_keeps_what_was_typed(phone: Phone) -> None:
    with phone.scene.firm.scope():
        phone.scene.enter(
            phone.scene.draft(work_on=NOW.date(), minutes=1380, task_id=phone.scene.work.fixed.pk)
        )
    phone.enter("2")
    say = '[data-entries] [data-say]:has-text("24 hours")'
    expect(phone.page.locator(say)).to_be_visible()
    phone.unsent(1)
    phone.reopen()
    phone.open()
    expect(phone.page.locator(say)).to_be_visible()
    assert len(phone.rows()) == 1


@pytest.mark.proof
def test_keeps_an_expense_with_its_photo_and_a_half_typed_entry(phone: Phone) -> None:
    picture = phone.folder.with_name("receipt.png")
    Image.effect_noise((2400, 3200), 90).convert("RGB").save(picture)
    phone.cut()
    page = phone.page
    page.click("[data-add-expense]")
    page.set_input_files("#expense-photo", str(picture))
    expect(page.locator("[data-photos]")).to_contain_text("Photo kept")
    page.fill("#expense-amount", "42.50")
    page.fill("#expense-merchant", "Station kiosk")
    page.select_option("#expense-row", index=1)
    page.click("#day-expense [type=submit]")
    phone.unsent(1)
    page.click("[data-add]")
    page.fill("#day-typed", "3:1")
    until(page, DRAFT_KEPT)
    phone.reopen()
    phone.open()
    expect(phone.page.locator("#day-typed")).to_have_value("3:1")
    phone.page.click("#day-edit [data-close]")
    phone.unsent(0)
    with phone.scene.firm.scope():
        entry = ExpenseEntry.objects.get()
    assert (entry.merchant, str(entry.amount), entry.has_receipt) == (
        "Station kiosk", "42.5000", True,
    )  # fmt: skip


def test_asks_what_the_category_asks_and_enters_it_without_a_network(phone: Phone) -> None:
    phone.cut()
    page = phone.page
    page.click("[data-add-expense]")
    page.select_option("#expense-category", label="Mileage")
    expect(page.locator("#expense-amount")).to_be_hidden()
    page.fill("#expense-from", "Leeds")
    page.fill("#expense-to", "York")
    page.click("#day-expense [type=submit]")
    expect(page.locator("#day-expense [data-problem]")).to_contain_text("how far")
    page.fill("#expense-distance", "100")
    page.select_option("#expense-row", index=1)
    page.click("#day-expense [type=submit]")
    expect(page.locator("[data-expenses]")).to_contain_text("100 miles")
    page.click("[data-add-expense]")
    page.select_option("#expense-category", label="Per diem")
    page.fill("#expense-on", "2026-07-06")
    page.fill("#expense-until", "2026-07-07")
    page.locator("[data-meals]").get_by_label("Breakfast").nth(1).check()
    page.select_option("#expense-row", index=1)
    assert violations(page) == []
    page.click("#day-expense [type=submit]")
    expect(page.locator("[data-expenses]")).to_contain_text("2 days")
    phone.mend()
    phone.unsent(0)
    with phone.scene.firm.scope():
        stored = [(one.kind, one.meals) for one in ExpenseEntry.objects.order_by("id")]
    assert stored == [("mileage", ""), ("per_diem", "2026-07-07:breakfast")]


@pytest.mark.proof
def test_forgets_what_it_showed_with_signing_out(phone: Phone) -> None:
    page = phone.page
    assert page.evaluate("caches.has('psa-pages')")
    page.evaluate("document.querySelector('form[action=\"/accounts/logout/\"]').requestSubmit()")
    page.wait_for_url("**/accounts/login/**")
    expect_none = """async () => {
      const request = indexedDB.open("psa");
      const database = await new Promise((done) => { request.onsuccess = () => done(request.result); });
      const read = database.transaction("weeks").objectStore("weeks").count();
      const weeks = await new Promise((done) => { read.onsuccess = () => done(read.result); });
      database.close();
      return weeks === 0 && !(await caches.has("psa-pages"));
    }"""
    until(page, expect_none)
    phone.cut()
    page.goto(phone.base + phone.scene.firm.url(DAY))
    expect(page.locator("h1")).to_have_text("No network")
    phone.mend()
    _leaves_no_store_where_nothing_was_kept(phone)


def _leaves_no_store_where_nothing_was_kept(phone: Phone) -> None:
    """Signing out before the day was ever opened; and where an empty store was left, it is filled."""
    page = phone.page
    deleted = "() => new Promise((done) => { indexedDB.deleteDatabase('psa').onsuccess = done; })"
    page.goto(phone.base + "/accounts/login/")
    page.evaluate(f"({deleted})().then(() => true)")
    phone.sign_in()
    page.goto(phone.base + phone.scene.firm.url("notifications/"))
    page.evaluate("document.querySelector('form[action=\"/accounts/logout/\"]').requestSubmit()")
    page.wait_for_url("**/accounts/login/**")
    until(page, "indexedDB.databases().then((all) => all.length === 0)")
    page.evaluate(
        "() => new Promise((done) => { const opening = indexedDB.open('psa', 1);"
        " opening.onsuccess = () => { opening.result.close(); done(); }; })"
    )
    phone.sign_in()
    phone.open()
    phone.enter("1.5")
    phone.unsent(0)
    assert phone.rows() == ENTERED


def test_is_quiet_narrow_and_accessible(phone: Phone) -> None:
    wrong: list[str] = []
    page = phone.page
    page.on("console", lambda m: m.type == "error" and wrong.append(m.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    phone.enter("1.5")
    phone.unsent(0)
    for opener in ("[data-view=week]", "[data-add]", "[data-add-expense]", "[data-timer-start]"):
        page.click(opener)
        for scheme, options in (("light", RULES), ("dark", COLOURS)):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            wrong += [f"{opener} {scheme}: {found}" for found in violations(page, options)]
        if page.evaluate("document.documentElement.scrollWidth") > 360:
            wrong.append(f"{opener}: wider than 360 px")
        page.keyboard.press("Escape")
    small = page.locator(".psa-my button:visible, .psa-my-dock button:visible").evaluate_all(
        "all => all.filter(b => b.getBoundingClientRect().height < 36).map(b => b.outerHTML)"
    )
    assert wrong == [] and small == []


@pytest.mark.proof
def test_measures_the_way_driven(phone: Phone) -> None:
    """From Berlin to Potsdam is 26.8 km as the crow flies; standing still is no way."""
    text = """async () => {
      const { distance, lengthOf } = await import("/static/js/day_drive.js");
      const berlin = { latitude: 52.52, longitude: 13.405, accuracy: 5 };
      const potsdam = { latitude: 52.3906, longitude: 13.0645, accuracy: 5 };
      const near = { ...berlin, latitude: 52.520_01 };
      const vague = { latitude: 48, longitude: 11, accuracy: 4000 };
      return [distance(berlin, potsdam), distance(berlin, berlin), lengthOf([berlin, near, berlin, near]),
              lengthOf([berlin, vague, potsdam, berlin])].map(Math.round);
    }"""
    one_way, none, standing, both_ways = phone.page.evaluate(text)
    assert 26_500 < one_way < 27_400 and none == standing == 0
    assert abs(both_ways - 2 * one_way) <= 1
