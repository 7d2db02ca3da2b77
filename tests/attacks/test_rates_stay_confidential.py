"""Cost and bill rates reach nobody who may not see them: page, part, export, search, error, mail."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.core import mail
from django.test import Client

from psa.core.notifications.models import Notification
from psa.core.pricing.models import PriceLine
from tests.attacks.addresses import Address, all_addresses
from tests.attacks.test_other_tenants_urls import BODY, WAYS
from tests.attacks.world import World, make_world
from tests.database import StandingScene
from tests.factories import AT, Firm, make_firm

COST, BILL = "1234.57", "7654.31"
HOURS = 8
# The rates per hour, and what a day of them comes to.
COST_FIGURES = (COST, str(Decimal(COST) * HOURS))
BILL_FIGURES = (BILL, str(Decimal(BILL) * HOURS))
SHARES = pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.proof)])
HIDDEN_COLUMNS = (
    "?columns=price,cost,amount,cost_rate,cost_amount,bill_rate,rate,value,margin,unbilled,fees"
    "&sort=-cost&view=all"
)


@pytest.fixture
def world(standing_scene: StandingScene[World], settings: Any) -> World:
    settings.PSA_NOW = AT
    return standing_scene(world_with_known_rates)


def world_with_known_rates() -> World:
    """Acme in GBP: every hour costs 1,234.57 and is sold at 7,654.31."""
    firm = make_firm()
    with firm.scope():
        for context, value in (("cost", COST), ("sales", BILL)):
            PriceLine.objects.filter(price_list__context=context).update(
                unit="hour", value=Decimal(value)
            )
    return make_world(firm, currency="GBP", price_per_hour=Decimal(BILL))


@pytest.mark.parametrize(
    ("name", "is_whole"),
    [
        ("ben", False),
        *(pytest.param(n, True, marks=pytest.mark.proof) for n in ("ben", "rae", "mei")),
    ],
)
def test_who_sees_no_rates_finds_none_anywhere(world: World, name: str, is_whole: bool) -> None:
    """Each page, and all other ways to what it shows; in the short run one of them in turn."""
    found = list(_leaks(world, name, COST_FIGURES + BILL_FIGURES, is_whole=is_whole))
    assert found == []


@SHARES
def test_the_billing_manager_finds_no_cost(world: World, step: int) -> None:
    assert list(_leaks(world, "bill", COST_FIGURES, step=step)) == []


@SHARES
def test_the_account_manager_finds_cost_only_in_her_own_quotes(world: World, step: int) -> None:
    leaks = list(_leaks(world, "amara", COST_FIGURES, step=step))
    assert [path for path in leaks if "sales/quotes/" not in path] == []


def test_who_may_see_them_does(world: World) -> None:
    """The control: the figures are there to be found, at these addresses and by these people."""
    for name, part, figures in (
        ("priya", "projects/<int:project_id>/actuals/", COST_FIGURES),
        ("bill", "billing/invoices/<int:invoice_id>/", BILL_FIGURES),
        ("bill", "billing/proposals/<int:proposal_id>/", BILL_FIGURES),
        ("fay", "pricing/lists/<int:list_id>/", COST_FIGURES + BILL_FIGURES),
    ):
        assert list(_leaks(world, name, figures, only=part)), (name, part)


@pytest.mark.parametrize(
    ("name", "ways"),
    [("ben", 1), *(pytest.param(n, 2, marks=pytest.mark.proof) for n in ("ben", "rae"))],
)
def test_no_refusal_names_a_rate(world: World, name: str, ways: int) -> None:
    """Each address as a form and as a part of a page; in the short run in turns."""
    client = world.firm.client(name)
    for number, address in enumerate(all_addresses()):
        path = world.firm.url(address.path(world.ids))
        for headers in WAYS if ways == 2 else [WAYS[number % 2]]:
            answer = client.post(path, BODY, headers=headers)
            assert not _shows(_plain(answer), COST_FIGURES + BILL_FIGURES), path


def test_no_notification_and_no_mail_names_a_rate(world: World) -> None:
    with world.firm.scope():
        told = [f"{n.title} {n.body}" for n in Notification.objects.all()]
    sent = [f"{m.subject} {m.body}" for m in mail.outbox]
    assert told
    for text in told + sent:
        assert not _shows(text, COST_FIGURES + BILL_FIGURES), text


def _leaks(
    world: World,
    name: str,
    figures: tuple[str, ...],
    *,
    only: str = "",
    step: int = 1,
    is_whole: bool = True,
) -> Iterator[str]:
    """Addresses, with their queries, at which this person's browser receives one of the figures."""
    client = world.firm.client(name)
    for number, address in enumerate(all_addresses()[::step]):
        if only and address.route != only:
            continue
        turn = None if is_whole else number
        for path, text in _ways(client, world.firm, address, world, turn):
            if _shows(text, figures):
                yield path


def _ways(
    client: Client, firm: Firm, address: Address, world: World, turn: int | None
) -> Iterator[tuple[str, str]]:
    """One address as page; if it opens also as a part, with hidden columns asked for, and exported.

    With a `turn` the page and one of the other ways.
    """
    path = firm.url(address.path(world.ids))
    whole = client.get(path)
    shown = _plain(whole)
    yield path, shown
    if whole.status_code != 200:
        return
    is_list = "columns" in shown or "export=" in shown
    queries = ["?q=" + figure for figure in (COST, BILL)] if address.name == "palette" else []
    if is_list or not address.id_parameters:
        queries += [HIDDEN_COLUMNS, HIDDEN_COLUMNS + "&export=csv", "?view=all&export=xlsx"]
    others = [(" (part)", "", {"HX-Request": "true"}), *((query, query, {}) for query in queries)]
    for told, query, headers in others if turn is None else [others[turn % len(others)]]:
        text = _plain(client.get(path + query, headers=headers))
        # What was typed comes back in its field.
        yield path + told, text.replace(query.removeprefix("?q="), "") if query else text


def _plain(answer: object) -> str:
    """The answer as text; a spreadsheet unpacked."""
    streaming = getattr(answer, "streaming", False)
    content = b"".join(answer.streaming_content) if streaming else answer.content  # type: ignore[attr-defined]
    if content[:4] == b"PK\x03\x04":
        with ZipFile(BytesIO(content)) as book:
            content = b"\n".join(book.read(part) for part in book.namelist())
    return content.decode(errors="replace")


def _shows(text: str, figures: tuple[str, ...]) -> bool:
    """Whether a figure stands there, with or without grouping, point or comma."""
    return any(_pattern(figure).search(text) for figure in figures)


@cache
def _pattern(figure: str) -> re.Pattern[str]:
    """1234.57, and 1,234.57 and 1 234,57 with it; its first digit is asked for first: that is fast."""
    whole, part = figure.split(".")
    head = len(whole) % 3 or 3
    grouped = r"[,.'\s\u00a0\u202f]?".join(
        [whole[:head], *(whole[n : n + 3] for n in range(head, len(whole), 3))]
    )
    return re.compile(rf"{whole[0]}(?<!\d{whole[0]}){grouped[1:]}[.,]{part}")
