"""What a story in the browser needs: the cast, each in a window of their own, and a played date."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from tests.factories import Firm

SECONDS = 30
GIVEN_UP = ("htmx:afterRequest", "htmx:sendAbort", "htmx:sendError")
RECEIPT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Stage:
    """One firm served to a browser; `at` says which day it is, `as_` who sits before the screen."""

    def __init__(self, firm: Firm, site_url: str, browser: Browser, settings: Any) -> None:
        self.firm = firm
        self.site_url = site_url
        self.browser = browser
        self.settings = settings
        self.complaints: list[str] = []
        # A busy machine is slow, not wrong.
        expect.set_options(timeout=SECONDS * 1000)
        self._windows: dict[str, tuple[BrowserContext, Page]] = {}

    def at(self, year: int, month: int, day: int, hour: int = 10) -> None:
        self.settings.PSA_NOW = datetime(year, month, day, hour, tzinfo=UTC)

    def as_(self, name: str) -> Page:
        """This person's window, signed in; what its console complains of is kept."""
        if name not in self._windows:
            context = self.browser.new_context(
                viewport={"width": 1440, "height": 900}, base_url=self.site_url
            )
            context.set_default_timeout(SECONDS * 1000)
            cookies = self.firm.client(name).cookies
            context.add_cookies(
                [{"name": c.key, "value": c.value, "url": self.site_url} for c in cookies.values()]
            )
            page = context.new_page()
            page.on("console", lambda message: self._listen(name, message))
            page.on("pageerror", lambda error: self.complaints.append(f"{name}: {error}"))
            self._windows[name] = (context, page)
        return self._windows[name][1]

    def _listen(self, name: str, message: Any) -> None:
        # A refused form answers 422, and Chromium writes every such answer into the console. A page
        # that is left gives up what it was just asking for; a broken connection Chromium tells itself.
        is_given_up = message.text.startswith(GIVEN_UP)
        if message.type == "error" and "422" not in message.text and not is_given_up:
            self.complaints.append(f"{name}: {message.text}")

    def goto(self, name: str, path: str) -> Page:
        page = self.as_(name)
        page.goto(self.firm.url(path))
        return page

    def work_off_jobs(self) -> list[JobRun]:
        """What the worker does: every queued job, in order."""
        with self.firm.scope():
            queued = list(JobRun.objects.filter(state="queued").order_by("pk"))
        return [self._work_off(run) for run in queued]

    def _work_off(self, run: JobRun) -> JobRun:
        with self.firm.scope():
            return jobs.run_now(run.pk)

    def close(self) -> None:
        for context, _ in self._windows.values():
            context.close()


@contextmanager
def stage_of(firm: Firm, site_url: str, browser: Browser, settings: Any) -> Iterator[Stage]:
    stage = Stage(firm, site_url, browser, settings)
    try:
        yield stage
    finally:
        stage.close()


def fill(page: Page | Locator, **values: Any) -> None:
    """Fill the form's fields by name: text and dates typed, options chosen by label, boxes ticked."""
    for name, value in values.items():
        field = page.locator(f"[name='{name}']:not([type=hidden])")
        if isinstance(value, bool):
            field.first.set_checked(value)
        elif isinstance(value, tuple):
            for box in field.all():
                box.set_checked(box.get_attribute("value") in value)
        elif field.first.evaluate("e => e.tagName") == "SELECT":
            field.first.select_option(label=value)
        else:
            field.first.fill(str(value))


def press(page: Page | Locator, name: str, *, exact: bool = False) -> None:
    """Press the one button or link that says so."""
    pattern: Any = name if exact else re.compile(rf"^{re.escape(name)}")
    button = page.get_by_role("button", name=pattern).or_(page.get_by_role("link", name=pattern))
    button.first.click()


def figure(page: Page, label: str) -> Locator:
    """The key figure under this label."""
    return page.locator(".psa-kf > div").filter(has=page.locator(f"dt[title='{label}']")).locator(
        "dd"
    ).first  # fmt: skip


def row(page: Page | Locator, *texts: str) -> Locator:
    """The table row that holds all these texts."""
    found = page.locator("tr")
    for text in texts:
        found = found.filter(has_text=text)
    return found.first


def sees(page: Page | Locator, *texts: str) -> None:
    for text in texts:
        # What only the phone shows stands in the page too, and hidden.
        expect(page.get_by_text(text).filter(visible=True).first).to_be_visible()
