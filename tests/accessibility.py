"""What axe finds on a page as it stands in a browser."""

import json
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
COLOURS = {"runOnly": ["color-contrast"]}
# All that is passed by axe is told by it too, element by element; on a long list that takes seconds.
_ONLY_WRONG = {"resultTypes": ["violations"], "preload": False}
_FOUND = """axe.run(%s).then(({violations}) => violations.map(({id, nodes}) =>
  `${id} ${nodes.slice(0, 3).map((node) => node.target.join(" ")).join("; ")}`))"""


def violations(page: Page, options: dict[str, Any] = RULES) -> list[str]:
    """One line each: the rule and up to three elements that break it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(_FOUND % json.dumps(options | _ONLY_WRONG))
    return found
