"""The price sheet by keyboard alone, in a browser."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import expect

from psa.core.pricing.models import PriceLine
from psa.core.pricing.services import lists
from psa.core.pricing.services.lines import LineDraft, add_lines
from tests.factories import AT, PASSWORD, Firm, make_firm

pytestmark = pytest.mark.browser
PASTE = """text => { const data = new DataTransfer(); data.setData('text/plain', text);
  document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true })); }"""
COPY = """() => { const data = new DataTransfer();
  document.dispatchEvent(new ClipboardEvent('copy', { clipboardData: data, bubbles: true }));
  return data.getData('text/plain'); }"""


@pytest.fixture
def sheet(live_site: Any, page: Any, settings: Any) -> Iterator[tuple[Firm, int, Any]]:
    """Fay, signed in, before a draft of a thousand items and the price of a project manager."""
    settings.PSA_NOW = AT
    firm = make_firm(cast={"fay": "finance_manager"})
    with firm.scope():
        made = lists.create_list(
            name="GBP 2027", context="sales", currency="GBP", valid_from=date(2027, 1, 1),
            time_unit="day", actor=firm.actors["fay"], at=AT,
        )  # fmt: skip
        add_lines(
            list_id=made.pk, actor=firm.actors["fay"], at=AT,
            lines=[
                LineDraft(Decimal(1200), firm.roles["PM"].pk, unit="day"),
                *(
                    LineDraft(
                        Decimal(n), transaction_class="material", item=f"Item {n}", unit="piece"
                    )
                    for n in range(1, 1001)
                ),
            ],
        )  # fmt: skip
    path = firm.url(f"pricing/lists/{made.pk}/")
    page.goto(f"{live_site.url}/accounts/login/?next={path}")
    page.fill("input[name=login]", "fay@acme.example")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_selector(".psa-sheet-t td[data-y]")
    yield firm, made.pk, page


def cell(page: Any, y: int, x: int) -> Any:
    return page.locator(f'td[data-y="{y}"][data-x="{x}"]')


def saved(page: Any) -> None:
    expect(page.locator("[data-saved]")).to_have_text(re.compile("^All saved: [0-9,]+ lines$"))


def values(firm: Firm, list_id: int) -> list[tuple[str, str]]:
    with firm.scope():
        rows = PriceLine.objects.filter(price_list_id=list_id, transaction_class="time")
        return [
            (line.role.name if line.role else "Any", f"{line.value.normalize():f}")
            for line in rows.select_related("role").order_by("id")
        ]


def test_types_pastes_fills_undoes_and_saves_each_row_by_itself(
    sheet: tuple[Firm, int, Any],
) -> None:
    firm, list_id, page = sheet
    last = page.locator(".psa-sheet-t thead th").count() - 2
    # Only what is in view is in the page.
    assert page.locator(".psa-sheet-t tbody tr").count() < 80
    cell(page, 0, last).click()
    page.keyboard.type("1300")
    page.keyboard.press("Enter")
    saved(page)
    assert values(firm, list_id) == [("Project manager", "1300")]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.keyboard.type("9")
    page.keyboard.press("Escape")
    assert cell(page, 0, last).inner_text() == "1300.00"
    page.keyboard.press("Control+z")
    saved(page)
    assert values(firm, list_id) == [("Project manager", "1200")]
    page.keyboard.press("Control+Shift+z")
    saved(page)
    assert values(firm, list_id) == [("Project manager", "1300")]

    # A block of two new lines at the end, the second with a role that does not exist.
    page.keyboard.press("Control+ArrowDown")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.evaluate(PASTE, "SC\nWizard")
    page.keyboard.press("Control+ArrowUp")
    cell(page, 0, last).click()
    page.keyboard.press("Control+ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.evaluate(PASTE, "1000\n900")
    expect(page.locator("[data-saved]")).to_have_text(re.compile("no role “Wizard”"))
    assert values(firm, list_id) == [("Project manager", "1300"), ("Senior consultant", "1000")]
    assert page.evaluate(COPY) == "1000.00\n900"

    # The wrong role put right, the line is saved too.
    page.keyboard.press("End")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("CO")
    page.keyboard.press("Enter")
    expect(page.locator("[data-saved]")).to_have_text(re.compile("^All saved: [0-9,]+ lines$"))
    assert ("Consultant", "900") in values(firm, list_id)
