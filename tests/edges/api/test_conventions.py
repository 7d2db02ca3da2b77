"""What holds for every endpoint: problems, versions, pages, limits, and who sees which rate."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from psa.core.pricing.models import PriceLine
from psa.edges.api.mounts import api
from tests.attacks.world import make_world
from tests.edges.api.callers import caller
from tests.edges.api.test_published_description import described_paths
from tests.factories import AT, Firm, make_firm

BODY = {"name": "Nordwind Logistik", "country": "DE", "currency": "EUR"}


def test_every_problem_is_told_the_same_way(acme: Firm) -> None:
    amara = caller(acme, "amara")
    for response, status in (
        (amara.call("GET", "/nothing"), 404),
        (amara.call("GET", "/accounts/999999"), 404),
        (amara.call("DELETE", "/accounts"), 405),
        (amara.call("POST", "/accounts", {}), 422),
        (amara.client.post("/api/v1/accounts", "{", content_type="application/json",
                           HTTP_AUTHORIZATION=f"Bearer {amara.token}"), 400),
        (amara.client.post("/api/v1/accounts", "x", content_type="text/plain",
                           HTTP_AUTHORIZATION=f"Bearer {amara.token}"), 415),
    ):  # fmt: skip
        told = json.loads(response.content)
        assert (response.status_code, told["status"]) == (status, status)
        assert response["Content-Type"] == "application/problem+json"
        assert {"type", "title", "detail", "instance", "errors"} <= told.keys()


def test_a_refusal_names_its_fields_in_the_words_of_the_pages(acme: Firm) -> None:
    amara = caller(acme, "amara")
    told = amara.post("/accounts", {"name": " ", "country": "DE", "colour": "red"}, 422)
    assert {error["field"] for error in told["errors"]} == {"name", "currency", "colour"}
    amara.post("/accounts", BODY, 201)
    again = amara.post("/accounts", BODY, 422)
    assert again["errors"][0]["field"] == "name"
    assert "may exist already" in again["detail"]
    amara.post("/accounts", {**BODY, "is_no_duplicate": True}, 201)


@pytest.mark.parametrize(
    "amount", ["NaN", "Infinity", "1e400", "1.00005", "-1", "12345678901234567890", True, None]
)
def test_amounts_that_are_none_are_refused(acme: Firm, amount: Any) -> None:
    body = {**BODY, "credit_limit_amount": amount}
    status = 201 if amount is None else 422
    caller(acme, "amara").post("/accounts", body, status)


def test_text_with_control_characters_is_refused(acme: Firm) -> None:
    amara = caller(acme, "amara")
    for name in ("a\x00b", "\ud800"):
        amara.post("/accounts", {**BODY, "name": name}, 422)


def test_a_change_names_the_version_it_was_made_on(acme: Firm) -> None:
    amara = caller(acme, "amara")
    made = amara.post("/accounts", BODY, 201)
    path = f"/accounts/{made['id']}"
    tag = amara.etag(path)
    assert amara.call("GET", path, if_none_match=tag).status_code == 304
    amara.put(path, {**BODY, "industry": "Freight"}, 428)
    amara.put(path, {**BODY, "industry": "Freight"}, 200, if_match=tag)
    amara.put(path, {**BODY, "industry": "Rail"}, 412, if_match=tag)
    assert amara.get(path)["industry"] == "Freight"
    assert amara.call("GET", path, if_none_match=tag).status_code == 200


def test_pages_follow_each_other_by_cursor(acme: Firm) -> None:
    ada = caller(acme, "ada")
    seen: list[str] = []
    path = "/staff?limit=4&sort=name&fields=name"
    page = ada.get(path)
    while True:
        assert all(set(row) == {"id", "name"} for row in page["items"])
        seen += [row["name"] for row in page["items"]]
        if page["next"] is None:
            break
        page = ada.get(f"{path}&cursor={page['next']}")
    assert seen == sorted(seen)
    assert len(seen) == len(acme.resources)


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=x", "sort=salary", "fields=salary", "colour=red", "cursor=forged",
     "kind=robot", "view=nothing", "q="],
)  # fmt: skip
def test_what_a_list_does_not_understand_it_refuses(acme: Firm, query: str) -> None:
    told = caller(acme, "ada").get(f"/staff?{query}", 422)
    assert told["errors"][0]["field"] == query.partition("=")[0]


def test_who_asks_too_often_is_told_when_to_come_back(acme: Firm, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE_OF_TOKEN = 3
    ben = caller(acme, "ben")
    responses = [ben.call("GET", "/me") for _ in range(4)]
    # A minute may end between two of them.
    refused = next((r for r in responses if r.status_code == 429), ben.call("GET", "/me"))
    assert responses[0]["RateLimit"].startswith('"token";r=2')
    assert '"tenant";q=3000;w=60' in responses[0]["RateLimit-Policy"]
    if refused.status_code == 429:
        assert 0 < int(refused["Retry-After"]) <= 60
        caller(acme, "ada").get("/me")


def test_a_list_takes_a_fixed_number_of_queries(
    acme: Firm, django_assert_max_num_queries: Any
) -> None:
    ada = caller(acme, "ada")
    ada.get("/staff")
    with django_assert_max_num_queries(31):
        ada.get("/staff")


def test_every_endpoint_declares_who_may_use_it() -> None:
    for router in api._get_bound_routers():
        for view in router.path_operations.values():
            for operation in view.operations:
                assert hasattr(operation.view_func, "required_permissions"), operation.path


@pytest.mark.django_db
def test_the_description_and_the_reference_are_public() -> None:
    described = Client().get("/api/v1/openapi.json")
    assert described.status_code == 200
    assert described.json()["openapi"].startswith("3.1")
    page = Client().get("/api/v1/docs")
    assert page.status_code == 200
    assert "<script>" not in page.content.decode()


RATES = ("1234.57", "7654.31", "9876.56", "61234.48")


@pytest.mark.parametrize(
    "name", ["ben", *(pytest.param(name, marks=pytest.mark.proof) for name in ("rae", "mei"))]
)
def test_who_sees_no_rates_in_pages_sees_none_here(db: None, settings: Any, name: str) -> None:
    """Every address that can be read, with the ids of records that exist."""

    settings.PSA_NOW = AT
    settings.API_REQUESTS_PER_MINUTE_OF_TOKEN = 10**6
    firm = make_firm()
    with firm.scope():
        for context, value in (("cost", RATES[0]), ("sales", RATES[1])):
            PriceLine.objects.filter(price_list__context=context).update(
                unit="hour", value=Decimal(value)
            )
    world = make_world(firm, currency="GBP", price_per_hour=Decimal(RATES[1]))
    person, finance = caller(firm, name), caller(firm, "fay")
    found_by_finance = 0
    for path in described_paths(world):
        text = person.call("GET", path).content.decode(errors="replace")
        assert not [rate for rate in RATES if rate in text], path
        if found_by_finance < 6:
            seen = finance.call("GET", path).content.decode(errors="replace")
            found_by_finance += any(rate in seen for rate in RATES)
    assert found_by_finance == 6
