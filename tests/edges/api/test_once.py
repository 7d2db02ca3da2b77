"""A write under an Idempotency-Key happens once, however often and however many at once bring it."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from psa.edges.api.models import IdempotencyKey
from psa.edges.api.services import idempotency
from sales.models import Account
from tests.edges.api.callers import Caller, caller, token_of
from tests.factories import Firm, make_firm

BODY = {"name": "Nordwind Logistik", "country": "DE", "currency": "EUR"}


def test_the_second_time_changes_nothing_and_answers_alike(acme: Firm) -> None:
    amara = caller(acme, "amara")
    first = amara.call("POST", "/accounts", BODY, idempotency_key="one")
    again = amara.call("POST", "/accounts", BODY, idempotency_key="one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["ETag"] == first["ETag"]
    assert again["Idempotency-Replayed"] == "true"
    with acme.scope():
        assert Account.objects.filter(name=BODY["name"]).count() == 1


def test_a_key_stands_for_one_request(acme: Firm) -> None:
    amara = caller(acme, "amara")
    amara.post("/accounts", BODY, 201, idempotency_key="one")
    amara.post("/accounts", {**BODY, "name": "Other"}, 409, idempotency_key="one")
    amara.post("/accounts", BODY, 422, idempotency_key="ö")


def test_a_refused_write_leaves_its_key_free(acme: Firm) -> None:
    amara = caller(acme, "amara")
    amara.post("/accounts", {**BODY, "currency": "QQQ"}, 422, idempotency_key="one")
    amara.post("/accounts", BODY, 201, idempotency_key="one")


def test_each_token_has_keys_of_its_own(acme: Firm) -> None:
    caller(acme, "amara").post("/accounts", BODY, 201, idempotency_key="one")
    caller(acme, "amara").post("/accounts", {**BODY, "name": "Other"}, 201, idempotency_key="one")


def test_keys_are_forgotten_after_a_day(acme: Firm) -> None:
    caller(acme, "amara").post("/accounts", BODY, 201, idempotency_key="one")
    now = datetime.now(tz=UTC)
    with acme.scope():
        assert idempotency.expire_keys(at=now + timedelta(hours=23)) == 0
        assert idempotency.expire_keys(at=now + timedelta(hours=25)) == 1
        assert not IdempotencyKey.objects.exists()


@pytest.mark.usefixtures("committed_database")
def test_fifty_at_once_are_one() -> None:
    firm = make_firm("acme")
    token = token_of(firm, "amara")

    def ask(_: int) -> tuple[int, str]:
        try:
            response = Caller(token).call("POST", "/accounts", BODY, idempotency_key="race")
            return response.status_code, json.dumps(json.loads(response.content), sort_keys=True)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(50) as pool:
        answers = set(pool.map(ask, range(50)))
    assert len(answers) == 1
    assert answers.pop()[0] == 201
    with firm.scope():
        assert Account.objects.filter(name=BODY["name"]).count() == 1
