"""psa.core.telemetry.sign_ins: signing in, failing and out are in the log, by number."""

import pytest
from django.test import Client
from structlog.testing import capture_logs

from psa.core.telemetry import sign_ins
from tests.factories import PASSWORD, Firm, user_of

EMAIL = "ben@acme.example"


def test_tells_who_came_and_went_and_nothing_that_was_typed(
    acme: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    with capture_logs() as lines:
        monkeypatch.setattr(sign_ins, "logger", sign_ins.structlog.get_logger("psa.sign_ins"))
        client = Client()
        client.post("/accounts/login/", {"login": EMAIL, "password": "hunter2hunter2"})
        client.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
        client.post("/accounts/logout/")
    told = [line for line in lines if line["event"].startswith("sign")]
    assert [line["event"] for line in told] == ["sign-in failed", "signed in", "signed out"]
    assert told[1]["user"] == told[2]["user"] == user_of(EMAIL).pk
    assert EMAIL not in str(told) and "hunter2" not in str(told) and PASSWORD not in str(told)
