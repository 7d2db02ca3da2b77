"""Every page of a firm in a real browser: accessible in both themes, quiet, and narrow enough."""

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.accessibility import COLOURS, violations
from tests.attacks.addresses import all_addresses
from tests.attacks.world import World, give_every_role, make_world
from tests.factories import AT, make_firm

# The pages of each run of `make test`; `make proof` walks all.
REDUCED = (
    "", "settings/", "help/", "search/?q=kessler", "notifications/", "notifications/preferences/",
    "sales/customers/", "projects/", "billing/invoices/?group=state", "ui/style/",
)  # fmt: skip
NARROW, DESK = {"width": 320, "height": 640}, {"width": 1440, "height": 900}


@pytest.fixture
def world(live_site: LiveServer, settings: object) -> World:
    settings.PSA_NOW = AT  # type: ignore[attr-defined]
    made = make_world(make_firm("acme"))
    give_every_role(made.firm, "fay")
    return made


@pytest.fixture
def browser_page(world: World, live_site: LiveServer, page: Page) -> Page:
    """Fay's browser, who may open every page."""
    cookies = world.firm.client("fay").cookies.values()
    page.context.add_cookies(
        [{"name": c.key, "value": c.value, "url": live_site.url} for c in cookies]
    )
    return page


def findings(page: Page, base: str, paths: list[str]) -> list[str]:
    """What is wrong, one line each: console, axe in light, colours in dark, the width of a phone."""
    wrong: list[str] = []
    where = [""]
    page.on("console", lambda m: m.type == "error" and wrong.append(f"{where[0]}: {m.text}"))
    page.on("pageerror", lambda error: wrong.append(f"{where[0]}: {error}"))
    for path in paths:
        where[0] = path
        page.set_viewport_size(DESK)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        answer = page.goto(base + path, wait_until="load")
        assert answer is not None and answer.status == 200, path
        # Parts that a page fetches for itself belong to it.
        page.locator(".htmx-request").first.wait_for(state="detached")
        wrong += [f"light {path}: {found}" for found in violations(page)]
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        wrong += [f"dark {path}: {found}" for found in violations(page, COLOURS)]
        page.set_viewport_size(NARROW)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > NARROW["width"]:
            wrong.append(f"{path}: {width} px wide at 320")
    return wrong


def test_a_reduced_walk_finds_nothing(browser_page: Page, live_site: LiveServer) -> None:
    assert findings(browser_page, f"{live_site.url}/acme/", list(REDUCED)) == []


@pytest.mark.proof
@pytest.mark.parametrize("first", range(3))
def test_a_walk_over_every_page_finds_nothing(
    browser_page: Page, world: World, live_site: LiveServer, first: int
) -> None:
    """All addresses that open as a page; files, parts alone and what only takes a POST are none.

    In three parts, so that two processes share them.
    """
    client = world.firm.client("fay")
    pages = []
    for path in (address.path(world.ids) for address in all_addresses()[first::3]):
        answer = client.get(world.firm.url(path))
        is_page = answer.status_code == 200 and not answer.streaming
        if is_page and b"<!doctype html" in answer.content[:200].lower():
            pages.append(path)
    assert len(pages) > 60
    wrong = findings(browser_page, f"{live_site.url}/acme/", pages)
    assert not wrong, "\n".join(wrong)
