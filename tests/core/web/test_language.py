"""German from end to end: what the shell says on the main pages, and nothing of it in English."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.html import strip_tags

from psa.core.web import navigation
from psa.core.web.models import PersonalSettings
from tests.factories import Firm, make_engagement

PO = Path(settings.BASE_DIR) / "locale" / "de" / "LC_MESSAGES" / "django.po"
TEMPLATES = Path(settings.BASE_DIR) / "templates"
TRANSLATED = ("_components", "_lists", "account", "home", "notifications", "search", "web")
# Words of the shell that a German page must not show; names of records are other words.
ENGLISH = (
    "Search or jump to", "Skip to content", "Keyboard shortcuts", "My settings", "Sign out",
    "Customers", "Opportunities", "Invoices", "Parameters", "Approvals", "Exchange rates",
    "Save view", "Columns", "Group by", "Export", "Filters", "Needs you", "First steps", "Hide",
    "Light theme", "Switch firm", "Not now", "Apply", "Notifications", "Legal entities", "Jobs",
)  # fmt: skip
PAGES = (
    "", "sales/customers/", "sales/opportunities/", "projects/", "people/", "billing/invoices/",
    "notifications/", "settings/", "search/?q=kessler", "help/", "keys/", "setup/users/", "jobs/",
)  # fmt: skip


@pytest.fixture
def german(acme: Firm) -> Firm:
    with acme.scope():
        make_engagement(acme)
        for who in ("ada", "fay"):
            PersonalSettings.objects.create(
                tenant=acme.tenant, membership_id=acme.actors[who].membership_id, language="de"
            )
    return acme


@pytest.mark.parametrize("path", PAGES)
def test_the_shell_speaks_german(german: Firm, path: str) -> None:
    for who in ("fay", "ada"):
        answer = german.client(who).get(f"/acme/{path}")
        if answer.status_code == 404:
            continue
        html = answer.content.decode()
        assert 'lang="de"' in html[:400]
        text = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.S)
        seen = " ".join(strip_tags(text).split())
        labels = " ".join(re.findall(r'(?:aria-label|placeholder|title)="([^"]*)"', text))
        left = [w for w in ENGLISH if re.search(rf"\b{re.escape(w)}\b", f"{seen} {labels}")]
        assert left == [], (who, path)
        assert "Suchen oder springen" in seen


def known() -> set[str]:
    with PO.open("rb") as texts:
        return {m.id if isinstance(m.id, str) else m.id[0] for m in read_po(texts) if m.string}


def test_every_text_of_the_shells_templates_has_its_german() -> None:
    asked: dict[str, str] = {}
    for path in (p for folder in TRANSLATED for p in (TEMPLATES / folder).rglob("*.html")):
        text = path.read_text("utf-8")
        for plain, quoted in re.findall(r"""{% trans (?:"([^"]*)"|'([^']*)') %}""", text):
            asked[plain or quoted] = path.name
        for block in re.findall(r"{% blocktrans[^%]*%}(.*?){% endblocktrans %}", text, re.S):
            asked[re.sub(r"{{ (\w+) }}", r"%(\1)s", block)] = path.name
    texts = known()
    assert {text: where for text, where in asked.items() if text not in texts} == {}


def test_every_place_and_command_has_its_german() -> None:
    assert sorted({one.label for one in navigation.registered()} - known()) == []


def test_a_number_reads_as_its_region_not_its_language(german: Firm) -> None:
    page = german.client("fay").get("/acme/settings/").content.decode()
    assert "Zeitzone" in page and "Sprache" in page
