from collections.abc import Iterator

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import include, path, resolve

from psa.core.web import navigation
from psa.core.web.checks import navigation_leads_somewhere
from psa.core.web.navigation import Command, NavItem, Stage, register, register_commands

from .conftest import MakeRequest


def page(request: HttpRequest) -> HttpResponse:
    """A place to reverse to."""
    return HttpResponse()


sales = (
    [
        path("quotes/", page, name="quote_list"),
        path("quotes/<int:pk>/", page, name="quote"),
        path("leads/", page, name="lead_list"),
    ],
    "shop",
)
urlpatterns = [
    path("shop/", include(sales)),
    path("bills/", page, name="bills"),
    path("home/", page, name="home"),
]


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    items, commands = dict(navigation._items), dict(navigation._commands)
    navigation._items.clear()
    navigation._commands.clear()
    register(
        NavItem("Home", "home", Stage.OWN, icon="home", phone=True),
        NavItem("Quotes", "shop:quote_list", Stage.SELL, permission="sales.view", order=20),
        NavItem("Leads", "shop:lead_list", Stage.SELL, permission="sales.view", order=10),
        NavItem("Bills", "bills", Stage.BILL, permission="billing.view", badge=lambda r: 3),
    )
    register_commands(
        Command("New quote", "shop:quote_list", permission="sales.edit", words="offer")
    )
    with override_settings(ROOT_URLCONF=__name__, TENANT_URLCONF=__name__):
        yield
    navigation._items.clear()
    navigation._commands.clear()
    navigation._items.update(items)
    navigation._commands.update(commands)
    navigation._without_counts.cache_clear()
    navigation._current_name.cache_clear()


def test_shows_only_what_the_role_may_use(make_request: MakeRequest) -> None:
    found = navigation.navigation(make_request(permissions=("sales.view",)))
    assert [s.label for s in found.stages] == ["Sell"]
    assert [link.label for link in found.stages[0].links] == ["Leads", "Quotes"]
    assert [link.label for link in found.own] == ["Home"]


def test_opens_the_stage_of_a_record_page(make_request: MakeRequest) -> None:
    request = make_request("/shop/quotes/5/", permissions=("sales.view", "billing.view"))
    request.resolver_match = resolve("/shop/quotes/5/")
    stages = navigation.navigation(request).stages
    assert [(s.label, s.is_open) for s in stages] == [("Sell", True), ("Bill", False)]
    assert [link.label for link in stages[0].links if link.is_current] == ["Quotes"]


def test_counts_what_waits(make_request: MakeRequest) -> None:
    (bill,) = navigation.navigation(make_request(permissions=("billing.view",))).stages
    assert bill.links[0].count == 3


def test_finds_places_and_commands_by_every_word(make_request: MakeRequest) -> None:
    request = make_request(permissions=("sales.view", "sales.edit"))
    places, commands = navigation.destinations(request, "quo")
    assert [p.label for p in places] == ["Quotes"]
    assert [c.label for c in commands] == ["New quote"]
    assert [c.label for c in navigation.destinations(request, "offer")[1]] == ["New quote"]


def test_offers_no_command_the_role_lacks(make_request: MakeRequest) -> None:
    assert navigation.destinations(make_request(), "new") == ([], [])


def test_reports_an_item_that_leads_nowhere() -> None:
    register(NavItem("Lost", "shop:nothing", Stage.SELL))
    (error,) = navigation_leads_somewhere(None)
    assert error.id == "web.E001" and "Lost" in error.msg
