"""A plan of a thousand tasks in a browser: no long task while it is scrolled or dragged."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from projects.models import Dependency, Task
from tests import factories
from tests.factories import AT

pytestmark = [pytest.mark.proof, pytest.mark.alone]
LONG_MS = 100


def open_plan(live_site, page: Page, size: int):
    """Priya's browser at a plan of so many tasks, nineteen of twenty waiting for the one before."""
    acme = factories.make_firm("acme")
    with acme.scope():
        project = factories.make_engagement(acme).project
        Task.objects.filter(project=project).delete()
        made = Task.objects.bulk_create(
            [_task(acme, project, number) for number in range(size)], batch_size=1000
        )
        for above in range(0, size, 20):
            ids = [task.pk for task in made[above + 1 : above + 20]]
            Task.objects.filter(id__in=ids).update(parent=made[above])
        Dependency.objects.bulk_create(
            Dependency(tenant=acme.tenant, project=project, predecessor=before, successor=after)
            for before, after in pairwise(made)
            if before.depth == after.depth == 2
        )
    cookies = acme.client("priya").cookies
    page.context.add_cookies(
        [{"name": c.key, "value": c.value, "url": live_site.url} for c in cookies.values()]
    )
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{live_site.url}/acme/projects/{project.pk}/plan/")
    page.wait_for_selector("#plan[data-ready]")


def _task(acme, project, number: int) -> Task:
    """A phase every twenty rows, the others a day each below it, one after the other."""
    phase, step = divmod(number, 20)
    start = datetime(2026, 7, 6, 9) + timedelta(days=7 * phase + max(0, step - 1))
    return Task(
        tenant=acme.tenant, project=project, position=number + 1, name=f"Package {number + 1}",
        outline=f"{phase + 1}.{step}" if step else str(phase + 1), depth=2 if step else 1,
        is_summary=not step, effort_minutes=480, remaining_minutes=480, duration_minutes=480,
        scheduled_start_at=start, scheduled_finish_at=start + timedelta(hours=8),
        starts_on=start.date(), finishes_on=start.date(), total_slack_minutes=0,
        is_critical=bool(step),
    )  # fmt: skip


def longest_while(page: Page, work) -> float:
    """The longest task of the page's own thread while something is done, in milliseconds."""
    page.evaluate(
        """() => {
          window.longest = 0;
          window.watch = new PerformanceObserver((list) => {
            for (const one of list.getEntries()) longest = Math.max(longest, one.duration);
          });
          watch.observe({ type: "longtask" });
        }"""
    )
    work()
    page.wait_for_timeout(100)
    longest = page.evaluate("() => { watch.disconnect(); return longest; }")
    return float(longest)


def stays_fluid(page: Page, work) -> bool:
    """Whether no task was long, once in five: what the page costs comes back, a busy machine does not."""
    return any(longest_while(page, work) < LONG_MS for _ in range(5))


def test_a_thousand_tasks_stay_fluid(live_site, page: Page, settings) -> None:
    settings.PSA_NOW = AT
    open_plan(live_site, page, 1000)
    page.get_by_role("button", name="Dates", exact=True).click()

    def scroll() -> None:
        page.mouse.move(900, 500)
        for _ in range(40):
            page.mouse.wheel(0, 600)
            page.wait_for_timeout(16)
        for _ in range(10):
            page.mouse.wheel(200, -1200)
            page.wait_for_timeout(16)

    def drag() -> None:
        box = page.locator(".plan-bar").nth(3).bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 1, box["y"] + 5)
        page.mouse.down()
        for step in range(40):
            page.mouse.move(box["x"] + step, box["y"] + 5)
        page.mouse.up()
        expect(page.locator("[data-effect]")).to_be_visible()

    assert stays_fluid(page, scroll)
    assert page.locator(".plan-row").count() < 80
    page.locator("[data-box]").evaluate("box => { box.scrollTop = 0; box.scrollLeft = 0; }")
    page.wait_for_timeout(100)
    assert stays_fluid(page, drag)


def test_five_thousand_tasks_open(live_site, page: Page, settings) -> None:
    settings.PSA_NOW = AT
    open_plan(live_site, page, 5000)
    expect(page.locator("[data-total]")).to_contain_text("5,000 tasks")
    page.locator(".plan-row [data-column=name]").first.click()
    page.keyboard.press("Control+End")
    expect(page.locator(".plan-row").last).to_contain_text("Package 5000")
