"""The plan page in a browser: the whole job by keyboard, by pointer, and by two people at once."""

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from projects.models import Dependency, Task
from projects.services import plan_changes, tasks
from projects.services.plan_changes import EditTask, LinkTasks
from projects.services.task_values import NewTask
from tests import factories
from tests.accessibility import violations
from tests.factories import AT

DAY = 480


@pytest.fixture
def opened(live_site, page: Page, settings):
    """Priya's browser at a plan: Migration with Extract (20 days), Load (30 days) and Accepted."""
    settings.PSA_NOW = AT
    acme = factories.make_firm("acme")
    with acme.scope():
        project = factories.make_engagement(acme).project
        Task.objects.filter(project=project).delete()
        made = tasks.add_tasks(
            project_id=project.pk, actor=acme.actors["priya"], at=AT,
            tasks=[
                NewTask("Migration", 1),
                NewTask("Extract", 2, 4800, date(2026, 6, 1), date(2026, 6, 26)),
                NewTask("Load", 2, 9600, date(2026, 6, 29), date(2026, 8, 7)),
                NewTask("Accepted", 2, 0, date(2026, 8, 14), date(2026, 8, 14), None, True),
            ],
        )  # fmt: skip
    cookies = acme.client("priya").cookies
    page.context.add_cookies(
        [{"name": c.key, "value": c.value, "url": live_site.url} for c in cookies.values()]
    )
    page.set_viewport_size({"width": 1440, "height": 900})
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{live_site.url}/acme/projects/{project.pk}/plan/")
    page.wait_for_selector("#plan[data-ready]")
    yield Opened(acme, project, page, made)
    assert errors == []


class Opened:
    def __init__(self, acme, project, page, made):
        self.acme, self.project, self.page, self.made = acme, project, page, made

    def row(self, name):
        return self.page.locator(".plan-row").filter(
            has=self.page.locator(".plan-name", has_text=re.compile(f"^{re.escape(name)}$"))
        )

    def track(self, name):
        """The row's part of the chart."""
        task_id = self.row(name).get_attribute("data-id")
        return self.page.locator(f'.plan-track[data-id="{task_id}"]')

    def cell(self, name, column):
        return self.row(name).locator(f'[data-column="{column}"]')

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def saved(self):
        expect(self.page.locator("[data-saved]")).to_have_text(
            re.compile("^(Saved|Pasted|Deleted)")
        )

    def task(self, name):
        with self.acme.scope():
            return Task.objects.get(project=self.project, name=name)


def test_the_whole_job_by_keyboard(opened):
    page = opened.page
    opened.cell("Migration", "name").click()
    opened.press("ArrowLeft")
    expect(opened.row("Extract")).to_have_count(0)
    opened.press("ArrowRight", "End", "Home", "ArrowDown")
    expect(opened.cell("Extract", "name")).to_be_focused()

    opened.press("Insert")  # two new rows, the second one level down
    page.keyboard.type("Profile")
    opened.press("Enter")
    page.keyboard.type("Sample")
    opened.press("Tab", "Enter", "Escape")
    expect(opened.cell("Sample", "no")).to_have_text("1.2.1")
    assert opened.task("Sample").depth == 3

    opened.cell("Sample", "duration").click()
    page.keyboard.type("3d")
    expect(page.locator("[data-effect]")).to_be_visible()  # what it would do, before it is kept
    opened.press("Tab")  # the next cell opens
    opened.press("Escape")
    expect(opened.cell("Sample", "duration")).to_have_text("3 d")
    opened.cell("Load", "predecessors").click()
    opened.press("F2")
    page.keyboard.type("1.1FS+2d")
    opened.press("Enter")
    expect(opened.cell("Load", "predecessors")).to_have_text("1.1FS+2d")
    opened.saved()
    with opened.acme.scope():
        assert Dependency.objects.get(successor__name="Load").lag_minutes == 2 * DAY
    opened.press("Home", "Alt+ArrowUp")
    expect(opened.cell("Load", "no")).to_have_text("1.2")
    expect(opened.cell("Load", "name")).to_be_focused()

    lines = "\n".join(f"Step {n}\t8\t1d\t{n - 1 if n > 1 else ''}" for n in range(1, 51))
    page.evaluate(
        """text => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", text);
          const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true });
          document.activeElement.dispatchEvent(paste);
        }""",
        lines,
    )
    expect(page.locator("[data-total]")).to_contain_text("56 tasks")
    with opened.acme.scope():
        assert Dependency.objects.filter(successor__name__startswith="Step").count() == 49
    opened.press("Control+z")
    expect(page.locator("[data-total]")).to_contain_text("6 tasks,")
    opened.press("Control+Shift+z")
    expect(page.locator("[data-total]")).to_contain_text("56 tasks")


def test_drags_bars_and_links_and_tells_the_effect_first(opened):
    page = opened.page
    page.get_by_role("button", name="Dates", exact=True).click()
    bar = opened.track("Load").locator(".plan-bar")
    box = bar.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 20 + 7 * 3.4, box["y"] + 5, steps=4)
    page.mouse.up()
    effect = page.locator("[data-effect]")
    expect(effect).to_contain_text("Moving 1.2 by 7 days")
    expect(opened.track("Load").locator(".plan-ghost")).to_be_visible()
    assert opened.task("Load").starts_on == date(2026, 6, 29)
    opened.press("Enter")
    expect(opened.cell("Load", "start")).to_have_text("6 Jul")
    opened.saved()

    end = opened.track("Load").locator(".plan-end").bounding_box()
    page.mouse.move(end["x"] + 3, end["y"] + 5)
    page.mouse.down()
    page.mouse.move(end["x"] + 3 + 7 * 3.4, end["y"] + 5, steps=4)
    page.mouse.up()
    expect(effect).to_contain_text("7 days longer")
    opened.press("Escape")
    expect(effect).to_be_hidden()
    assert opened.task("Load").starts_on == date(2026, 7, 6)

    opened.track("Extract").locator(".plan-bar").hover()
    dot = opened.track("Extract").locator(".plan-dot").bounding_box()
    target = opened.track("Load").locator(".plan-bar").bounding_box()
    page.mouse.move(dot["x"] + 4, dot["y"] + 4)
    page.mouse.down()
    page.mouse.move(target["x"] + 10, target["y"] + 5, steps=4)
    page.mouse.up()
    expect(effect).to_contain_text("Linking 1.1 → 1.2")
    opened.press("Enter")
    expect(page.locator(".plan-hit")).to_have_count(1)
    page.locator(".plan-hit").dispatch_event("click")
    expect(effect).to_contain_text("Removing the link from 1.1 to 1.2")
    opened.press("Enter")
    expect(page.locator(".plan-hit")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_is_accessible_and_narrow_enough(opened, theme):
    page = opened.page
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    with opened.acme.scope():
        tasks_of = {task.name: task.pk for task in opened.made}
        doors = {"project_id": opened.project.pk, "actor": opened.acme.actors["priya"], "at": AT}
        link = LinkTasks(tasks_of["Extract"], tasks_of["Load"])
        plan_changes.change_plan(edits=[link], **doors)
    page.reload()
    page.wait_for_selector("#plan[data-ready]")
    opened.cell("Load", "duration").click()
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".plan-chart")).to_be_hidden()
    page.get_by_role("button", name="Chart", exact=True).click()
    expect(opened.track("Load")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_second_person_sees_what_changed_and_overwrites_nothing(opened):
    page = opened.page
    load = opened.made[2]
    with opened.acme.scope():
        doors = {"project_id": opened.project.pk, "actor": opened.acme.actors["priya"], "at": AT}
        plan_changes.change_plan(edits=[EditTask(load.pk, {"name": "Load all"})], **doors)
    opened.cell("Load", "name").click()
    opened.press("F2")
    page.keyboard.type("Load mine")
    opened.press("Enter")
    note = page.locator("[data-note]")
    expect(note).to_contain_text("Priya changed name of 1.2 Load all. Your change was not saved.")
    expect(opened.row("Load all")).to_have_class(re.compile("is-theirs"))
    page.get_by_role("button", name="Make my change again").click()
    expect(opened.row("Load mine")).to_be_visible()
    opened.saved()
    with opened.acme.scope():
        plan_changes.change_plan(edits=[LinkTasks(opened.made[1].pk, load.pk)], **doors)
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(note).to_contain_text("Priya linked 1.1 Extract to 1.2 Load mine")
    expect(opened.cell("Load mine", "predecessors")).to_have_text("1.1")


def test_what_is_typed_into_a_row_on_its_way_is_kept(opened):
    page, held = opened.page, []
    opened.cell("Load", "name").click()
    page.route("**/changes/", lambda one: one.continue_() if held else held.append(one))
    opened.press("Insert")
    page.keyboard.type("Review")
    opened.press("Enter", "Escape")
    opened.cell("Review", "effort").click()
    opened.press("F2")
    page.keyboard.type("1")
    expect(opened.cell("Review", "no")).to_have_text("")
    held[0].continue_()
    expect(opened.cell("Review", "no")).to_have_text("1.3")
    page.keyboard.type("2")
    opened.press("Enter")
    expect(opened.cell("Review", "effort")).to_have_text("12")
    opened.saved()
    assert opened.task("Review").effort_minutes == 720
