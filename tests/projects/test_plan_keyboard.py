"""The plan by keyboard, in a browser."""

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from projects.models import Project, Task
from projects.services import tasks
from projects.services.task_values import NewTask
from tests import factories
from tests.factories import AT


@pytest.fixture
def signed_in(live_site, page: Page):
    """Priya's browser, at a project with a plan of two levels."""
    acme = factories.make_firm("acme")
    with acme.scope():
        engagement = factories.make_engagement(acme)
        Project.objects.update(budget_cost_amount=Decimal(120_000))
        tasks.add_tasks(
            project_id=engagement.project.pk, actor=acme.actors["priya"], at=AT,
            tasks=[
                NewTask("Data migration", 1),
                NewTask("Extract", 2, 4800, date(2026, 6, 1), date(2026, 6, 26)),
                NewTask("Load", 2, 9600, date(2026, 6, 29), date(2026, 8, 14)),
                NewTask("Accepted", 2, 0, date(2026, 8, 14), date(2026, 8, 14), None, True),
            ],
        )  # fmt: skip
    cookies = acme.client("priya").cookies
    page.context.add_cookies(
        [{"name": c.key, "value": c.value, "url": live_site.url} for c in cookies.values()]
    )
    page.goto(f"{live_site.url}/acme/projects/{engagement.project.pk}/plan/")
    return acme, engagement, page


def test_walks_folds_moves_and_edits(signed_in):
    acme, _, page = signed_in
    row = page.get_by_role("row").filter(has_text="Data migration")
    row.click()
    expect(row).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("Extract", exact=True)).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Extract", exact=True)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Alt+ArrowDown")
    extract = page.locator("tr[data-task]").filter(has_text="Extract")
    expect(extract).to_contain_text("4.2")
    expect(extract).to_be_focused()
    page.keyboard.press("F2")
    name = page.get_by_label("Task", exact=True)
    expect(name).to_be_focused()
    name.fill("Extract and profile")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Extract and profile", exact=True)).to_be_visible()
    with acme.scope():
        task = Task.objects.get(name="Extract and profile")
    assert (task.outline, task.effort_minutes) == ("4.2", 4800)


def test_escape_leaves_the_row_as_it_was(signed_in):
    _, _, page = signed_in
    page.get_by_text("Extract", exact=True).click()
    page.get_by_label("Task", exact=True).fill("Something else")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Extract", exact=True)).to_be_visible()
