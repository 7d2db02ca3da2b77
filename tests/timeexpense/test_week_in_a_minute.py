"""A typical week in under a minute of typing, and nothing typed lost, in a browser."""

import re
import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from projects.models import Task
from tests.factories import PASSWORD
from tests.timeexpense.conftest import MONDAY, NOW, Scene, make_scene
from timeexpense.models import TimeEntry

pytestmark = pytest.mark.browser
# Strokes a second of somebody who types 60 words a minute.
PACE = 5
TASKS = ("Audit", "Cutover", "Data load", "Interfaces", "Migration", "Workshop")


class Fingers:
    """Presses keys, one stroke each, and counts them."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.strokes = 0
        self.began = time.monotonic()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.strokes += 1

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.strokes += len(text)

    def report(self, what: str) -> float:
        """Seconds of typing at the pace of a person, printed beside those of the machine."""
        seconds = self.strokes / PACE
        machine = time.monotonic() - self.began
        print(f"\n{what}: {self.strokes} keystrokes, {seconds:.0f} s typed, {machine:.1f} s here")
        return seconds


@pytest.fixture
def site(live_site: Any, page: Any, settings: Any) -> Iterator[tuple[Scene, Any, str]]:
    """Ben, signed in; six tasks of the engagement."""
    settings.PSA_NOW = NOW
    scene = make_scene()
    with scene.firm.scope():
        for position, name in enumerate(TASKS, start=10):
            Task.objects.create(
                tenant=scene.firm.tenant, project=scene.work.project, position=position,
                outline=str(position), name=name, effort_minutes=60_000, remaining_minutes=60_000,
            )  # fmt: skip
    here = f"{live_site.url}{scene.firm.url('time/week/2026-07-06/')}"
    page.goto(f"{live_site.url}/accounts/login/?next={scene.firm.url('time/week/2026-07-06/')}")
    page.fill("input[name=login]", "ben@acme.example")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_selector(".psa-week")
    page.wait_for_load_state("load")
    yield scene, page, here


def saved(page: Any) -> None:
    expect(page.locator("[data-saved]").first).to_have_text(re.compile("^Saved"))


def cell(page: Any, row: int, column: int) -> Any:
    return page.locator(".psa-week tbody tr").nth(row).locator("input[data-cell]").nth(column)


def stored(scene: Scene, **where: object) -> dict[tuple[str, int], int]:
    with scene.firm.scope():
        rows = TimeEntry.objects.filter(**where).values_list("task__name", "work_on", "minutes")
        return {(task, on.day): minutes for task, on, minutes in rows}


def test_six_rows_five_days_and_comments_by_keyboard_alone(site: tuple[Scene, Any, str]) -> None:
    scene, page, _ = site
    fingers = Fingers(page)
    for number, name in enumerate(TASKS, start=1):
        fingers.press("a")
        fingers.type(name[:2].lower())
        fingers.press("Enter")
        expect(page.locator("[data-row]")).to_have_count(number)
        expect(cell(page, number - 1, 0)).to_be_focused()
    # Down one day, up the next.
    for day in range(5):
        for line in range(6):
            fingers.type("1.5" if (line + day) % 6 else "30m")
            if line < 5:
                fingers.press("Enter" if day % 2 else "Shift+Enter")
        if day < 4:
            fingers.press("ArrowRight")
    for _ in range(3):
        fingers.press("Alt+ArrowDown")
        fingers.type("Load rehearsed")
        fingers.press("Escape", "ArrowDown")
    saved(page)
    assert fingers.report("A week by keyboard") < 60
    found = stored(scene)
    assert len(found) == 30
    assert sum(found.values()) == 25 * 90 + 5 * 30
    assert page.locator("tfoot [data-total]").inner_text() == "40:00"
    expect(page.get_by_role("button", name="Submit")).to_contain_text("40:00")
    fingers.press("s")
    expect(page.locator("[data-fresh=state]")).to_have_text("Submitted")


def test_suggest_my_week_by_three_keys_and_back_by_undo(site: tuple[Scene, Any, str]) -> None:
    scene, page, here = site
    with scene.firm.scope():
        scene.enter(
            *(
                scene.draft(minutes=minutes, task_id=task.pk, work_on=MONDAY + timedelta(days=n))
                for n in range(5)
                for task, minutes in ((scene.work.build, 300), (scene.work.support, 180))
            )
        )
    page.goto(here.replace("2026-07-06", "2026-07-13"))
    fingers = Fingers(page)
    fingers.press("g")
    expect(page.get_by_role("heading", name="Suggested")).to_be_visible()
    expect(page.locator(".psa-rail")).to_contain_text("from last week")
    fingers.press("g")
    expect(page.locator(".psa-toast")).to_contain_text("look it over")
    assert len(stored(scene, work_on__gte=date(2026, 7, 13))) == 10
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-row]")).to_have_count(0)
    assert stored(scene, work_on__gte=date(2026, 7, 13)) == {}
    # The same by copying, with the rows chosen in the preview.
    page.wait_for_load_state("networkidle")  # what undoing redraws has arrived
    fingers.press("l")
    expect(page.get_by_role("dialog", name="Copy last week")).to_contain_text("25:00")
    page.get_by_role("checkbox", name="Support").uncheck()
    fingers.press("Control+Enter")
    expect(page.locator(".psa-toast")).to_contain_text("Copied last week")
    assert set(stored(scene, work_on__gte=date(2026, 7, 13)).values()) == {300}
    fingers.press("s")
    expect(page.locator("[data-fresh=state]")).to_have_text("Submitted")
    assert fingers.report("A week as suggested") < 60


def test_what_is_typed_survives_a_failed_save_and_a_closed_tab(
    site: tuple[Scene, Any, str], context: Any
) -> None:
    scene, page, here = site
    page.keyboard.press("a")
    page.keyboard.type("au")
    page.keyboard.press("Enter")
    expect(cell(page, 0, 0)).to_be_focused()
    context.set_offline(True)
    page.keyboard.type("7.33")
    page.keyboard.press("Tab")
    expect(page.locator("[data-saved]").first).to_contain_text("kept on this device")
    assert cell(page, 0, 0).input_value() == "7:20"
    page.close()
    context.set_offline(False)
    other = context.new_page()
    assert stored(scene) == {}
    other.goto(here)
    expect(other.locator("[data-restored]")).to_contain_text("1 cell was typed and not saved")
    saved(other)
    assert stored(scene) == {("Audit", 6): 440}
    # A block is one step, there and back; a spreadsheet's times and decimal commas are read.
    cell(other, 0, 1).focus()
    other.evaluate(
        """() => {
          const data = new DataTransfer();
          data.setData("text/plain", "2,5\\t07:30:00\\t9-10:30");
          document.activeElement.dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(cell(other, 0, 3)).to_have_value("1:30")
    saved(other)
    assert stored(scene) == {("Audit", n): m for n, m in ((6, 440), (7, 150), (8, 450), (9, 90))}
    other.keyboard.press("Control+z")
    expect(cell(other, 0, 3)).to_have_value("")
    saved(other)
    assert stored(scene) == {("Audit", 6): 440}


def test_the_timer_is_one_across_pages_tabs_and_reloads(
    site: tuple[Scene, Any, str], context: Any, settings: Any
) -> None:
    scene, page, here = site
    home = here.replace("time/week/2026-07-06/", "time/expenses/")
    page.goto(home)
    other = context.new_page()
    other.goto(home)
    page.locator("main").press("n")
    expect(page.get_by_role("dialog", name="Start a timer")).to_be_visible()
    page.keyboard.type("Build")
    page.keyboard.press("Enter")
    clock = "[data-timer-clock][role=timer]"
    expect(page.locator(clock)).to_have_text("0:00")
    expect(other.locator("[data-timer-name]")).to_have_text("Build")
    page.reload()
    expect(page.locator(clock)).to_be_visible()
    settings.PSA_NOW = NOW + timedelta(minutes=50)
    # Nobody was there for twenty minutes: it asks, and leaves them out.
    page.evaluate(
        """() => {
          for (const key of Object.keys(localStorage)) {
            if (!key.startsWith("timer:")) continue;
            if (key.endsWith(":seen")) localStorage.setItem(key, JSON.stringify(Date.now() - 20 * 60000));
            else {
              const state = JSON.parse(localStorage.getItem(key));
              localStorage.setItem(key, JSON.stringify({ ...state, since: Date.now() - 50 * 60000 }));
            }
          }
        }"""
    )
    page.reload()
    question = page.get_by_role("dialog", name="Does the timer still count?")
    expect(question).to_contain_text("0:20")
    question.get_by_role("button", name="Stop at that time").click()
    expect(page.locator(".psa-toast")).to_contain_text("0:30 entered in your week")
    expect(other.locator(clock)).to_be_hidden()
    assert stored(scene) == {("Build", 9): 30}
    other.goto(here)
    # The week has no C of its own, so that C goes on with the last timer.
    other.locator("main").press("c")
    expect(other.locator(clock)).to_be_visible()
    other.get_by_role("button", name="Stop the timer").click()
    expect(other.locator("[data-timer-continue]")).to_be_visible()
    for one in (page, other):
        one.close()
