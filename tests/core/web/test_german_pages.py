"""Every page of a firm in German: no sentence of ours is left in English, numbers and dates read as here."""

import re
from html.parser import HTMLParser

import pytest

from psa.core.web.models import PersonalSettings
from tests.attacks.addresses import all_addresses
from tests.attacks.world import give_every_role, make_world
from tests.factories import AT, make_firm

# What English sentences can't do without and German ones never hold.
ENGLISH = re.compile(
    r"\b(the|of|is|are|were|to|and|with|from|by|not|no|for|has|have|this|that|it|its|who|what|when|"
    r"your|you|they|their|than|which|there|yet|each|every|all|one|as|or|be|been|after|before)\b"
)
# The page of the parts, and the shipped records, whose names and tasks are the firm's own data.
NOT_READ = (
    "ui/style/",
    "projects/templates/1/",
    "rules/",
    "setup/tax-codes/",
    "projects/1/discussion/",
)
# Sources of rates are cited as they are published; customers and records have names of their own.
LEFT = re.compile(r"§|gov\.uk|UK VAT|test data|@kessler")
READ = ("aria-label", "title", "placeholder", "alt", "data-key-label", "data-confirm", "data-say")
QUIET = ("script", "style", "svg", "code", "pre", "kbd", "textarea")


class Seen(HTMLParser):
    """The texts of a page, one for each place where it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in QUIET:
            self.within.append(tag)
        self.texts += [value for name, value in attrs if name in READ and value]

    def handle_endtag(self, tag: str) -> None:
        if self.within and self.within[-1] == tag:
            self.within.pop()

    def handle_data(self, data: str) -> None:
        if not self.within and data.strip():
            self.texts.append(" ".join(data.split()))


def english_in(html: str) -> list[str]:
    """What still reads as English, each once."""
    seen = Seen()
    seen.feed(html)
    return sorted({t for t in seen.texts if len(ENGLISH.findall(t)) > 1 and not LEFT.search(t)})


@pytest.mark.proof
def test_no_page_of_any_address_holds_an_english_sentence(db: None, settings: object) -> None:
    settings.PSA_NOW = AT  # type: ignore[attr-defined]
    made = make_world(make_firm("acme"))
    give_every_role(made.firm, "fay")
    with made.firm.scope():
        PersonalSettings.objects.create(
            tenant=made.firm.tenant,
            membership_id=made.firm.actors["fay"].membership_id,
            language="de",
        )
    client = made.firm.client("fay")
    left: dict[str, list[str]] = {}
    for path in (address.path(made.ids) for address in all_addresses()):
        if path.startswith("ui/style/") or path in NOT_READ:
            continue
        answer = client.get(made.firm.url(path))
        kind = answer.headers.get("Content-Type", "")
        if answer.status_code == 200 and not answer.streaming and kind.startswith("text/html"):
            for text in english_in(answer.content.decode()):
                left.setdefault(text, []).append(path)
    assert left == {}
