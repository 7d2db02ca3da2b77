"""What every answer tells the browser, whatever kind of answer it is."""

import re

import pytest
from django.conf import settings
from django.test import Client

from tests.attacks.world import give_every_role, make_world
from tests.factories import Firm, make_firm

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}


@pytest.mark.parametrize("path", ["", "sales/customers/", "nothing/here/", "sales/customers/999/"])
def test_pages_parts_and_errors_are_guarded_alike(acme: Firm, path: str) -> None:
    for more in ({}, {"HX-Request": "true"}):
        answer = acme.client("amara").get(acme.url(path), headers=more)
        for name, value in ALWAYS.items():
            assert answer.headers[name] == value, (path, name)
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert "geolocation=()" in answer.headers["Permissions-Policy"]
        assert "no-store" in answer.headers["Cache-Control"]


def test_scripts_come_from_the_application_alone(acme: Firm) -> None:
    policy = acme.client("amara").get(acme.url("")).headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";") if rule.strip())
    assert rules["script-src"] == rules["default-src"] == rules["style-src"] == "'self'"
    assert rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert rules["form-action"] == "'self'"
    assert "unsafe-eval" not in policy and "http" not in policy
    assert "unsafe-inline" not in rules["script-src"]


def test_no_page_has_a_script_or_a_style_of_its_own(acme: Firm) -> None:
    page = acme.client("amara").get(acme.url("")).content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", page)
    assert "<style" not in page and not re.search(r"\son\w+=", page)


def test_a_document_is_never_shown_as_a_page(db: None) -> None:
    firm = make_firm()
    world = make_world(firm)
    give_every_role(firm, "fay")
    path = f"documents/{world.ids['document_id']}/download/"
    answer = firm.client("fay").get(firm.url(path))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(acme: Firm) -> None:
    assert settings.SESSION_COOKIE_HTTPONLY and settings.SESSION_COOKIE_SAMESITE == "Lax"
    assert settings.CSRF_COOKIE_SAMESITE == "Lax"


def test_signing_out_empties_the_cache(acme: Firm) -> None:
    client = acme.client("amara")
    answer = client.post("/accounts/logout/")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert client.get(acme.url("")).status_code == 302


@pytest.mark.parametrize(
    "where", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_nowhere_else(acme: Firm, where: str) -> None:
    answer = Client().post(
        f"/accounts/login/?next={where}",
        {"login": "amara@acme.example", "password": "correct-horse-battery-staple", "next": where},
    )
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/") and "evil" not in answer.headers["Location"]
