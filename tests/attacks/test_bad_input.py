"""What no honest person types: refused with a sentence at every form, and nothing is written."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from billing.models import Payment, Proposal, ProposalLine
from psa.core.audit.models import AuditEntry
from sales.models import QuoteLine, QuoteLineDetail
from tests.attacks.addresses import all_addresses
from tests.attacks.world import World, acme_world, give_every_role
from tests.database import StandingScene
from tests.factories import AT
from timeexpense.models import ExpenseEntry, TimeEntry

MEGABYTE = "9" * 1_000_000
NUMBERS = ["NaN", "sNaN", "Infinity", "1e400", "-1", "\x00", "1\x00", "9" * 40]
TEXTS = ["a\x00b", "x" * 1_000_000]
# What the walk over all forms sends in each field; the first is enough for every run of the tests.
WALKED = ["\x00", "1e400", "0001-01-01", "9999-12-31", "x" * 20_000]
HOURS = ["NaN", "1e400", "-1", "25h", "25", "24:01", "\x00", "99999999999", MEGABYTE]
_NAME = re.compile(r'<(?:input|select|textarea)\b[^>]*\bname="([^"]+)"')


@pytest.fixture
def world(standing_scene: StandingScene[World], settings: Any) -> World:
    settings.PSA_NOW = AT
    return standing_scene(acme_world)


def test_a_time_cell(world: World) -> None:
    before = _content(world, TimeEntry)
    for bad in HOURS:
        answer = _save_cell(world, typed=bad)
        assert answer["status"] == "failed", (bad[:20], answer)
        assert answer["sentence"].rstrip().endswith("."), (bad[:20], answer)
        assert len(answer["sentence"]) < 400
    for bad in TEXTS:
        for name in ("description", "note", "activity"):
            assert _save_cell(world, **{"typed": "1", name: bad})["status"] == "failed", name
    assert _content(world, TimeEntry) == before


def test_an_expense(world: World) -> None:
    work = world.case.work
    good = {
        "category": world.firm.categories["travel"].pk, "spent_on": "2026-07-08", "amount": "10",
        "currency": "EUR", "tax_amount": "1", "payment_method": "own", "merchant": "Bahn",
        "work": f"{work.project.pk}:{work.build.pk}", "description": "Train",
    }  # fmt: skip
    path = f"time/expenses/{world.ids['report_id']}/add/"
    bad = {
        "amount": [*NUMBERS, MEGABYTE], "tax_amount": NUMBERS, "category": NUMBERS, "work": NUMBERS,
        "spent_on": [*NUMBERS, "0000-00-00", "9999-12-31", "0001-01-01"], "currency": NUMBERS,
        "merchant": TEXTS, "description": TEXTS, "internal_note": TEXTS,
    }  # fmt: skip
    _refuses(world, "ben", path, good, bad, ExpenseEntry)


def test_a_quote_line(world: World) -> None:
    path = f"sales/quotes/{world.ids['quote_id']}/lines/new/"
    good = {
        "name": "Extra", "billing_method": "fixed_price", "value_amount": "100",
        "transaction_classes": ["time"], "starts_on": "2026-08-01", "ends_on": "2026-10-31",
    }  # fmt: skip
    bad = {"value_amount": [*NUMBERS, MEGABYTE], "starts_on": NUMBERS, "name": TEXTS}
    _refuses(world, "amara", path, good, bad, QuoteLine)


def test_an_estimate_row(world: World) -> None:
    path = f"sales/quotes/estimate/{world.ids['detail_id']}/edit/"
    client = world.firm.client("amara")
    good = _shown(client.get(world.firm.url(path)).content.decode())
    bad = {name: NUMBERS for name in good if name in ("role", "starts_on", "bill_rate")}
    bad |= {name: HOURS[:3] + ["\x00", MEGABYTE] for name in good if name in ("minutes", "hours")}
    bad |= {name: TEXTS for name in good if name in ("description", "override_reason")}
    assert len(bad) >= 3, good
    _refuses(world, "amara", path, good, bad, QuoteLineDetail)


def test_a_line_of_a_proposal(world: World) -> None:
    line_id = world.ids["billing.views.proposals:line_id"]
    path = f"billing/proposals/{world.ids['proposal_id']}/lines/{line_id}/"
    good = {
        "lock_version": "1", "minutes": "8:00", "price": "100", "description": "Design",
        "remainder": "write_off", "reason": "Agreed",
    }  # fmt: skip
    bad = {
        "price": [*NUMBERS, MEGABYTE], "minutes": ["NaN", "1e400", "-1", "\x00", MEGABYTE],
        "lock_version": NUMBERS, "description": TEXTS, "reason": TEXTS, "remainder": TEXTS,
    }  # fmt: skip
    _refuses(world, "bill", path, good, bad, ProposalLine)


def test_the_buttons_of_a_proposal(world: World) -> None:
    proposal_id = world.ids["proposal_id"]
    line_id = world.ids["billing.views.proposals:line_id"]
    for path, good, bad in (
        ("lines/", {"lock_version": "1", "treatment": "hold", "selected": str(line_id)},
         {"lock_version": NUMBERS, "selected": NUMBERS, "treatment": NUMBERS}),
        (f"lines/{line_id}/remove/", {"lock_version": "1"}, {"lock_version": NUMBERS}),
        ("add/", {"lock_version": "1", "kind": "fee", "description": "Fee", "amount": "1",
                  "contract_line_id": str(world.case.work.time_line.pk)},
         {"amount": NUMBERS, "contract_line_id": NUMBERS, "kind": NUMBERS, "description": TEXTS}),
        ("confirm/", {"invoiced_on": "2026-07-02"}, {"invoiced_on": NUMBERS}),
    ):  # fmt: skip
        _refuses(world, "bill", f"billing/proposals/{proposal_id}/{path}", good, bad, Proposal)


def test_a_payment(world: World) -> None:
    good = {
        "request_key": "k9", "account": world.case.work.account.pk, "currency": "EUR",
        "legal_entity": world.firm.entities["UK"].pk, "received_on": "2026-07-08",
        "amount": "10", "reference": "R",
    }  # fmt: skip
    bad = {
        "amount": [*NUMBERS, "0", "0.001", MEGABYTE], "account": NUMBERS, "legal_entity": NUMBERS,
        "received_on": NUMBERS, "currency": NUMBERS, "reference": TEXTS, "request_key": TEXTS,
        "invoice": TEXTS,
    }  # fmt: skip
    _refuses(world, "fay", "billing/payments/new/", good, bad, Payment)


@pytest.mark.parametrize(
    ("values", "share"),
    [
        (WALKED[:1], slice(0, None, 5)),
        *(
            pytest.param(WALKED, slice(first, None, 3), marks=pytest.mark.proof, id=f"all {first}")
            for first in range(3)
        ),
    ],
)
def test_no_form_of_any_page_breaks(world: World, values: list[str], share: slice) -> None:
    """All fields of all forms at once, by one who may do everything; of a share of the pages."""
    give_every_role(world.firm, "fay")
    client = world.firm.client("fay")
    client.raise_request_exception = False
    broken = []
    for address in all_addresses()[share]:
        path = world.firm.url(address.path(world.ids))
        page = client.get(path)
        names = _NAME.findall(page.content.decode(errors="replace")) if _is_page(page) else []
        fields = {*names, *BUTTON_FIELDS} - {"csrfmiddlewaretoken"}
        for bad in values:
            query = urlencode(dict.fromkeys(QUERY, bad[:100]))
            for what, answer in (
                ("POST", client.post(path, dict.fromkeys(fields, bad))),
                ("GET", client.get(f"{path}?{query}")),
            ):
                if answer.status_code >= 500:
                    broken.append((what, bad[:10], address.route))
    assert broken == []


BUTTON_FIELDS = (
    "lock_version", "selected", "entries", "set", "lines", "proposals", "stage", "cells", "task",
    "value", "minutes", "id", "ids", "day", "on", "version", "move", "order", "parent",
)  # fmt: skip
QUERY = (
    "page", "per_page", "sort", "q", "columns", "view", "group", "export", "by", "open", "day",
    "row", "as_of", "from", "to", "status", "invoiced_on", "entity", "period", "month", "filter",
)  # fmt: skip


def _is_page(answer: Any) -> bool:
    return answer.status_code == 200 and "text/html" in answer.headers.get("Content-Type", "")


def _save_cell(world: World, **changes: str) -> dict[str, Any]:
    work = world.case.work
    cell = {
        "ref": "a", "project": work.project.pk, "task": work.build.pk, "on": "2026-07-10",
        **changes,
    }  # fmt: skip
    answer = world.firm.client("ben").post(
        world.firm.url("time/cells/"),
        json.dumps({"cells": [cell]}),
        content_type="application/json",
    )
    assert answer.status_code in (200, 400), answer.status_code
    found = answer.json()
    if "error" in found:
        return {"status": "failed", "sentence": found["error"]}
    return dict(found["cells"][0])


def _refuses(
    world: World,
    name: str,
    path: str,
    good: dict[str, Any],
    bad: dict[str, list[str]],
    model: Any,
) -> None:
    """Each bad value in each field alone: a refusal in words, no row more, none changed."""
    client = world.firm.client(name)
    before = _content(world, model), _content(world, AuditEntry)
    wrong = []
    for field, values in bad.items():
        for value in values:
            answer = _post(client, world.firm.url(path), good | {field: value})
            if not 400 <= answer.status_code < 500:
                wrong.append((field, value[:20], answer.status_code))
            assert _reads_as_words(answer.content.decode(errors="replace")), (field, value[:20])
    assert wrong == []
    assert (_content(world, model), _content(world, AuditEntry)) == before


def _post(client: Client, path: str, body: dict[str, Any]) -> Any:
    client.raise_request_exception = False
    return client.post(path, body)


def _reads_as_words(page: str) -> bool:
    return "Traceback" not in page and "DoesNotExist" not in page and "psycopg" not in page


def _content(world: World, model: Any) -> list[tuple[Any, ...]]:
    with world.firm.scope():
        return list(model.objects.order_by("pk").values_list())


def _shown(page: str) -> dict[str, str]:
    """Field → value of the inputs that a form page shows; choices keep the one selected."""
    found = {}
    for tag in re.findall(r"<input\b[^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            found[name[1]] = value[1] if value else ""
    for name, inside in re.findall(r'<select\b[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', inside)
        found[name] = chosen[1] if chosen else ""
    for name, inside in re.findall(
        r'<textarea\b[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.S
    ):
        found[name] = inside.strip()
    return found
