"""Sign-in rules, providers, domains, own settings and personal data by the API."""

import pytest

from psa.core.access.models import IdentityProvider
from psa.core.audit.models import AuditEntry
from psa.core.tenancy.models import Tenant
from tests.edges.api.callers import Caller, token_of
from tests.factories import Firm

PROVIDER = {
    "name": "Keystone", "issuer": "https://login.keystone.example", "client_id": "psa",
    "secret": "s3cret-of-keystone",
}  # fmt: skip


@pytest.fixture
def ada(acme: Firm) -> Caller:
    return Caller(token_of(acme, "ada"))


def test_rules_change_within_what_a_token_can_show(acme: Firm, ada: Caller) -> None:
    changed = ada.patch("/sign-in/rules", {"session_idle_minutes": 30})
    assert changed["session_idle_minutes"] == 30
    ada.patch("/sign-in/rules", {"session_idle_minutes": 4}, 422)
    for rule in ("sso_required", "second_factor_required"):
        refused = ada.patch("/sign-in/rules", {rule: True}, 422)
        assert rule in str(refused)
    with acme.scope():
        Tenant.objects.filter(pk=acme.tenant.pk).update(second_factor_required=True)
    # What is required already is no reason to refuse another change.
    assert ada.patch("/sign-in/rules", {"session_hours": 8})["second_factor_required"]
    Caller(token_of(acme, "fay")).get("/sign-in/rules", 404)


def test_a_provider_is_added_and_changed_and_its_secret_is_never_told(
    acme: Firm, ada: Caller
) -> None:
    made = ada.post("/sign-in/providers", PROVIDER, 201)
    path = f"/sign-in/providers/{made['id']}"
    assert "s3cret" not in str(ada.get(path)) and "s3cret" not in str(ada.get("/sign-in/providers"))
    assert made["callback_url"].startswith("http")
    renamed = {**PROVIDER, "name": "Keystone 2", "secret": ""}
    ada.put(path, renamed, 428)
    assert ada.put(path, renamed, if_match=ada.etag(path))["name"] == "Keystone 2"
    moved = {**renamed, "issuer": "https://elsewhere.example"}
    assert "secret" in str(ada.put(path, moved, 422, if_match=ada.etag(path)))
    ada.post("/sign-in/providers", {**PROVIDER, "issuer": "ftp://plain.example"}, 422)
    with acme.scope():
        assert IdentityProvider.objects.get(pk=made["id"]).sealed_secret
        told = AuditEntry.objects.filter(event="access.provider_saved")
        assert "s3cret" not in str(list(told.values()))


def test_a_domain_is_asked_for_proof(ada: Caller) -> None:
    proof = ada.get("/sign-in/domains/proof?domain=acme.example")
    assert proof["line"].startswith("psa-domain=") and proof["file_path"].startswith("/.well-known")
    ada.get("/sign-in/domains/proof?domain=nonsense", 422)
    ada.post("/sign-in/domains", {"domain": "localhost.localdomain"}, 422)
    assert ada.get("/sign-in/domains") == {"domains": []}
    ada.post("/sign-in/domains/forget", {"domain": "acme.example"}, 404)


def test_a_members_sessions_end(acme: Firm, ada: Caller) -> None:
    ben = acme.actors["ben"].membership_id
    ada.post(f"/users/{ben}/end-sessions", None, 204)
    ada.post("/users/999999/end-sessions", None, 404)


def test_own_settings_are_read_and_changed(acme: Firm) -> None:
    ben, amara = Caller(token_of(acme, "ben")), Caller(token_of(acme, "amara"))
    changed = ben.patch(
        "/me/settings", {"theme": "dark", "week_starts_on": 6, "hours_as_decimal": True}
    )
    assert (changed["theme"], changed["week_starts_on"]) == ("dark", 6)
    assert ben.get("/me/settings")["hours_as_decimal"] is True
    assert amara.get("/me/settings")["theme"] == "system"
    for wrong in ({"theme": "pink"}, {"week_starts_on": 7}, {"time_zone": "Mars/Base"}):
        ben.patch("/me/settings", wrong, 422)


def test_a_persons_data_is_copied_for_them_and_the_trail_says_so(acme: Firm, ada: Caller) -> None:
    email = acme.resources["ben"].email
    copy = ada.post("/people-data/copy", {"email": email})
    assert copy["email"] == email and "org.Resource" in copy["about"]
    with acme.scope():
        assert AuditEntry.objects.filter(event="operations.person_copied").exists()
    ada.post("/people-data/copy", {"email": "nobody@nowhere.example"}, 404)
    Caller(token_of(acme, "fay")).post("/people-data/copy", {"email": email}, 404)
    refused = ada.post("/people-data/forget", {"email": email}, 409)
    assert "rate" not in str(refused).lower().replace("separate", "")
