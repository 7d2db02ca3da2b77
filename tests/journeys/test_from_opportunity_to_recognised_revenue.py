"""The main job, as the people of the firm do it: from an opportunity to recognised revenue.

A contract in EUR, costs in GBP and INR, an entity in GBP; 1 EUR = 0.85 GBP = 100 INR.
"""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from psa.core.ledger.models import FiscalPeriod
from tests import factories

from .stage import RECEIPT, Stage, figure, fill, press, row, sees, stage_of

pytestmark = pytest.mark.browser


def test_from_opportunity_to_recognised_revenue(
    live_site: Any, browser: Browser, settings: Any
) -> None:
    firm = factories.make_firm("acme")
    with firm.scope():
        FiscalPeriod.objects.filter(starts_on__lt="2026-06-01").update(state="closed")
    with stage_of(firm, live_site.url, browser, settings) as stage:
        sell(stage)
        plan(stage)
        enter(stage)
        approve(stage)
        explain(stage)
        bill(stage)
        collect(stage)
        recognise_and_close(stage)
        come_late(stage)
        assert stage.complaints == []


def sell(stage: Stage) -> None:
    """Amara takes Kessler on, estimates by role, quotes and wins."""
    stage.at(2026, 6, 1)
    page = stage.goto("amara", "sales/customers/")
    press(page, "New customer")
    fill(page, name="Kessler Maschinenbau", country="GB", currency="EUR", email="ap@kessler.example",
         address="Werkstraße 1, 80331 München")  # fmt: skip
    press(page, "Create customer")
    press(page, "New opportunity")
    fill(page, name="ERP core rollout", contracting_unit="Delivery UK", currency="EUR",
         estimated_amount="60000", close_on="2026-06-15")  # fmt: skip
    press(page, "Create opportunity")
    press(page, "New quote")
    press(page, "Time and material")
    fill(page, name="Build", transaction_classes=("time", "expense"), starts_on="2026-06-01",
         ends_on="2026-08-31", not_to_exceed_amount="20000", not_to_exceed_warning_percent="80")  # fmt: skip
    press(page, "Add line")
    press(page, "Fixed price")
    fill(page, name="Blueprint", value_amount="20000", starts_on="2026-06-01",
         ends_on="2026-08-31", recognition_method="Cost to cost")  # fmt: skip
    press(page, "Add line")
    press(page, "Retainer")
    fill(page, name="Support", retainer_amount="5000", retainer_minutes="40",
         retainer_overage_policy="Bill what is over", retainer_underuse_policy="Unused hours expire",
         starts_on="2026-06-01", ends_on="2026-08-31")  # fmt: skip
    press(page, "Add line")
    for number, name, hours in ((1, "Build", "80"), (2, "Blueprint", "100"), (3, "Support", "120")):
        section = page.locator("section").filter(has_text=f"{number}. {name}")
        fill(section, role="Senior consultant", starts_on="2026-06-01", minutes=hours)
        press(section, "Add")
        expect(section.locator("tbody").first).to_contain_text("Senior consultant")
    section = page.locator("section").filter(has_text="2. Blueprint")
    section.get_by_role("button", name="Line Blueprint").click()
    press(section, "Milestones")
    fill(page, name_1="Design accepted", due_on_1="2026-06-30", amount_1="8000",
         name_2="Handed over", due_on_2="2026-08-31", amount_2="12000")  # fmt: skip
    press(page, "Save")
    # 80 h at £1,000 a day of 8 h are £10,000, at 0.85 €11,764.71; 20,000; 3 months of 5,000.
    expect(figure(page, "Value")).to_have_text("€46,764.71")
    press(page, "Send")
    fill(page, recipients="cleo@kessler.example")
    press(page.locator("#form_part"), "Send")
    sees(page, "cleo@kessler.example")
    with page.expect_download() as document:
        press(page, "PDF")
    assert document.value.path().read_bytes().startswith(b"%PDF")
    press(page, "Win")
    fill(page, won_on="2026-06-01", manager="Priya", project_starts_on="2026-06-01")
    press(page, "Win and create contract")
    sees(page, "Confirmed", "Build", "Blueprint", "Support", "€20,000.00")


def plan(stage: Stage) -> None:
    """Priya breaks the work down, says which line pays for what, and takes Ben on."""
    stage.at(2026, 6, 2)
    page = stage.goto("priya", "projects/")
    page.get_by_role("link", name="ERP core rollout").first.click()
    page.get_by_role("link", name="Open plan").first.click()
    page.wait_for_selector("#plan[data-ready]")
    rows = page.locator(".plan-row")
    expect(rows).to_have_count(3)
    rows.first.locator(".plan-name").click()
    page.keyboard.press("Insert")  # a row after Build, then one level down
    page.keyboard.type("Interfaces")
    for key in ("Tab", "Enter", "Escape"):
        page.keyboard.press(key)
    interfaces = rows.filter(has_text="Interfaces")
    expect(interfaces).to_have_attribute("aria-level", "2")
    expect(interfaces).to_have_attribute("data-id", re.compile(r"^\d+$"))  # it is kept
    interfaces.locator('[data-column="effort"]').click()
    page.keyboard.type("60")
    page.keyboard.press("Enter")
    expect(interfaces).to_contain_text("60")
    expect(page.locator("[data-saved]")).to_have_text(re.compile("^Saved"))
    page.locator(".psa-tabs").get_by_role("link", name="Team").click()
    press(page, "Add person")
    fill(page, resource="Ben, Senior consultant", valid_from="2026-06-02")
    press(page, "Add to the team")
    sees(page, "Senior consultant")
    page.get_by_role("button", name="Change state").click()
    press(page, "Start delivery")
    press(page, "Start delivery")
    sees(page, "In delivery")


def enter(stage: Stage) -> None:
    """Ben enters his week, with a hotel in Pune paid in rupees, and hands both in."""
    stage.at(2026, 6, 26)
    page = stage.goto("ben", "time/")
    for task in ("Interfaces", "Blueprint"):
        page.locator("select[name=row]").first.select_option(label=task)
        press(page, "Add row")
        expect(page.locator(".psa-week [data-row]").filter(has_text=task)).to_be_visible()
    for line, days in ((0, range(3)), (1, range(3, 5))):
        for day in days:
            cell = page.locator(".psa-week tbody tr").nth(line).locator("input[data-cell]").nth(day)
            cell.fill("8")
            cell.press("Tab")
            cell.focus()
            page.get_by_label("External comment").first.fill("Interfaces designed and built")
    cell.focus()
    expect(page.locator("[data-fresh=checks]")).to_contain_text("Nothing stands in the way.")
    press(page, "Submit")
    sees(page, "Submitted")
    press(stage.goto("ben", "time/expenses/"), "New report")
    fill(page, title="Workshop in Pune")
    press(page, "Create report")
    fill(page, category="Lodging", spent_on="2026-06-24", amount="10000", currency="INR",
         merchant="Hotel Sunderban", work="Interfaces", description="Two nights")  # fmt: skip
    page.locator("input[type=file]").set_input_files(
        {"name": "hotel.png", "mimeType": "image/png", "buffer": RECEIPT}
    )
    press(page, "Add expense")
    sees(page, "hotel.png", "₹10,000.00")
    press(page, "Submit")
    sees(page, "Submitted")


def approve(stage: Stage) -> None:
    """Priya finds nothing to object to, and approves all of it in one click."""
    stage.at(2026, 6, 29)
    page = stage.goto("priya", "time/approvals/")
    press(page, "Approve all clean")
    sees(page, "Approved 5 entries")
    page.get_by_role("link", name="Expenses 1").click()
    press(page, "Approve all clean")
    sees(page, "Approved the entry")
    # 40 h at £500 a day of 8 h are £2,500; ₹10,000 are €100 and so £85.
    page = stage.goto("priya", "projects/")
    page.get_by_role("link", name="ERP core rollout").first.click()
    expect(figure(page, "Cost so far")).to_have_text("£2,585")
    # Build: 24 h at €1,176.47 a day, and the hotel at cost.
    expect(figure(page, "Unbilled")).to_have_text("€3,629")
    page.get_by_role("link", name="Open plan").first.click()
    page.wait_for_selector("#plan[data-ready]")
    blueprint = page.locator(".plan-row").filter(has_text="Blueprint")
    blueprint.locator('[data-column="left"]').click()
    page.keyboard.type("84")
    page.keyboard.press("Enter")
    expect(page.locator("[data-saved]")).to_have_text(re.compile("^Saved"))
    expect(blueprint.locator('[data-column="left"]')).to_contain_text("84")


def explain(stage: Stage) -> None:
    """Every figure leads to the ledger rows, each row to the price it was given and why."""
    page = stage.goto("priya", "projects/")
    page.get_by_role("link", name="ERP core rollout").first.click()
    figure(page, "Cost so far").get_by_role("link").click()
    expect(row(page, "5 rows in GBP")).to_contain_text("£2,500.00")
    expect(row(page, "1 row in INR")).to_contain_text("₹10,000.00")
    row(page, "26 Jun 2026").locator(".psa-why").first.click()
    expect(page.locator("#psa-pop-body")).to_contain_text("Cost 2025")


def bill(stage: Stage) -> None:
    """The design is accepted; Bill drafts proposals, adjusts a line and confirms."""
    stage.at(2026, 7, 1)
    page = stage.goto("priya", "billing/milestones/")
    page.get_by_role("link", name="Design accepted").click()
    fill(page, ready_on="2026-06-30")
    press(page, "Mark ready to invoice")
    press(stage.goto("bill", "billing/runs/"), "Start a billing run")
    page = stage.as_("bill")
    fill(page, cutoff_on="2026-06-30")
    press(page, "Draft proposals")
    expect(page.get_by_role("progressbar")).to_be_visible()
    stage.work_off_jobs()
    page.get_by_role("table", name="Drafted proposals").get_by_role("link").first.click()
    press(page, "Start review")
    page.get_by_role("link", name="Ben").first.click()
    page.get_by_role("link", name="Line 1").first.click()
    fill(page, minutes="7:00", reason="Kessler ran the first hour of the workshop")
    press(page, "Change line")
    # 3,529.41 + 100.00 + 8,000.00, less an hour of 147.06.
    expect(row(page, "Net", "11,482.35")).to_be_visible()
    fill(page, invoiced_on="2026-06-30")
    press(page, "Confirm invoice")
    sees(page, "UK-2026-00001")
    expect(figure(page, "Net")).to_have_text("11,482.35")


def collect(stage: Stage) -> None:
    """Kessler pays; Fay records it where the invoice offers to."""
    stage.at(2026, 7, 15)
    page = stage.goto("fay", "billing/invoices/")
    page.get_by_role("link", name="UK-2026-00001").click()
    # 11,482.35 and 20 % of it; at 0.85 £11,712.00 in the books.
    expect(figure(page, "Open")).to_have_text("13,778.82")
    expect(figure(page, "In the books")).to_have_text("11,712.00")
    page.get_by_role("button", name="PDF").click()
    with page.expect_download() as document:
        page.get_by_role("link", name="Summary").first.click()
    assert document.value.path().read_bytes().startswith(b"%PDF")
    press(page, "Record payment")
    expect(page.locator("[name=invoice]")).to_have_value("UK-2026-00001")
    press(page, "Record payment")
    sees(page, "UK-R2026-00001")
    page = stage.goto("fay", "billing/invoices/")
    expect(row(page, "UK-2026-00001")).to_contain_text("Paid")


def recognise_and_close(stage: Stage) -> None:
    """June is journalled, estimated, reviewed, proven and closed."""
    page = stage.goto("fay", "revenue/close/?entity=UK&period=2026-06")
    take(page, "Retainers")
    take(page, "Posting run")
    page.get_by_role("link", name="Review").click()
    press(page, "Run estimates")
    # £1,000 done and 84 h at £62.50 left: 16 % of €20,000; 30 of 92 days of €15,000.
    expect(row(page, "Blueprint")).to_contain_text("€3,200.00")
    expect(row(page, "Support")).to_contain_text("€4,891.30")
    press(page, "Approve drafts")
    sees(page, "2 estimates approved")
    press(page, "Post approved")
    sees(page, "2 estimates posted")
    page = stage.goto("fay", "revenue/close/?entity=UK&period=2026-06")
    take(page, "Reconciliations")
    sees(page, "All at 0.00")
    for check in ("Receivables", "Contract asset", "Project and WIP cost"):
        expect(row(page, check)).to_contain_text("£0.00")
    take(page, "Soft close")
    take(page, "Close")
    sees(page, "13 of 13", "all done")


def take(page: Page, step: str) -> None:
    """Do a step of the close, and see it done."""
    line = page.locator("tr").filter(has=page.locator("th", has_text=f". {step}"))
    line.get_by_role("button").last.click()  # the one before it only tries
    expect(line).to_contain_text("Done")


def come_late(stage: Stage) -> None:
    """Ben had forgotten an hour of June: it keeps its day, and lands in July's books."""
    stage.at(2026, 7, 16)
    page = stage.goto("ben", "time/week/2026-06-22/")
    sees(page, "This week is locked")
    page = stage.goto("priya", "time/compliance/?week=2026-06-22")
    row(page, "Ben").get_by_role("link", name="Unlock").click()
    fill(page, reason="The hand-over of Friday was forgotten")
    press(page, "Unlock the week")
    expect(page.get_by_role("heading", name="Timesheets handed in")).to_be_visible()
    page = stage.goto("ben", "time/week/2026-06-22/")
    page.locator(".psa-week tbody tr").first.locator("input[data-cell]").nth(4).fill("1")
    page.get_by_label("External comment").first.fill("Handed over to the client")
    expect(page.locator("[data-fresh=submit]")).to_contain_text("Submit")
    press(page, "Submit")
    sees(page, "Submitted")
    page = stage.goto("priya", "time/approvals/")
    press(page.locator(".psa-decide"), "Approve")
    sees(page, "Approved the entry")
    page = stage.goto("fay", "ledger/actuals/?sort=-id")
    page.locator("tbody a").first.click()
    sees(page, "worked 26 Jun 2026", "posted 1 Jul 2026, July 2026")
