"""The set-up under headings, in the menu and on a page of its own."""

import re

from psa.core.web.navigation import Group, Stage, registered
from tests.factories import Firm


def test_each_page_of_the_set_up_has_a_heading_and_says_what_it_is_for() -> None:
    without = [
        item.url_name
        for item in registered()
        if getattr(item, "stage", None) is Stage.SETUP
        and item.url_name != "setup:overview"
        and not (item.group and item.about)  # type: ignore[union-attr]
    ]
    assert without == []


def test_the_menu_and_the_page_name_the_groups_in_order(acme: Firm) -> None:
    page = acme.client("ada").get(acme.url("setup/")).content.decode()
    menu, content = page.split('id="main"')
    wanted = [group.value for group in Group if group]
    assert re.findall(r"<h2>([^<]*)</h2>", menu) == wanted
    assert re.findall(r'<h2 id="group-\d+">([^<]*)</h2>', content) == wanted
    assert "Companies of the firm: currency, address" in content


def test_shows_each_only_what_they_may_open(acme: Firm) -> None:
    page = acme.client("rae").get(acme.url("setup/"))
    assert page.status_code == 200
    assert "Sign-in rules" not in page.content.decode()
    ben = acme.client("ben")
    assert ben.get(acme.url("setup/")).status_code == 404
    assert "setup/" not in ben.get(acme.url("")).content.decode()
