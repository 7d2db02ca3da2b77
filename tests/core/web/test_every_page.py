"""Every page of a firm in a real browser: accessible in both themes, quiet, and narrow enough."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from psa.core.tenancy.scope import tenant_scope
from psa.core.web.models import PersonalSettings
from tests.attacks.world import World, give_every_role, make_world
from tests.factories import AT, make_firm

# The pages of each run of `make test`; `make proof` walks all.
REDUCED = (
    "", "settings/", "help/", "search/?q=kessler", "notifications/", "notifications/preferences/",
    "sales/customers/", "projects/", "billing/invoices/?group=state", "ui/style/",
)  # fmt: skip
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
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


def findings(page: Page, world: World, live_site: LiveServer, paths: list[str]) -> list[str]:
    """What is wrong, one line each."""
    wrong: list[str] = []
    where = [""]
    page.on("console", lambda m: m.type == "error" and wrong.append(f"{where[0]}: {m.text}"))
    page.on("pageerror", lambda error: wrong.append(f"{where[0]}: {error}"))
    for theme in ("light", "dark"):
        with tenant_scope(world.firm.tenant.pk):
            PersonalSettings.objects.update_or_create(
                tenant=world.firm.tenant,
                membership_id=world.firm.actors["fay"].membership_id,
                defaults={"theme": theme},
            )
        for path in paths:
            where[0] = f"{theme} {path}"
            page.set_viewport_size(DESK)
            answer = page.goto(f"{live_site.url}/acme/{path}", wait_until="load")
            assert answer is not None and answer.status == 200, path
            for violation in Axe().run(page, options=RULES).response["violations"]:
                nodes = "; ".join(str(n["target"]) for n in violation["nodes"][:3])
                wrong.append(f"{where[0]}: {violation['id']} {nodes}")
            if theme == "light":
                page.set_viewport_size(NARROW)
                width = page.evaluate("document.documentElement.scrollWidth")
                if width > NARROW["width"]:
                    wrong.append(f"{path}: {width} px wide at 320")
    return wrong


def test_a_reduced_walk_finds_nothing(
    browser_page: Page, world: World, live_site: LiveServer
) -> None:
    assert findings(browser_page, world, live_site, list(REDUCED)) == []
