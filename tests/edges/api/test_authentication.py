"""Who a token lets in, how far, and for how long."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from psa.core.access.models import Membership
from psa.edges.api.models import ApiToken
from psa.edges.api.services import tokens
from tests.edges.api.callers import Caller, caller, token_of
from tests.factories import Firm


def test_names_its_tenant_and_opens_it_alone(acme: Firm, globex: Firm) -> None:
    mine = token_of(acme, "ada")
    assert mine.startswith("psa_acme_")
    assert Caller(mine).get("/me")["tenant"] == "acme"
    there = caller(globex, "otto").get("/staff")
    assert {row["name"] for row in there["items"]} == {"Otto"}
    Caller(mine.replace("psa_acme_", "psa_globex_")).get("/me", 401)


@pytest.mark.parametrize(
    "header", ["", "Bearer ", "Bearer nothing", "Bearer psa_acme_nothing", "Basic YTpi", "Bearer psa_nofirm_x"]
)  # fmt: skip
def test_nobody_else_is_let_in(acme: Firm, header: str) -> None:
    response = Client().get("/api/v1/me", HTTP_AUTHORIZATION=header)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response["Content-Type"] == "application/problem+json"


def test_a_session_is_no_token(acme: Firm) -> None:
    assert acme.client("ada").get("/api/v1/me").status_code == 401


def test_an_expired_or_revoked_token_is_nothing(acme: Firm) -> None:
    ben = caller(acme, "ben")
    ben.get("/me")
    now = datetime.now(tz=UTC)
    with acme.scope():
        ApiToken.objects.update(expires_at=now - timedelta(seconds=1))
    ben.get("/me", 401)
    with acme.scope():
        ApiToken.objects.update(expires_at=now + timedelta(days=1))
        token_id = ApiToken.objects.get().pk
        tokens.revoke_token(token_id=token_id, actor=acme.actors["ben"], at=now)
    ben.get("/me", 401)


def test_ends_with_the_access_of_its_member(acme: Firm) -> None:
    ben = caller(acme, "ben")
    with acme.scope():
        Membership.objects.filter(pk=acme.actors["ben"].membership_id).update(is_active=False)
    ben.get("/me", 401)


def test_a_suspended_firm_lets_nobody_in(acme: Firm) -> None:
    ben = caller(acme, "ben")
    acme.tenant.status = "suspended"
    acme.tenant.save()
    assert "suspended" in ben.get("/me", 403)["detail"]


def test_is_kept_as_a_hash_alone(acme: Firm) -> None:
    text = token_of(acme, "ben")
    with acme.scope():
        row = ApiToken.objects.values().get()
    assert text[-43:] not in json.dumps(row, default=str)  # 32 bytes, which may hold a "_"
    assert row["digest"] == tokens.digest_of(text)


def test_notes_its_use_at_most_once_a_minute(acme: Firm) -> None:
    ben = caller(acme, "ben")
    ben.get("/me")
    with acme.scope():
        first = ApiToken.objects.get().last_used_at
    ben.get("/me")
    with acme.scope():
        assert ApiToken.objects.get().last_used_at == first
        ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    ben.get("/me")
    with acme.scope():
        assert ApiToken.objects.get().last_used_at > first - timedelta(minutes=1)


def test_does_what_its_scopes_say_and_no_more(acme: Firm) -> None:
    reader = caller(acme, "ada", "setup:read")
    reader.get("/units")
    refused = reader.post("/units", {"code": "X", "name": "X", "legal_entity_id": 1}, 403)
    assert "setup:write" in refused["detail"]
    reader.get("/people", 403)
    wide = caller(acme, "ada", "read")
    wide.get("/people")
    wide.post("/units", {"code": "X", "name": "X", "legal_entity_id": 1}, 403)
    caller(acme, "ada", "setup:write").get("/units")


def test_says_nothing_of_what_is_taken_to_a_token_without_the_scope(acme: Firm) -> None:
    narrow, wide = caller(acme, "ada", "jobs:read"), caller(acme, "ada")
    wrong = {"nothing": "like it"}
    for method, path, scope in (
        ("GET", "/time-entries", "time:read"),
        ("POST", "/invoices/17/send", "billing:write"),
        ("POST", "/units", "setup:write"),
        ("PATCH", "/sign-in/rules", "identity:write"),
        ("PUT", "/bank-account", "bank_accounts:write"),
    ):
        refused = json.loads(narrow.call(method, path, wrong).content)
        assert refused["status"] == 403, (path, refused)
        assert scope in refused["detail"]
        assert refused["errors"] == []
        assert wide.call(method, path, wrong).status_code in (404, 422)


def test_does_no_more_than_its_member_may(acme: Firm) -> None:
    ben = caller(acme, "ben", "write")
    ben.get("/users", 404)
    ben.post("/units", {"nothing": "like it"}, 404)


def test_a_service_token_has_roles_of_its_own(acme: Firm) -> None:
    with acme.scope():
        made = tokens.create_service_token(
            name="Payroll", role_codes=["resource_manager"], scopes=["read"], days=90,
            actor=acme.actors["ada"], at=datetime.now(tz=UTC),
        )  # fmt: skip
    service = Caller(made.text)
    assert service.get("/me")["name"] == "Payroll"
    service.get("/people")
    service.get("/users", 404)


def test_is_let_in_and_counted_by_few_statements(
    acme: Firm, django_assert_max_num_queries: Any
) -> None:
    ada = caller(acme, "ada")
    ada.get("/staff")
    with django_assert_max_num_queries(17):
        ada.get("/staff")
