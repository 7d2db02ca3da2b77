"""Browser tests run in the machine's Chromium; without one they are skipped, and loudly."""

import os
import shutil
from typing import Any

import pytest

# Playwright runs its own event loop in the test's thread; the tests themselves are synchronous.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Only messages to the device and what is kept on it need a browser with windows; a page of a test's own
# is there in a quarter of the time without.
WITH_WINDOWS = next(filter(None, map(shutil.which, NAMES)), None)
CHROMIUM = shutil.which("chromium-headless-shell") or WITH_WINDOWS
BROWSER_FIXTURES = {"page", "context", "browser"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if BROWSER_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)
        if item.get_closest_marker("browser"):
            # A browser of a busy machine loses a message now and then; why so: docs/adr/0083.
            item.add_marker(pytest.mark.flaky(reruns=1))
        if CHROMIUM is None and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="NO CHROMIUM on this machine"))
        elif WITH_WINDOWS is None and "browser_with_windows" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason="NO CHROMIUM with windows on this machine"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    again = terminalreporter.stats.get("rerun", [])
    if again:
        terminalreporter.section("RAN TWICE", yellow=True, bold=True)
        for report in again:
            why = getattr(getattr(report.longrepr, "reprcrash", None), "message", "")
            terminalreporter.line(f"RAN TWICE {report.nodeid}: {why.partition(chr(10))[0]}")
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if "NO CHROMIUM" in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.section("NO CHROMIUM", red=True, bold=True)
        terminalreporter.line(f"{len(skipped)} browser tests were SKIPPED: install chromium.")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Chromium of the machine; its sandbox does not work for root."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": arguments}


@pytest.fixture(scope="session")
def browser_with_windows(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """How to launch the browser that people have: with messages to the device, and storage to the disk."""
    return browser_type_launch_args | {"executable_path": WITH_WINDOWS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Without service workers, which would fetch all their files anew in each test's browser."""
    return browser_context_args | {"service_workers": "block"}
