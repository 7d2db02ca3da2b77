"""The week grid by keyboard alone, in a browser."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.factories import PASSWORD
from tests.timeexpense.conftest import NOW, Scene, make_scene
from timeexpense.models import TimeEntry

pytestmark = pytest.mark.browser
WEEK = "time/week/2026-07-06/"


@pytest.fixture
def grid(live_site: Any, page: Any, settings: Any) -> Iterator[tuple[Scene, Any]]:
    """Ben, signed in, before a week with two rows: Build has a Monday, Blueprint is empty."""
    settings.PSA_NOW = NOW
    scene = make_scene()
    with scene.firm.scope():
        scene.enter(scene.draft(minutes=60), scene.draft(task_id=scene.work.fixed.pk, minutes=30))
    page.goto(f"{live_site.url}/accounts/login/?next={scene.firm.url(WEEK)}")
    page.fill("input[name=login]", "ben@acme.example")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_selector(".psa-week")
    page.wait_for_load_state()  # keys are heard once the scripts are there
    yield scene, page


def stored(scene: Scene) -> dict[tuple[str, int], int]:
    with scene.firm.scope():
        rows = TimeEntry.objects.values_list("task__name", "work_on", "minutes")
        return {(task, on.day): minutes for task, on, minutes in rows}


def saved(page: Any) -> None:
    expect(page.locator("[data-saved]").first).to_have_text(re.compile("^Saved"))


def focus(page: Any, row: int, column: int) -> None:
    page.locator(".psa-week tbody tr").nth(row).locator("input[data-cell]").nth(column).focus()


def test_moves_types_and_saves_each_cell(grid: tuple[Scene, Any]) -> None:
    scene, page = grid
    focus(page, 0, 0)
    page.keyboard.press("ArrowRight")
    page.keyboard.type("7.5")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("0h45")
    page.keyboard.press("Enter")
    saved(page)
    assert stored(scene)["Build", 7] == 450
    assert stored(scene)["Blueprint", 7] == 45
    cell = page.locator(".psa-week tbody tr").nth(0).locator("input[data-cell]").nth(1)
    assert cell.input_value() == "7:30"
    assert page.locator("tfoot [data-total]").inner_text() == "9:45"


def test_adds_undoes_and_steps_back(grid: tuple[Scene, Any]) -> None:
    scene, page = grid
    focus(page, 0, 0)
    page.keyboard.type("+0.5")
    page.keyboard.press("Enter")
    saved(page)
    assert stored(scene)["Build", 6] == 90
    focus(page, 0, 0)
    page.keyboard.press("F2")
    page.keyboard.type("9")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    expect(page.locator("[data-cell]").first).to_have_value("1:00")
    saved(page)
    assert stored(scene)["Build", 6] == 60


def test_pastes_a_block(grid: tuple[Scene, Any]) -> None:
    scene, page = grid
    focus(page, 0, 2)
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.setData("text/plain", "4\\t5:30\\n1h15\\t90m");
          document.activeElement.dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    saved(page)
    found = stored(scene)
    assert [found["Build", 8], found["Build", 9]] == [240, 330]
    assert [found["Blueprint", 8], found["Blueprint", 9]] == [75, 90]


def test_keeps_what_was_refused_and_says_why(grid: tuple[Scene, Any]) -> None:
    scene, page = grid
    focus(page, 0, 1)
    page.keyboard.type("25h")
    page.keyboard.press("Tab")
    page.wait_for_selector("input[aria-invalid=true]")
    page.keyboard.press("Shift+Tab")
    refused = page.locator("input[aria-invalid=true]")
    assert refused.input_value() == "25h"
    assert "24 hours" in page.locator("[data-say-box]").inner_text()
    assert "1 not saved" in page.locator("[data-saved]").first.inner_text()
    assert ("Build", 7) not in stored(scene)


def test_comments_and_submits_without_a_mouse(grid: tuple[Scene, Any]) -> None:
    scene, page = grid
    focus(page, 0, 0)
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.type(" and tested")
    page.keyboard.press("Escape")
    saved(page)
    page.keyboard.press("s")
    page.wait_for_selector(".psa-toast")
    with scene.firm.scope():
        entry = TimeEntry.objects.get(task__name="Build")
        assert entry.description == "Interfaces built and tested"
        assert set(TimeEntry.objects.values_list("state", flat=True)) == {"submitted"}
        assert entry.work_on == date(2026, 7, 6)


def test_shows_one_day_on_the_phone(grid: tuple[Scene, Any]) -> None:
    scene, page = grid
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    assert not page.locator(".psa-week").is_visible()
    cell = page.locator(".psa-entries input[data-cell]").first
    cell.fill("2")
    cell.press("Enter")
    saved(page)
    assert stored(scene)["Build", 9] == 120
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_offers_to_hand_in_what_was_just_typed(grid: tuple[Scene, Any]) -> None:
    scene, page = grid
    with scene.firm.scope():
        TimeEntry.objects.all().delete()
    page.goto(page.url + "?row=" + f"{scene.work.project.pk}:{scene.work.build.pk}")
    button = page.get_by_role("button", name="Submit")
    expect(button).to_have_count(0)
    focus(page, 0, 0)
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(button).to_contain_text("2:00")
    # The comment is saved by the press itself, and the week handed in after it.
    focus(page, 0, 0)
    page.get_by_label("External comment").first.fill("Interfaces built")
    button.click()
    expect(page.locator("[data-fresh=state]")).to_have_text("Submitted")
    with scene.firm.scope():
        entry = TimeEntry.objects.get()
    assert (entry.state, entry.minutes, entry.description) == ("submitted", 120, "Interfaces built")
