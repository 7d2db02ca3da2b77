"""Making, seeing and revoking tokens, in pages and at the command line."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from psa.edges.api.models import ApiToken
from tests.edges.api.callers import Caller, token_of
from tests.factories import Firm


def test_a_new_token_is_shown_this_once(acme: Firm) -> None:
    browser = acme.client("ben")
    shown = browser.post(
        acme.url("api/me/tokens/new/"), {"name": "Export", "days": "90", "scopes": ["time:read"]}
    )
    text = re.search(r"psa_acme_[\w-]+", shown.content.decode())[0]
    assert shown["Cache-Control"] == "no-store"
    assert Caller(text).get("/me")["scopes"] == ["time:read"]
    with acme.scope():
        token_id = ApiToken.objects.get().pk
    for path in ("api/me/tokens/", f"api/tokens/{token_id}/"):
        page = browser.get(acme.url(path))
        assert page.status_code == 200
        assert text not in page.content.decode()


def test_a_form_with_scripts_shows_the_token_too(acme: Firm) -> None:
    """A form takes only itself out of an answer, unless the answer says otherwise."""
    given = {"name": "Export", "days": "90", "scopes": ["time:read"]}
    path, headers = acme.url("api/me/tokens/new/"), {"HX-Request": "true"}
    shown = acme.client("ben").post(path, given, headers=headers)
    assert shown["HX-Retarget"] == "#form_part"
    assert shown["HX-Reselect"] == "#new_token"
    assert 'id="new_token"' in shown.content.decode()
    refused = acme.client("ben").post(path, {}, headers=headers)
    assert "HX-Retarget" not in refused


def test_a_token_needs_a_name_and_a_scope(acme: Firm) -> None:
    refused = acme.client("ben").post(acme.url("api/me/tokens/new/"), {"days": "90"})
    assert refused.status_code == 422


def test_is_revoked_by_its_owner_or_an_administrator(acme: Firm) -> None:
    texts = [token_of(acme, "ben"), token_of(acme, "ben")]
    with acme.scope():
        first, second = ApiToken.objects.order_by("id").values_list("id", flat=True)
    assert acme.client("bea").post(acme.url(f"api/tokens/{first}/revoke/")).status_code == 404
    assert acme.client("ben").post(acme.url(f"api/tokens/{first}/revoke/")).status_code == 302
    assert acme.client("ada").post(acme.url(f"api/tokens/{second}/revoke/")).status_code == 302
    for text in texts:
        Caller(text).get("/me", 401)


def test_a_service_token_is_made_by_an_administrator(acme: Firm) -> None:
    body = {"name": "Payroll", "days": "90", "scopes": ["read"], "roles": ["resource_manager"]}
    assert acme.client("ben").post(acme.url("api/tokens/new/"), body).status_code == 404
    shown = acme.client("ada").post(acme.url("api/tokens/new/"), body)
    text = re.search(r"psa_acme_[\w-]+", shown.content.decode())[0]
    assert Caller(text).get("/me")["name"] == "Payroll"


def test_the_command_prints_the_token_alone_on_its_last_line(acme: Firm) -> None:
    out = StringIO()
    call_command(
        "create_token", "--tenant", "acme", "--user", "ben@acme.example", "--scope", "read",
        stdout=out,
    )  # fmt: skip
    text = out.getvalue().splitlines()[-1]
    assert Caller(text).get("/me")["email"] == "ben@acme.example"


@pytest.mark.parametrize(
    "change", [{"tenant": "nofirm"}, {"user": "nobody@acme.example"}, {"scope": ["fly"]}, {"days": 0}]
)  # fmt: skip
def test_the_command_says_what_is_wrong(acme: Firm, change: dict[str, object]) -> None:
    given = {"tenant": "acme", "user": "ben@acme.example"} | change
    with pytest.raises(CommandError):
        call_command("create_token", **given)
