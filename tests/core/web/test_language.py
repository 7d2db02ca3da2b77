"""German from end to end: what the shell says on the main pages, and nothing of it in English."""

import re
from datetime import date
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import translation
from django.utils.html import strip_tags

from billing.views import lists as billing_lists
from projects.lists import MILESTONES, projects_list
from psa.core.access import registry
from psa.core.actor import Actor
from psa.core.notifications import lists_of_notifications
from psa.core.web import formats, navigation
from psa.core.web.lists import ListSpec
from psa.core.web.models import PersonalSettings
from psa.core.web.states import state_word
from psa.core.web.templatetags.psa import deed
from resources.lists import PEOPLE
from sales.views import lists as sales_lists
from tests.core.web.test_german_pages import english_in
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
    "time/", "expenses/", "approvals/", "billing/proposals/", "sales/contracts/", "setup/parameters/",
    "pricing/", "ledger/actuals/", "imports/", "audit/", "help/time/",
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
        assert english_in(html) == [], (who, path)
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


def test_a_word_says_what_it_means_where_it_stands() -> None:
    """“Open” is a state here and a button there; days and deeds are written as Germans write them."""
    monday, friday = date(2026, 11, 23), date(2026, 11, 27)
    with translation.override("de"):
        formats.use_region("de-de", "de")
        try:
            assert (state_word("Open"), state_word("Mine")) == ("Offen", "Meine")
            assert state_word("Draft") == "Entwurf"
            assert formats.weekday_text(monday) == "Montag, 23. November"
            assert formats.span_text(monday, friday) == "23.–27. Nov."
            assert deed("created the project") == " hat das Projekt angelegt"
            assert deed("recorded payment R-1 of Elbe") == ": Zahlung R-1 von Elbe erfasst"
            assert deed("did what nobody foresaw") == " did what nobody foresaw"
        finally:
            formats.use_region("", "")
    assert formats.span_text(monday, friday) == "23 to 27 November"
    assert deed("recorded payment R-1 of Elbe") == " recorded payment R-1 of Elbe"


def room_lists() -> list[ListSpec]:
    """The lists that people work in all day, at their widest."""
    everything = Actor(0, 0, 0, frozenset(registry.all_permissions()), "web")
    found = [projects_list(everything, as_of=date.min), MILESTONES, PEOPLE]
    for module in (sales_lists, billing_lists, lists_of_notifications):
        found += [one for one in vars(module).values() if isinstance(one, ListSpec)]
    return found


def words_of(spec: ListSpec) -> set[str]:
    """Every word that a list shows of its own: heads, states, filters, views, buttons, emptiness."""
    named = (*spec.columns, *spec.filters, *spec.views, *spec.actions, *spec.bulk)
    words = {spec.title, spec.search_label, *spec.noun, *(one.label for one in named)}
    words |= {state.label for column in spec.columns for state in column.states.values()}
    words |= {label for label, _ in spec.crumbs}
    for one in spec.filters:
        choices = getattr(one, "choices", ())
        words |= {str(label) for _, label in (() if callable(choices) else choices)}
    if spec.empty:
        words |= {spec.empty.title, spec.empty.text, spec.empty.action}
    return words - {""}


def test_every_word_of_the_rooms_lists_has_its_german() -> None:
    texts = known()
    left = {spec.key: sorted(words_of(spec) - texts) for spec in room_lists()}
    assert {key: words for key, words in left.items() if words} == {}
