"""The ten main tasks with the keyboard alone: what is pressed was reached by Tab, typed, or a key.

Sign in, search, new customer, switch the view, change a cell; then a new project, a week of time,
approve all that is clean, confirm a proposal, open the invoice and record its payment.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import factories
from tests.billing.scenario import Case, post_days, propose

from .stage import Stage, sees, stage_of

pytestmark = pytest.mark.browser
MOST_TABS = 250
# Whatever a pointer does leaves a trace; Enter and Space make clicks of no pointer.
WATCH = "addEventListener('pointerdown', () => { window.pointed = true; }, true)"


class Keys:
    """Hands on a keyboard in one window."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.context.add_init_script(WATCH)

    def press(self, key: str) -> None:
        """A key, once the page listens: one pressed before its scripts are there is lost."""
        self.page.wait_for_load_state("load")
        self.page.keyboard.press(key)

    def reach(self, target: Locator) -> None:
        """Tab on until the target has the focus. Fails when Tab does not lead there."""
        expect(target).to_be_visible()
        for _ in range(MOST_TABS):
            if target.evaluate("e => e === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not lead to {target}")

    def go(self, name: str, *, within: Locator | None = None) -> None:
        """Reach the button or link that begins so, and press Enter."""
        place, pattern = within or self.page, re.compile(rf"^{re.escape(name)}")
        found = place.get_by_role("button", name=pattern).or_(
            place.get_by_role("link", name=pattern)
        )
        self.reach(found.locator("visible=true").first)
        self.press("Enter")

    def fill(self, **values: str) -> None:
        """Reach each field by name and type: a choice by its first letters, a day as it is asked."""
        for name, value in values.items():
            field = self.page.locator(f"[name='{name}']:not([type=hidden])").locator("visible=true")
            self.reach(field.first)
            if field.first.evaluate("e => e.tagName === 'INPUT' && e.type !== 'date'"):
                self.press("Control+a")
            self.page.keyboard.type(value)

    def jump(self, words: str, url: str) -> None:
        """By the palette, from wherever one is."""
        self.press("Control+k")
        self.page.keyboard.type(words)
        expect(self.page.locator("[role=option]").first).to_be_visible()
        self.press("Enter")
        expect(self.page).to_have_url(re.compile(url))
        # The parts that a page asks for afterwards are there; leaving sooner would break them off.
        self.page.wait_for_load_state("networkidle")

    def end(self) -> None:
        assert self.page.evaluate("window.pointed") is None


@pytest.fixture
def stage(live_site: Any, browser: Browser, settings: Any) -> Iterator[Stage]:
    with stage_of(factories.make_firm("acme"), live_site.url, browser, settings) as made:
        yield made


def test_signs_in_searches_adds_a_customer_switches_the_view_and_changes_a_cell(
    stage: Stage, page: Page
) -> None:
    keys = Keys(page)
    page.goto(f"{stage.site_url}/accounts/login/?next=/acme/")
    keys.fill(login="amara@acme.example", password=factories.PASSWORD)
    keys.press("Enter")
    expect(page).to_have_url(re.compile(r"/acme/$"))
    keys.jump("New customer", r"/sales/customers/new/$")
    keys.fill(name="Halden Works", country="GB", currency="EUR")
    keys.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/sales/customers/\d+/$"))
    keys.jump("customers", r"/sales/customers/$")
    keys.jump("haldn works", r"/sales/customers/\d+/$")
    sees(page, "Halden Works")
    keys.jump("customers", r"/sales/customers/$")
    keys.go("Prospects")
    expect(page).to_have_url(re.compile(r"view=prospects"))
    keys.press("j")
    keys.press("F2")
    field = page.get_by_role("textbox", name="Industry, Halden Works")
    expect(field).to_be_focused()
    page.keyboard.type("Shipbuilding")
    keys.press("Enter")
    expect(page.get_by_role("row").filter(has_text="Halden Works")).to_contain_text("Shipbuilding")
    keys.press("F2")
    page.keyboard.type("Nothing")
    keys.press("Escape")
    expect(page.get_by_role("row").filter(has_text="Halden Works")).to_contain_text("Shipbuilding")
    keys.end()


@pytest.mark.proof
def test_makes_a_project_enters_a_week_approves_invoices_and_collects(stage: Stage) -> None:
    firm = stage.firm
    with firm.scope():
        case = Case(firm, factories.make_engagement(firm))
        post_days(case)
        propose(case)
    stage.at(2026, 7, 10)
    priya = Keys(stage.goto("priya", "projects/"))
    priya.press("c")
    priya.fill(name="Identity migration", starts_on="07132026")
    priya.reach(priya.page.get_by_label("Internal, no customer").first)
    priya.press("Space")
    priya.press("Control+Enter")
    expect(priya.page).to_have_url(re.compile(r"/projects/\d+/plan/$"))
    priya.end()
    ben = Keys(stage.goto("ben", "time/"))
    week(ben)
    ben.end()
    stage.at(2026, 7, 13)
    priya.page.goto(firm.url("time/approvals/"))
    priya.go("Approve all clean")
    sees(priya.page, "Approved 5 entries")
    priya.end()
    bill = Keys(stage.goto("bill", "billing/proposals/"))
    bill.press("j")
    bill.press("Enter")
    expect(bill.page).to_have_url(re.compile(r"/billing/proposals/\d+/$"))
    bill.go("Start review")
    bill.fill(invoiced_on="07012026")
    bill.go("Confirm invoice")
    sees(bill.page, "UK-2026-00001")
    bill.end()
    fay = Keys(stage.goto("fay", "billing/invoices/"))
    fay.jump("UK-2026-00001", r"/billing/invoices/\d+/$")
    fay.go("Record payment")
    expect(fay.page.locator("[name=invoice]")).to_have_value("UK-2026-00001")
    fay.page.wait_for_load_state("networkidle")  # keys are heard once the scripts are there
    fay.press("Control+Enter")
    sees(fay.page, "UK-R2026-00001")
    fay.end()
    assert stage.complaints == []


def week(keys: Keys) -> None:
    """Ben picks the task, types eight hours on each of five days, and hands the week in."""
    page = keys.page
    chooser = page.locator("select[name=row]").first
    keys.reach(chooser)
    page.keyboard.type("Build")
    keys.go("Add row")
    cells = page.locator(".psa-week tbody tr").first.locator("input[data-cell]")
    keys.reach(cells.first)
    for day in range(5):
        expect(cells.nth(day)).to_be_focused()
        page.keyboard.type("8")
        keys.press("Alt+ArrowDown")
        keys.reach(page.get_by_label("External comment").first)
        page.keyboard.type("Interfaces designed and built")
        keys.press("Escape")
        keys.press("Tab")
    expect(page.locator("[data-fresh=checks]")).to_contain_text("Nothing stands in the way.")
    keys.go("Submit")
    sees(page, "Submitted")
