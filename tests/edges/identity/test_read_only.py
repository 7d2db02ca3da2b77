"""While viewing as somebody, what would be refused is disabled and says why."""

import re

import pytest
from django.test import Client

from psa.edges.identity.read_only import without_writes
from tests.factories import Firm

from .test_view_as import begin

WHY = "You only look."


def shown(page: str) -> str:
    return without_writes(page, reason=WHY, may_still=("/end/",))


@pytest.mark.parametrize(
    "page",
    [
        '<form method="post"><button class="btn" type="submit">Send</button></form>',
        '<form method="POST"><button>Send</button></form>',
        '<form action="/x/" method=post><input type="submit" value="Send"></form>',
        '<form id="f" method="post"></form><button form="f">Send</button>',
        '<button type="button" hx-post="/x/">Send</button>',
        '<form method="get"><button type="submit" formmethod="post">Send</button></form>',
        '<form method="post" title="a > b"><button type="submit" title="was">Send</button></form>',
    ],
)
def test_disables_what_posts(page: str) -> None:
    found = shown(page)
    assert f' disabled title="{WHY}"' in found
    assert found.count("title=") == page.count("title=") + 1 - ('title="was"' in page)


@pytest.mark.parametrize(
    "page",
    [
        '<form method="get"><button type="submit">Filter</button></form>',
        '<form><button type="submit">Search</button></form>',
        '<form method="post" action="/acme/end/"><button type="submit">End</button></form>',
        '<form method="post"><button type="button" data-open="x">More</button></form>',
        '<form method="post"><input name="q"></form><button type="button">Menu</button>',
        '<a href="/x/" class="btn">Edit</a>',
        '<form method="post"></form><form method="get"><button>Go</button></form>',
    ],
)
def test_leaves_what_only_opens_or_filters(page: str) -> None:
    assert shown(page) == page


def buttons_on(page: str) -> list[str]:
    return re.findall(r"<button[^>]*type=\"submit\"[^>]*>", page)


def test_the_pages_of_a_member_offer_nothing_that_is_refused(acme: Firm) -> None:
    client: Client = begin(acme, "fay")
    page = client.get(acme.url("notifications/preferences/")).content.decode()
    submits = buttons_on(page.split('id="main"')[1])
    assert submits
    assert all("disabled" in button and "nothing can be changed" in button for button in submits)
    end = re.search(r'action="[^"]*view-as/end/".*?</form>', page, re.S)
    assert end is not None
    assert "disabled" not in end[0]
